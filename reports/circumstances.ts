/** What was going on at a moment: the role and term of a node, whether it was up, and which faults were active. */

import type { Json, Operation } from '../history/operation.ts';
import type { FaultRecord, NodeEvent } from '../history/trial-records.ts';
import { duration } from './times.ts';
import { capital, listed, shortened } from './wording.ts';

/** A fault that healed at most this long before a moment is still worth naming there. */
const RECENT_NS = 2e9;

/** What a node last said of itself at some moment. */
export interface NodeState {
  readonly up: boolean;
  readonly paused: boolean;
  readonly role: string | null;
  readonly term: number | null;
  /** The node that a follower takes for its leader, where it said so. */
  readonly leader: string | null;
}

/** A span in which a node's role, term and liveness did not change. `to` of the last one is the end of the record. */
export interface NodeSpan extends NodeState {
  readonly node: string;
  readonly from: number;
  readonly to: number;
}

/** Splits the life of each node into spans, in order of time. Nodes without events have no spans. */
export function nodeSpans(events: readonly NodeEvent[], endNs: number): ReadonlyMap<string, readonly NodeSpan[]> {
  const byNode = new Map<string, NodeEvent[]>();
  for (const event of events) {
    const list = byNode.get(event.node);
    if (list === undefined) byNode.set(event.node, [event]);
    else list.push(event);
  }
  const spans = new Map<string, NodeSpan[]>();
  for (const node of [...byNode.keys()].sort()) {
    const list = (byNode.get(node) ?? []).slice().sort((a, b) => a.at - b.at);
    const out: NodeSpan[] = [];
    let state: NodeState | null = null;
    let from = 0;
    for (const event of list) {
      const next = after(state, event);
      if (state !== null && same(state, next)) continue;
      if (state !== null && event.at > from) out.push({ node, from, to: event.at, ...state });
      state = next;
      from = event.at;
    }
    if (state !== null) out.push({ node, from, to: Math.max(endNs, from), ...state });
    spans.set(node, out);
  }
  return spans;
}

/**
 * Only a status is a node's own word of its role and term. Other events carry what it said last, which a restart makes void: a
 * leader that was killed is none when it comes back.
 */
function after(state: NodeState | null, event: NodeEvent): NodeState {
  const before: NodeState = state ?? { up: true, paused: false, role: null, term: null, leader: null };
  switch (event.kind) {
    case 'exited':
      return { up: false, paused: false, role: null, term: null, leader: null };
    case 'started':
      return { up: true, paused: false, role: null, term: null, leader: null };
    case 'paused':
      return { ...before, paused: true };
    case 'resumed':
      return { ...before, paused: false };
    case 'clock':
    case 'serving':
      return before;
    case 'status':
      return {
        up: true,
        paused: before.paused,
        role: event.role,
        term: event.term,
        leader: event.role === 'follower' ? leaderOf(event.detail) : null,
      };
  }
}

function leaderOf(detail: Json): string | null {
  if (detail === null || typeof detail !== 'object' || Array.isArray(detail)) return null;
  const { leader } = detail as { readonly [name: string]: Json };
  return typeof leader === 'string' ? leader : null;
}

function same(a: NodeState, b: NodeState): boolean {
  return a.up === b.up && a.paused === b.paused && a.role === b.role && a.term === b.term && a.leader === b.leader;
}

/** State of a node at `at`, or null when the record does not tell. */
export function nodeStateAt(
  spans: ReadonlyMap<string, readonly NodeSpan[]>,
  node: string | null,
  at: number,
): NodeState | null {
  if (node === null) return null;
  const list = spans.get(node) ?? [];
  for (let i = list.length - 1; i >= 0; i--) {
    const span = list[i] as NodeSpan;
    if (span.from <= at) return span;
  }
  return null;
}

/** "leader, term 5"; "follower of n1, term 4"; "paused leader, term 4"; "down"; empty when nothing is known. */
export function roleWords(state: NodeState | null): string {
  if (state === null) return '';
  if (!state.up) return 'down';
  if (state.role === null) return state.paused ? 'paused' : '';
  const of = state.leader === null ? '' : ` of ${shortened(state.leader, 16)}`;
  const term = state.term === null ? '' : `, term ${state.term}`;
  return `${state.paused ? 'paused ' : ''}${shortened(state.role, 20)}${of}${term}`;
}

/** What the node of an operation was when the client called, and when it answered (or the client gave up). */
export interface Attendance {
  readonly call: NodeState | null;
  /** The same as at the call when nothing changed, or when the record ends before. */
  readonly end: NodeState | null;
  /** It stood still for some time in between. */
  readonly pausedMeanwhile: boolean;
}

/**
 * A leader that is paused and deposed answers from its old state the moment it wakes, and says that it follows a moment later:
 * what it was when the call came is what counts, what it was at the answer is told if it differs.
 */
export function attendance(spans: ReadonlyMap<string, readonly NodeSpan[]>, operation: Operation): Attendance {
  const { node, invokedAt, completedAt } = operation;
  const call = nodeStateAt(spans, node, invokedAt);
  const end = completedAt === null ? call : nodeStateAt(spans, node, completedAt);
  const until = completedAt ?? invokedAt;
  const pausedMeanwhile =
    node !== null &&
    call?.paused !== true &&
    (spans.get(node) ?? []).some((span) => span.paused && span.from < until && span.to > invokedAt);
  return { call, end, pausedMeanwhile };
}

/**
 * The node an operation talked to, with what it was: "n2, follower of n1, term 4". A node that became leader in the meantime
 * answered as that. In all other cases in which it changed, both are told: "n2, leader, term 4 at the call; follower, term 5 at
 * the answer". Empty if unknown.
 */
export function whereWords(spans: ReadonlyMap<string, readonly NodeSpan[]>, operation: Operation): string {
  if (operation.node === null) return '';
  const { call, end, pausedMeanwhile } = attendance(spans, operation);
  const [first, last] = [roleWords(call), roleWords(end)];
  const node = shortened(operation.node, 24);
  const pause = pausedMeanwhile ? ', paused meanwhile' : '';
  const ok = operation.outcome === 'ok';
  const one = last === '' || first === last ? first : first === '' || (ok && end?.role === 'leader') ? last : null;
  if (one === null) return `${node}, ${first} at the call${pause}; ${last} at the ${ok ? 'answer' : 'end'}`;
  return `${node}${one === '' ? '' : `, ${one}`}${pause}`;
}

/** A fault as a noun that "the" may stand before: "partition {n2} | {n1,n3}", "pause of n1", "clock fault (n1 +3 s)". */
export function faultWords(fault: FaultRecord): string {
  const summary = summaryOf(fault.asked);
  const kind = shortened(fault.kind, 24);
  const targets = shortened(listed(inOrder(fault.targets)), 60);
  if ((fault.kind === 'kill' || fault.kind === 'pause') && targets !== '') return `${kind} of ${targets}`;
  if (summary !== null) {
    if (fault.kind === 'partition' && summary.startsWith('partition ')) return summary;
    return summary.startsWith('{') ? `${kind} ${summary}` : `${kind} fault (${summary})`;
  }
  return targets === '' ? `${kind} fault` : `${kind} of ${targets}`;
}

/** Names of nodes, n2 before n10. */
export function inOrder(nodes: readonly string[]): readonly string[] {
  return [...nodes].sort(byName);
}

/** n2 before n10, on every machine the same. */
function byName(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

function summaryOf(asked: Json): string | null {
  if (asked === null || typeof asked !== 'object' || Array.isArray(asked)) return null;
  const summary = (asked as { readonly [name: string]: Json }).summary;
  return typeof summary === 'string' && summary !== '' ? shortened(summary, 90) : null;
}

/** A fault that is over and whose evidence shows nothing. While one lasts, its evidence is still to come. */
export function showsNoEffect(fault: Pick<FaultRecord, 'bit' | 'endedAt'>): boolean {
  return !fault.bit && fault.endedAt !== null;
}

/** Faults active at any time within from..to that are shown to have done something come first. */
export function faultsDuring(faults: readonly FaultRecord[], from: number, to: number): readonly FaultRecord[] {
  const active = faults.filter((fault) => fault.startedAt <= to && (fault.endedAt === null || fault.endedAt >= from));
  return [...active.filter((fault) => !showsNoEffect(fault)), ...active.filter(showsNoEffect)];
}

/**
 * Which faults were active at a moment, as the end of a sentence: ", during the partition …"; without one, the last that had just
 * ended; empty when there was none. It is a statement about time, never about a cause.
 */
export function faultClause(faults: readonly FaultRecord[], at: number): string {
  const active = activeWords(faults, at, at);
  if (active !== null) return `, during ${active}`;
  const last = lastEnded(faults, at);
  return last === null ? '' : `, ${duration(at - (last.endedAt as number))} after the ${faultWords(last)} ended`;
}

/**
 * The same for a stretch of time, as a sentence of its own, for nobody knows which of two moments a clause belongs to: ". The read
 * ran during the partition …". `what` is what ran, `over` how its end is told: "was answered".
 */
export function faultSentence(
  faults: readonly FaultRecord[],
  [from, to]: readonly [number, number],
  what: string,
  over: string,
): string {
  const active = activeWords(faults, to, from);
  if (active !== null) return `. ${capital(what)} ran during ${active}`;
  const last = lastEnded(faults, to);
  if (last === null) return '';
  return `. The ${faultWords(last)} had ended ${duration(to - (last.endedAt as number))} before ${what} ${over}`;
}

/** "the kill of n1, the pause of n2 and 1 other fault"; null when none was active. */
function activeWords(faults: readonly FaultRecord[], at: number, since: number): string | null {
  const active = faultsDuring(faults, since, at);
  const effective = active.filter((fault) => !showsNoEffect(fault));
  const shown = effective.length > 0 ? effective : active;
  if (shown.length === 0) return null;
  const words = shown
    .slice(0, 2)
    .map((fault) => `the ${faultWords(fault)}${showsNoEffect(fault) ? ' (which shows no effect)' : ''}`);
  if (shown.length > 2) words.push(`${shown.length - 2} other ${shown.length === 3 ? 'fault' : 'faults'}`);
  return listed(words);
}

function lastEnded(faults: readonly FaultRecord[], at: number): FaultRecord | null {
  let last: FaultRecord | null = null;
  for (const fault of faults)
    if (fault.endedAt !== null && fault.endedAt <= at && at - fault.endedAt <= RECENT_NS)
      if (last === null || fault.endedAt > (last.endedAt as number)) last = fault;
  return last;
}

/**
 * How far a node's clock was ahead of the trial's at an event, in nanoseconds, where its detail tells: measured (`aheadNs`, or
 * the `readsNs` of the clock at that moment) or set (`offsetNs`). Null where it does not.
 */
export function offsetOf(event: Pick<NodeEvent, 'at' | 'detail'>): number | null {
  const { at, detail } = event;
  if (detail === null || typeof detail !== 'object' || Array.isArray(detail)) return null;
  const { aheadNs, clockOffsetNs, readsNs, offsetNs } = detail as { readonly [name: string]: Json };
  if (typeof aheadNs === 'number') return aheadNs;
  if (typeof clockOffsetNs === 'number') return clockOffsetNs;
  if (typeof readsNs === 'number')
    return readsNs - at + (typeof offsetNs === 'number' && readsNs === at ? offsetNs : 0);
  return typeof offsetNs === 'number' ? offsetNs : null;
}
