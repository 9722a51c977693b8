/**
 * What could take effect at the return of an operation that has not: as narrow-candidates.ts. The order in which candidates are
 * tried is a matter of luck only.
 */

import { configuration, lowestOf } from './short-configuration.ts';
import { KINDS, SHORT, tables, writeMore } from './short-history.ts';

const { OPERATIONS_MAX, SLOTS_MAX } = SHORT;
const { kinds, found, left, bits, due, events, finders, writers, openFinders } = tables;
const { marks, valueMarks, openCas, written } = tables;
const { now } = configuration;
const { SILENT, READ, WRITE, CAS, MISMATCH, CAS_UNKNOWN, OPEN_WRITE, OPEN_CAS } = KINDS;

/** In place of an operation: the returning one, which is free, is left out. */
const SKIP = -1;
/** In place of a candidate: it can't be told without looking at all of them. */
const NONE = -2;

/** More are never waiting: then the search has given up. */
const CANDIDATES_MAX = OPERATIONS_MAX * (SLOTS_MAX + 1);

/** Those of the latest choice point are on top, the best one topmost. */
const candidates = new Int32Array(CANDIDATES_MAX);
const stack = { count: 0 };

export const choices = { candidates, stack, SKIP, NONE };

/** Marks of a write: whether its value may be found after its return, looked for once. */
const OBSERVED = 1;
const UNOBSERVED = 2;

/** The candidate that goes first, where that can be told quickly; else NONE. Most choices are never revised. */
export const best = (returning: number): number => {
  const { state, observers, done } = now;
  const kind = kinds[returning]!;
  const goal = found[returning]!;
  // A cas could match now; the returning one before all others.
  if ((finders[state]! & ~observers & ~done) !== 0) return kind === CAS && goal === state ? returning : NONE;
  if (kind === WRITE) {
    if ((now.free & bits[returning]!) === 0) return returning;
    return isWanted(left[returning]!) ? returning : SKIP;
  }
  if (kind !== READ && kind !== CAS) return NONE;
  const write = firstWriteOf(goal);
  return write >= 0 ? write : NONE;
};

/** Pushes the candidates at the return of an operation that is not done: the best one last. */
export const pushAll = (returning: number): void => {
  const start = stack.count;
  const goal = found[returning]!;
  const isFree = (now.free & bits[returning]!) !== 0;
  switch (kinds[returning]) {
    case READ:
      pushVoluntary(returning, goal);
      if (firstWriteOf(goal) >= 0) preferCas(start);
      return;
    case MISMATCH:
      pushVoluntary(returning, -1);
      preferCas(start);
      return;
    case WRITE: {
      const isUseful = isWanted(left[returning]!);
      if (isFree && !isUseful && !isObservableLater(returning)) {
        push(SKIP);
        return;
      }
      pushVoluntary(returning, -1);
      if (isFree && isUseful) push(SKIP);
      push(returning);
      if (isFree && !isUseful) push(SKIP);
      else preferCas(start);
      return;
    }
    default:
      pushVoluntary(returning, goal);
      if (goal === now.state) push(returning);
      else if (firstWriteOf(goal) >= 0) preferCas(start);
      if (isFree) push(SKIP);
  }
};

const push = (candidate: number): void => {
  candidates[stack.count++] = candidate;
};

/** Operations that could take effect before the returning one does. Those that lead straight to `goal` are topmost. */
const pushVoluntary = (returning: number, goal: number): void => {
  const { state } = now;
  const start = stack.count;
  const cas = (finders[state]! & ~now.observers) | openFinders[state]!;
  for (let rest = (now.openWrites | now.writes | cas) & ~now.done; rest !== 0; rest &= rest - 1)
    pushIfOfUse(lowestOf(rest), returning);
  for (let at = start, end = stack.count - 1; at <= end; )
    if (left[candidates[at]!] === goal) swap(at, end--);
    else at++;
};

const pushIfOfUse = (index: number, returning: number): void => {
  if (index !== returning && isOfUse(index)) push(index);
};

const swap = (at: number, other: number): void => {
  const candidate = candidates[at]!;
  candidates[at] = candidates[other]!;
  candidates[other] = candidate;
};

const isOfUse = (index: number): boolean => {
  const to = left[index]!;
  switch (kinds[index]) {
    case WRITE:
      return isWorthWriting(to) && firstWriteOf(to) === index;
    case OPEN_WRITE:
      return isWorthWriting(to) && firstWriteOf(to) < 0 && !hasTwin(now.openWrites, index);
    case OPEN_CAS:
      // Not while one that returns does the same.
      return (
        isWanted(to) &&
        !hasTwin(openFinders[now.state]!, index) &&
        !hasTwin(finders[now.state]! & ~now.observers & ~now.avoiders, index)
      );
    default:
      return !hasTwin(finders[now.state]! & ~now.observers, index);
  }
};

/**
 * Whether another operation of the set, that could take effect likewise, leaves the same value and returns earlier (or,
 * never returning, was called earlier). A cas of unknown outcome that is owed is no twin of one that is free, nor of
 * another kind.
 */
const hasTwin = (set: number, index: number): boolean => {
  for (let rest = set & ~now.done; rest !== 0; rest &= rest - 1) if (isTwin(lowestOf(rest), index)) return true;
  return false;
};

const isTwin = (other: number, index: number): boolean => {
  if (left[other] !== left[index] || !isDueBefore(other, index)) return false;
  const kind = kinds[index]!;
  if (kind === OPEN_CAS) return true;
  if (kinds[other] !== kind) return false;
  return kind !== CAS_UNKNOWN || ((now.free & bits[other]!) !== 0) === ((now.free & bits[index]!) !== 0);
};

/** The open write of the value that returns first, or -1. */
const firstWriteOf = (value: number): number => {
  let first = -1;
  for (let rest = writers[value]! & ~now.done; rest !== 0; rest &= rest - 1) first = earlier(first, lowestOf(rest));
  return first;
};

/** That of two operations that returns first, or is there at all. */
const earlier = (one: number, other: number): number => (one >= 0 && isDueBefore(one, other) ? one : other);

/** Whether it returns earlier or, if neither returns, was called earlier. */
const isDueBefore = (index: number, other: number): boolean =>
  due[index]! < due[other]! || (due[index] === due[other] && index < other);

/** Writing the value that the register has already is of use only where it frees an owed write. */
const isWorthWriting = (value: number): boolean =>
  (value !== now.state || (now.writes & ~now.done & ~now.free) !== 0) && isWanted(value);

/**
 * Whether an open operation that is not done finds the value, or is owed and needs any other than it names. A cas that
 * never returned counts only if the value that it leaves is wanted in turn: otherwise it need not have happened.
 */
const isWanted = (value: number): boolean =>
  isWantedByOwed(value) || (now.openCas !== 0 && isWantedByOpen(value, now.done));

const isWantedByOwed = (value: number): boolean =>
  (finders[value]! & ~now.done) !== 0 ||
  // Owed avoiders name the present state.
  (value !== now.state && (now.avoiders & ~now.done & ~now.free) !== 0);

/** @param tried open cas that are done, or that were followed already */
const isWantedByOpen = (value: number, tried: number): boolean => {
  const untried = openFinders[value]! & ~tried;
  for (let rest = untried; rest !== 0; rest &= rest - 1)
    if (isWantedByFollowers(left[lowestOf(rest)]!, tried | untried)) return true;
  return false;
};

const isWantedByFollowers = (value: number, tried: number): boolean =>
  isWantedByOwed(value) || isWantedByOpen(value, tried);

/** As in register-lookahead.ts: whether the value of the write, which returns now, may be found afterwards. */
export const isObservableLater = (write: number): boolean => {
  if (marks[write] === 0) marks[write] = look(write) ? OBSERVED : UNOBSERVED;
  return marks[write] === OBSERVED;
};

const look = (write: number): boolean => {
  const value = left[write]!;
  const start = now.position + 1;
  // To the first write to return that was called after it.
  let firstCalled = -1;
  let end = start;
  for (; end < written.events || writeMore(); end++) {
    const event = eventAt(end);
    if (event >= 0) {
      if (firstCalled < 0) firstCalled = event;
      if (mayFind(event, value)) return true;
    } else if (firstCalled >= 0 && isWriteSince(firstCalled, ~event)) break;
  }
  if (openCas.length === 0 || !markMade(value, write + 1)) return false;
  for (let position = start; position < end; position++) if (findsMarked(eventAt(position), write + 1)) return true;
  return false;
};

const eventAt = (position: number): number => events[position]!;

const mayFind = (index: number, value: number): boolean => {
  const kind = kinds[index];
  return kind === MISMATCH || kind === CAS_UNKNOWN || found[index] === value;
};

const isWriteSince = (firstCalled: number, index: number): boolean => index >= firstCalled && kinds[index] === WRITE;

const findsMarked = (event: number, mark: number): boolean =>
  event >= 0 && found[event]! >= 0 && valueMarks[found[event]!] === mark;

/** Marks the values that a chain of cas which never returned can make of this one; false if there are none. */
const markMade = (value: number, mark: number): boolean => {
  let made = 0;
  for (let before = -1; made > before; ) {
    before = made;
    for (let i = 0; i < openCas.length; i++) if (isMadeBy(openCas[i]!, value, mark)) made++;
  }
  return made > 0;
};

const isMadeBy = (cas: number, value: number, mark: number): boolean => {
  const from = found[cas]!;
  const to = left[cas]!;
  if (valueMarks[to] === mark || (from !== value && valueMarks[from] !== mark)) return false;
  valueMarks[to] = mark;
  return true;
};

/**
 * The state is about to be overwritten, and a cas that needs it may not find it again: what matches now goes first, the
 * one that returns first before all.
 */
const preferCas = (start: number): void => {
  const count = stack.count;
  for (let i = start, end = count; i < end; ) {
    const candidate = candidates[i]!;
    const kind = candidate === SKIP ? SILENT : kinds[candidate]!;
    if (kind !== CAS && kind !== CAS_UNKNOWN) {
      i++;
      continue;
    }
    let place = --end;
    for (let at = i; at < count - 1; at++) candidates[at] = candidates[at + 1]!;
    while (place < count - 1 && isDueBefore(candidate, candidates[place]!)) place++;
    for (let at = count - 1; at > place; at--) candidates[at] = candidates[at - 1]!;
    candidates[place] = candidate;
  }
};

/** The candidate has been tried: it is among the latest ones. */
export const remove = (candidate: number): void => {
  let at = stack.count - 1;
  while (candidates[at] !== candidate) at--;
  for (const last = --stack.count; at < last; at++) candidates[at] = candidates[at + 1]!;
};
