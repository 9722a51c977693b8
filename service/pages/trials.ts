/** All trials: filters in the address, a page at a time. */

import { z } from 'zod';
import { html, type Markup } from '../../reports/escape.ts';
import { count } from '../../reports/wording.ts';
import { trialChoices } from '../../trial/choices.ts';
import { filterFields } from '../api/trials.ts';
import type { Desk } from '../desk.ts';
import { invalidRequest } from '../problem.ts';
import { type Page, trialTable } from './layout.ts';

const PAGE = 50;

/** A form sends every field, the empty ones too. */
const querySchema = z.preprocess(
  (query) => Object.fromEntries(Object.entries(query as object).filter(([, value]) => value !== '')),
  z.strictObject({ ...filterFields, before: z.coerce.number().int().min(1).optional() }),
);

export function trialsPage(desk: Desk, query: object): Page {
  const parsed = querySchema.safeParse(query);
  if (!parsed.success) throw invalidRequest('query', parsed.error);
  const { before, ...filter } = parsed.data;
  const given = new Map(Object.entries(query).filter(([name, value]) => value !== '' && name !== 'before'));
  const { trials, total, newer, next } = desk.parts.listing.page(filter, PAGE, before ?? null);
  const shown =
    trials.length === 0 ? 'none' : `${count(newer + 1)} to ${count(newer + trials.length)} of ${count(total)}`;
  const body = html`<h1>Trials</h1>
${filterForm(given)}
<form method="get" action="/compare">
<p class="list-head"><span>${shown}${given.size > 0 ? ' that fit' : ''}, newest first</span><button type="submit">Compare the two chosen</button></p>
${trials.length === 0 ? html`<p>${given.size > 0 ? 'No trial fits these filters.' : html`No trials yet: <a href="/start">start one</a>, or run <code>npx ordeal run</code>.`}</p>` : trialTable(trials, 'Trials', true)}
</form>
<p class="pages">${newer > 0 ? html`<a href="${address(given, null)}">newest</a>` : null}${next === null ? null : html` <a rel="next" href="${address(given, next)}">older →</a>`}</p>`;
  return { title: 'Trials', under: '/trials', body };
}

function filterForm(given: ReadonlyMap<string, unknown>): Markup {
  const choices = trialChoices();
  const value = (name: string): string => String(given.get(name) ?? '');
  const select = (name: string, label: string, options: readonly string[]): Markup =>
    html`<label>${label}<select name="${name}"><option value="">any</option>${options.map((option) =>
      value(name) === option ? html`<option selected>${option}</option>` : html`<option>${option}</option>`,
    )}</select></label>`;
  const field = (name: string, label: string, type: string): Markup =>
    html`<label>${label}<input type="${type}" name="${name}" value="${value(name)}"></label>`;
  return html`<form class="filters" method="get" action="/trials">${select('outcome', 'outcome', ['pass', 'violation', 'unknown', 'vacuous', 'broken'])}${select('state', 'state', ['finished', 'running', 'unfinished'])}${select('world', 'world', choices.worlds)}${select(
    'workload',
    'workload',
    choices.workloads.map(({ name }) => name),
  )}${select('bug', 'planted bug', ['none', ...choices.bugs.map(({ name }) => name)])}${field('name', 'name contains', 'search')}${field('from', 'from', 'date')}${field('to', 'to', 'date')}<button type="submit">Filter</button>${given.size > 0 ? html`<a href="/trials">clear</a>` : null}</form>`;
}

function address(given: ReadonlyMap<string, unknown>, before: number | null): string {
  const query = new URLSearchParams([...given].map(([name, value]): [string, string] => [name, String(value)]));
  if (before !== null) query.set('before', String(before));
  const text = query.toString();
  return text === '' ? '/trials' : `/trials?${text}`;
}
