/** What a reader looks at: the window of time, what is selected, which key is in focus. The address of the page carries it. */

import type { Model } from './model.ts';

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
/** The page opens at an anomaly with this much time on both sides. */
const AROUND_NS = 2e9;

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
      key: anomaly?.key ?? null,
      search: '',
      messageType: '',
      messageNode: '',
    };
    this.#state = initial;
    if (anomaly !== undefined) {
      const selected: Selection | null = anomaly.culprit === null ? null : { kind: 'op', index: anomaly.culprit };
      this.#state = { ...initial, ...this.#clamped(anomaly.at - AROUND_NS, anomaly.at + AROUND_NS), selected };
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
    if ('from' in change || 'selected' in change || 'key' in change) this.#writeAddressSoon();
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

  /** "#t=8.100000,8.600000&op=1734&key=k7". */
  address(): string {
    const { from, to, selected, key } = this.state;
    const decimals = to - from < 1e6 ? 9 : to - from < 1e9 ? 4 : 3;
    const parts = [`t=${(from / 1e9).toFixed(decimals)},${(to / 1e9).toFixed(decimals)}`];
    if (selected?.kind === 'op') parts.push(`op=${selected.index}`);
    if (selected?.kind === 'fault') parts.push(`fault=${selected.index}`);
    if (selected?.kind === 'message') parts.push(`message=${selected.position}`);
    if (selected?.kind === 'node')
      parts.push(`node=${encodeURIComponent(selected.node)}@${(selected.at / 1e9).toFixed(6)}`);
    if (key !== null) parts.push(`key=${encodeURIComponent(key)}`);
    return `#${parts.join('&')}`;
  }

  /** Takes over what an address says; anything in it that makes no sense is passed over. False if it says nothing. */
  readAddress(hash: string): boolean {
    if (!hash.includes('=')) return false;
    const fields = new URLSearchParams(hash.replace(/^#/, ''));
    const [from, to] = (fields.get('t') ?? '').split(',').map((seconds) => Number.parseFloat(seconds) * 1e9);
    const timed = from !== undefined && to !== undefined && from < to;
    const key = fields.get('key');
    const change: { -readonly [field in keyof ViewState]?: ViewState[field] } = {};
    if (timed) Object.assign(change, this.#clamped(from, to));
    if (key !== null) change.key = this.#model.keys.includes(key) ? key : null;
    const { selected, at, until } = this.#selectionOf(fields);
    if (selected !== null) change.selected = selected;
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
    const operation = byIndex.get(Number(fields.get('op') ?? Number.NaN));
    if (operation !== undefined)
      return {
        selected: { kind: 'op', index: operation.index },
        at: operation.invokedAt,
        until: operation.completedAt ?? operation.invokedAt,
      };
    const fault = page.faults.find(({ index }) => index === Number(fields.get('fault') ?? Number.NaN));
    if (fault !== undefined)
      return { selected: { kind: 'fault', index: fault.index }, at: fault.startedAt, until: fault.endedAt ?? end };
    const message = messages[Number(fields.get('message') ?? Number.NaN)];
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
