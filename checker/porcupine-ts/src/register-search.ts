/**
 * The search for histories of one register: reads, blind writes, compare-and-set, over few or many values.
 *
 * It is the just-in-time search of general-search.ts with what is known about registers. Notation: an open operation is
 * owed (must still take effect before it returns), done (has), or free (need not, but still can).
 *
 * 1. Observers (a read, a cas that did not match) are done as soon as the state agrees: they can be moved to any place
 *    that agrees, for they change nothing.
 * 2. Overwritten writes. When a blind write takes effect, every other open blind write may be thought of as having
 *    happened immediately before, seen by nobody; likewise when the value is the one that it writes. Instead of
 *    branching, these become free. So does a returned cas of unknown outcome when the state would not have matched.
 *    A free write that is used after all is done, no longer free. Only total operations can be free, never a cas.
 * 3. Useless writes. A write that is not at its return is tried only if an open, owed operation finds its value: in the
 *    run of operations that ends with the returning one, another write follows otherwise, and by 2 nobody needs it. (Even a
    write of the value that is there already may be needed: it frees the others.) A free
 *    write at its return is used only if an operation that is open, or called before another write must have taken place,
 *    may find its value.
 * 4. Same effect, earliest deadline. Of open writes of one value (cas of one pair), only the one that returns first is
 *    tried. Using it frees the other (2), which has the later deadline: better in every respect. Operations that never
 *    return come last and, among themselves, in order of call, so a count per effect describes them.
 * 5. Dominance (dominance-store.ts): nothing is tried that is no better than what failed.
 *
 * Ideas: Lowe, "Testing for linearizability" (2017), for 1; Horn and Kroening (FORTE 2015) for dominance of P-partitions in
 * spirit; the rest is argued here. The order found is completed in register-certificate.ts.
 */

import { createDominanceStore } from './dominance-store.ts';
import { certificate } from './register-certificate.ts';
import { CAS, CAS_UNKNOWN, MISMATCH, READ, type RegisterHistory, SILENT, WRITE } from './register-history.ts';
import type { Search, SearchStatus } from './search.ts';

const SKIP = -1;
const NONE = -2;
const POLL_EVERY_STEPS = 256;

export const registerSearch = (history: RegisterHistory): Search => {
  const { timeline, kinds, from, to, optional, unlimited } = history;
  const { returns } = timeline;
  const layout = layOutSlots(history);
  const { events, slots, words } = layout;
  const classes = openClasses(history);
  const { classOf, members, classCount } = classes;
  const classFrom = members.map(([first]) => from[first!]!);
  const observableAfterReturn = futureObservers(history, events, slots, words * 32, classes);

  // The current configuration.
  let position = 0;
  let state = history.initial;
  const done = new Int32Array(words);
  const free = new Int32Array(words);
  const used = new Int32Array(classCount);
  // What is open at `position`, as bits per slot: follows from it.
  const occupants = new Int32Array(words * 32).fill(-1);
  const writes = new Int32Array(words);
  const observers = new Int32Array(words);
  /** Mismatches, and cas of unknown outcome: what is satisfied by a value other than the one it names. */
  const avoiders = new Int32Array(words);
  /** Per value: reads and cas that find it; writes that leave it. */
  const finders = new Int32Array(words * history.valueCount);
  const writers = new Int32Array(words * history.valueCount);
  const called = new Int32Array(classCount);

  /** Marks of the walk through open cas. */
  const visited = new Int32Array(classCount > 0 ? history.valueCount : 0);
  let visit = 0;

  const trail = createTrail(kinds.length + 1);
  const frameWords = 5 + 2 * words + classCount;
  let frames = new Int32Array(8 * frameWords);
  let frameCount = 0;
  let candidates = new Int32Array(16);
  let candidateCount = 0;
  const failed = createDominanceStore(words, classCount);
  const mutators = new Int32Array(words);
  let steps = 0;
  let furthest = 0;
  let status: SearchStatus = 'more';

  const isFree = (index: number): boolean => (free[slots[index]! >>> 5]! & (1 << (slots[index]! & 31))) !== 0;

  /** Enters the operation in, or removes it from, the sets of what is open. */
  const toggleOpen = (index: number): void => {
    const slot = slots[index]!;
    const word = slot >>> 5;
    const bit = 1 << (slot & 31);
    occupants[slot] = index;
    switch (kinds[index]) {
      case READ:
        observers[word]! ^= bit;
        finders[from[index]! * words + word]! ^= bit;
        return;
      case WRITE:
        writes[word]! ^= bit;
        writers[to[index]! * words + word]! ^= bit;
        return;
      case CAS:
        finders[from[index]! * words + word]! ^= bit;
        return;
      case MISMATCH:
        observers[word]! ^= bit;
        avoiders[word]! ^= bit;
        return;
      case CAS_UNKNOWN:
        finders[from[index]! * words + word]! ^= bit;
        avoiders[word]! ^= bit;
    }
  };

  /** At a call: what can be settled at once is. */
  const settleNew = (index: number): void => {
    const slot = slots[index]!;
    const bit = 1 << (slot & 31);
    if (optional !== null && optional[index] === 1) {
      free[slot >>> 5]! |= bit;
      return;
    }
    switch (kinds[index]) {
      case READ:
        if (from[index] !== state) return;
        done[slot >>> 5]! |= bit;
        trail.push(index, position);
        return;
      case MISMATCH:
        if (from[index] === state) return;
        done[slot >>> 5]! |= bit;
        trail.push(index, position);
        return;
      case WRITE:
        if (to[index] === state) free[slot >>> 5]! |= bit;
        return;
      case CAS_UNKNOWN:
        if (from[index] !== state) free[slot >>> 5]! |= bit;
    }
  };

  /**
   * After the state has changed: observers that agree are done, writes of this value are free. What is satisfied by any
   * value but one, and still owed, named the previous state: now it is settled.
   */
  const settleOpen = (): void => {
    const base = state * words;
    for (let word = 0; word < words; word++) {
      free[word]! |= writers[base + word]! & ~done[word]!;
      const owedAvoiders = avoiders[word]! & ~done[word]! & ~free[word]!;
      const mismatches = owedAvoiders & observers[word]!;
      free[word]! |= owedAvoiders & ~mismatches;
      let agreeing = (finders[base + word]! & observers[word]! & ~done[word]!) | mismatches;
      done[word]! |= agreeing;
      while (agreeing !== 0) {
        const bit = agreeing & -agreeing;
        agreeing ^= bit;
        trail.push(occupants[(word << 5) | (31 - Math.clz32(bit))]!, position);
      }
    }
  };

  const takeEffect = (index: number): void => {
    trail.push(index, position);
    const openClass = classOf[index]!;
    if (openClass >= 0) {
      if (!unlimited) used[openClass]!++;
    } else {
      const slot = slots[index]!;
      done[slot >>> 5]! |= 1 << (slot & 31);
      free[slot >>> 5]! &= ~(1 << (slot & 31));
    }
    if (kinds[index] === WRITE) for (let word = 0; word < words; word++) free[word]! |= writes[word]! & ~done[word]!;
    if (to[index] === state) return;
    state = to[index]!;
    settleOpen();
  };

  /**
   * Whether an open operation that is not done finds the value, or is owed and needs any other than it names. A cas that
   * never returned counts only if the value that it leaves is wanted in turn: otherwise it need not have happened.
   */
  const isWanted = (value: number): boolean => {
    if (isWantedByOwed(value)) return true;
    if (classCount === 0) return false;
    visit++;
    return isWantedByOpen(value);
  };

  const isWantedByOwed = (value: number): boolean => {
    const base = value * words;
    for (let word = 0; word < words; word++) {
      if ((finders[base + word]! & ~done[word]!) !== 0) return true;
      // Owed avoiders name the present state.
      if (value !== state && (avoiders[word]! & ~done[word]! & ~free[word]!) !== 0) return true;
    }
    return false;
  };

  const isWantedByOpen = (value: number): boolean => {
    if (visited[value] === visit) return false;
    visited[value] = visit;
    for (let id = 0; id < classCount; id++) {
      if (classFrom[id] !== value || used[id]! >= called[id]!) continue;
      const left = to[members[id]![0]!]!;
      if (isWantedByOwed(left) || isWantedByOpen(left)) return true;
    }
    return false;
  };

  /** Writing the value that the register has already is of use only where it frees an owed write. */
  const isWorthWriting = (value: number): boolean => (value !== state || hasOwedWrite()) && isWanted(value);

  const hasOwedWrite = (): boolean => {
    for (let word = 0; word < words; word++) if ((writes[word]! & ~done[word]! & ~free[word]!) !== 0) return true;
    return false;
  };

  /** The open write of the value that returns first, or -1. */
  const firstWriteOf = (value: number): number => {
    let first = -1;
    for (let word = 0; word < words; word++) {
      let rest = writers[value * words + word]! & ~done[word]!;
      while (rest !== 0) {
        const bit = rest & -rest;
        rest ^= bit;
        const index = occupants[(word << 5) | (31 - Math.clz32(bit))]!;
        if (first < 0 || returns[index]! < returns[first]!) first = index;
      }
    }
    return first;
  };

  const pushCandidate = (candidate: number): void => {
    if (candidateCount === candidates.length) candidates = grown(candidates);
    candidates[candidateCount++] = candidate;
  };

  /** Whether another open cas of the same pair, equally owed, returns earlier. */
  const hasBetterTwin = (index: number): boolean => {
    const base = from[index]! * words;
    for (let word = 0; word < words; word++) {
      let rest = finders[base + word]! & ~observers[word]! & ~done[word]!;
      while (rest !== 0) {
        const bit = rest & -rest;
        rest ^= bit;
        const other = occupants[(word << 5) | (31 - Math.clz32(bit))]!;
        if (to[other] !== to[index] || kinds[other] !== kinds[index] || returns[other]! >= returns[index]!) continue;
        // A cas of unknown outcome that is still owed is no twin of one that is free.
        if (kinds[index] === CAS || isFree(other) === isFree(index)) return true;
      }
    }
    return false;
  };

  const isBestOfItsEffect = (index: number): boolean => {
    if (kinds[index] !== WRITE) return !hasBetterTwin(index);
    const first = firstWriteOf(to[index]!);
    return first < 0 || first === index;
  };

  /** Operations that could take effect before the returning one does. Those that lead straight to `goal` come last. */
  const pushVoluntary = (returning: number, goal: number): void => {
    const start = candidateCount;
    for (let id = 0; id < classCount; id++) {
      if (used[id]! >= called[id]!) continue;
      const index = members[id]![used[id]!]!;
      const isPossible =
        kinds[index] === CAS ? from[index] === state && isWanted(to[index]!) : isWorthWriting(to[index]!);
      if (isPossible && isBestOfItsEffect(index)) pushCandidate(index);
    }
    for (let word = 0; word < words; word++) {
      let rest = (writes[word]! | (finders[state * words + word]! & ~observers[word]!)) & ~done[word]!;
      while (rest !== 0) {
        const bit = rest & -rest;
        rest ^= bit;
        const index = occupants[(word << 5) | (31 - Math.clz32(bit))]!;
        if (index === returning || (kinds[index] === WRITE && !isWorthWriting(to[index]!))) continue;
        if (isBestOfItsEffect(index)) pushCandidate(index);
      }
    }
    let end = candidateCount - 1;
    for (let i = start; i <= end; ) {
      if (to[candidates[i]!] === goal) {
        const swapped = candidates[end]!;
        candidates[end] = candidates[i]!;
        candidates[i] = swapped;
        end--;
      } else i++;
    }
  };

  /** Candidates at the return of an operation that is not done, best last. */
  const pushCandidates = (index: number): void => {
    const start = candidateCount;
    switch (kinds[index]) {
      case READ:
        pushVoluntary(index, from[index]!);
        if (firstWriteOf(from[index]!) >= 0) preferCas(start);
        return;
      case MISMATCH:
        pushVoluntary(index, -1);
        preferCas(start);
        return;
      case WRITE: {
        const mayBeLeftOut = isFree(index);
        const wantedNow = isWanted(to[index]!);
        if (mayBeLeftOut && !wantedNow && observableAfterReturn[index] === 0) {
          pushCandidate(SKIP);
          return;
        }
        pushVoluntary(index, -1);
        if (mayBeLeftOut && wantedNow) pushCandidate(SKIP);
        pushCandidate(index);
        if (mayBeLeftOut && !wantedNow) pushCandidate(SKIP);
        else preferCas(start);
        return;
      }
      default:
        pushVoluntary(index, from[index]!);
        if (from[index] === state) pushCandidate(index);
        else if (firstWriteOf(from[index]!) >= 0) preferCas(start);
        if (isFree(index)) pushCandidate(SKIP);
    }
  };

  /** Whether an open cas would match now. */
  const hasMatchingCas = (): boolean => {
    const base = state * words;
    for (let word = 0; word < words; word++)
      if ((finders[base + word]! & ~observers[word]! & ~done[word]!) !== 0) return true;
    return false;
  };

  /**
   * The state is about to be overwritten, and a cas that needs it may not find it again: what matches now goes first. This
   * is a matter of luck only, but it saves most of the backtracking.
   *
   * Brings cas that match now to the end of the candidates, the one that returns first last. */
  const preferCas = (start: number): void => {
    for (let i = start, end = candidateCount; i < end; ) {
      const candidate = candidates[i]!;
      if (candidate === SKIP || kinds[candidate] === WRITE || classOf[candidate]! >= 0) {
        i++;
        continue;
      }
      candidates.copyWithin(i, i + 1, candidateCount);
      let at = --end;
      while (at < candidateCount - 1 && returns[candidates[at]!]! > returns[candidate]!) at++;
      candidates.copyWithin(at + 1, at, candidateCount - 1);
      candidates[at] = candidate;
    }
  };

  /**
   * The candidate to try first, if it can be told without looking at the others; else NONE. It is the one that
   * `pushCandidates` puts last.
   */
  const firstCandidate = (index: number): number => {
    if (kinds[index] === WRITE) {
      if (hasMatchingCas()) return NONE;
      if (!isFree(index)) return index;
      return isWanted(to[index]!) ? index : SKIP;
    }
    return NONE;
  };

  /** Moves on to a return that needs a decision; false at the end of the history. */
  const moveOn = (): boolean => {
    for (; position < events.length; position++) {
      const event = events[position]!;
      if (event >= 0) {
        if (classOf[event]! >= 0) {
          called[classOf[event]!]!++;
          continue;
        }
        toggleOpen(event);
        settleNew(event);
        continue;
      }
      const slot = slots[~event]!;
      const bit = 1 << (slot & 31);
      if ((done[slot >>> 5]! & bit) === 0) return true;
      done[slot >>> 5]! &= ~bit;
      toggleOpen(~event);
    }
    return false;
  };

  const moveBackTo = (target: number): void => {
    while (position > target) {
      const event = events[--position]!;
      if (event >= 0 && classOf[event]! >= 0) called[classOf[event]!]!--;
      else toggleOpen(event >= 0 ? event : ~event);
    }
  };

  const isHopeless = (): boolean => {
    if (failed.size === 0) return false;
    for (let word = 0; word < words; word++) mutators[word] = ~observers[word]!;
    return failed.dominates(position, state, done, free, used, mutators);
  };

  /** @param tried the candidate that was told at once: the others are found when they are needed */
  const pushFrame = (firstCandidate: number, tried: number): void => {
    // Where operations can be repeated, one may come back to a configuration while it is being tried.
    if (unlimited) failed.add(position, state, done, free, used);
    const base = frameCount * frameWords;
    while (base + frameWords > frames.length) frames = grown(frames);
    frames[base] = position;
    frames[base + 1] = state;
    frames[base + 2] = trail.length;
    frames[base + 3] = firstCandidate;
    frames[base + 4] = tried;
    for (let word = 0; word < words; word++) {
      frames[base + 5 + word] = done[word]!;
      frames[base + 5 + words + word] = free[word]!;
    }
    for (let id = 0; id < classCount; id++) frames[base + 5 + 2 * words + id] = used[id]!;
    frameCount++;
  };

  const restoreTopFrame = (): void => {
    const base = (frameCount - 1) * frameWords;
    moveBackTo(frames[base]!);
    state = frames[base + 1]!;
    trail.length = frames[base + 2]!;
    for (let word = 0; word < words; word++) {
      done[word] = frames[base + 5 + word]!;
      free[word] = frames[base + 5 + words + word]!;
    }
    for (let id = 0; id < classCount; id++) used[id] = frames[base + 5 + 2 * words + id]!;
  };

  const apply = (candidate: number): void => {
    if (candidate !== SKIP) {
      takeEffect(candidate);
      return;
    }
    // Left out: its return is passed as if it were done.
    const slot = slots[~events[position]!]!;
    free[slot >>> 5]! &= ~(1 << (slot & 31));
    done[slot >>> 5]! |= 1 << (slot & 31);
  };

  /** Back to the latest choice point that has a candidate left; false if there is none. */
  const backtrack = (): boolean => {
    while (frameCount > 0) {
      restoreTopFrame();
      const base = (frameCount - 1) * frameWords;
      const first = frames[base + 3]!;
      if (frames[base + 4] !== NONE) {
        frames[base + 4] = NONE;
        pushCandidates(~events[position]!);
        candidateCount--;
      }
      if (candidateCount > first) {
        apply(candidates[--candidateCount]!);
        return true;
      }
      if (!unlimited) failed.add(position, state, done, free, used);
      frameCount--;
    }
    return false;
  };

  const advance = (budget: number, interrupted: () => boolean): SearchStatus => {
    for (let spent = 0; status === 'more' && spent < budget; spent++) {
      if (spent % POLL_EVERY_STEPS === 0 && interrupted()) break;
      steps++;
      if (!moveOn()) {
        status = 'pass';
        break;
      }
      if (position > furthest) furthest = position;
      const index = ~events[position]!;
      const first = candidateCount;
      const easy = firstCandidate(index);
      if (easy === SKIP && observableAfterReturn[index] === 0) {
        apply(SKIP);
        continue;
      }
      if (easy !== NONE && !isHopeless()) {
        pushFrame(first, easy);
        apply(easy);
        continue;
      }
      if (easy === NONE) pushCandidates(index);
      if (candidateCount === first + 1 && !unlimited) {
        apply(candidates[--candidateCount]!);
        continue;
      }
      if (candidateCount > first && !isHopeless()) {
        pushFrame(first, NONE);
        apply(candidates[--candidateCount]!);
        continue;
      }
      candidateCount = first;
      if (!backtrack()) status = 'violation';
    }
    return status;
  };

  return {
    method: 'register search',
    advance,
    linearization: () => certificate(history, trail.indexes, trail.positions, trail.length),
    get steps() {
      return steps;
    },
    get memoryBytes() {
      return failed.memoryBytes + frames.byteLength + candidates.byteLength + trail.memoryBytes;
    },
    get furthestEvent() {
      return layout.originalPosition(furthest);
    },
  };
};

const grown = (words: Int32Array): Int32Array<ArrayBuffer> => {
  const larger = new Int32Array(words.length * 2);
  larger.set(words);
  return larger;
};

interface Trail {
  push(index: number, position: number): void;
  length: number;
  readonly indexes: Int32Array;
  readonly positions: Int32Array;
  readonly memoryBytes: number;
}

/** What took effect so far, and at which event. */
/** @param expected about how many take effect */
const createTrail = (expected: number): Trail => {
  let indexes = new Int32Array(expected);
  let positions = new Int32Array(expected);
  const trail = {
    length: 0,
    push(index: number, position: number) {
      if (trail.length === indexes.length) {
        indexes = grown(indexes);
        positions = grown(positions);
      }
      indexes[trail.length] = index;
      positions[trail.length++] = position;
    },
    get indexes() {
      return indexes;
    },
    get positions() {
      return positions;
    },
    get memoryBytes() {
      return indexes.byteLength + positions.byteLength;
    },
  };
  return trail;
};

/** Slots for operations that return and say something; the events of the others are left out. */
const layOutSlots = (history: RegisterHistory) => {
  const { timeline, kinds } = history;
  const { events: all, returns } = timeline;
  const events = new Int32Array(all.length);
  const slots = new Int32Array(kinds.length);
  const vacant: number[] = [];
  let slotCount = 0;
  let length = 0;
  for (let position = 0; position < all.length; position++) {
    const event = all[position]!;
    const index = event >= 0 ? event : ~event;
    if (kinds[index] === SILENT) continue;
    events[length++] = event;
    if (event < 0) vacant.push(slots[index]!);
    else if (returns[index]! < all.length) slots[index] = vacant.length > 0 ? vacant.pop()! : slotCount++;
  }
  return {
    events: events.subarray(0, length),
    slots,
    words: Math.max(1, (slotCount + 31) >>> 5),
    originalPosition(position: number): number {
      let seen = 0;
      for (let at = 0; at < all.length; at++) {
        const event = all[at]!;
        if (kinds[event >= 0 ? event : ~event] === SILENT) continue;
        if (seen++ === position) return at;
      }
      return all.length - 1;
    },
  };
};

/** Operations that never return, by effect and in order of call. */
const openClasses = (history: RegisterHistory) => {
  const { timeline, kinds, from, to } = history;
  const classOf = new Int32Array(kinds.length).fill(-1);
  const members: number[][] = [];
  const ids = new Map<string, number>();
  for (let index = 0; index < kinds.length; index++) {
    if (kinds[index] === SILENT || timeline.returns[index]! < timeline.events.length) continue;
    const effect = `${kinds[index]} ${from[index]} ${to[index]}`;
    let id = ids.get(effect);
    if (id === undefined) {
      id = members.length;
      ids.set(effect, id);
      members.push([]);
    }
    members[id]!.push(index);
    classOf[index] = id;
  }
  return { classOf, members, classCount: members.length };
};

/**
 * For each write that returns: 1 if an operation called after its return, but before another write called after its return
 * must have taken effect, may find its value, or one that open cas make of it. (A mismatch finds every value, to be on the safe side.)
 */
const futureObservers = (
  history: RegisterHistory,
  events: Int32Array,
  slots: Int32Array,
  slotCount: number,
  classes: ReturnType<typeof openClasses>,
): Uint8Array => {
  const { kinds, from, to, optional, timeline } = history;
  const madeOf = valuesMadeByOpenCas(history, classes);
  const { returns } = timeline;
  const observable = new Uint8Array(kinds.length);
  const nextObserver = new Int32Array(history.valueCount).fill(events.length);
  let nextMismatch = events.length;
  let firstOverwritten = Number.POSITIVE_INFINITY;
  /** The return of the operation that holds each slot. */
  const returnInSlot = new Int32Array(slotCount);
  for (let position = events.length - 1; position >= 0; position--) {
    const event = events[position]!;
    if (event < 0) {
      const index = ~event;
      returnInSlot[slots[index]!] = position;
      if (kinds[index] !== WRITE) continue;
      let next = Math.min(nextObserver[to[index]!]!, nextMismatch);
      for (const value of madeOf.get(to[index]!) ?? []) next = Math.min(next, nextObserver[value]!);
      if (next < firstOverwritten) observable[index] = 1;
      continue;
    }
    const kind = kinds[event]!;
    if (kind === MISMATCH || kind === CAS_UNKNOWN) nextMismatch = position;
    if (kind !== MISMATCH && kind !== WRITE) nextObserver[from[event]!] = position;
    if (kind === WRITE && optional?.[event] !== 1 && returns[event]! < timeline.events.length)
      firstOverwritten = Math.min(firstOverwritten, returnInSlot[slots[event]!]!);
  }
  return observable;
};

/** For each value that cas which never returned can change: the values that a chain of them can make of it. */
const valuesMadeByOpenCas = (
  { kinds, from, to }: RegisterHistory,
  { members }: ReturnType<typeof openClasses>,
): ReadonlyMap<number, readonly number[]> => {
  const changes = new Map<number, number[]>();
  for (const [first] of members) {
    if (kinds[first!] === WRITE) continue;
    const known = changes.get(from[first!]!);
    if (known === undefined) changes.set(from[first!]!, [to[first!]!]);
    else known.push(to[first!]!);
  }
  const made = new Map<number, readonly number[]>();
  for (const value of changes.keys()) {
    const reached = new Set<number>();
    const left = [value];
    for (let at = left.pop(); at !== undefined; at = left.pop())
      for (const next of changes.get(at) ?? []) {
        if (!reached.has(next)) left.push(next);
        reached.add(next);
      }
    made.set(value, [...reached]);
  }
  return made;
};
