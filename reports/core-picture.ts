/** The core of an anomaly as a picture: its operations as bars in true time, "completed before" as arrows, faults as bands. */

import type { Anomaly } from '../checker/verdict.ts';
import type { Operation } from '../history/operation.ts';
import type { FaultRecord, NodeEvent } from '../history/trial-records.ts';
import { attendance, faultsDuring, faultWords, type NodeSpan, type NodeState } from './circumstances.ts';
import {
  BAR_HEIGHT,
  type Bar,
  type Box,
  type Curve,
  curveBetween,
  type PlacedLabel,
  placeLabels,
} from './core-labels.ts';
import { orderArrows, type Stretch, type TimeMapping, timeMapping } from './core-layout.ts';
import { html, type Markup, trusted } from './escape.ts';
import { killTimes } from './kill-times.ts';
import { scaleFor } from './precision.ts';
import { servedAgain } from './situation.ts';
import { duration, moment, SECONDS, stretch, type TimeScale } from './times.ts';
import type { TrialData } from './trial-data.ts';
import { client, label, letter, plural, shortened } from './wording.ts';

const WIDTH = 960;
const LEFT = 92;
const RIGHT = 40;
const ROW = 56;
const BAND = 22;
const BANDS_MAX = 3;
const AXIS = 34;
/** Room above the axis, below the labels of the last row: for the lengths that were left out of it, and without them. */
const CUT_ROOM = 22;
const AXIS_ROOM = 8;
/** Average width of a character, in pixels: of a label, which is bold, and of the smaller text beside it. */
const CHARACTER = 7.5;
const SMALL_CHARACTER = 6.3;
/** Where the plot ends: a little after the last moment. */
const PLOT_LEFT = LEFT - 8;
const PLOT_RIGHT = WIDTH - RIGHT + 20;
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

/**
 * An inline SVG element, classed for the page's style sheet; null when the anomaly has no operations to draw. On a page its
 * operations are links into the timeline.
 */
export function corePicture(
  data: TrialData,
  anomaly: Anomaly,
  core: Core,
  spans: ReadonlyMap<string, readonly NodeSpan[]>,
  linked = false,
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
  const bottom = top + clients.length * ROW + (mapping.stretches.some(({ cut }) => cut) ? CUT_ROOM : AXIS_ROOM);
  const height = bottom + AXIS;
  const bar = (operation: Operation): Bar => {
    const x = mapping.x(operation.invokedAt);
    const open = operation.outcome === 'info' || operation.completedAt === null;
    const end = open ? PLOT_RIGHT : mapping.x(operation.completedAt ?? operation.invokedAt);
    return { x, end: Math.max(end, x + 4), y: rowTop(operation) + 21 };
  };
  const bars = operations.map(bar);
  const scale = scaleFor(data, anomaly);
  const arrows = arrowsShown(operations, anomaly).map(([a, b]) => curveBetween(bars[a] as Bar, bars[b] as Bar));
  const described = `${count(operations.length)} of ${clients.length === 1 ? 'one client' : `${clients.length} clients`} between ${moment(from, scale)} and ${moment(to, scale)}; the table below lists them.`;
  return html`<svg class="core" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="${linked ? 'group' : 'img'}" aria-label="${described}" xmlns="http://www.w3.org/2000/svg">
<defs><pattern id="core-info" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="2.4" height="6"/></pattern>
<linearGradient id="core-fade"><stop offset="0.35" stop-color="white"/><stop offset="1" stop-color="white" stop-opacity="0.12"/></linearGradient>
<mask id="core-mask" maskContentUnits="objectBoundingBox"><rect width="1" height="1" fill="url(#core-fade)"/></mask>
<marker id="core-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="arrow-head" d="M0 0.6 L7.4 4 L0 7.4 Z"/></marker></defs>
${clients.map((process, i) => html`<g><rect class="${i % 2 === 0 ? 'row' : 'row alt'}" x="0" y="${top + i * ROW}" width="${WIDTH}" height="${ROW}"/><text class="row-name" x="10" y="${top + i * ROW + 34}">client ${process}</text></g>`)}
${faults.map((fault, i) => faultBand(fault, data.nodeEvents, i, mapping.x, [from, to], bottom, scale))}
${axis(mapping, from, top, bottom, scale)}
${arrows.map(arrowPath)}
${labelled(operations, bars, anomaly, spans, mapping, arrows, bottom, scale, linked)}
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

function count(operations: number): string {
  return operations === 1 ? 'One operation' : `${operations} operations`;
}

function fixed(pixels: number): string {
  return String(Math.round(pixels * 10) / 10);
}

/** A fault as a band behind a picture, with its words and its times above; an arrow where it goes beyond `from` to `to`. */
export function faultBand(
  fault: FaultRecord,
  events: readonly NodeEvent[],
  lane: number,
  xOf: (at: number) => number,
  [from, to]: readonly [number, number],
  bottom: number,
  scale = SECONDS,
): Markup {
  const { startedAt, endedAt } = fault;
  const x = startedAt <= from ? PLOT_LEFT : xOf(startedAt);
  const end = endedAt === null || endedAt >= to ? PLOT_RIGHT : xOf(endedAt);
  const y = 4 + lane * BAND;
  const words = faultWords(fault);
  const arrows = (text: string): string =>
    `${startedAt < from ? '← ' : ''}${text}${endedAt === null || endedAt > to ? ' →' : ''}`;
  const room = Math.floor((PLOT_RIGHT - PLOT_LEFT - 12) / SMALL_CHARACTER);
  const text =
    [arrows(`${words}${faultTimes(fault, events, scale)}`), arrows(words)].find((one) => one.length <= room) ??
    shortened(words, room);
  const start = Math.max(PLOT_LEFT + 6, Math.min(x + 6, PLOT_RIGHT - 6 - text.length * SMALL_CHARACTER));
  return html`<g class="fault"><rect class="fault-ground" x="${fixed(x)}" y="${y}" width="${fixed(Math.max(end - x, 3))}" height="${bottom - y}"/><rect class="fault-band" x="${fixed(x)}" y="${y}" width="${fixed(Math.max(end - x, 3))}" height="${BAND - 5}"/><text class="fault-name" x="${fixed(start)}" y="${y + 12.5}">${text}</text></g>`;
}

function faultTimes(fault: FaultRecord, events: readonly NodeEvent[], scale: TimeScale): string {
  const { startedAt, endedAt } = fault;
  if (endedAt === null) return `, from ${moment(startedAt, scale)} to the end`;
  const { hungAt, deadBy } = killTimes(fault, events);
  const killed =
    hungAt === null || deadBy === null
      ? `killed ${moment(startedAt, scale)}`
      : `disks hung ${moment(hungAt, scale)}, dead ${moment(deadBy, scale)}`;
  return servedAgain(fault)
    ? `: ${killed}, serving again ${moment(endedAt, scale)}`
    : `, ${stretch(startedAt, endedAt, scale, '–')}`;
}

interface CutText extends Box {
  readonly middle: number;
  readonly length: string;
  /** Empty where there is no room beside the text before. */
  readonly text: string;
}

/** What stands at each cut of the axis: how long it is, shorter or not at all where the next one is near. */
function cutTexts({ stretches }: TimeMapping, bottom: number, scale: TimeScale): readonly CutText[] {
  const cuts = stretches.filter(({ cut }) => cut);
  let free = 0;
  return cuts.map((stretched, at) => {
    const length = lengthOf(stretched, scale);
    const middle = middleOf(stretched);
    const next = cuts[at + 1];
    const room =
      next === undefined ? PLOT_RIGHT : middleOf(next) - (lengthOf(next, scale).length * SMALL_CHARACTER) / 2 - 6;
    const half = (text: string): number => (text.length * SMALL_CHARACTER) / 2;
    const whole = `${length} left out`;
    const fits = (text: string, until: number): boolean => middle - half(text) >= free && middle + half(text) <= until;
    const text = fits(whole, room) ? whole : fits(length, PLOT_RIGHT) ? length : '';
    if (text !== '') free = middle + half(text) + 6;
    return { x: middle - half(text), y: bottom - 18, width: 2 * half(text), height: 13, middle, length, text };
  });
}

function lengthOf({ from, to }: Stretch, scale: TimeScale): string {
  return scale.unit === 'event' ? plural(to - from, 'event') : duration(to - from);
}

function middleOf({ x, width }: Stretch): number {
  return x + width / 2;
}

function axis(mapping: TimeMapping, from: number, top: number, bottom: number, scale: TimeScale): Markup {
  const y = bottom + 0.5;
  const marks: Markup[] = [];
  let free = 0;
  const mark = (at: number): void => {
    const x = mapping.x(at);
    const text = moment(at, scale);
    const half = (text.length * SMALL_CHARACTER) / 2;
    marks.push(html`<line class="tick" x1="${fixed(x)}" x2="${fixed(x)}" y1="${top}" y2="${y + 5}"/>`);
    if (x - half < free) return;
    marks.push(html`<text class="tick-text" x="${fixed(x)}" y="${y + 19}" text-anchor="middle">${text}</text>`);
    free = x + half + 8;
  };
  mark(from);
  for (const { middle, length, text } of cutTexts(mapping, bottom, scale))
    marks.push(
      html`<g><title>${length} left out</title><path class="cut" d="M${fixed(middle - 5)} ${y + 6} l4 -12 M${fixed(middle + 1)} ${y + 6} l4 -12"/>${text === '' ? null : html`<text class="cut-text" x="${fixed(middle)}" y="${bottom - 8}" text-anchor="middle">${text}</text>`}</g>`,
    );
  for (const stretched of mapping.stretches) mark(stretched.to);
  return html`<line class="axis" x1="${PLOT_LEFT}" x2="${PLOT_RIGHT}" y1="${y}" y2="${y}"/>${marks}`;
}

function arrowPath(curve: Curve): Markup {
  const [start, ...rest] = curve.map(([x, y]) => `${fixed(x)} ${fixed(y)}`);
  return html`<path class="arrow" d="M${start ?? ''} C${rest.join(' ')}" marker-end="url(#core-arrow)"/>`;
}

/** Bars with their labels; where the axis is cut, the bars that reach over the cut are broken too. */
function labelled(
  operations: readonly Operation[],
  bars: readonly Bar[],
  anomaly: Anomaly,
  spans: ReadonlyMap<string, readonly NodeSpan[]>,
  mapping: TimeMapping,
  arrows: readonly Curve[],
  bottom: number,
  scale: TimeScale,
  linked: boolean,
): Markup {
  const cuts = mapping.stretches.filter((stretched) => stretched.cut);
  const texts = operations.map((operation) => ({
    text: shortened(label(operation), 34),
    where: nodeLabel(operation, spans),
    times: timesOf(operation, scale),
  }));
  const sizes = texts.map(({ text, where, times }, i) => {
    const short = 26 + text.length * CHARACTER + where.length * SMALL_CHARACTER;
    return { bar: bars[i] as Bar, short, full: short + 8 + times.length * SMALL_CHARACTER };
  });
  const obstacles = cutTexts(mapping, bottom, scale);
  const first = operations.findIndex(({ index }) => index === anomaly.culprit);
  const places = placeLabels(sizes, arrows, obstacles, PLOT_LEFT, PLOT_RIGHT, first);
  return html`${operations.map((operation, i) => {
    const { x, end, y } = bars[i] as Bar;
    const { text, where, times } = texts[i] as (typeof texts)[number];
    const place = places[i] as PlacedLabel;
    const name = letter(i);
    const culprit = operation.index === anomaly.culprit;
    const kind = operation.completedAt === null ? 'info' : operation.outcome;
    const mask = kind === 'info' ? trusted(' mask="url(#core-mask)"') : null;
    const breaks = cuts.map(middleOf).filter((middle) => middle > x + 6 && middle < end - 6);
    const drawn = html`<g class="op ${kind}${culprit ? ' culprit' : ''}"><title>${client(operation)}: ${label(operation)}, ${moment(operation.invokedAt, scale)} to ${operation.completedAt === null ? 'the end' : moment(operation.completedAt, scale)}</title><rect class="bar" x="${fixed(x)}" y="${y}" width="${fixed(end - x)}" height="${BAR_HEIGHT}" rx="3"${mask}/>${breaks.map((middle) => broken(middle, y))}<circle class="badge" cx="${fixed(place.x + 8)}" cy="${place.baseline - 4}" r="8"/><text class="badge-text${name.length > 1 ? ' long' : ''}" x="${fixed(place.x + 8)}" y="${place.baseline}" text-anchor="middle">${name}</text>${place.form === 'letter' ? null : html`<text class="op-text" x="${fixed(place.x + 20)}" y="${place.baseline}">${text}<tspan class="op-node" dx="7">${where}</tspan>${place.form === 'full' ? html`<tspan class="op-node" dx="7">${times}</tspan>` : null}</text>`}</g>`;
    return linked ? html`<a href="#op=${operation.index}">${drawn}</a>` : drawn;
  })}`;
}

/** The // of the axis, on a bar: time is left out here. */
function broken(middle: number, y: number): Markup {
  const [top, foot] = [y - 3, y + BAR_HEIGHT + 3];
  const [a, b] = [
    `${fixed(middle - 6)} ${foot} L${fixed(middle + 1)} ${top}`,
    `${fixed(middle)} ${foot} L${fixed(middle + 7)} ${top}`,
  ];
  return html`<path class="gap" d="M${a} L${fixed(middle + 7)} ${top} L${fixed(middle)} ${foot} Z"/><path class="cut" d="M${a} M${b}"/>`;
}

function timesOf(operation: Operation, scale: TimeScale): string {
  if (operation.outcome === 'info' || operation.completedAt === null)
    return `${moment(operation.invokedAt, scale)} to ?`;
  if (operation.completedAt === operation.invokedAt) return `at ${moment(operation.invokedAt, scale)}`;
  return stretch(operation.invokedAt, operation.completedAt, scale, '–');
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
