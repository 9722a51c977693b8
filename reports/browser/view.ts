/** What a reader looks at: the window of time, what is selected, which key is in focus. The address of the page carries it. */

import type { Model } from './model.ts';
import { openingOf } from './opening.ts';

export type Selection =
  | { readonly kind: 'op'; readonly index: number }
  | { readonly kind: 'fault'; readonly index: number }
  | { readonly kind: 'node'; readonly node: string; readonly at: number }
  | { readonly kind: 'message'; readonly position: number };

export interface ViewState {
  /** Window in nanoseconds. */
  readonly from: number;
  readonly to: number;
  readonly selected: Selection | null;
  readonly hovered: Selection | null;
  /** Where the pointer is, in nanoseconds; null outside. */
  readonly cursor: number | null;
  /** The key whose operations stand out; null for all. */
  readonly key: string | null;
  readonly search: string;
  /** "" for all. */
  readonly messageType: string;
  readonly messageNode: string;
}

/** Shortest window, in nanoseconds: some records count events instead of time. */
const SPAN_MIN = 10;
const ADDRESS_DELAY_MS = 200;
/** What the address carries. */
const ADDRESSED: readonly (keyof ViewState)[] = ['from', 'selected', 'key', 'search', 'messageType', 'messageNode'];
/** Characters of a search that an address can bring. */
const SEARCH_MAX = 200;

export class View {
  readonly #model: Model;
  readonly #listeners: ((state: ViewState, before: ViewState) => void)[] = [];
  #state: ViewState;
  #addressTimer: number | null = null;

  constructor(model: Model) {
    this.#model = model;
    const anomaly = model.page.anomalies[0];
    const initial: ViewState = {
      from: 0,
      to: model.end,
      selected: null,
      hovered: null,
      cursor: null,
      key: anomaly !== undefined && anomaly.key !== null && model.keys.includes(anomaly.key) ? anomaly.key : null,
      search: '',
      messageType: '',
      messageNode: '',
    };
    this.#state = initial;
    if (anomaly !== undefined) {
      const selected: Selection | null = anomaly.culprit === null ? null : { kind: 'op', index: anomaly.culprit };
      const { from, to } = openingOf(model, anomaly);
      this.#state = { ...initial, ...this.#clamped(from, to), selected };
    }
  }

  get state(): ViewState {
    return this.#state;
  }

  listen(listener: (state: ViewState, before: ViewState) => void): void {
    this.#listeners.push(listener);
  }

  set(change: Partial<ViewState>): void {
    const before = this.#state;
    this.#state = { ...before, ...change };
    for (const listener of this.#listeners) listener(this.#state, before);
    if (ADDRESSED.some((field) => field in change)) this.#writeAddressSoon();
  }

  window(from: number, to: number): void {
    this.set(this.#clamped(from, to));
  }

  /** Zooms by a factor below 1 (in) or above (out), keeping `around` where it is. */
  zoom(factor: number, around = this.state.cursor ?? (this.state.from + this.state.to) / 2): void {
    const { from, to } = this.state;
    const pivot = around < from || around > to ? (from + to) / 2 : around;
    this.window(pivot - (pivot - from) * factor, pivot + (to - pivot) * factor);
  }

  /** Moves by a share of the window's length. */
  pan(share: number): void {
    const { from, to } = this.state;
    const by = (to - from) * share;
    this.window(from + by, to + by);
  }

  /** Brings a moment into the window, in its middle if it was outside. */
  reveal(from: number, to: number = from): void {
    const state = this.state;
    if (from >= state.from && to <= state.to) return;
    const span = Math.max(state.to - state.from, (to - from) * 1.5);
    const middle = (from + to) / 2;
    this.window(middle - span / 2, middle + span / 2);
  }

  select(selected: Selection | null): void {
    this.set({ selected });
  }

  #clamped(from: number, to: number): Pick<ViewState, 'from' | 'to'> {
    const end = this.#model.end;
    const span = Math.min(end, Math.max(SPAN_MIN, to - from));
    const start = Math.min(Math.max(0, from), end - span);
    return { from: start, to: start + span };
  }

  /** "#t=8.100000,8.600000&op=1734&key=k7&search=timeout&type=Heartbeat&with=n2"; what is absent is not chosen. */
  address(): string {
    const { from, to, selected, key, search, messageType, messageNode } = this.state;
    const decimals = to - from < 1e6 ? 9 : to - from < 1e9 ? 4 : 3;
    const parts = [`t=${(from / 1e9).toFixed(decimals)},${(to / 1e9).toFixed(decimals)}`];
    if (selected?.kind === 'op') parts.push(`op=${selected.index}`);
    if (selected?.kind === 'fault') parts.push(`fault=${selected.index}`);
    if (selected?.kind === 'message') parts.push(`message=${selected.position}`);
    if (selected?.kind === 'node')
      parts.push(`node=${encodeURIComponent(selected.node)}@${(selected.at / 1e9).toFixed(6)}`);
    if (key !== null) parts.push(`key=${encodeURIComponent(key)}`);
    if (search !== '') parts.push(`search=${encodeURIComponent(search)}`);
    if (messageType !== '') parts.push(`type=${encodeURIComponent(messageType)}`);
    if (messageNode !== '') parts.push(`with=${encodeURIComponent(messageNode)}`);
    return `#${parts.join('&')}`;
  }

  /**
   * Takes over what an address says; anything in it that makes no sense is passed over. One with a window is a whole view: what
   * it leaves out is not chosen. False if it says nothing.
   */
  readAddress(hash: string): boolean {
    if (!hash.includes('=')) return false;
    const fields = new URLSearchParams(hash.replace(/^#/, ''));
    const [from, to] = (fields.get('t') ?? '').split(',').map((seconds) => Number.parseFloat(seconds) * 1e9);
    const timed = from !== undefined && to !== undefined && from < to;
    const key = fields.get('key');
    const change: { -readonly [field in keyof ViewState]?: ViewState[field] } = {};
    const { keys, messageTypes, nodes } = this.#model;
    if (timed)
      Object.assign(change, this.#clamped(from, to), {
        selected: null,
        key: null,
        search: '',
        messageType: '',
        messageNode: '',
      });
    if (key !== null) change.key = keys.includes(key) ? key : null;
    const search = fields.get('search');
    if (search !== null) change.search = search.slice(0, SEARCH_MAX);
    const type = fields.get('type') ?? '';
    if (messageTypes.includes(type)) change.messageType = type;
    const node = fields.get('with') ?? '';
    if (nodes.includes(node)) change.messageNode = node;
    const { selected, at, until } = this.#selectionOf(fields);
    if (selected !== null) change.selected = selected;
    // A link to an operation alone is one to its key, too: else it would stand among the dimmed.
    if (selected?.kind === 'op' && !timed && key === null)
      change.key = this.#model.byIndex.get(selected.index)?.key ?? null;
    this.set(change);
    if (selected !== null && !timed) this.reveal(at, until);
    return true;
  }

  #selectionOf(fields: URLSearchParams): {
    readonly selected: Selection | null;
    readonly at: number;
    readonly until: number;
  } {
    const { page, byIndex, messages, nodes, end } = this.#model;
    const operation = byIndex.get(numberIn(fields, 'op'));
    if (operation !== undefined)
      return {
        selected: { kind: 'op', index: operation.index },
        at: operation.invokedAt,
        until: operation.completedAt ?? operation.invokedAt,
      };
    const fault = page.faults.find(({ index }) => index === numberIn(fields, 'fault'));
    if (fault !== undefined)
      return { selected: { kind: 'fault', index: fault.index }, at: fault.startedAt, until: fault.endedAt ?? end };
    const message = messages[numberIn(fields, 'message')];
    if (message !== undefined)
      return {
        selected: { kind: 'message', position: messages.indexOf(message) },
        at: message.sentAt,
        until: message.sentAt,
      };
    const [node, seconds] = (fields.get('node') ?? '').split('@');
    const at = Number.parseFloat(seconds ?? '') * 1e9;
    if (node !== undefined && nodes.includes(node) && Number.isFinite(at))
      return { selected: { kind: 'node', node, at }, at, until: at };
    return { selected: null, at: 0, until: 0 };
  }

  #writeAddressSoon(): void {
    if (this.#addressTimer !== null) clearTimeout(this.#addressTimer);
    this.#addressTimer = window.setTimeout(() => {
      this.#addressTimer = null;
      history.replaceState(null, '', this.address());
    }, ADDRESS_DELAY_MS);
  }
}

/** A whole number of an address, or NaN: an empty field is no zero. */
function numberIn(fields: URLSearchParams, name: string): number {
  const text = fields.get(name) ?? '';
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}
