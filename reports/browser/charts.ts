/** Charts of the whole trial. Bands of faults are drawn into each, the timeline's window and cursor lie over them. */

import {
  Chart,
  type ChartConfiguration,
  type ChartDataset,
  Filler,
  Legend,
  type LegendItem,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  type Plugin,
  PointElement,
  ScatterController,
} from 'chart.js';
import { showsNoEffect } from '../circumstances.ts';
import { visible } from '../escape.ts';
import type { Point, Series } from '../series.ts';
import { axisScale, moment, type TimeScale } from '../times.ts';
import { ChartOverlay } from './chart-overlay.ts';
import { element } from './element.ts';
import type { Model } from './model.ts';
import { onSchemeChange, type Palette, readPalette } from './palette.ts';
import type { View } from './view.ts';

Chart.register(
  Filler,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
);

interface Plot {
  readonly title: string;
  /** What a screen reader is told of it. */
  readonly about: string;
  readonly unit: string;
  readonly logarithmic: boolean;
  readonly stacked: boolean;
  readonly datasets: (palette: Palette) => ChartDataset<'line' | 'scatter', { x: number; y: number | null }[]>[];
}

const DASHES: readonly number[][] = [[], [6, 3], [2, 3], [9, 3, 2, 3], [4, 4], [1, 2], [12, 4]];
const MARKS = ['circle', 'triangle', 'rect', 'rectRot', 'star', 'cross', 'crossRot'] as const;

export function chartsOf(root: HTMLElement, model: Model, view: View): void {
  const { series } = model.page;
  const plots = plotsOf(series);
  const charts: Chart<'line' | 'scatter', { x: number; y: number | null }[]>[] = [];
  const bands = bandsPlugin(model);
  const overlays: ChartOverlay[] = [];
  const holders = plots.map((plot) => {
    const canvas = element('canvas', { role: 'img', 'aria-label': `${plot.title}: ${plot.about}` });
    const box = element('div', { class: 'chart-box' }, canvas);
    overlays.push(new ChartOverlay(box));
    root.append(element('figure', { class: 'chart' }, element('figcaption', {}, plot.title), box));
    canvas.addEventListener('click', (event) => {
      const chart = Chart.getChart(canvas);
      const seconds = chart?.scales.x?.getValueForPixel(event.offsetX);
      if (seconds === undefined) return;
      const { from, to } = view.state;
      view.window(seconds * 1e9 - (to - from) / 2, seconds * 1e9 + (to - from) / 2);
    });
    return canvas;
  });
  if (Object.keys(series.clocks).length > 0 && !clocksChanged(series))
    root.append(
      element(
        'figure',
        { class: 'chart' },
        element('figcaption', {}, 'Clock offsets'),
        element('p', { class: 'note' }, 'No clock was changed.'),
      ),
    );
  const place = (): void => {
    charts.forEach((chart, i) => {
      overlays[i]?.update(chart, view.state);
    });
  };
  const draw = (): void => {
    for (const chart of charts.splice(0)) chart.destroy();
    const palette = readPalette();
    plots.forEach((plot, i) => {
      const canvas = holders[i] as HTMLCanvasElement;
      charts.push(new Chart(canvas, configuration(plot, palette, model.end, model.scale, bands, place)));
    });
    place();
  };
  // Drawn when a reader comes near, or when there is nothing else to do: the timeline is usable first.
  let near = false;
  const drawFirst = (): void => {
    if (charts.length > 0 || plots.length === 0) return;
    draw();
    onSchemeChange(draw);
  };
  const observer = new IntersectionObserver(
    (entries) => {
      near = entries.at(-1)?.isIntersecting === true;
      if (!near) return;
      drawFirst();
      place();
    },
    { rootMargin: '400px' },
  );
  observer.observe(root);
  whenIdle(drawFirst);
  let waiting = 0;
  view.listen((state, before) => {
    if (state.from === before.from && state.to === before.to && state.cursor === before.cursor) return;
    if (waiting !== 0 || charts.length === 0 || !near) return;
    waiting = requestAnimationFrame(() => {
      waiting = 0;
      place();
    });
  });
}

/** Not every browser tells when it is idle. */
function whenIdle(run: () => void): void {
  if ('requestIdleCallback' in window) window.requestIdleCallback(run, { timeout: 3000 });
  else setTimeout(run, 1000);
}

function configuration(
  plot: Plot,
  palette: Palette,
  end: number,
  scale: TimeScale,
  bands: Plugin<'line' | 'scatter'>,
  resized: () => void,
): ChartConfiguration<'line' | 'scatter', { x: number; y: number | null }[]> {
  const datasets = plot.datasets(palette);
  const axis = { grid: { color: palette.line }, border: { color: palette.line } };
  return {
    type: 'line',
    data: { datasets },
    plugins: [bands],
    options: {
      animation: false,
      // Chart.js tells of a new size before it has laid itself out for it.
      onResize: () => void requestAnimationFrame(resized),
      maintainAspectRatio: false,
      events: [],
      parsing: false,
      normalized: true,
      layout: { padding: { right: 8 } },
      scales: {
        x: {
          type: 'linear',
          min: 0,
          max: end / 1e9,
          ...axis,
          ticks: {
            color: palette.muted,
            maxTicksLimit: 9,
            includeBounds: false,
            callback: (tick, _, all) => moment(Number(tick) * 1e9, axisScale(scale, stepOf(all) * 1e9)),
            maxRotation: 0,
          },
        },
        y: {
          type: plot.logarithmic ? 'logarithmic' : 'linear',
          stacked: plot.stacked,
          ...(plot.logarithmic ? { suggestedMax: 1.7 * highest(datasets) } : { beginAtZero: true }),
          ...axis,
          title: { display: true, text: plot.unit, color: palette.muted },
          ticks: {
            color: palette.muted,
            maxTicksLimit: 6,
            callback: (tick) => (plot.logarithmic ? powersOfTen(Number(tick)) : rounded(Number(tick))),
          },
        },
      },
      plugins: {
        legend: {
          display: datasets.length > 1,
          align: 'end',
          labels: {
            color: palette.ink,
            usePointStyle: true,
            pointStyleWidth: 26,
            boxHeight: 7,
            generateLabels: (chart) => legendOf(chart.data.datasets as Dataset[], palette),
          },
        },
      },
    },
  };
}

/** Chart.js forgets a line's dashes in its legend; they are what tells the lines apart without colour. */
function legendOf(datasets: readonly Dataset[], palette: Palette): LegendItem[] {
  return datasets.map((dataset, datasetIndex) => ({
    text: dataset.label ?? '',
    fontColor: palette.ink,
    strokeStyle: dataset.borderColor as string,
    fillStyle: dataset.backgroundColor as string,
    lineWidth: 1.6,
    lineDash: ((dataset as { readonly borderDash?: number[] }).borderDash ?? []) as number[],
    pointStyle: dataset.pointStyle as 'line',
    datasetIndex,
  }));
}

function highest(datasets: readonly Dataset[]): number {
  let max = 0;
  for (const { data } of datasets) for (const { y } of data) if (y !== null && y > max) max = y;
  return max;
}

/** Between neighbouring marks of an axis; all of it where there is but one. */
function stepOf(marks: readonly { readonly value: number }[]): number {
  const [first, second] = marks;
  return Math.abs((second?.value ?? 0) - (first?.value ?? 0)) || first?.value || 1;
}

/** "1,500", "0.0005": a mark of an axis whose neighbours differ from it in the first digits. */
function rounded(tick: number): string {
  return tick.toLocaleString('en', { maximumSignificantDigits: 4 });
}

function powersOfTen(tick: number): string | null {
  return Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-9 ? String(Number(tick.toPrecision(1))) : null;
}

/** Faults as bands behind the lines, anomalies as strokes. */
function bandsPlugin(model: Model): Plugin<'line' | 'scatter'> {
  return {
    id: 'bands',
    beforeDatasetsDraw: (chart) => {
      const { ctx, chartArea, scales } = chart;
      const x = scales.x;
      if (x === undefined) return;
      const palette = readPalette();
      ctx.save();
      ctx.globalAlpha = 0.13;
      ctx.fillStyle = palette.fault;
      for (const fault of model.page.faults) {
        if (showsNoEffect(fault)) continue;
        const left = x.getPixelForValue(fault.startedAt / 1e9);
        const right = x.getPixelForValue((fault.endedAt ?? model.end) / 1e9);
        ctx.fillRect(left, chartArea.top, Math.max(1, right - left), chartArea.height);
      }
      ctx.globalAlpha = 0.9;
      ctx.fillStyle = palette.bad;
      for (const anomaly of model.page.anomalies)
        ctx.fillRect(x.getPixelForValue(anomaly.at / 1e9), chartArea.top, 1.5, chartArea.height);
      ctx.restore();
    },
  };
}

type Dataset = ChartDataset<'line' | 'scatter', { x: number; y: number | null }[]>;

function plotsOf(series: Series): Plot[] {
  const seconds = series.binNs / 1e9;
  const binned = (values: readonly (number | null)[]): { x: number; y: number | null }[] =>
    values.map((y, i) => ({ x: (i + 0.5) * seconds, y }));
  const points = (list: readonly Point[]): { x: number; y: number }[] => list.map(([ms, y]) => ({ x: ms / 1000, y }));
  const line = (label: string, data: { x: number; y: number | null }[], colour: string, style: number): Dataset => ({
    type: 'line',
    label: visible(label),
    data,
    borderColor: colour,
    backgroundColor: colour,
    borderWidth: 1.6,
    borderDash: DASHES[style % DASHES.length] as number[],
    pointRadius: 0,
    pointStyle: 'line',
  });
  const dots = (label: string, data: { x: number; y: number }[], colour: string, mark: number): Dataset => ({
    type: 'scatter',
    label,
    data,
    borderColor: colour,
    backgroundColor: colour,
    pointRadius: mark === 0 ? 1.8 : 3.2,
    pointStyle: MARKS[mark % MARKS.length] as 'circle',
  });
  const plots: Plot[] = [
    {
      title: 'Latency of every operation',
      about: 'ok, fail and info operations, milliseconds on a logarithmic axis',
      unit: 'ms',
      logarithmic: true,
      stacked: false,
      datasets: (palette) => [
        dots('ok', points(series.latency.ok), palette.ok, 0),
        dots('fail', points(series.latency.fail), palette.fail, 6),
        dots('info', points(series.latency.info), palette.info, 1),
      ],
    },
    {
      title: 'Latency of ok answers',
      about: 'percentiles over time, milliseconds on a logarithmic axis',
      unit: 'ms',
      logarithmic: true,
      stacked: false,
      datasets: (palette) => [
        line('p50', binned(series.p50), palette.ok, 0),
        line('p95', binned(series.p95), palette.ok, 1),
        line('p99', binned(series.p99), palette['ok-edge'], 2),
        line('max', binned(series.max), palette.muted, 3),
      ],
    },
    {
      title: 'Rate',
      about: 'operations that ended, a second',
      unit: 'a second',
      logarithmic: false,
      stacked: false,
      datasets: (palette) => [
        line('ok', binned(series.ok.map((n) => n / seconds)), palette.ok, 0),
        line('fail', binned(series.fail.map((n) => n / seconds)), palette.fail, 1),
        line('info', binned(series.info.map((n) => n / seconds)), palette.info, 2),
      ],
    },
    {
      title: 'Availability',
      about: 'share of operations that the system answered: ok, or a compare-and-set that saw another value',
      unit: '% answered',
      logarithmic: false,
      stacked: false,
      datasets: (palette) => [
        {
          ...line(
            'answered',
            binned(
              series.answered.map((n, i) =>
                share(n, (series.ok[i] ?? 0) + (series.fail[i] ?? 0) + (series.info[i] ?? 0)),
              ),
            ),
            palette.ok,
            0,
          ),
          stepped: 'middle',
          fill: 'origin',
          backgroundColor: `${palette.ok}33`,
        } as Dataset,
      ],
    },
  ];
  const perNode =
    (data: { readonly [node: string]: readonly Point[] }, stepped: 'before' | false): Plot['datasets'] =>
    (palette) => {
      const colours = [
        palette.ok,
        palette.bad,
        palette.info,
        palette.fault,
        palette.muted,
        palette['ok-edge'],
        palette.ink,
      ];
      return Object.entries(data).map(([node, list], i) => ({
        ...line(node, points(list), colours[i % colours.length] as string, i),
        stepped,
      }));
    };
  if (clocksChanged(series))
    plots.push({
      title: 'Clock offsets',
      about: 'offset of each node’s clock in milliseconds',
      unit: 'ms',
      logarithmic: false,
      stacked: false,
      datasets: perNode(series.clocks, false),
    });
  if (Object.keys(series.commitLag).length > 0)
    plots.push({
      title: 'Commit lag',
      about: 'entries by which each node’s commit index is behind the highest',
      unit: 'entries',
      logarithmic: false,
      stacked: false,
      datasets: perNode(series.commitLag, 'before'),
    });
  return plots;
}

function clocksChanged({ clocks }: Series): boolean {
  return Object.values(clocks).some((points) => points.some(([, offset]) => offset !== 0));
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : (100 * part) / whole;
}
