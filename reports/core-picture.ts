/** The core of an anomaly as a picture: its operations as bars in true time, "completed before" as arrows, faults as bands. */

import type { Anomaly } from '../checker/verdict.ts';
import type { Operation } from '../history/operation.ts';
import { attendance, faultsDuring, faultWords, type NodeSpan, type NodeState } from './circumstances.ts';
import { orderArrows, type TimeMapping, timeMapping } from './core-layout.ts';
import { html, type Markup, trusted } from './escape.ts';
import type { TrialData } from './trial-data.ts';
import { client, duration, label, letter, moment, shortened } from './wording.ts';

const WIDTH = 960;
const LEFT = 92;
const RIGHT = 40;
const ROW = 56;
const BAR = 18;
const BAND = 22;
const BANDS_MAX = 3;
const AXIS = 34;
/** Average width of a character of the label font, in pixels. */
const CHARACTER = 6.7;
/** More operations than this don't make a picture; those nearest to the one that gives it away are drawn. */
const OPERATIONS_MAX = 36;
/** More arrows than this hide the bars. */
const ARROWS_MAX = 18;

/** The operations of a core that its picture and its tables show, in order of invocation, and of how many. */
export interface Core {
  readonly operations: readonly Operation[];
  readonly total: number;
}

/** Looks up a core. Over the limit of a picture it keeps the operations nearest in time to the anomaly. */
export function coreOf(byIndex: ReadonlyMap<number, Operation>, anomaly: Anomaly): Core {
  const all = anomaly.core.map((index) => byIndex.get(index)).filter((operation) => operation !== undefined);
  const nearest = [...all].sort((a, b) => distance(a, anomaly) - distance(b, anomaly) || a.index - b.index);
  return {
    operations: nearest.slice(0, OPERATIONS_MAX).sort((a, b) => a.invokedAt - b.invokedAt || a.index - b.index),
    total: all.length,
  };
}

function distance(operation: Operation, anomaly: Anomaly): number {
  return operation.index === anomaly.culprit ? -1 : Math.abs(operation.invokedAt - anomaly.at);
}

/** An inline SVG element, classed for the page's style sheet; null when the anomaly has no operations to draw. */
export function corePicture(
  data: TrialData,
  anomaly: Anomaly,
  core: Core,
  spans: ReadonlyMap<string, readonly NodeSpan[]>,
): Markup | null {
  const { operations } = core;
  if (operations.length === 0) return null;
  const clients = [...new Set(operations.map((operation) => operation.process))];
  const width = WIDTH - LEFT - RIGHT;
  const mapping = timeMapping(operations, LEFT, width);
  const from = mapping.stretches[0]?.from ?? operations[0]?.invokedAt ?? 0;
  const to = mapping.stretches.at(-1)?.to ?? from;
  const faults = faultsDuring(data.faults, from, to).slice(0, BANDS_MAX);
  const top = 8 + faults.length * BAND;
  const rowTop = (operation: Operation): number => top + clients.indexOf(operation.process) * ROW;
  const bottom = top + clients.length * ROW;
  const height = bottom + AXIS;
  const bar = (operation: Operation): Bar => {
    const x = mapping.x(operation.invokedAt);
    const open = operation.outcome === 'info' || operation.completedAt === null;
    const end = open ? WIDTH - RIGHT + 20 : mapping.x(operation.completedAt ?? operation.invokedAt);
    return { x, end: Math.max(end, x + 4), y: rowTop(operation) + 21 };
  };
  const bars = operations.map(bar);
  const described = `${count(operations.length)} of ${clients.length === 1 ? 'one client' : `${clients.length} clients`} between ${moment(from)} and ${moment(to)}; the table below lists them.`;
  return html`<svg class="core" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${described}" xmlns="http://www.w3.org/2000/svg">
<defs><pattern id="core-info" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="2.4" height="6"/></pattern>
<linearGradient id="core-fade"><stop offset="0.35" stop-color="white"/><stop offset="1" stop-color="white" stop-opacity="0.12"/></linearGradient>
<mask id="core-mask" maskContentUnits="objectBoundingBox"><rect width="1" height="1" fill="url(#core-fade)"/></mask>
<marker id="core-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="arrow-head" d="M0 0.6 L7.4 4 L0 7.4 Z"/></marker></defs>
${faults.map((fault, i) => faultBand(fault.startedAt, fault.endedAt, faultWords(fault), i, mapping.x, [from, to], bottom))}
${clients.map((process, i) => html`<g><rect class="${i % 2 === 0 ? 'row' : 'row alt'}" x="0" y="${top + i * ROW}" width="${WIDTH}" height="${ROW}"/><text class="row-name" x="10" y="${top + i * ROW + 34}">client ${process}</text></g>`)}
${axis(mapping, from, to, top, bottom)}
${arrowsShown(operations, anomaly).map(([a, b]) => arrow(bars[a] as Bar, bars[b] as Bar))}
${labelled(operations, bars, anomaly, spans)}
</svg>`;
}

/** Too many arrows hide what they connect: those of the answer that cannot be stay, then the closest calls. */
function arrowsShown(operations: readonly Operation[], anomaly: Anomaly): readonly (readonly [number, number])[] {
  const arrows = orderArrows(operations);
  if (arrows.length <= ARROWS_MAX) return arrows;
  const rank = ([a, b]: readonly [number, number]): number => {
    const [before, after] = [operations[a], operations[b]];
    if (before?.index === anomaly.culprit || after?.index === anomaly.culprit) return -1;
    return (after?.invokedAt ?? 0) - (before?.completedAt ?? 0);
  };
  return [...arrows].sort((a, b) => rank(a) - rank(b)).slice(0, ARROWS_MAX);
}

interface Bar {
  readonly x: number;
  readonly end: number;
  readonly y: number;
}

function count(operations: number): string {
  return operations === 1 ? 'One operation' : `${operations} operations`;
}

function fixed(pixels: number): string {
  return String(Math.round(pixels * 10) / 10);
}

/** A fault as a band behind a picture, with its words above; what lies outside of `from` to `to` is told with arrows. */
export function faultBand(
  startedAt: number,
  endedAt: number | null,
  words: string,
  lane: number,
  xOf: (at: number) => number,
  [from, to]: readonly [number, number],
  bottom: number,
): Markup {
  const x = startedAt <= from ? LEFT - 8 : xOf(startedAt);
  const end = endedAt === null || endedAt >= to ? WIDTH - RIGHT + 20 : xOf(endedAt);
  const y = 4 + lane * BAND;
  const before = startedAt <= from ? `← since ${moment(startedAt)}  ` : '';
  const after = endedAt === null ? '  to the end →' : endedAt >= to ? `  until ${moment(endedAt)} →` : '';
  const width = Math.max(end - x, 3);
  const title = `${words}`;
  const long = `${before}${words}${after}`;
  const text =
    long.length * CHARACTER < WIDTH - x - 10
      ? long
      : shortened(title, Math.max(12, Math.floor((WIDTH - x - 14) / CHARACTER)));
  return html`<g class="fault"><rect class="fault-ground" x="${fixed(x)}" y="${y}" width="${fixed(width)}" height="${bottom - y}"/><rect class="fault-band" x="${fixed(x)}" y="${y}" width="${fixed(width)}" height="${BAND - 5}"/><text class="fault-name" x="${fixed(Math.min(x + 6, WIDTH - 14 - text.length * CHARACTER))}" y="${y + 12.5}">${text}</text></g>`;
}

function axis(mapping: TimeMapping, from: number, to: number, top: number, bottom: number): Markup {
  const y = bottom + 0.5;
  const marks: Markup[] = [];
  let free = 0;
  const mark = (at: number): void => {
    const x = mapping.x(at);
    marks.push(html`<line class="tick" x1="${fixed(x)}" x2="${fixed(x)}" y1="${top}" y2="${y + 5}"/>`);
    if (x - 26 < free) return;
    marks.push(html`<text class="tick-text" x="${fixed(x)}" y="${y + 19}" text-anchor="middle">${moment(at)}</text>`);
    free = x + 34;
  };
  mark(from);
  for (const stretch of mapping.stretches) {
    if (stretch.cut) {
      const middle = stretch.x + stretch.width / 2;
      marks.push(
        html`<path class="cut" d="M${fixed(middle - 5)} ${y + 6} l4 -12 M${fixed(middle + 1)} ${y + 6} l4 -12"/><text class="cut-text" x="${fixed(middle)}" y="${bottom - 8}" text-anchor="middle">${duration(stretch.to - stretch.from)} cut</text>`,
      );
    }
    mark(stretch.to);
  }
  if (from === to) marks.push(html`<text class="tick-text" x="${LEFT}" y="${y + 19}">${moment(from)}</text>`);
  return html`<line class="axis" x1="${LEFT - 8}" x2="${WIDTH - RIGHT + 20}" y1="${y}" y2="${y}"/>${marks}`;
}

/** From the end of one bar to the beginning of another, both at half height, where no label stands. */
function arrow(a: Bar, b: Bar): Markup {
  const [y1, y2] = [a.y + BAR / 2, b.y + BAR / 2];
  const x2 = b.x - 1;
  const bend = Math.max(10, Math.min(60, (x2 - a.end) / 2));
  return html`<path class="arrow" d="M${fixed(a.end)} ${fixed(y1)} C${fixed(a.end + bend)} ${fixed(y1)} ${fixed(x2 - bend)} ${fixed(y2)} ${fixed(x2)} ${fixed(y2)}" marker-end="url(#core-arrow)"/>`;
}

/** Bars with their labels: above the bar, or below it where another label of the row is in the way. */
function labelled(
  operations: readonly Operation[],
  bars: readonly Bar[],
  anomaly: Anomaly,
  spans: ReadonlyMap<string, readonly NodeSpan[]>,
): Markup {
  const taken = new Map<string, number>();
  const parts = operations.map((operation, i) => {
    const { x, end, y } = bars[i] as Bar;
    const name = letter(i);
    const text = shortened(label(operation), 34);
    const where = nodeLabel(operation, spans);
    const textWidth = (text.length + where.length + 1) * CHARACTER + 26;
    const start = Math.min(x, WIDTH - 4 - textWidth);
    const above = start >= (taken.get(`${operation.process}+`) ?? 0);
    taken.set(`${operation.process}${above ? '+' : '-'}`, start + textWidth);
    const baseline = above ? y - 6 : y + BAR + 14;
    const culprit = operation.index === anomaly.culprit;
    const kind = operation.completedAt === null ? 'info' : operation.outcome;
    const mask = kind === 'info' ? trusted(' mask="url(#core-mask)"') : null;
    return html`<g class="op ${kind}${culprit ? ' culprit' : ''}"><title>${client(operation)}: ${label(operation)}, ${moment(operation.invokedAt)} to ${operation.completedAt === null ? 'the end' : moment(operation.completedAt)}</title><rect class="bar" x="${fixed(x)}" y="${y}" width="${fixed(end - x)}" height="${BAR}" rx="3"${mask}/><circle class="badge" cx="${fixed(start + 8)}" cy="${baseline - 4}" r="8"/><text class="badge-text${name.length > 1 ? ' long' : ''}" x="${fixed(start + 8)}" y="${baseline}" text-anchor="middle">${name}</text><text class="op-text" x="${fixed(start + 20)}" y="${baseline}">${text}<tspan class="op-node" dx="7">${where}</tspan></text></g>`;
  });
  return html`${parts}`;
}

/** "n2 leader t4"; "n2 leader t4→follower t5" where it changed between call and answer. */
function nodeLabel(operation: Operation, spans: ReadonlyMap<string, readonly NodeSpan[]>): string {
  if (operation.node === null) return '';
  const { call, end } = attendance(spans, operation);
  const [first, last] = [shortRole(call), shortRole(end)];
  const words = first === last || last === '' ? first : first === '' ? last : `${first}→${last}`;
  return `${shortened(operation.node, 16)} ${words}`.trim();
}

function shortRole(state: NodeState | null): string {
  if (state === null) return '';
  if (!state.up) return 'down';
  return state.role === null ? '' : `${shortened(state.role, 14)}${state.term === null ? '' : ` t${state.term}`}`;
}
