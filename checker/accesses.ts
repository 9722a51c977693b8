/** What operations on one register or key read and wrote, as far as that is known: what explanations reason about. */

import type { Json, Operation } from '../history/operation.ts';
import { canonical } from './porcupine-ts/src/value.ts';
import type { Anomaly } from './verdict.ts';

/** One operation as a reader or writer of whole values. Values are canonical text. */
export interface Access {
  readonly operation: Operation;
  /** The value it was given or matched; null if nobody knows, or there is none. */
  readonly saw: string | null;
  /** The value it wrote, or may have written if its outcome is unknown. */
  readonly wrote: string | null;
  readonly start: number;
  /** When it was acknowledged; null if it never was. */
  readonly done: number | null;
}

/** What a history of one key offers to an explanation. */
export interface KeyAccesses {
  readonly accesses: readonly Access[];
  /** Writes that surely failed, with their value. */
  readonly failed: readonly { readonly operation: Operation; readonly wrote: string }[];
  readonly initial: string;
  /** True if something changes values in ways that are not "this value instead": an append, a transaction. */
  readonly opaque: boolean;
  readonly byIndex: ReadonlyMap<number, Access>;
  readonly writersOf: ReadonlyMap<string, readonly Access[]>;
  readonly seersOf: ReadonlyMap<string, readonly Access[]>;
  /** Those that were acknowledged, by when. */
  readonly byDone: readonly Access[];
}

export function accessesOf(operations: readonly Operation[], initial: Json): KeyAccesses {
  const accesses: Access[] = [];
  const failed: { operation: Operation; wrote: string }[] = [];
  const first = canonical(initial);
  let opaque = false;
  for (const operation of operations) {
    const { f, value, result, outcome } = operation;
    const start = operation.invokedAt;
    const done = outcome === 'ok' ? operation.completedAt : null;
    const add = (saw: string | null, wrote: string | null): void => {
      accesses.push({ operation, saw, wrote, start, done });
    };
    if (f === 'read' || f === 'get') {
      if (outcome === 'ok') add(canonical(result), null);
    } else if (f === 'write' || f === 'put' || f === 'delete') {
      const wrote = f === 'delete' ? first : canonical(value);
      if (outcome === 'fail') failed.push({ operation, wrote });
      else add(null, wrote);
    } else if (f === 'cas' && Array.isArray(value)) {
      const [expected, wrote] = [canonical(value[0] ?? null), canonical(value[1] ?? null)];
      if (outcome === 'fail' || result === false) failed.push({ operation, wrote });
      else add(outcome === 'ok' ? expected : null, wrote === expected ? null : wrote);
    } else opaque ||= outcome !== 'fail';
  }
  return {
    accesses,
    failed,
    initial: first,
    opaque,
    byIndex: new Map(accesses.map((access) => [access.operation.index, access])),
    writersOf: grouped(accesses, ({ wrote }) => wrote),
    seersOf: grouped(accesses, ({ saw }) => saw),
    byDone: accesses.filter(({ done }) => done !== null).sort((a, b) => (a.done ?? 0) - (b.done ?? 0)),
  };
}

function grouped(accesses: readonly Access[], which: (access: Access) => string | null): Map<string, Access[]> {
  const groups = new Map<string, Access[]>();
  for (const access of accesses) {
    const value = which(access);
    if (value === null) continue;
    const group = groups.get(value);
    if (group === undefined) groups.set(value, [access]);
    else group.push(access);
  }
  return groups;
}

/** The last of those that were acknowledged before `moment` and began after `from`, and fit; or null. */
export function latestBetween(
  byDone: readonly Access[],
  from: number,
  moment: number,
  fits: (access: Access) => boolean,
): Access | null {
  let low = 0;
  let high = byDone.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((byDone[middle]?.done ?? 0) < moment) low = middle + 1;
    else high = middle;
  }
  for (let at = low - 1; at >= 0; at--) {
    const access = byDone[at] as Access;
    if ((access.done ?? 0) <= from) return null;
    if (access.start > from && fits(access)) return access;
  }
  return null;
}

/** A value in a sentence. */
export function shown(text: string): string {
  if (text === 'null') return 'nil';
  return text.length > 48 ? `${text.slice(0, 45)}…` : text;
}

/** One word for one thing, whatever a workload or a file calls it. */
const WORDS: { readonly [f: string]: string } = { get: 'read', put: 'write', cas: 'compare-and-set' };

/** "the write of 5 by process 3": an operation in a sentence. */
export function named(operation: Operation): string {
  const { value, process, outcome, result } = operation;
  const f = WORDS[operation.f] ?? operation.f;
  const by = `by process ${process}`;
  if (f === 'txn') return `the transaction ${briefly(operation)} ${by}`;
  if (f === 'read' || f === 'delete') return `the ${f} ${by}`;
  // What takes something out is named by what it got.
  if (value === null && outcome === 'ok' && (typeof result === 'number' || typeof result === 'string'))
    return `the ${f} of ${shown(canonical(result))} ${by}`;
  // Of what takes no argument and gets nothing there is nothing to name; a write of nil is told as that.
  if (value === null && f !== 'write') return `the ${f} ${by}`;
  if (operation.f === 'cas' && Array.isArray(value))
    return `the ${f} from ${shown(canonical(value[0] ?? null))} to ${shown(canonical(value[1] ?? null))} ${by}`;
  // Of a lock, whom it is for.
  return `the ${f} ${f === 'acquire' || f === 'release' ? 'for' : 'of'} ${shown(canonical(value))} ${by}`;
}

/** "(r x → 1; w y 2)": what a transaction read and wrote, in the words of the history; "r x" where nobody knows what was read. */
function briefly({ value, result, outcome }: Operation): string {
  const asked = Array.isArray(value) ? value : [];
  const steps = asked.map((step: Json, at): string => {
    if (!Array.isArray(step)) return '…';
    const [f, key, given = null] = step as readonly Json[];
    const plain = String(f).replace(/^:/, '');
    const name = `${plain} ${typeof key === 'string' ? key : canonical(key ?? null)}`;
    if (!READS.has(plain)) return plain === 'delete' ? name : `${name} ${shown(canonical(given))}`;
    const answers = outcome === 'ok' ? (Array.isArray(result) ? result : asked) : [];
    const answer = answers[at];
    const found = Array.isArray(answer) ? (answer[2] as Json | undefined) : answer;
    return found === undefined ? name : `${name} → ${shown(canonical(found))}`;
  });
  const text = steps.join('; ');
  return `(${text.length > 60 ? `${text.slice(0, 57)}…` : text})`;
}

const READS = new Set(['r', 'read', 'get']);

export function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

/** A step of an argument, with the operations it rests on. */
export function stepOn(text: string, ...rests: readonly Operation[]): Anomaly['argument'][number] {
  return { text: sentence(text), operations: [...new Set(rests.map(({ index }) => index))] };
}
