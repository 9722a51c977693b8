/** What every page has: head, navigation, and how outcomes, trials, times and addresses are written. */

import type { TrialLine } from '../../history/trial-listing.ts';
import type { TrialOutcome } from '../../history/trial-records.ts';
import { type Content, html, type Markup } from '../../reports/escape.ts';
import { outcomeBadge } from '../../reports/first-screen.ts';
import type { Assets } from '../assets.ts';
import { ageOf } from '../badge.ts';
import type { JobState } from '../queue/jobs.ts';

export interface Page {
  readonly title: string;
  /** Path of the entry of the navigation that it belongs to. */
  readonly under: string | null;
  readonly body: Markup;
}

const NAVIGATION: readonly (readonly [path: string, name: string])[] = [
  ['/', 'Overview'],
  ['/trials', 'Trials'],
  ['/failures', 'Failures'],
  ['/queue', 'Queue'],
  ['/start', 'Start a trial'],
  ['/upload', 'Check a history'],
];

/** A whole page as text. */
export function layout(page: Page, assets: Assets): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} · Ordeal</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${assets.style}">
<script src="${assets.script}" defer></script>
</head>
<body class="service">
<a class="skip" href="#content">Skip to the content</a>
<header class="bar"><nav aria-label="Pages"><a class="home" href="/"><img src="/assets/icon.svg" alt="" width="22" height="22">Ordeal</a><ul>${NAVIGATION.map(
    ([path, name]) =>
      html`<li>${path === page.under ? html`<a href="${path}" aria-current="page">${name}</a>` : html`<a href="${path}">${name}</a>`}</li>`,
  )}</ul></nav></header>
<main id="content">
${page.body}
</main>
</body>
</html>
`.markup;
}

/** An outcome, or what stands in its place while there is none. */
export function outcome(of: TrialOutcome | null, otherwise: string): Markup {
  return of === null
    ? html`<span class="outcome none">${otherwise}</span>`
    : html`<span class="tone ${of}">${outcomeBadge(of)}</span>`;
}

export function trialLink(id: string): Markup {
  return html`<a href="/trials/${id}">${id}</a>`;
}

/** "2026-11-21 04:03" in UTC, with its age for those who hover or listen. */
export function when(ms: number | null): Markup {
  if (ms === null) return html`–`;
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}" title="${ageOf(Date.now() - ms)}">${iso.slice(0, 10)} ${iso.slice(11, 16)}</time>`;
}

/** "1.2 s", "3 min 4 s". */
export function seconds(ns: number | null): string {
  if (ns === null) return '–';
  const s = ns / 1e9;
  return s < 120 ? `${s.toFixed(1)} s` : `${Math.floor(s / 60)} min ${Math.round(s % 60)} s`;
}

export function scroll(label: string, table: Markup): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${table}</div>`;
}

/** A button that changes something: a form of its own, so that it works without scripts. */
export function action(path: string, name: string, fields: Content = null, style = ''): Markup {
  return html`<form class="action" method="post" action="${path}">${fields}<button type="submit" class="${style}">${name}</button></form>`;
}

export const JOB_WORDS: { readonly [state in JobState]: string } = {
  waiting: 'waiting',
  running: 'running',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
};

/** Rows of trials as a table; with `pick`, two can be chosen to be compared. */
export function trialTable(trials: readonly TrialLine[], label: string, pick = false): Markup {
  return scroll(
    label,
    html`<table class="trials"><thead><tr>${pick ? html`<th scope="col"><span class="offscreen">compare</span></th>` : null}<th scope="col">outcome</th><th scope="col">trial</th><th scope="col">world</th><th scope="col">workload</th><th scope="col">planted</th><th scope="col">started (UTC)</th><th scope="col">lasted</th></tr></thead><tbody>${trials.map(
      (trial) =>
        html`<tr>${pick ? html`<td><input type="checkbox" name="t" value="${trial.id}" aria-label="Compare ${trial.id}"></td>` : null}<td>${outcome(trial.outcome, trial.state)}</td><th scope="row">${trialLink(trial.id)}</th><td>${trial.world ?? '–'}</td><td>${trial.workload ?? '–'}</td><td>${trial.bugs.join(', ') || '–'}</td><td class="n">${when(trial.startedAt)}</td><td class="n">${seconds(trial.durationNs)}</td></tr>`,
    )}</tbody></table>`,
  );
}
