/**
 * One element of a set that is added at most once and removed at most once: decided in O(n) after sorting.
 *
 * As a register, the element is absent, present, and absent again. So there are three stretches: before the add; from the add
 * over all that found it present to the remove; and after the remove. Only what found it absent may be in one of two. Let f be the
 * first return in the middle stretch and s the last call. What found it absent can come before if it was called before f, and
 * after if it returned after s. Where it can come before, let it: what cannot was called after f, so later than all these
 * were, and nothing forces it before them.
 *
 * An add that never returned happened if somebody found its element present. A remove that never returned may have
 * happened or not; one that does not say what it did may have come before the add, and have done nothing. Both are tried.
 */

import { callPositions, type Decision } from './decision.ts';
import { CAS, CAS_UNKNOWN, MISMATCH, READ, type RegisterHistory, SILENT, WRITE } from './register-history.ts';
import { withAnywhere } from './spans.ts';

const NONE = -1;

interface ElementHistory {
  readonly add: number;
  readonly remove: number;
  readonly present: readonly number[];
  readonly absent: readonly number[];
  readonly returns: Int32Array;
  readonly calls: Int32Array;
}

/** Null if the element is added or removed twice. @param history of a register that is absent at first */
export const unambiguousElement = (history: RegisterHistory): Decision | null => {
  const { kinds, from, to, initial, timeline } = history;
  const { returns, events } = timeline;
  let add = NONE;
  let remove = NONE;
  const present: number[] = [];
  const absent: number[] = [];
  const silent: number[] = [];
  for (let index = 0; index < kinds.length; index++) {
    const kind = kinds[index]!;
    if (kind === MISMATCH || kind === CAS_UNKNOWN) return null;
    if (kind === READ) (from[index] === initial ? absent : present).push(index);
    else if (kind === SILENT && returns[index]! < events.length) silent.push(index);
    else if (kind === WRITE || kind === CAS) {
      if ((to[index] === initial ? remove : add) !== NONE) return null;
      if (to[index] === initial) remove = index;
      else add = index;
    }
  }
  const isOpen = (index: number): boolean => returns[index] === events.length;
  if (
    add !== NONE &&
    isOpen(add) &&
    present.length === 0 &&
    (remove === NONE || isOpen(remove) || kinds[remove] === WRITE)
  )
    add = NONE;
  const calls = callPositions(timeline);
  const element = { add, present, returns, calls };
  const readings: ElementHistory[] = [{ ...element, remove, absent }];
  // The remove did not happen, or found nothing.
  if (remove !== NONE && isOpen(remove)) readings.push({ ...element, remove: NONE, absent });
  else if (remove !== NONE && kinds[remove] === WRITE)
    readings.push({ ...element, remove: NONE, absent: [...absent, remove].sort((a, b) => a - b) });
  for (const reading of readings) {
    const order = orderOf(reading);
    if (order !== null) return { outcome: 'pass', order: withAnywhere({ calls, timeline }, order, silent) };
  }
  return { outcome: 'violation', witness: Array.from(kinds.keys()).filter((index) => kinds[index] !== SILENT) };
};

const orderOf = ({ add, remove, present, absent, returns, calls }: ElementHistory): readonly number[] | null => {
  if (add === NONE) return present.length === 0 && remove === NONE ? absent : null;
  const middle = remove === NONE ? [add, ...present] : [add, ...present, remove];
  let firstReturn = Number.POSITIVE_INFINITY;
  let lastCall = NONE;
  for (const index of middle) {
    if (returns[index]! < calls[add]! || (remove !== NONE && returns[remove]! < calls[index]!)) return null;
    firstReturn = Math.min(firstReturn, returns[index]!);
    lastCall = Math.max(lastCall, calls[index]!);
  }
  const before: number[] = [];
  const after: number[] = [];
  for (const index of absent)
    if (calls[index]! < firstReturn) before.push(index);
    else if (remove !== NONE && returns[index]! > lastCall) after.push(index);
    else return null;
  return [...before, ...middle, ...after];
};
