/** The operations in the window as a table: what the canvas shows, for readers who can't see it or want the numbers. */

import type { Operation } from '../../history/operation.ts';
import { duration, moment, stretch } from '../times.ts';
import { asked, count, isRead, value } from '../wording.ts';
import { element } from './element.ts';
import { type Model, scaleWithin, WINDOW_MOMENTS } from './model.ts';
import { found } from './search.ts';
import type { View } from './view.ts';

const ROWS_MAX = 25;
const SIGNS = { ok: '✓ ok', fail: '✗ fail', info: '? info' } as const;

export function operationsTable(root: HTMLElement, model: Model, view: View): void {
  let page = 0;
  let timer = 0;
  const told = element('p', { class: 'note', 'aria-live': 'polite' });
  const body = element('tbody');
  const head = element('tr');
  for (const name of [
    'index',
    'client',
    'operation',
    'outcome',
    'answer',
    'from',
    model.page.trial.timeless ? 'to' : 'took',
    'node',
  ])
    head.append(element('th', { scope: 'col' }, name));
  const back = element('button', { type: 'button' }, 'Earlier');
  const on = element('button', { type: 'button' }, 'Later');
  const draw = (): void => {
    const { from, to, key, search } = view.state;
    const hits = found(model, search) ?? model.page.operations;
    const list = hits.filter(
      (operation) =>
        operation.invokedAt <= to &&
        (operation.completedAt ?? model.end) >= from &&
        (key === null || operation.key === key || search !== ''),
    );
    const pages = Math.max(1, Math.ceil(list.length / ROWS_MAX));
    page = Math.min(page, pages - 1);
    const first = page * ROWS_MAX;
    const shown = list.slice(first, first + ROWS_MAX);
    body.replaceChildren(...shown.map((operation) => row(operation, model, view)));
    const of = key === null || search !== '' ? '' : ` on key ${value(key)}`;
    told.textContent =
      list.length === 0
        ? `No operation${of} in this window.`
        : `${count(first + 1)} to ${count(first + shown.length)} of ${count(list.length)} operations${of} in the window from ${stretch(from, to, scaleWithin(model, view.state, WINDOW_MOMENTS))}.`;
    back.disabled = page === 0;
    on.disabled = page >= pages - 1;
  };
  back.addEventListener('click', () => {
    page -= 1;
    draw();
  });
  on.addEventListener('click', () => {
    page += 1;
    draw();
  });
  root.append(
    told,
    element(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Operations in the window' },
      element('table', {}, element('thead', {}, head), body),
    ),
    element('p', { class: 'buttons' }, back, on),
  );
  view.listen((state, before) => {
    const same =
      state.from === before.from &&
      state.to === before.to &&
      state.key === before.key &&
      state.search === before.search &&
      state.selected === before.selected;
    if (same) return;
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (state.selected === before.selected) page = 0;
      draw();
    }, 150);
  });
  draw();
}

function row(operation: Operation, model: Model, view: View): HTMLElement {
  const { index, process, outcome, completedAt, invokedAt } = operation;
  const { selected } = view.state;
  const link = element('a', { href: `#op=${index}` }, String(index));
  link.addEventListener('click', (event) => {
    event.preventDefault();
    view.select({ kind: 'op', index });
    view.reveal(invokedAt, completedAt ?? invokedAt);
  });
  const made = element(
    'tr',
    {},
    element('th', { scope: 'row' }, link),
    element('td', {}, String(process)),
    element('td', {}, asked(operation)),
    element('td', {}, `${SIGNS[outcome]}${operation.error === null ? '' : ` (${operation.error.slice(0, 80)})`}`),
    element(
      'td',
      {},
      outcome === 'ok' && (isRead(operation) || operation.result !== null) ? value(operation.result) : '–',
    ),
    element('td', { class: 'n' }, moment(invokedAt, model.scale)),
    element(
      'td',
      { class: 'n' },
      completedAt === null
        ? '–'
        : model.page.trial.timeless
          ? moment(completedAt, model.scale)
          : duration(completedAt - invokedAt),
    ),
    element('td', {}, operation.node ?? '–'),
  );
  if (selected?.kind === 'op' && selected.index === index) made.className = 'selected';
  return made;
}
