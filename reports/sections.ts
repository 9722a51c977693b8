/** The sections below the first screen that need no JavaScript: the trial at a glance, coverage, evidence and provenance. */

import type { Json } from '../history/operation.ts';
import { faultWords, showsNoEffect } from './circumstances.ts';
import { html, type Markup } from './escape.ts';
import type { Context } from './first-screen.ts';
import type { Series } from './series.ts';
import { axisScale, duration, moment, scaleOf } from './times.ts';
import type { TrialData } from './trial-data.ts';
import { count, percent, plural, shortened } from './wording.ts';

const WIDTH = 960;
/** A shorter record has no rates. */
const RATED_MIN_NS = 1e6;

/** Rates and latencies over time mean nothing of positions, nor of a few ticks of a logical clock. */
export function hasRates({ trial, timeless }: TrialData): boolean {
  return timeless !== true && trial.durationNs >= RATED_MIN_NS;
}

/** The whole trial as one picture: what became of the operations over time, and when which fault was active; none without times to speak of. */
export function glance({ data }: Context, series: Series): Markup | null {
  if (!hasRates(data)) return null;
  const { ok, fail, info, binNs } = series;
  const peak = Math.max(1, ...ok.map((n, i) => n + (fail[i] ?? 0) + (info[i] ?? 0)));
  const total = binNs * ok.length;
  const x = (at: number): string => ((at / total) * WIDTH).toFixed(1);
  const lanes = data.faults.slice(0, 400);
  const kinds = [...new Set(lanes.map((fault) => fault.kind))].sort();
  const top = kinds.length * 18;
  const height = top + 76;
  const bars = ok.map((n, i) => {
    const left = (i / ok.length) * WIDTH;
    const width = WIDTH / ok.length - 0.6;
    let y = top + 56;
    return (['ok', 'info', 'fail'] as const).map((kind) => {
      const amount = kind === 'ok' ? n : (series[kind][i] ?? 0);
      if (amount === 0) return null;
      const tall = Math.max(0.8, (amount / peak) * 48);
      y -= tall;
      return html`<rect class="glance-${kind}" x="${left.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(2)}" height="${tall.toFixed(1)}"/>`;
    });
  });
  const scale = axisScale(scaleOf(data.trial.durationNs, false), total / 40);
  const texts = [0, 0.25, 0.5, 0.75, 1].map((part) => ({ part, text: moment(total * part, scale) }));
  const ticks = texts
    .filter(({ text }, i) => text !== texts[i - 1]?.text)
    .map(
      ({ part, text }) =>
        html`<text class="tick-text" x="${(part * WIDTH).toFixed(0)}" y="${top + 71}" text-anchor="${part === 0 ? 'start' : part === 1 ? 'end' : 'middle'}">${text}</text>`,
    );
  return html`<figure class="glance"><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Operations over time, with the faults above">${lanes.map(
    (fault) =>
      html`<rect class="glance-fault${showsNoEffect(fault) ? ' idle' : ''}" x="${x(fault.startedAt)}" y="${kinds.indexOf(fault.kind) * 18 + 2}" width="${Math.max(2, Number(x((fault.endedAt ?? total) - fault.startedAt))).toFixed(1)}" height="13" rx="2"><title>${faultWords(fault)}</title></rect>`,
  )}${kinds.map((kind, i) => html`<text class="glance-kind" x="4" y="${i * 18 + 12.5}">${shortened(kind, 24)}</text>`)}${bars}${data.verdict.anomalies
    .slice(0, 50)
    .map(
      (anomaly) => html`<path class="glance-anomaly" d="M${x(anomaly.at)} ${top} v58"/>`,
    )}<line class="axis" x1="0" x2="${WIDTH}" y1="${top + 56.5}" y2="${top + 56.5}"/>${ticks}</svg><figcaption>The whole ${data.trial.world === null ? 'history' : 'trial'}: operations over time (ok, then info and fail on top), faults above${data.verdict.anomalies.length > 0 ? ', anomalies as lines' : ''}.</figcaption></figure>`;
}

/** What the trial proves and what it does not: how much happened, which faults bit, how hard the checker worked. */
export function coverage({ data }: Context, series: Series): Markup {
  const { statistics } = data.verdict;
  const seconds = data.trial.durationNs / 1e9;
  const rows: (readonly [string, string])[] = [
    [
      'Operations',
      `${count(statistics.operations)}${hasRates(data) ? `, ${count(statistics.operations / seconds)} a second` : ''}`,
    ],
    [
      'ok / fail / info',
      `${percent(statistics.ok, statistics.operations)} / ${percent(statistics.fail, statistics.operations)} / ${percent(statistics.info, statistics.operations)}`,
    ],
    ['Keys', count(statistics.keys)],
    [
      'Overlap',
      `${plural(statistics.overlappingPairs, 'pair')} on one key, up to ${count(statistics.concurrencyMax)} at once`,
    ],
  ];
  if (series.overall !== null && data.timeless !== true) {
    const { p50, p95, p99, max } = series.overall;
    rows.push([
      'Latency of ok',
      `p50 ${duration(p50)}, p95 ${duration(p95)}, p99 ${duration(p99)}, max ${duration(max)}`,
    ]);
  }
  const elections = electionsOf(data.nodeEvents);
  if (elections !== null) rows.push(['Elections won', elections]);
  rows.push([
    'Checker',
    `${data.verdict.model}: ${duration(statistics.ms * 1e6)}, ${plural(statistics.steps, 'step')}`,
  ]);
  const undecided = data.verdict.keys.filter((key) => key.valid === 'unknown').length;
  rows.push(['Limits met', undecided === 0 ? 'none: every key was decided' : `${plural(undecided, 'key')} undecided`]);
  const marks = Object.entries(data.marks).sort(([a], [b]) => (a < b ? -1 : 1));
  return html`<section id="coverage"><h2>Coverage</h2><div class="columns"><dl class="rows">${rows.map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>${
    marks.length === 0
      ? null
      : html`<div><h3>Interesting states reached</h3><ul class="marks">${marks.map(([name, times]) => html`<li class="${times === 0 ? 'zero' : 'hit'}"><span>${name}</span><b>${times === 0 ? 'never' : count(times)}</b></li>`)}</ul></div>`
  }</div>${faultTable(data.faults, series)}</section>`;
}

function electionsOf(events: Context['data']['nodeEvents']): string | null {
  if (events.length === 0) return null;
  const won = new Set<number>();
  for (const event of events)
    if (event.kind === 'status' && event.role === 'leader' && event.term !== null) won.add(event.term);
  return won.size === 0 ? 'none seen' : `${won.size} (terms ${Math.min(...won)} to ${Math.max(...won)})`;
}

const FAULT_ROWS_MAX = 200;

function faultTable(faults: Context['data']['faults'], series: Series): Markup | null {
  if (faults.length === 0) return html`<p>No faults were recorded.</p>`;
  const recoveries = new Map(series.recoveries.map((recovery) => [recovery.fault, recovery]));
  return html`<h3>Faults: what was asked, what took effect</h3><div class="scroll" tabindex="0" role="region" aria-label="Faults"><table class="faults"><thead><tr><th scope="col">fault</th><th scope="col">from</th><th scope="col">lasted</th><th scope="col">took effect</th><th scope="col">evidence</th><th scope="col">longest silence</th><th scope="col">recovered after</th></tr></thead><tbody>${faults
    .slice(0, FAULT_ROWS_MAX)
    .map((fault) => {
      const recovery = recoveries.get(fault.index);
      return html`<tr><th scope="row"><a href="#fault=${fault.index}">${faultWords(fault)}</a></th><td class="n">${moment(fault.startedAt)}</td><td class="n">${fault.endedAt === null ? 'to the end' : duration(fault.endedAt - fault.startedAt)}</td><td>${fault.bit ? '✓ yes' : showsNoEffect(fault) ? '✗ not shown' : '– still lasting'}</td><td class="evidence">${evidence(fault.effect)}</td><td class="n">${recovery === undefined ? '–' : duration(recovery.silenceNs)}</td><td class="n">${recovery === undefined ? '–' : recovery.recoveredAfterNs === null ? 'not in this record' : recovery.recoveredAfterNs === 0 ? 'at once' : duration(recovery.recoveredAfterNs)}</td></tr>`;
    })}</tbody></table></div>${faults.length > FAULT_ROWS_MAX ? html`<p>showing ${FAULT_ROWS_MAX} of ${count(faults.length)} faults</p>` : null}<p class="note">“Longest silence”: the longest time without any ok answer while the fault lasted. “Recovered after”: from the end of the fault until ok answers came at half the usual rate for half a second.</p>`;
}

/** Process numbers and readings of clocks identify and prove, but tell a reader nothing in a table; the raw record has them. */
const UNTOLD = new Set(['pid', 'trialNs', 'nodeNs', 'readsNs', 'starts']);
const FACTS_MAX = 6;

/** Evidence in one line: each name once, with the different values that were seen under it. */
export function evidence(effect: Json): string {
  const facts = new Map<string, string[]>();
  const walk = (json: Json, name: string): void => {
    if (json === null || UNTOLD.has(name)) return;
    if (Array.isArray(json)) for (const item of json) walk(item as Json, name);
    else if (typeof json === 'object') for (const [key, inner] of Object.entries(json)) walk(inner, key);
    else {
      const inTime = typeof json === 'number' && /Ns$/.test(name);
      const told = inTime ? duration(json) : shortened(String(json), 40);
      const label = inTime ? name.slice(0, -2) : name;
      const list = facts.get(label);
      if (list === undefined) facts.set(label, [told]);
      else if (!list.includes(told)) list.push(told);
    }
  };
  walk(effect, 'evidence');
  if (facts.size === 0) return '–';
  const words = [...facts].slice(0, FACTS_MAX).map(([name, told]) => {
    const more = told.length > 5 ? ` … ${told.length - 4} more` : '';
    return `${shortened(name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase(), 30)} ${told.slice(0, more === '' ? 5 : 4).join(', ')}${more}`;
  });
  return words.join('; ');
}

/** What the page is made from, to keep and to download. */
export function provenance({ data }: Context): Markup {
  const { trial } = data;
  const rows: (readonly [string, string])[] = [
    [trial.world === null ? 'File' : 'Trial', trial.id],
    ...(trial.startedAt === null ? [] : [['Started', trial.startedAt] as const]),
    ['Outcome and exit code', `${trial.outcome}, ${trial.exitCode}`],
    ...(data.notes ?? []).map((note) => ['How the file was read', note] as const),
    ...(trial.traceHash === null ? [] : [['Trace hash', trial.traceHash] as const]),
    ...Object.entries(trial.provenance).map(
      ([name, value]) =>
        [
          name === 'commit' ? 'Ordeal commit' : name,
          typeof value === 'string' ? value : JSON.stringify(value),
        ] as const,
    ),
  ];
  return html`<section id="evidence"><h2>Evidence and provenance</h2><p class="downloads js-only"><button type="button" data-download="history">Download the history (NDJSON)</button>${trial.spec === null ? null : html`<button type="button" data-download="spec">Download the spec (JSON)</button>`}<span id="download-note"></span></p><dl class="rows">${rows.map(([name, text]) => html`<div><dt>${name}</dt><dd>${shortened(text, 300)}</dd></div>`)}</dl>${trial.spec === null ? null : html`<details class="spec"><summary>The spec</summary><pre tabindex="0">${JSON.stringify(trial.spec, null, 2)}</pre></details>`}</section>`;
}
