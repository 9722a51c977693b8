/**
 * An order of transactions over several registers, put together one by one: a quick way to a pass. The next one is due if
 * all are there that are known to come before it, if the registers hold what it found, and if nobody to come must find what it
 * overwrites. Of several, one that writes nothing comes next, else the one whose window ends first. That it comes before all others is
 * then taken for known, and what follows from that is found out as before; where it leads to a contradiction another one is
 * tried, and where there is none, others in place of those before.
 *
 * Why an order is right if there is one: it has all that surely took effect, and others only where they were needed. Nobody is placed
 * as long as one is to come whose window, as real time has it, ends before its own begins, so none comes before one that returned
 * before its call. And each found in the registers what it says. If no order is found, that means nothing.
 */

import type { TransactionHistory } from './transaction-history.ts';
import type { Saturation, Sighting } from './transaction-saturation.ts';

/** So many are placed in vain: in all, and more for each that there is to place. */
const IN_VAIN_MIN = 1000;
const IN_VAIN_PER_TRANSACTION = 2;
/** At least so far it can go back. */
const BACK_MAX = 200;
/** Of more that may come next, none is chosen: it would take too long. */
const READY_MAX = 1000;

/** A transaction that was placed, where others could have been. */
interface Choice {
  readonly transaction: number;
  /** Others to be tried in its place, the best last. */
  readonly others: number[];
  /** Those that were ready, it among them, and how many had begun and ended. */
  readonly ready: readonly number[];
  readonly begun: number;
  readonly ended: number;
  readonly forget: () => void;
}

export class Schedule {
  /** The order so far. */
  readonly placed: number[] = [];
  private readonly saturation: Saturation;
  private readonly registers: Registers;
  private readonly isPlaced: Uint8Array;
  /** By the beginnings of their windows as they were at first; and those that must come, by the ends. */
  private readonly byBeginning: readonly number[];
  private readonly byEnd: readonly number[];
  private readonly firstEarliest: Int32Array;
  private readonly firstLatest: Int32Array;
  /** So many have begun; so many that must come are placed, and maybe others. */
  private begun = 0;
  private ended = 0;
  /** Those that have begun and are not placed. */
  private ready: readonly number[] = [];
  private choices: Choice[] = [];
  private inVainLeft: number;
  /** Too many may have written what somebody found. */
  private readonly isHopeless: boolean;

  constructor(history: TransactionHistory, saturation: Saturation) {
    const { initial } = history;
    const { order, isBound, sightings } = saturation;
    this.saturation = saturation;
    saturation.prepare();
    const takesPart = isBound.slice(0, initial);
    for (const { reader, candidates } of sightings)
      if (isBound[reader] === 1)
        for (const writer of candidates ?? [])
          if (writer !== initial && history.contradictsItself[writer] === 0) takesPart[writer] = 1;
    this.isHopeless = sightings.some(({ reader, candidates }) => isBound[reader] === 1 && candidates === null);
    this.registers = new Registers(history, sightings, takesPart);
    this.isPlaced = new Uint8Array(initial);
    const transactions = [...takesPart.keys()].filter((at) => takesPart[at] === 1);
    this.byBeginning = [...transactions].sort((a, b) => order.earliest[a]! - order.earliest[b]!);
    this.byEnd = transactions.filter((at) => isBound[at] === 1).sort((a, b) => order.latest[a]! - order.latest[b]!);
    this.firstEarliest = order.earliest.slice();
    this.firstLatest = order.latest.slice();
    this.inVainLeft = IN_VAIN_MIN + IN_VAIN_PER_TRANSACTION * transactions.length;
  }

  /** Places so many, at most. */
  advance(transactions: number): 'more' | 'stuck' | 'done' {
    if (this.isHopeless) return 'stuck';
    for (let left = transactions; left > 0; left--) {
      if (this.moveOn()) return 'done';
      if (this.ready.length > READY_MAX) return 'stuck';
      if (!this.placeOneOf(this.possible()) && !this.goBack()) return 'stuck';
    }
    return 'more';
  }

  /** To the first that must come and is not placed; true if there is none. */
  private moveOn(): boolean {
    const { byEnd, byBeginning, isPlaced, firstEarliest, firstLatest } = this;
    while (this.ended < byEnd.length && isPlaced[byEnd[this.ended]!] === 1) this.ended++;
    if (this.ended === byEnd.length) return true;
    const end = firstLatest[byEnd[this.ended]!]!;
    const { begun } = this;
    while (this.begun < byBeginning.length && firstEarliest[byBeginning[this.begun]!]! < end) this.begun++;
    if (this.begun > begun) this.ready = [...this.ready, ...byBeginning.slice(begun, this.begun)];
    return false;
  }

  /** What can come next, the best last. Where something changes nothing, that alone. */
  private possible(): number[] {
    const { registers, ready } = this;
    const { order, isBound } = this.saturation;
    const { earliest, latest } = order;
    const end = ready.reduce(
      (end, one) => (isBound[one] === 1 ? Math.min(end, latest[one]!) : end),
      Number.POSITIVE_INFINITY,
    );
    const possible = ready.filter(
      (one) => earliest[one]! < end && this.isDue(one) && registers.allow(one, isBound[one] === 1),
    );
    const idle = possible.find((one) => registers.writtenBy(one).length === 0);
    return idle === undefined ? possible.sort((a, b) => latest[b]! - latest[a]!) : [idle];
  }

  private placeOneOf(possible: number[]): boolean {
    const { saturation, registers, isPlaced, ready, begun, ended } = this;
    const overwritten = registers.overwrittenBy(ready);
    for (let next = possible.pop(); next !== undefined; next = possible.pop()) {
      const transaction = next;
      const forget = saturation.mark();
      saturation.suppose(
        transaction,
        registers.holders,
        registers.writtenBy(transaction),
        isPlaced,
        ready,
        overwritten,
      );
      if (saturation.order.isFull || this.inVainLeft === 0) return false;
      if (saturation.order.isOver) {
        this.inVainLeft--;
        forget();
        continue;
      }
      if (this.choices.length === 2 * BACK_MAX) this.choices = this.choices.slice(BACK_MAX);
      this.choices.push({ transaction, others: possible, ready, begun, ended, forget });
      registers.take(transaction);
      isPlaced[transaction] = 1;
      this.placed.push(transaction);
      this.ready = ready.filter((one) => one !== transaction);
      return true;
    }
    return false;
  }

  /** To the last choice with something else to try. False if there is none. */
  private goBack(): boolean {
    for (let choice = this.choices.pop(); choice !== undefined && this.inVainLeft > 0; choice = this.choices.pop()) {
      this.inVainLeft--;
      this.placed.pop();
      this.isPlaced[choice.transaction] = 0;
      this.registers.putBack(choice.transaction);
      choice.forget();
      this.ready = choice.ready;
      this.begun = choice.begun;
      this.ended = choice.ended;
      if (this.placeOneOf(choice.others)) return true;
    }
    return false;
  }

  /** Whether all are placed that come before it by a pair. */
  private isDue(transaction: number): boolean {
    let isDue = true;
    this.saturation.order.eachNext(transaction, false, (before) => {
      if (this.isPlaced[before] === 0) isDue = false;
    });
    return isDue;
  }
}

/** What a transaction found in a register. */
interface Find {
  readonly register: number;
  /** Who may have left it there. */
  readonly candidates: readonly number[];
  /** So many of them may still be there when it comes. */
  left: number;
  isDone: boolean;
}

/** What the registers hold, by who left it there, and who is still to find what. */
class Registers {
  /** By register, who wrote it last. */
  readonly holders: Int32Array;
  /** What each that was taken found in the registers that it writes. */
  private readonly overwritten: number[][] = [];
  /** By transaction. */
  private readonly finds: Find[][];
  private readonly writes: number[][];
  /** By register and who left it: the finds to come. */
  private readonly finders: readonly Map<number, Find[]>[];

  constructor({ initial, writers }: TransactionHistory, sightings: readonly Sighting[], takesPart: Uint8Array) {
    this.holders = new Int32Array(writers.length).fill(initial);
    this.finds = Array.from({ length: initial }, () => []);
    this.writes = Array.from({ length: initial }, () => []);
    this.finders = writers.map(() => new Map());
    for (const [register, all] of writers.entries()) for (const writer of all) this.writes[writer]!.push(register);
    for (const { reader, register, candidates } of sightings) {
      if (takesPart[reader] === 0) continue;
      const find = { register, candidates: candidates ?? [], left: candidates?.length ?? 0, isDone: false };
      this.finds[reader]!.push(find);
      for (const writer of find.candidates) {
        const finders = this.finders[register]!.get(writer);
        if (finders === undefined) this.finders[register]!.set(writer, [find]);
        else finders.push(find);
      }
    }
  }

  /** Whether it found what is there, and overwrites nothing that is needed. @param isDue or else it must be needed itself */
  allow(transaction: number, isDue: boolean): boolean {
    const { holders } = this;
    const own = this.finds[transaction]!;
    if (!own.every(({ register, candidates }) => candidates.includes(holders[register]!))) return false;
    const isSpared = this.writes[transaction]!.every((register) =>
      this.findersOf(register, holders[register]!).every((find) => find.isDone || find.left > 1 || own.includes(find)),
    );
    if (!isSpared || isDue) return isSpared;
    return this.writes[transaction]!.some((register) =>
      this.findersOf(register, transaction).some(
        ({ isDone, candidates }) => !isDone && !candidates.includes(holders[register]!),
      ),
    );
  }

  /** Who wrote last what these write. */
  overwrittenBy(transactions: readonly number[]): ReadonlySet<number> {
    const { writes, holders } = this;
    return new Set(transactions.flatMap((one) => writes[one]!.map((register) => holders[register]!)));
  }

  writtenBy(transaction: number): readonly number[] {
    return this.writes[transaction]!;
  }

  take(transaction: number): void {
    for (const find of this.finds[transaction]!) find.isDone = true;
    const before: number[] = [];
    for (const register of this.writes[transaction]!) {
      const holder = this.holders[register]!;
      before.push(holder);
      for (const find of this.findersOf(register, holder)) find.left--;
      this.holders[register] = transaction;
    }
    this.overwritten.push(before);
  }

  /** Undoes the last that was taken. */
  putBack(transaction: number): void {
    for (const find of this.finds[transaction]!) find.isDone = false;
    const before = this.overwritten.pop()!;
    for (const [at, register] of this.writes[transaction]!.entries()) {
      this.holders[register] = before[at]!;
      for (const find of this.findersOf(register, before[at]!)) find.left++;
    }
  }

  private findersOf(register: number, writer: number): readonly Find[] {
    return this.finders[register]!.get(writer) ?? [];
  }
}
