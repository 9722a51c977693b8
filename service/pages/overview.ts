/** The first page: how the latest night came out, what is going on, and how the numbers move from night to night. */

import type { Night } from '../../history/night-records.ts';
import { html, type Markup, scriptJson } from '../../reports/escape.ts';
import { sentenceOfNight } from '../../reports/nightly/outcome.ts';
import { describeMemory, failuresOf, goneSince, type Trend, trendsOf } from '../../reports/nightly/trends.ts';
import { duration } from '../../reports/times.ts';
import { count, plural, shortened } from '../../reports/wording.ts';
import { ageOf, type Standing, standingOf } from '../badge.ts';
import type { Desk } from '../desk.ts';
import { outcome, type Page, scroll, trialLink, trialTable, when } from './layout.ts';
import { jobTable } from './queue.ts';

const LATEST = 8;

export function overviewPage(desk: Desk): Page {
  const { nights, jobs, listing } = desk.parts;
  const all = nights.all();
  const night = all.at(-1) ?? null;
  const running = jobs.in('running');
  const waiting = jobs.count('waiting');
  const latest = listing.page({}, LATEST);
  const body = html`${standing(standingOf(desk))}
${night === null ? null : nightSection(desk, night, all)}
<section><h2>Now</h2>${running.length === 0 ? html`<p>Nothing runs${waiting === 0 ? '' : `, ${plural(waiting, 'job')} wait`}. <a href="/start">Start a trial</a></p>` : html`${jobTable(running)}${waiting === 0 ? null : html`<p><a href="/queue">${plural(waiting, 'job')} waiting</a></p>`}`}</section>
${trends(trendsOf(all))}
<section><h2>Latest trials</h2>${latest.total === 0 ? html`<p>None yet: <a href="/start">start one</a>, or run <code>npx ordeal run</code>.</p>` : html`${trialTable(latest.trials, 'Latest trials')}<p><a href="/trials">all ${count(latest.total)}</a></p>`}</section>`;
  return { title: 'Overview', under: '/', body };
}

function standing({ what, outcome: of, at, name }: Standing): Markup {
  const told =
    what === 'nothing' || of === null || at === null
      ? html`No trial has been judged yet.`
      : html`The latest ${what === 'night' ? 'night' : 'trial'}, ${what === 'trial' && name !== null ? trialLink(name) : (name ?? '')}, ended ${ageOf(Date.now() - at)}.`;
  return html`<header class="verdict ${of ?? 'none'}"><div class="verdict-line">${outcome(of, 'no result')}</div><h1>${told}</h1></header>`;
}

function nightSection(desk: Desk, night: Night, all: readonly Night[]): Markup {
  const failures = failuresOf(night, all);
  const gone = goneSince(night, all);
  const done = night.items.filter(({ state }) => state === 'done').length;
  const state =
    night.endedAt === null
      ? 'not ended'
      : night.interrupted
        ? 'interrupted'
        : duration((night.endedAt - night.startedAt) * 1e6);
  return html`<section><h2>Night ${night.id}</h2><p>${sentenceOfNight(night)}</p><p class="note">${count(done)} of ${plural(night.items.length, 'item')} done, began ${when(night.startedAt)}, ${state}${night.commit === null ? null : html`, commit <code>${night.commit}</code>`}</p>
${
  failures.length === 0
    ? null
    : scroll(
        'Failures of the night',
        html`<table><thead><tr><th scope="col">outcome</th><th scope="col">failure</th><th scope="col">items</th><th scope="col">memory</th><th scope="col">trial</th></tr></thead><tbody>${failures.map(
          ({ fingerprint, items, memory }) => {
            // A night may have had a store of its own.
            const trial =
              items.find((item) => item.trial !== null && desk.parts.listing.line(item.trial) !== null)?.trial ?? null;
            return html`<tr><td>${outcome(fingerprint.outcome, '')}</td><th scope="row">${shortened(fingerprint.title, 200)}</th><td class="n">${items.length}</td><td>${describeMemory(memory)}</td><td>${trial === null ? '–' : trialLink(trial)}</td></tr>`;
          },
        )}</tbody></table>`,
      )
}
${gone.length === 0 ? null : html`<h3>Gone since</h3><ul>${gone.map(({ fingerprint, seenOn, last }) => html`<li>${shortened(fingerprint.title, 200)}: seen on ${plural(seenOn, 'night')}, last on ${last}</li>`)}</ul>`}</section>`;
}

/** Charts, drawn by the browser from the data beside them; the same numbers as a table. */
function trends(all: readonly Trend[]): Markup | null {
  const told = all.filter(({ points }) => points.some(({ value }) => value !== null));
  const nights = told[0]?.points ?? [];
  if (nights.length === 0)
    return html`<section><h2>Trends</h2><p>There are no nights yet: <code>npx ordeal nightly</code> makes one.</p></section>`;
  return html`<section id="trends"><h2>Trends</h2><div class="charts js-only">${told.map(
    ({ name }, i) =>
      html`<figure class="chart"><figcaption>${name}</figcaption><div class="chart-box"><canvas data-trend="${i}" role="img" aria-label="${name}, night by night"></canvas></div></figure>`,
  )}</div><script type="application/json" id="trend-data">${scriptJson(told)}</script>
<details><summary>The last nights as a table</summary>${scroll(
    'Trends',
    html`<table><thead><tr><th scope="col">night</th>${told.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${nights
      .map(
        ({ night }, at) =>
          html`<tr><th scope="row">${night}</th>${told.map(({ unit, points }) => html`<td class="n">${written(points[at]?.value ?? null, unit)}</td>`)}</tr>`,
      )
      .slice(-14)
      .reverse()}</tbody></table>`,
  )}</details></section>`;
}

function written(value: number | null, unit: Trend['unit']): string {
  if (value === null) return '–';
  switch (unit) {
    case 'count':
      return count(value);
    case 'share':
      return `${(100 * value).toFixed(1)}%`;
    case 'ns':
      return duration(value);
    case 'ms':
      return duration(value * 1e6);
  }
}
