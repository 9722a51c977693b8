/**
 * What could take effect at the return of an operation that has not: as register-candidates.ts and register-lookahead.ts, for
 * the narrow search. The order in which candidates are tried is a matter of luck only.
 */

import { grown, type Memory } from './memory.ts';
import { FINDERS, MADE_OF, OPEN_FINDERS, WRITERS } from './narrow-configuration.ts';
import {
  FACTS,
  FROM,
  KIND_MASK,
  MARKS_SHIFT,
  type NarrowHistory,
  OPEN_CAS,
  OPEN_WRITE,
  RETURN,
  SETS,
  TO,
} from './narrow-history.ts';
import { NarrowReach, OUT_OF_REACH } from './narrow-reach.ts';
import { CAS, CAS_UNKNOWN, MISMATCH, READ, SILENT, WRITE } from './register-history.ts';

/** In place of an operation: the returning one, which is free, is left out. */
export const SKIP = -1;
/** In place of a candidate: it can't be told without looking at all of them. */
export const NONE = -2;

const CANDIDATES_MIN = 128;

/** Marks in the first of the facts. */
const LATER_KNOWN = 1 << MARKS_SHIFT;
const LATER_OBSERVED = 2 << MARKS_SHIFT;

export class NarrowCandidates extends NarrowReach {
  /** A stack: those of the latest choice point are on top, the best one topmost. */
  protected candidates: Int32Array;
  protected count = 0;

  constructor(history: NarrowHistory, memory: Memory) {
    super(history, memory);
    this.candidates = memory.ints(CANDIDATES_MIN);
  }

  /** The candidate that goes first, where that can be told quickly; NONE if not, OUT_OF_REACH if none can help. */
  protected best(returning: number): number {
    const { facts, sets, state } = this;
    const base = returning << FACTS;
    const goal = facts[base + FROM]!;
    let best = NONE;
    switch (facts[base]! & KIND_MASK) {
      case WRITE:
        if ((this.free & this.bitOf(returning)) !== 0 && !this.isWanted(facts[base + TO]!)) return SKIP;
        best = returning;
        break;
      case READ:
      case CAS:
        if (goal === state) return returning;
        best = this.firstWriteOf(goal);
        if (best < 0) return this.isInReach(goal) ? NONE : OUT_OF_REACH;
        break;
      case CAS_UNKNOWN:
        return NONE;
    }
    // A cas that could match now goes before the value is overwritten: as in preferCas.
    const matching = sets[(state << SETS) + FINDERS]! & ~this.observers & ~this.done;
    return matching === 0 ? best : this.firstDue(matching);
  }

  /** Pushes the candidates at the return of an operation that is not done: the best one last. */
  protected pushAll(returning: number): void {
    const { facts, count: start } = this;
    const base = returning << FACTS;
    const goal = facts[base + FROM]!;
    const isFree = (this.free & this.bitOf(returning)) !== 0;
    switch (facts[base]! & KIND_MASK) {
      case READ:
        this.pushVoluntary(returning, goal);
        if (this.firstWriteOf(goal) >= 0) this.preferCas(start);
        return;
      case MISMATCH:
        this.pushVoluntary(returning, -1);
        this.preferCas(start);
        return;
      case WRITE: {
        const isWanted = this.isWanted(facts[base + TO]!);
        if (isFree && !isWanted && !this.isObservableLater(returning)) {
          this.push(SKIP);
          return;
        }
        this.pushVoluntary(returning, -1);
        if (isFree && isWanted) this.push(SKIP);
        this.push(returning);
        if (isFree && !isWanted) this.push(SKIP);
        else this.preferCas(start);
        return;
      }
      default:
        this.pushVoluntary(returning, goal);
        if (goal === this.state) this.push(returning);
        else if (this.firstWriteOf(goal) >= 0) this.preferCas(start);
        if (isFree) this.push(SKIP);
    }
  }

  private push(candidate: number): void {
    if (this.count === this.candidates.length) this.candidates = grown(this.candidates);
    this.candidates[this.count++] = candidate;
  }

  /** Operations that could take effect before the returning one does. Those that lead straight to `goal` are topmost. */
  private pushVoluntary(returning: number, goal: number): void {
    const { facts, sets, occupants, state } = this;
    const start = this.count;
    const cas = (sets[(state << SETS) + FINDERS]! & ~this.observers) | sets[(state << SETS) + OPEN_FINDERS]!;
    for (let rest = (this.openWrites | this.writes | cas) & ~this.done; rest !== 0; rest &= rest - 1) {
      const index = occupants[31 - Math.clz32(rest & -rest)]!;
      if (index !== returning && this.isOfUse(index)) this.push(index);
    }
    const { candidates } = this;
    for (let i = start, end = this.count - 1; i <= end; ) {
      if (facts[(candidates[i]! << FACTS) + TO] === goal) {
        const swapped = candidates[end]!;
        candidates[end--] = candidates[i]!;
        candidates[i] = swapped;
      } else i++;
    }
  }

  private isOfUse(index: number): boolean {
    const { facts, sets } = this;
    const base = index << FACTS;
    const to = facts[base + TO]!;
    const kind = facts[base]! & KIND_MASK;
    switch (kind) {
      case WRITE:
        return this.isWorthWriting(to) && this.firstWriteOf(to) === index;
      case OPEN_WRITE:
        return this.isWorthWriting(to) && this.firstWriteOf(to) < 0 && !this.hasTwin(this.openWrites, index);
      case OPEN_CAS:
        // Not while one that returns does the same.
        return (
          this.isWanted(to) &&
          !this.hasTwin(sets[(this.state << SETS) + OPEN_FINDERS]!, index) &&
          !this.hasTwin(sets[(this.state << SETS) + FINDERS]! & ~this.observers & ~this.avoiders, index)
        );
      default:
        return !this.hasTwin(sets[(this.state << SETS) + FINDERS]! & ~this.observers, index);
    }
  }

  /**
   * Whether another operation of the set, that could take effect likewise, leaves the same value and returns earlier (or,
   * never returning, was called earlier). A cas of unknown outcome that is owed is no twin of one that is free, nor of
   * another kind.
   */
  private hasTwin(set: number, index: number): boolean {
    const { facts, occupants } = this;
    const base = index << FACTS;
    const kind = facts[base]! & KIND_MASK;
    const isFree = (this.free & this.bitOf(index)) !== 0;
    for (let rest = set & ~this.done; rest !== 0; rest &= rest - 1) {
      const bit = rest & -rest;
      const other = occupants[31 - Math.clz32(bit)]!;
      const otherBase = other << FACTS;
      if (facts[otherBase + TO] !== facts[base + TO] || other === index) continue;
      if (!this.isDueBefore(other, index)) continue;
      const otherKind = facts[otherBase]! & KIND_MASK;
      if (kind === OPEN_CAS || otherKind === kind) {
        if (kind !== CAS_UNKNOWN || ((this.free & bit) !== 0) === isFree) return true;
      }
    }
    return false;
  }

  /** The open write of the value that returns first, or -1. */
  private firstWriteOf(value: number): number {
    return this.firstDue(this.sets[(value << SETS) + WRITERS]! & ~this.done);
  }

  /** The operation of the set that returns first, or -1. */
  private firstDue(set: number): number {
    const { occupants } = this;
    let first = -1;
    for (let rest = set; rest !== 0; rest &= rest - 1) {
      const index = occupants[31 - Math.clz32(rest & -rest)]!;
      if (first < 0 || this.isDueBefore(index, first)) first = index;
    }
    return first;
  }

  /** Whether it returns earlier or, if neither returns, was called earlier. Not all returns have been written down yet. */
  private isDueBefore(index: number, other: number): boolean {
    const { facts } = this;
    const returnEvent = facts[(index << FACTS) + RETURN]!;
    const otherEvent = facts[(other << FACTS) + RETURN]!;
    if (returnEvent !== otherEvent) return returnEvent < otherEvent;
    const { operations } = this.history;
    const one = operations[index]!.return ?? Number.POSITIVE_INFINITY;
    const another = operations[other]!.return ?? Number.POSITIVE_INFINITY;
    return one < another || (one === another && index < other);
  }

  /** Writing the value that the register has already is of use only where it frees an owed write. */
  private isWorthWriting(value: number): boolean {
    return (value !== this.state || (this.writes & ~this.done & ~this.free) !== 0) && this.isWanted(value);
  }

  /**
   * Whether an open operation that is not done finds the value, or is owed and needs any other than it names. A cas that
   * never returned counts only if the value that it leaves is wanted in turn: otherwise it need not have happened.
   */
  private isWanted(value: number): boolean {
    return this.isWantedByOwed(value) || (this.openCas !== 0 && this.isWantedByOpen(value, this.done));
  }

  private isWantedByOwed(value: number): boolean {
    const { done, sets } = this;
    if ((sets[(value << SETS) + FINDERS]! & ~done) !== 0) return true;
    // Owed avoiders name the present state.
    return value !== this.state && (this.avoiders & ~done & ~this.free) !== 0;
  }

  /** @param tried open cas that are done, or that were followed already */
  private isWantedByOpen(value: number, tried: number): boolean {
    const finders = this.sets[(value << SETS) + OPEN_FINDERS]! & ~tried;
    for (let rest = finders; rest !== 0; rest &= rest - 1) {
      const left = this.facts[(this.occupants[31 - Math.clz32(rest & -rest)]! << FACTS) + TO]!;
      if (this.isWantedByOwed(left) || this.isWantedByOpen(left, tried | finders)) return true;
    }
    return false;
  }

  /** As in register-lookahead.ts: whether the value of the write may be found after its return. */
  protected isObservableLater(write: number): boolean {
    const { facts } = this;
    const base = write << FACTS;
    if ((facts[base]! & LATER_KNOWN) === 0)
      facts[base]! |= this.look(write) ? LATER_KNOWN | LATER_OBSERVED : LATER_KNOWN;
    return (facts[base]! & LATER_OBSERVED) !== 0;
  }

  private look(write: number): boolean {
    const { facts, events, history } = this;
    const base = write << FACTS;
    const value = facts[base + TO]!;
    const start = facts[base + RETURN]! + 1;
    // The first write to return that was called after it.
    let end = start;
    for (let firstCalled = -1; end < history.eventCount || this.writeMore(); end++) {
      const event = events[end]!;
      if (event < 0) {
        if (firstCalled >= 0 && ~event >= firstCalled && (facts[~event << FACTS]! & KIND_MASK) === WRITE) break;
        continue;
      }
      if (firstCalled < 0) firstCalled = event;
      const kind = facts[event << FACTS]! & KIND_MASK;
      if (kind === MISMATCH || kind === CAS_UNKNOWN || facts[(event << FACTS) + FROM] === value) return true;
    }
    if (history.openCas.length === 0 || !this.markMade(value, write + 1)) return false;
    const { sets } = this;
    for (let position = start; position < end; position++) {
      const event = events[position]!;
      if (event < 0) continue;
      const from = facts[(event << FACTS) + FROM]!;
      if (from >= 0 && sets[(from << SETS) + MADE_OF] === write + 1) return true;
    }
    return false;
  }

  /** Marks the values that a chain of cas which never returned can make of this one; false if there are none. */
  private markMade(value: number, mark: number): boolean {
    const { facts, sets } = this;
    const { openCas } = this.history;
    let made = 0;
    for (let before = -1; made > before; ) {
      before = made;
      for (let i = 0; i < openCas.length; i++) {
        const base = openCas[i]!;
        const from = facts[base + FROM]!;
        const to = (facts[base + TO]! << SETS) + MADE_OF;
        if (sets[to] === mark || (from !== value && sets[(from << SETS) + MADE_OF] !== mark)) continue;
        sets[to] = mark;
        made++;
      }
    }
    return made > 0;
  }

  /**
   * The state is about to be overwritten, and a cas that needs it may not find it again: what matches now goes first, the
   * one that returns first before all.
   */
  private preferCas(start: number): void {
    const { candidates, facts } = this;
    for (let i = start, end = this.count; i < end; ) {
      const candidate = candidates[i]!;
      const kind = candidate === SKIP ? SILENT : facts[candidate << FACTS]! & KIND_MASK;
      if (kind !== CAS && kind !== CAS_UNKNOWN) {
        i++;
        continue;
      }
      candidates.copyWithin(i, i + 1, this.count);
      let place = --end;
      while (place < this.count - 1 && this.isDueBefore(candidate, candidates[place]!)) place++;
      candidates.copyWithin(place + 1, place, this.count - 1);
      candidates[place] = candidate;
    }
  }
}
