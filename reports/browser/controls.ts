/** Controls above the timeline: the key in focus, search, filters of messages, and buttons for what keys do too. */

import { count, keyName } from '../wording.ts';
import { element } from './element.ts';
import type { Model } from './model.ts';
import { nextAnomaly, stepOperation } from './navigation.ts';
import { found } from './search.ts';
import type { View } from './view.ts';

/** More keys than this make a list that nobody scrolls; the field takes what is typed. */
const KEYS_LISTED_MAX = 2000;

export interface Controls {
  readonly element: HTMLElement;
  readonly search: HTMLInputElement;
  readonly help: HTMLButtonElement;
  readonly say: (text: string) => void;
}

export function controlsOf(model: Model, view: View): Controls {
  const bar = element('div', { class: 'controls' });
  const said = element('output', { class: 'said' });
  const search = searchField(model, view);
  const button = (text: string, title: string, run: () => void): HTMLButtonElement => {
    const made = element('button', { type: 'button', title }, text);
    made.addEventListener('click', run);
    return made;
  };
  if (model.keys.length > 0) bar.append(keyField(model, view));
  bar.append(search.field);
  if (model.messages.length > 0) bar.append(...messageFilters(model, view));
  const group = element('span', { class: 'buttons' });
  group.append(
    button('−', 'zoom out (s)', () => view.zoom(1 / 0.6)),
    button('+', 'zoom in (w)', () => view.zoom(0.6)),
    button('Whole trial', 'whole trial (0)', () => view.window(0, model.end)),
  );
  if (model.page.anomalies.length > 0)
    group.append(button('Next anomaly', 'next anomaly (e)', () => nextAnomaly(model, view)));
  const help = button('?', 'keys (?)', () => {});
  help.setAttribute('aria-label', 'Help: keys');
  group.append(help);
  bar.append(group, said);
  return {
    element: bar,
    search: search.input,
    help,
    say: (text) => {
      said.textContent = text;
    },
  };
}

function keyField(model: Model, view: View): HTMLElement {
  const select = element('select', { id: 'key-focus' }, element('option', { value: '' }, 'all keys'));
  const failing = new Set(model.page.anomalies.map((anomaly) => anomaly.key));
  const listed = [
    ...model.keys.filter((key) => failing.has(key)),
    ...model.keys.filter((key) => !failing.has(key)),
  ].slice(0, KEYS_LISTED_MAX);
  for (const key of listed)
    select.append(
      element('option', { value: `=${key}` }, failing.has(key) ? `${keyName(key)} (anomaly)` : keyName(key)),
    );
  const show = (): void => {
    select.value = view.state.key === null ? '' : `=${view.state.key}`;
  };
  select.addEventListener('change', () => view.set({ key: select.value === '' ? null : select.value.slice(1) }));
  view.listen((state, before) => {
    if (state.key !== before.key) show();
  });
  show();
  return element('span', { class: 'field' }, element('label', { for: 'key-focus' }, 'Key'), select);
}

function searchField(model: Model, view: View): { readonly field: HTMLElement; readonly input: HTMLInputElement } {
  const input = element('input', {
    type: 'search',
    id: 'search',
    placeholder: 'key, value, client 3, info, error …',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const tally = element('output', { class: 'tally' });
  let timer = 0;
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      view.set({ search: input.value });
    }, 120);
  });
  // An address can bring a search, too.
  view.listen(({ search, selected }, before) => {
    if (search === before.search && selected === before.selected) return;
    if (search !== before.search && input.value !== search) input.value = search;
    const hits = found(model, search);
    const at = selected?.kind === 'op' ? (hits?.findIndex(({ index }) => index === selected.index) ?? -1) : -1;
    const all = hits === null ? '' : count(hits.length);
    tally.textContent = hits === null ? '' : at < 0 ? `${all} found` : `${count(at + 1)} of ${all}`;
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') {
      if (view.state.search !== input.value) view.set({ search: input.value });
      stepOperation(model, view, event.shiftKey ? -1 : 1);
    }
    if (event.key === 'Escape') {
      input.value = '';
      view.set({ search: '' });
      input.blur();
    }
  });
  return {
    field: element('span', { class: 'field' }, element('label', { for: 'search' }, 'Search'), input, tally),
    input,
  };
}

function messageFilters(model: Model, view: View): HTMLElement[] {
  const choice = (
    id: string,
    name: string,
    all: string,
    options: readonly string[],
    field: 'messageType' | 'messageNode',
  ): HTMLElement => {
    const select = element('select', { id }, element('option', { value: '' }, all));
    for (const option of options) select.append(element('option', { value: option }, option));
    select.addEventListener('change', () => view.set({ [field]: select.value }));
    view.listen((state) => {
      if (select.value !== state[field]) select.value = state[field];
    });
    return element('span', { class: 'field' }, element('label', { for: id }, name), select);
  };
  return [
    choice('message-type', 'Messages', 'all kinds', model.messageTypes, 'messageType'),
    choice('message-node', 'of', 'all nodes', model.nodes, 'messageNode'),
  ];
}
