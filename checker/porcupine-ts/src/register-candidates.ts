/**
 * What could take effect at the return of an operation that has not: the rules 3 and 4 of register-search.ts, and the order
 * in which candidates are tried, which is a matter of luck only, but saves most of the backtracking.
 */

import { grown } from './memory.ts';
import type { RegisterConfiguration } from './register-configuration.ts';
import { CAS, CAS_UNKNOWN, MISMATCH, READ, WRITE } from './register-history.ts';
import { RegisterLookahead } from './register-lookahead.ts';
import { RegisterReach } from './register-reach.ts';

/** In place of an operation: the returning one is left out. */
export const SKIP = -1;
/** In place of a candidate: it can't be told without looking at all of them. */
export const NONE = -2;

/** A stack of candidates: those of the latest choice point are on top, the best one topmost. */
export class RegisterCandidates {
  count = 0;
  /** How many operations that never return may take effect at one return without leading straight to what is needed. */
  spendingMax = Number.POSITIVE_INFINITY;
  /** Some were left untried for that. */
  hasSpared = false;
  private stack: Int32Array;
  private readonly at: RegisterConfiguration;
  private readonly kinds: Int32Array;
  private readonly from: Int32Array;
  private readonly to: Int32Array;
  private readonly returns: Int32Array;
  private readonly future: RegisterLookahead;
  private readonly reach: RegisterReach;
  /** Marks of the walk through open cas, per value. */
  private readonly visited: Int32Array;
  private visit = 0;

  constructor(configuration: RegisterConfiguration) {
    const { history, classes } = configuration;
    const { memory } = history.timeline;
    this.at = configuration;
    this.kinds = history.kinds;
    this.from = history.from;
    this.to = history.to;
    this.returns = history.timeline.returns;
    this.stack = memory.ints(32);
    this.future = new RegisterLookahead(history, classes);
    this.reach = new RegisterReach(configuration);
    this.visited = memory.ints(classes.count > 0 ? history.valueCount : 0);
  }

  pop(): number {
    return this.stack[--this.count]!;
  }

  /** The candidate has been tried: of those above `below` it goes, if it is there. */
  remove(candidate: number, below: number): void {
    const { stack } = this;
    for (let at = this.count - 1; at >= below; at--) {
      if (stack[at] !== candidate) continue;
      stack.copyWithin(at, at + 1, this.count);
      this.count--;
      return;
    }
  }

  get memoryBytes(): number {
    return this.stack.byteLength;
  }

  /** As in RegisterReach, for an operation whose value is out of reach. */
  lastChance(returning: number): { readonly trail: number; readonly event: number } {
    return this.reach.lastChance(this.from[returning]!);
  }

  /** Whether the value of the write may be found after its return. */
  isObservableLater(write: number): boolean {
    return this.future.isObservableLater(write);
  }

  /**
   * The candidate that goes first, where that can be told quickly; else NONE, or OUT_OF_REACH if none can help. Most choices are never revised, and so the
   * others never looked for.
   */
  best(returning: number): number {
    const { at } = this;
    const goal = this.from[returning]!;
    let best = NONE;
    switch (this.kinds[returning]) {
      case WRITE:
        if (at.isFree(returning) && !this.isWanted(this.to[returning]!)) return SKIP;
        best = returning;
        break;
      case READ:
      case CAS:
        if (goal === at.state) return returning;
        best = this.firstWriteOf(goal);
        if (best < 0) return this.reach.beginning(goal);
        if (at.classes.count > 0) return NONE;
        break;
      case CAS_UNKNOWN:
        return NONE;
    }
    // A cas that could match now goes before the value is overwritten: as in preferCas.
    const matching = this.firstMatchingCas();
    return matching < 0 ? best : matching;
  }

  /** Pushes the candidates at the return of an operation that is not done. */
  pushAll(returning: number): void {
    const start = this.count;
    const { at, to, from } = this;
    switch (this.kinds[returning]) {
      case READ:
        this.pushVoluntary(returning, from[returning]!);
        if (this.firstWriteOf(from[returning]!) >= 0) this.preferCas(start);
        return;
      case MISMATCH:
        this.pushVoluntary(returning, -1);
        this.preferCas(start);
        return;
      case WRITE: {
        const mayBeLeftOut = at.isFree(returning);
        const wantedNow = this.isWanted(to[returning]!);
        if (mayBeLeftOut && !wantedNow && !this.isObservableLater(returning)) {
          this.push(SKIP);
          return;
        }
        this.pushVoluntary(returning, -1);
        if (mayBeLeftOut && wantedNow) this.push(SKIP);
        this.push(returning);
        if (mayBeLeftOut && !wantedNow) this.push(SKIP);
        else this.preferCas(start);
        return;
      }
      default:
        this.pushVoluntary(returning, from[returning]!);
        if (from[returning] === at.state) this.push(returning);
        else if (this.firstWriteOf(from[returning]!) >= 0) this.preferCas(start);
        if (at.isFree(returning)) this.push(SKIP);
    }
  }

  private push(candidate: number): void {
    if (this.count === this.stack.length) this.stack = grown(this.stack);
    this.stack[this.count++] = candidate;
  }

  /** Operations that could take effect before the returning one does. Those that lead straight to `goal` are topmost. */
  private pushVoluntary(returning: number, goal: number): void {
    const { at, kinds, to } = this;
    const { state, words, classes } = at;
    const start = this.count;
    if (classes.count > 0)
      if (this.spentHere() >= this.spendingMax) this.hasSpared = true;
      else {
        for (const id of classes.writes) this.pushOpen(id);
        for (let id = classes.firstCas[state]! - 1; id >= 0; id = classes.nextCas[id]! - 1) this.pushOpen(id);
      }
    for (let word = 0; word < words; word++) {
      let rest = (at.writes[word]! | (at.finders[state * words + word]! & ~at.observers[word]!)) & ~at.done[word]!;
      while (rest !== 0) {
        const bit = rest & -rest;
        rest ^= bit;
        const index = at.occupants[(word << 5) | (31 - Math.clz32(bit))]!;
        if (index === returning || (kinds[index] === WRITE && !this.isWorthWriting(to[index]!))) continue;
        if (this.isBestOfItsEffect(index)) this.push(index);
      }
    }
    const { stack } = this;
    let end = this.count - 1;
    for (let i = start; i <= end; ) {
      if (to[stack[i]!] === goal) {
        const swapped = stack[end]!;
        stack[end] = stack[i]!;
        stack[i] = swapped;
        end--;
      } else i++;
    }
  }

  /** How many operations that never return have taken effect at the present return. */
  private spentHere(): number {
    const { at } = this;
    const { indexes, positions, length } = at.trail;
    let spent = 0;
    for (let i = length - 1; i >= 0 && positions[i] === at.position; i--)
      if (indexes[i]! >= 0 && at.isNeverReturning(indexes[i]!)) spent++;
    return spent;
  }

  /** The next operation of a class, if there is one that can take effect now and is of use. */
  private pushOpen(id: number): void {
    const { used, called, classes } = this.at;
    if (used[id]! >= called[id]!) return;
    const index = classes.members[id]![used[id]!]!;
    const left = this.to[index]!;
    const isOfUse = this.kinds[index] === CAS ? this.isWanted(left) : this.isWorthWriting(left);
    if (isOfUse && this.isBestOfItsEffect(index)) this.push(index);
  }

  /**
   * Whether an open operation that is not done finds the value, or is owed and needs any other than it names. A cas that
   * never returned counts only if the value that it leaves is wanted in turn: otherwise it need not have happened.
   */
  private isWanted(value: number): boolean {
    if (this.isWantedByOwed(value)) return true;
    if (this.at.classes.count === 0) return false;
    this.visit++;
    return this.isWantedByOpen(value);
  }

  private isWantedByOwed(value: number): boolean {
    const { words, finders, avoiders, done, free, state } = this.at;
    const base = value * words;
    for (let word = 0; word < words; word++) {
      if ((finders[base + word]! & ~done[word]!) !== 0) return true;
      // Owed avoiders name the present state.
      if (value !== state && (avoiders[word]! & ~done[word]! & ~free[word]!) !== 0) return true;
    }
    return false;
  }

  private isWantedByOpen(value: number): boolean {
    const { visited, visit, to } = this;
    const { classes, used, called } = this.at;
    if (visited[value] === visit) return false;
    visited[value] = visit;
    for (let id = classes.firstCas[value]! - 1; id >= 0; id = classes.nextCas[id]! - 1) {
      if (used[id]! >= called[id]!) continue;
      const left = to[classes.members[id]![0]!]!;
      if (this.isWantedByOwed(left) || this.isWantedByOpen(left)) return true;
    }
    return false;
  }

  /** Writing the value that the register has already is of use only where it frees an owed write. */
  private isWorthWriting(value: number): boolean {
    return (value !== this.at.state || this.hasOwedWrite()) && this.isWanted(value);
  }

  private hasOwedWrite(): boolean {
    const { words, writes, done, free } = this.at;
    for (let word = 0; word < words; word++) if ((writes[word]! & ~done[word]! & ~free[word]!) !== 0) return true;
    return false;
  }

  /** The open write of the value that returns first, or -1. */
  private firstWriteOf(value: number): number {
    const { words, writers, done, occupants } = this.at;
    const { returns } = this;
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
  }

  private isBestOfItsEffect(index: number): boolean {
    if (this.kinds[index] !== WRITE) return !this.hasBetterTwin(index);
    const first = this.firstWriteOf(this.to[index]!);
    return first < 0 || first === index;
  }

  /** Whether another open cas of the same pair, equally owed, returns earlier. */
  private hasBetterTwin(index: number): boolean {
    const { at, kinds, from, to, returns } = this;
    const base = from[index]! * at.words;
    for (let word = 0; word < at.words; word++) {
      let rest = at.finders[base + word]! & ~at.observers[word]! & ~at.done[word]!;
      while (rest !== 0) {
        const bit = rest & -rest;
        rest ^= bit;
        const other = at.occupants[(word << 5) | (31 - Math.clz32(bit))]!;
        if (to[other] !== to[index] || kinds[other] !== kinds[index] || returns[other]! >= returns[index]!) continue;
        // A cas of unknown outcome that is still owed is no twin of one that is free.
        if (kinds[index] === CAS || at.isFree(other) === at.isFree(index)) return true;
      }
    }
    return false;
  }

  /** Of the open cas that would match now and return, the one that returns first, or -1. */
  private firstMatchingCas(): number {
    const { words, state, finders, observers, done, occupants } = this.at;
    const { returns } = this;
    let first = -1;
    for (let word = 0; word < words; word++) {
      let rest = finders[state * words + word]! & ~observers[word]! & ~done[word]!;
      while (rest !== 0) {
        const bit = rest & -rest;
        rest ^= bit;
        const index = occupants[(word << 5) | (31 - Math.clz32(bit))]!;
        if (first < 0 || returns[index]! < returns[first]!) first = index;
      }
    }
    return first;
  }

  /**
   * The state is about to be overwritten, and a cas that needs it may not find it again: what matches now goes first, the
   * one that returns first before all.
   */
  private preferCas(start: number): void {
    const { stack, kinds, returns, at } = this;
    for (let i = start, end = this.count; i < end; ) {
      const candidate = stack[i]!;
      if (candidate === SKIP || kinds[candidate] === WRITE || at.isNeverReturning(candidate)) {
        i++;
        continue;
      }
      stack.copyWithin(i, i + 1, this.count);
      let place = --end;
      while (place < this.count - 1 && returns[stack[place]!]! > returns[candidate]!) place++;
      stack.copyWithin(place + 1, place, this.count - 1);
      stack[place] = candidate;
    }
  }
}
