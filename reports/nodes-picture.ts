/**
 * What the nodes were around a moment, as a picture that needs no JavaScript: for anomalies that have no operations to draw, such
 * as two leaders of one term.
 */

import type { Anomaly } from '../checker/verdict.ts';
import { faultsDuring, type NodeSpan, roleWords } from './circumstances.ts';
import { faultBand } from './core-picture.ts';
import { html, type Markup } from './escape.ts';
import { moment } from './times.ts';
import type { TrialData } from './trial-data.ts';
import { shortened } from './wording.ts';

const WIDTH = 960;
const LEFT = 92;
const RIGHT = 20;
const ROW = 30;
const BAR = 18;
const BAND = 22;
const BANDS_MAX = 3;
const AXIS = 30;
const NODES_MAX = 16;
/** Time shown before and after the moment. */
const AROUND_NS = 1e9;
/** Average width of a character of the label font, in pixels. */
const CHARACTER = 6.9;

/** Roles and terms of the nodes a second before and after an anomaly, which is a line; null when nothing is known of them. */
export function nodesPicture(
  data: TrialData,
  anomaly: Anomaly,
  spans: ReadonlyMap<string, readonly NodeSpan[]>,
): Markup | null {
  if (spans.size === 0) return null;
  const from = Math.max(0, anomaly.at - AROUND_NS);
  const to = Math.max(from + 1, Math.min(anomaly.at + AROUND_NS, Math.max(data.trial.durationNs, anomaly.at)));
  const x = (at: number): number => LEFT + ((at - from) / (to - from)) * (WIDTH - LEFT - RIGHT);
  const nodes = [...new Set([...data.trial.nodes, ...spans.keys()])].slice(0, NODES_MAX);
  const faults = faultsDuring(data.faults, from, to).slice(0, BANDS_MAX);
  const top = 6 + faults.length * BAND;
  const bottom = top + nodes.length * ROW;
  const height = bottom + AXIS;
  const concerned = Array.isArray(anomaly.facts.nodes) ? anomaly.facts.nodes : [];
  const here = x(anomaly.at);
  return html`<svg class="core nodes" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Roles and terms of ${nodes.length} nodes between ${moment(from)} and ${moment(to)}" xmlns="http://www.w3.org/2000/svg">
${faults.map((fault, i) => faultBand(fault, data.nodeEvents, i, x, [from, to], bottom))}
${nodes.map((node, i) => {
  const y = top + i * ROW;
  const bars = (spans.get(node) ?? []).filter((span) => span.to >= from && span.from <= to && span.to > span.from);
  return html`<text class="${concerned.includes(node) ? 'row-name concerned' : 'row-name'}" x="10" y="${y + 19}">${shortened(node, 11)}</text>${bars.map((span) => bar(span, Math.max(x(span.from), LEFT), Math.min(x(span.to), WIDTH - RIGHT), y + 6))}`;
})}
<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom + 4.5}" y2="${bottom + 4.5}"/>
<path class="moment" d="M${here.toFixed(1)} ${top} V${bottom + 8}"/>
${[from, anomaly.at, to].map((at, i) => tick(at, x(at), i === 1 ? 'here' : '', bottom, here))}
</svg>`;
}

function bar(span: NodeSpan, x: number, end: number, y: number): Markup {
  const kind = !span.up || span.paused ? 'down' : span.role === null ? 'starting' : span.role.replace(/[^a-z-]/g, '');
  const width = Math.max(1, end - x);
  const words = roleWords(span) || 'starting';
  const text = words.length * CHARACTER + 10 <= width ? words : words.replace(/( of \S+)?, term /, ' t');
  return html`<g class="span ${kind}"><title>${words}, ${moment(span.from)} to ${moment(span.to)}</title><rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR}"/>${text.length * CHARACTER + 10 <= width ? html`<text x="${(x + 6).toFixed(1)}" y="${y + 13}">${text}</text>` : null}</g>`;
}

function tick(at: number, x: number, kind: string, bottom: number, here: number): Markup | null {
  // The moment itself is told first; an end too close to it is not.
  if (kind === '' && Math.abs(x - here) < 70) return null;
  const anchor = x < LEFT + 30 ? 'start' : x > WIDTH - RIGHT - 30 ? 'end' : 'middle';
  return html`<text class="tick-text ${kind}" x="${x.toFixed(1)}" y="${bottom + 21}" text-anchor="${anchor}">${moment(at)}</text>`;
}
