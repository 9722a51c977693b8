/** Two trials side by side. */

import { z } from 'zod';
import type { FaultRecord } from '../../history/trial-records.ts';
import { html, type Markup, scriptJson } from '../../reports/escape.ts';
import { sentenceBody } from '../../reports/sentence.ts';
import { duration, moment } from '../../reports/times.ts';
import { count, shortened } from '../../reports/wording.ts';
import { faultJson, trialParams } from '../api/schemas.ts';
import { type ComparedTrial, compare, type Measure } from '../compare.ts';
import type { Desk } from '../desk.ts';
import { invalidRequest } from '../problem.ts';
import { outcome, type Page, scroll, trialLink, trialTable } from './layout.ts';

const LATEST = 30;
const FAULTS_SHOWN = 60;

/** `t` twice: the list of trials sends what was ticked. */
const querySchema = z.strictObject({
  t: z
    .union([z.string().transform((name) => [name]), z.array(z.string())])
    .pipe(z.array(trialParams.shape.trial).min(1).max(2, 'two trials at most can be compared'))
    .optional(),
});

export async function comparePage(desk: Desk, query: object): Promise<Page> {
  const parsed = querySchema.safeParse(query);
  if (!parsed.success) throw invalidRequest('query', parsed.error);
  const [a, b] = parsed.data.t ?? [];
  const body =
    a === undefined || b === undefined
      ? choose(desk, a ?? null)
      : html`<h1>Two trials compared</h1>${await compared(desk, a, b)}`;
  return { title: 'Compare', under: '/trials', body };
}

function choose(desk: Desk, first: string | null): Markup {
  const trials = desk.parts.listing.page({}, LATEST).trials.filter(({ id }) => id !== first);
  return html`<h1>Compare ${first === null ? 'two trials' : html`${trialLink(first)} with …`}</h1>
<form method="get" action="/compare">${first === null ? null : html`<input type="hidden" name="t" value="${first}">`}<p>Choose ${first === null ? 'two' : 'one'} of the latest. <button type="submit">Compare</button></p>${trialTable(trials, 'Latest trials', true)}</form>`;
}

async function compared(desk: Desk, left: string, right: string): Promise<Markup> {
  const { a, b, spec, sameSchedule, measures, marks } = await compare(desk, left, right);
  const data = [a, b].map(({ trial, series }) => ({
    id: trial.id,
    binNs: series.binNs,
    ok: series.ok,
    p99: series.p99,
  }));
  return html`<div class="pair">${side('A', a)}${side('B', b)}</div>
<section><h2>Spec</h2>${
    spec.length === 0
      ? html`<p>The same, but for what follows from chance.</p>`
      : scroll(
          'Differences of the specs',
          html`<table><thead><tr><th scope="col">field</th><th scope="col">A</th><th scope="col">B</th></tr></thead><tbody>${spec.map(({ field, a: x, b: y }) => html`<tr><th scope="row"><code>${field}</code></th><td>${x}</td><td>${y}</td></tr>`)}</tbody></table>`,
        )
  }</section>
<section><h2>Latency and rate</h2><div class="charts js-only"><figure class="chart"><figcaption>ok answers a second</figcaption><div class="chart-box"><canvas data-compare="rate" role="img" aria-label="ok answers a second, A and B"></canvas></div></figure><figure class="chart"><figcaption>latency of ok, p99, ms</figcaption><div class="chart-box"><canvas data-compare="p99" role="img" aria-label="99th percentile of latency, A and B"></canvas></div></figure></div><script type="application/json" id="compare-data">${scriptJson(data)}</script>
${measureTable('Numbers', measures)}</section>
<section><h2>Schedule</h2><p>${sameSchedule ? 'Both had the same schedule of faults.' : 'The schedules of faults differ.'}</p><div class="pair">${faults('A', a.faults)}${faults('B', b.faults)}</div></section>
${marks.length === 0 ? null : html`<section><h2>Coverage</h2>${measureTable('Interesting states reached', marks)}</section>`}`;
}

function side(name: string, { trial, sentence }: ComparedTrial): Markup {
  return html`<section class="verdict ${trial.outcome ?? 'none'}"><div class="verdict-line"><b>${name}</b> ${outcome(trial.outcome, trial.state)}</div><p>${trialLink(trial.id)}</p><p>${sentence === null ? 'Not judged.' : shortened(sentenceBody(sentence), 400)}</p></section>`;
}

function faults(name: string, all: readonly FaultRecord[]): Markup {
  return html`<div><h3>${name}: ${count(all.length)} faults</h3><ul class="plain">${all
    .slice(0, FAULTS_SHOWN)
    .map((fault) => {
      const { summary, tookEffect } = faultJson(fault);
      return html`<li><code>${moment(fault.startedAt)}</code> ${shortened(summary, 120)}${tookEffect ? '' : ' (no effect seen)'}</li>`;
    })}</ul></div>`;
}

function measureTable(label: string, all: readonly Measure[]): Markup {
  return scroll(
    label,
    html`<table><thead><tr><th scope="col">${label.toLowerCase()}</th><th scope="col">A</th><th scope="col">B</th><th scope="col">B to A</th></tr></thead><tbody>${all.map(
      ({ name, unit, a, b }) =>
        html`<tr><th scope="row">${name}</th><td class="n">${written(a, unit)}</td><td class="n">${written(b, unit)}</td><td class="n">${a === null || b === null || a === 0 ? '–' : `×${(b / a).toFixed(2)}`}</td></tr>`,
    )}</tbody></table>`,
  );
}

function written(value: number | null, unit: Measure['unit']): string {
  if (value === null) return '–';
  if (unit === 'count') return count(value);
  return duration(unit === 'ns' ? value : value * 1e6);
}
