/** The page of a night: everything on it in one HTML file without scripts or requests, with links to the trials' own pages. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Night, NightItem } from '../../history/night-records.ts';
import type { TrialOutcome } from '../../history/trial-records.ts';
import { pageStyle } from '../browser-bundle.ts';
import { html, type Markup, trusted } from '../escape.ts';
import { outcomeBadge } from '../first-screen.ts';
import { duration } from '../times.ts';
import { count, shortened } from '../wording.ts';
import type { NightPage } from './night-page.ts';
import { exitCodeOfNight, outcomeOfItem, outcomeOfNight, repeatOfNight, sentenceOfNight } from './outcome.ts';
import { trendPicture } from './trend-picture.ts';
import { describeMemory } from './trends.ts';

/** Rows of one table; the failures among them come first. */
const ROWS_MAX = 3000;
/** Of many items with one fingerprint, so many are told at once, and so many at all. */
const FIRST_ITEMS = 4;
const ITEMS_MAX = 200;

export function renderIndex(page: NightPage): string {
  const { night } = page;
  const style = pageStyle() + readFileSync(fileURLToPath(new URL('night.css', import.meta.url)), 'utf8');
  const digest = createHash('sha256').update(style, 'utf8').digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
  const sentence = sentenceOfNight(night);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${shortened(sentence, 90)} · Ordeal</title>
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#trials">Skip to the trials</a>
<main>
${head(night, sentence)}
${failures(page)}
${gone(page)}
${items(night, 'canary', 'Canaries', 'Planted bugs that had to be caught. Were one missed, a pass of this night would prove nothing.')}
${items(night, 'trial', 'Trials', 'Each links to its own report.')}
${items(night, 'hunt', 'Hunt', 'Seeds of the simulator, with what remained of the budget.')}
${items(night, 'corpus', 'Regressions', 'Failures that were found once: what was mended stays mended, planted bugs are still found.')}
${trends(page)}
${again(night)}
</main>
</body>
</html>
`.markup;
}

function head(night: Night, sentence: string): Markup {
  const outcome = outcomeOfNight(night);
  const state = night.interrupted ? 'interrupted' : night.endedAt === null ? 'not ended' : null;
  const item = (name: string, text: string): Markup => html`<div><dt>${name}</dt><dd>${text}</dd></div>`;
  const took = night.endedAt === null ? '–' : duration((night.endedAt - night.startedAt) * 1e6);
  const operations = night.items.reduce((sum, { measures }) => sum + measures.operations, 0);
  const seeds = night.items.reduce((sum, { measures }) => sum + measures.seeds, 0);
  return html`<header class="verdict ${outcome}">
<div class="verdict-line">${outcomeBadge(outcome)}${state === null ? null : html`<span class="shape">${state}</span>`}<span class="brand">Ordeal nightly</span></div>
<h1>${sentence}</h1>
<dl class="facts">${item('Date', night.date)}${night.commit === null ? null : item('Commit', shortened(night.commit, 20))}${item('Began', `${new Date(night.startedAt).toISOString().slice(0, 19)}Z`)}${item('Took', took)}${item('Budget', duration(night.budgetMs * 1e6))}${item('Operations judged', count(operations))}${item('Seeds', count(seeds))}${item('Plan', night.plan)}${item('Host', shortened(night.host, 40))}${night.bugs.length === 0 ? null : item('Planted everywhere', night.bugs.join(', '))}${item('Exit code', String(exitCodeOfNight(night)))}</dl>
</header>`;
}

function failures({ failures: all }: NightPage): Markup | null {
  if (all.length === 0) return null;
  return html`<section id="failures" aria-labelledby="failures-title"><h2 id="failures-title">What failed</h2>${all.map(
    ({ fingerprint, items: having, memory }) =>
      html`<article class="failure ${fingerprint.outcome}"><h3>${fingerprint.title}${memory.seenOn === 0 ? html` <span class="fresh">new</span>` : null}</h3>
<p class="note">${outcomeBadge(fingerprint.outcome)} <span>${describeMemory(memory)}</span> <code>${fingerprint.id}</code></p>
<ul>${having.slice(0, FIRST_ITEMS).map(failedItem)}</ul>${
        having.length <= FIRST_ITEMS
          ? null
          : html`<details><summary>${having.length - FIRST_ITEMS} more of the same</summary><ul>${having.slice(FIRST_ITEMS, ITEMS_MAX).map(failedItem)}</ul></details>`
      }</article>`,
  )}</section>`;
}

function failedItem(item: NightItem): Markup {
  const again =
    item.again === null
      ? null
      : html`<p class="again"><span class="offscreen">Again: </span><code>${item.again}</code></p>`;
  return html`<li><p>${link(item)}${shardOf(item)}: ${shortened(item.sentence, 700)}</p>${again}</li>`;
}

function gone({ gone: all }: NightPage): Markup | null {
  if (all.length === 0) return null;
  return html`<section aria-labelledby="gone-title"><h2 id="gone-title">Gone since</h2><ul>${all.map(
    ({ fingerprint, last, seenOn }) =>
      html`<li>${fingerprint.title}: last seen on ${last}, on ${count(seenOn)} of the nights looked back on <code>${fingerprint.id}</code></li>`,
  )}</ul></section>`;
}

const SECTIONS: { readonly [kind in NightItem['kind']]: string } = {
  canary: 'canaries',
  trial: 'trials',
  hunt: 'hunt',
  corpus: 'regressions',
};

const URGENCY: readonly TrialOutcome[] = ['violation', 'broken', 'unknown', 'vacuous', 'pass'];

function items(night: Night, kind: NightItem['kind'], title: string, note: string): Markup | null {
  const all = night.items.filter((item) => item.kind === kind);
  if (all.length === 0) return null;
  const rank = (item: NightItem): number => URGENCY.indexOf(outcomeOfItem(item));
  const sorted = [...all].sort((a, b) => rank(a) - rank(b));
  const columns = COLUMNS.filter(({ of }) => all.some((item) => of(item) !== null));
  return html`<section id="${SECTIONS[kind]}" aria-labelledby="${kind}-title"><h2 id="${kind}-title">${title} <span class="count">${all.length}</span></h2><p class="note">${note}</p>
<div class="scroll" tabindex="0" role="region" aria-label="${title} as a table"><table class="items"><thead><tr><th scope="col">outcome</th><th scope="col">what</th>${columns.map(({ name }) => html`<th scope="col" class="n">${name}</th>`)}</tr></thead><tbody>${sorted
    .slice(0, ROWS_MAX)
    .map(
      (item) =>
        html`<tr><td>${sign(item)}</td><th scope="row">${link(item)}${shardOf(item)}${
          item.outcome === 'pass' && kind === 'trial'
            ? null
            : html`<span class="said">${shortened(item.sentence, 260)}</span>`
        }</th>${columns.map(({ of }) => html`<td class="n">${of(item) ?? '–'}</td>`)}</tr>`,
    )}</tbody></table></div>${sorted.length > ROWS_MAX ? html`<p>and ${count(sorted.length - ROWS_MAX)} more, all in result.json</p>` : null}</section>`;
}

interface Column {
  readonly name: string;
  readonly of: (item: NightItem) => string | null;
}

const some = (value: number | null, written: (value: number) => string): string | null =>
  value === null ? null : written(value);

const COLUMNS: readonly Column[] = [
  { name: 'operations', of: ({ measures }) => (measures.operations === 0 ? null : count(measures.operations)) },
  {
    name: 'faults that bit',
    of: ({ measures }) => (measures.faults === 0 ? null : `${measures.faultsBit} of ${measures.faults}`),
  },
  { name: 'p50', of: ({ measures }) => some(measures.p50Ns, duration) },
  { name: 'p99', of: ({ measures }) => some(measures.p99Ns, duration) },
  { name: 'recovery', of: ({ measures }) => some(measures.recoveryNs, duration) },
  { name: 'checker', of: ({ measures }) => some(measures.checkMs, (ms) => duration(ms * 1e6)) },
  {
    name: 'seeds',
    of: ({ measures, kind }) => (measures.seeds === 0 || kind === 'trial' ? null : count(measures.seeds)),
  },
  { name: 'caught after', of: ({ measures }) => some(measures.detectedMs, (ms) => duration(ms * 1e6)) },
  { name: 'took', of: ({ wallMs }) => some(wallMs, (ms) => duration(ms * 1e6)) },
];

/** Its outcome as icon and word, in the colour of the outcome. */
function sign(item: NightItem): Markup {
  if (item.outcome === null)
    return html`<span class="waiting">${item.state === 'running' ? 'running' : 'not run'}</span>`;
  return html`<span class="sign ${item.outcome}">${outcomeBadge(item.outcome)}</span>`;
}

function link(item: NightItem): Markup {
  const name = item.id.replace(/^(trial|canary|corpus)\//, '');
  return item.report === null ? html`<span>${name}</span>` : html`<a href="${encodeURI(item.report)}">${name}</a>`;
}

function shardOf({ shard }: NightItem): string {
  return shard === null ? '' : ` (shard ${shard})`;
}

function trends({ trends: all }: NightPage): Markup | null {
  if ((all[0]?.points.length ?? 0) < 2) return null;
  return html`<section id="trends" aria-labelledby="trends-title"><h2 id="trends-title">Trends</h2><div class="trends">${all.map(trendPicture)}</div></section>`;
}

function again(night: Night): Markup {
  return html`<section aria-labelledby="again-title"><h2 id="again-title">Again</h2><p>The same plan, with the same seeds, on the commit above: <code>${repeatOfNight(night)}</code>. In the simulator that is the same trials, event by event; on processes it is the same faults at the same times, and what the machine does in between differs.</p></section>`;
}
