/** Charts of the pages: trends over nights, two trials over each other, and the rate of a trial that runs. */

import {
  CategoryScale,
  Chart,
  type ChartConfiguration,
  Filler,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from 'chart.js';
import { onSchemeChange, type Palette, readPalette } from '../../reports/browser/palette.ts';

Chart.register(CategoryScale, Filler, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip);

interface Trend {
  readonly name: string;
  readonly unit: 'count' | 'share' | 'ns' | 'ms';
  readonly points: readonly { readonly night: string; readonly value: number | null }[];
}

interface Compared {
  readonly id: string;
  readonly binNs: number;
  readonly ok: readonly number[];
  readonly p99: readonly (number | null)[];
}

type XY = { x: number; y: number | null };

function dataOf<T>(id: string): T | null {
  const element = document.getElementById(id);
  return element === null ? null : (JSON.parse(element.textContent ?? 'null') as T | null);
}

/** Draws now, and again when the reader's scheme changes. */
function drawn(draw: (palette: Palette) => Chart[]): void {
  let charts = draw(readPalette());
  onSchemeChange(() => {
    for (const chart of charts) chart.destroy();
    charts = draw(readPalette());
  });
}

function axis(palette: Palette, title?: string) {
  return {
    grid: { color: palette.line },
    border: { color: palette.line },
    ticks: { color: palette.muted, maxTicksLimit: 6, font: { size: 11 } },
    ...(title !== undefined && { title: { display: true, text: title, color: palette.muted } }),
  };
}

const STILL = { animation: false, responsive: true, maintainAspectRatio: false } as const;

const SCALES: { readonly [unit in Trend['unit']]: readonly [by: number, name: string] } = {
  count: [1, ''],
  share: [0.01, '%'],
  ns: [1e6, 'ms'],
  ms: [1000, 's'],
};

export function drawTrends(): void {
  const trends = dataOf<Trend[]>('trend-data');
  if (trends === null) return;
  drawn((palette) =>
    [...document.querySelectorAll<HTMLCanvasElement>('canvas[data-trend]')].flatMap((canvas) => {
      const trend = trends[Number(canvas.dataset.trend)];
      if (trend === undefined) return [];
      const [by, name] = SCALES[trend.unit];
      const configuration: ChartConfiguration<'line', (number | null)[], string> = {
        type: 'line',
        data: {
          labels: trend.points.map(({ night }) => night),
          datasets: [
            {
              label: trend.name,
              data: trend.points.map(({ value }) => (value === null ? null : value / by)),
              borderColor: palette['ok-edge'],
              backgroundColor: palette.ok,
              borderWidth: 1.5,
              pointRadius: 2.5,
            },
          ],
        },
        options: {
          ...STILL,
          plugins: { legend: { display: false } },
          scales: { x: axis(palette), y: { ...axis(palette, name), beginAtZero: true } },
        },
      };
      return [new Chart(canvas, configuration)];
    }),
  );
}

export function drawComparison(): void {
  const trials = dataOf<Compared[]>('compare-data');
  if (trials === null) return;
  drawn((palette) =>
    [...document.querySelectorAll<HTMLCanvasElement>('canvas[data-compare]')].map((canvas) => {
      const rate = canvas.dataset.compare === 'rate';
      const points = ({ binNs, ok, p99 }: Compared): XY[] =>
        rate
          ? ok.map((n, i) => ({ x: (i * binNs) / 1e9, y: (n * 1e9) / binNs }))
          : p99.map((ms, i) => ({ x: (i * binNs) / 1e9, y: ms }));
      const colours = [palette['ok-edge'], palette.info];
      const configuration: ChartConfiguration<'line', XY[]> = {
        type: 'line',
        data: {
          datasets: trials.map((trial, i) => ({
            label: i === 0 ? 'A' : 'B',
            data: points(trial),
            borderColor: colours[i] ?? palette.ink,
            // Told apart without colour.
            borderDash: i === 0 ? [] : [5, 3],
            borderWidth: 1.5,
            pointRadius: 0,
          })),
        },
        options: {
          ...STILL,
          parsing: false,
          plugins: { legend: { labels: { color: palette.ink, boxHeight: 0, boxWidth: 26 } } },
          scales: {
            x: { type: 'linear', ...axis(palette, 's') },
            y: { ...axis(palette, rate ? 'a second' : 'ms'), beginAtZero: true },
          },
        },
      };
      return new Chart(canvas, configuration);
    }),
  );
}

export interface RateChart {
  /** A point: seconds since the trial began, operations a second, faults in force. */
  add(second: number, rate: number, faults: number): void;
}

const POINTS_MAX = 600;

export function rateChart(canvas: HTMLCanvasElement): RateChart {
  const points: XY[] = [];
  const faults: XY[] = [];
  let current: Chart<'line', XY[]> | null = null;
  drawn((palette) => {
    current = new Chart<'line', XY[]>(canvas, {
      type: 'line',
      data: {
        datasets: [
          {
            label: 'operations a second',
            data: points,
            borderColor: palette['ok-edge'],
            borderWidth: 1.5,
            pointRadius: 0,
          },
          {
            label: 'faults in force',
            data: faults,
            yAxisID: 'faults',
            stepped: true,
            fill: true,
            borderColor: palette.fault,
            backgroundColor: palette['fault-soft'],
            borderWidth: 1,
            pointRadius: 0,
          },
        ],
      },
      options: {
        ...STILL,
        parsing: false,
        plugins: { legend: { labels: { color: palette.ink, boxHeight: 8, boxWidth: 20 } } },
        scales: {
          x: { type: 'linear', ...axis(palette, 's') },
          y: { ...axis(palette), beginAtZero: true },
          faults: { position: 'right', min: 0, suggestedMax: 4, ...axis(palette), grid: { display: false } },
        },
      },
    });
    return [current as unknown as Chart];
  });
  return {
    add(second, rate, inForce) {
      points.push({ x: second, y: rate });
      faults.push({ x: second, y: inForce });
      if (points.length > POINTS_MAX) {
        points.shift();
        faults.shift();
      }
      current?.update();
    },
  };
}
