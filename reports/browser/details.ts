/** The pane beside the timeline: what is selected or under the pointer, its raw record, and its node's log around it. */

import type { LogLine, NodeEvent } from '../../history/trial-records.ts';
import { nodeStateAt, offsetOf, roleWords, showsNoEffect, whereWords } from '../circumstances.ts';
import { killTimes } from '../kill-times.ts';
import { duration, moment, tellingApart } from '../times.ts';
import { asked, client, isRead, value } from '../wording.ts';
import { element } from './element.ts';
import { firstAtLeast, type Model } from './model.ts';
import type { Selection, View } from './view.ts';

const LOG_LINES_MAX = 14;
/** A log of fewer lines leaves room for the record below it. */
const LOG_SHORT = 5;
const LOG_AROUND_NS = 1e9;

type Rows = readonly (readonly [string, string])[];

interface Described {
  readonly title: string;
  readonly rows: Rows;
  readonly raw: unknown;
  readonly node: string | null;
  /** Since when and until when it was: what its node logged is told as before or after the latter. */
  readonly since: number;
  readonly at: number;
  readonly key: string | null;
}

export class Details {
  readonly element: HTMLElement;
  readonly #model: Model;
  readonly #view: View;
  readonly #live: HTMLElement;
  readonly #body: HTMLElement;
  #shown = '';

  constructor(model: Model, view: View) {
    this.#model = model;
    this.#view = view;
    this.#live = element('p', { class: 'offscreen', 'aria-live': 'polite' });
    this.#body = element('div', { class: 'details-body' });
    this.element = element(
      'div',
      { class: 'details', role: 'region', 'aria-label': 'Details' },
      this.#live,
      this.#body,
    );
    view.listen((state, before) => {
      if (state.selected !== before.selected || state.hovered !== before.hovered) this.#show();
    });
    this.#show();
  }

  #show(): void {
    const { selected, hovered } = this.#view.state;
    const subject = hovered ?? selected;
    const key = JSON.stringify(subject);
    if (key === this.#shown) return;
    this.#shown = key;
    const described = subject === null ? null : describe(this.#model, subject);
    if (described === null) {
      this.#body.replaceChildren(
        element('p', { class: 'hint' }, 'Point at anything to see it here; click to keep it. Press ? for the keys.'),
      );
      return;
    }
    if (subject === selected)
      this.#live.textContent = `${described.title}. ${described.rows.map((row) => row.join(': ')).join('; ')}`;
    const facts = element('div', { class: 'details-facts' }, element('h3', {}, described.title));
    const list = element('dl', { class: 'rows' });
    for (const [name, text] of described.rows)
      list.append(element('div', {}, element('dt', {}, name), element('dd', {}, text)));
    facts.append(list);
    if (described.key !== null && described.key !== this.#view.state.key) {
      const wanted = described.key;
      const button = element('button', { type: 'button' }, `Follow key ${value(wanted)}`);
      button.addEventListener('click', () => this.#view.set({ key: wanted }));
      facts.append(button);
    }
    // What a node said is the best evidence, the raw record what somebody asks for last.
    const side = element('div', { class: 'details-side' });
    const log = described.node === null ? [] : this.#log(described.node, described.since, described.at);
    side.append(...log);
    const long = (log.at(-1)?.textContent ?? '').split('\n').length > LOG_SHORT;
    (long ? facts : side).append(
      element('h3', {}, 'Record'),
      element('pre', { tabindex: '0' }, JSON.stringify(described.raw, null, 1)),
    );
    this.#body.replaceChildren(facts, side);
  }

  #log(node: string, since: number, at: number): Node[] {
    const { logs } = this.#model.page;
    if (logs.length === 0) return [];
    const lines = logs.filter(
      (line) => line.node === node && line.at >= since - LOG_AROUND_NS && line.at <= at + LOG_AROUND_NS,
    );
    const title = element('h3', {}, `Log of ${node} around it`);
    if (lines.length === 0)
      return [title, element('p', { class: 'hint' }, `No lines of ${node} within a second of it.`)];
    const middle = firstAtLeast(lines, at, (line) => line.at);
    const first = Math.max(0, middle - LOG_LINES_MAX / 2);
    const write = (line: LogLine): string =>
      `${line.at >= at ? '+' : '−'}${duration(Math.abs(line.at - at))}  ${line.level}  ${line.text}`;
    return [
      title,
      element(
        'pre',
        { tabindex: '0' },
        lines
          .slice(first, first + LOG_LINES_MAX)
          .map(write)
          .join('\n'),
      ),
    ];
  }
}

/** What is known of a selection; null when the page does not hold it. */
export function describe(model: Model, selection: Selection): Described | null {
  switch (selection.kind) {
    case 'op':
      return describeOperation(model, selection.index);
    case 'fault':
      return describeFault(model, selection.index);
    case 'node':
      return describeNode(model, selection.node, selection.at);
    case 'message':
      return describeMessage(model, selection.position);
  }
}

function describeOperation(model: Model, index: number): Described | null {
  const operation = model.byIndex.get(index);
  if (operation === undefined) return null;
  const { completedAt, invokedAt, node, outcome } = operation;
  const at = completedAt ?? invokedAt;
  const scale = tellingApart(model.scale, invokedAt, at);
  const outcomes = {
    ok: '✓ ok: took effect and was answered',
    fail: '✗ fail: surely never took effect',
    info: '? info: may have taken effect, then or later, or never',
  };
  const rows: [string, string][] = [['outcome', outcomes[outcome]]];
  if (outcome === 'ok' && (isRead(operation) || operation.result !== null))
    rows.push(['answer', value(operation.result)]);
  if (operation.error !== null) rows.push(['error', operation.error]);
  rows.push(
    ['from', moment(invokedAt, scale)],
    ['to', completedAt === null ? 'no answer in the record' : moment(completedAt, scale)],
  );
  if (completedAt !== null && !model.page.trial.timeless) rows.push(['took', duration(completedAt - invokedAt)]);
  if (node !== null) rows.push(['node', whereWords(model.spans, operation)]);
  const part = model.page.anomalies.find((anomaly) => anomaly.core.includes(index));
  if (part !== undefined) rows.push(['part of', part.title]);
  return {
    title: `${client(operation)}: ${asked(operation)}`,
    rows,
    raw: operation,
    node,
    since: invokedAt,
    at,
    key: operation.key,
  };
}

function describeFault(model: Model, index: number): Described | null {
  const fault = model.page.faults.find((one) => one.index === index);
  if (fault === undefined) return null;
  const { words, ...raw } = fault;
  const { hungAt, deadBy } = killTimes(fault, model.page.nodeEvents);
  return {
    title: words,
    rows: [
      ['asked of', fault.targets.join(', ') || '–'],
      ['from', moment(fault.startedAt, model.scale)],
      ...(hungAt === null || deadBy === null
        ? []
        : [['its nodes', `disks hung at first; dead by ${moment(deadBy, model.scale)}`] as const]),
      ['to', fault.endedAt === null ? 'the end' : moment(fault.endedAt, model.scale)],
      [
        'took effect',
        fault.bit
          ? '✓ yes, see its evidence'
          : showsNoEffect(fault)
            ? '✗ the evidence shows nothing'
            : 'it still lasted when the record ended',
      ],
    ],
    raw,
    node: fault.targets[0] ?? null,
    since: fault.startedAt,
    at: fault.startedAt,
    key: null,
  };
}

function describeNode(model: Model, node: string, at: number): Described | null {
  const events = model.events.get(node) ?? [];
  const position = firstAtLeast(events, at, (event) => event.at);
  const last = events[position]?.at === at ? events[position] : (events[position - 1] ?? null);
  const rows: [string, string][] = [['at', moment(at, model.scale)]];
  const state = nodeStateAt(model.spans, node, at);
  rows.push(['state', roleWords(state) || (state === null ? 'not known' : 'starting')]);
  const known = lastKnown(events, position, (event) => event.kind === 'status' && event.commitIndex !== null);
  if (known !== null) {
    rows.push(['commit index', `${known.commitIndex} (told ${duration(Math.max(0, at - known.at))} before)`]);
    if (known.appliedIndex !== null) rows.push(['applied index', String(known.appliedIndex)]);
  }
  const clock = lastKnown(events, position, (event) => offsetOf(event) !== null);
  if (clock !== null) rows.push(['clock offset', duration(offsetOf(clock) ?? 0)]);
  const rivalry = model.rivalries.find((one) => one.from <= at && at < one.to);
  if (rivalry !== undefined) rows.push(['two leaders', rivalry.words]);
  return { title: `node ${node}`, rows, raw: last, node, since: at, at, key: null };
}

function lastKnown(
  events: readonly NodeEvent[],
  position: number,
  is: (event: NodeEvent) => boolean,
): NodeEvent | null {
  for (let i = Math.min(position, events.length - 1); i >= 0; i--) {
    const event = events[i];
    if (event !== undefined && i < position && is(event)) return event;
  }
  return null;
}

/** What became of a message that did not arrive, in the words of whoever carried it where those say more. */
function fateOf(detail: unknown): string {
  const { loss } = (detail ?? {}) as { readonly loss?: unknown };
  return typeof loss === 'string' && loss.startsWith('under way') ? `– ${loss}` : '✗ lost';
}

function describeMessage(model: Model, position: number): Described | null {
  const message = model.messages[position];
  if (message === undefined) return null;
  const twice = model.messages.filter((one) => one.id === message.id).length > 1;
  return {
    title: `${message.type}, ${message.from} → ${message.to}`,
    rows: [
      ['term', String(message.term)],
      ['sent', moment(message.sentAt, model.scale)],
      ['arrived', message.arrivedAt === null ? fateOf(message.detail) : moment(message.arrivedAt, model.scale)],
      ...(message.arrivedAt === null ? [] : [['took', duration(message.arrivedAt - message.sentAt)] as const]),
      ...(twice ? [['duplicated', 'it arrived more than once'] as const] : []),
    ],
    raw: message,
    node: message.to,
    since: message.sentAt,
    at: message.arrivedAt ?? message.sentAt,
    key: null,
  };
}
