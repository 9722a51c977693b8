/**
 * Transactions over several registers that no order explains, found without trying any: by what holds in every order. After
 * the saturation of Biswas and Enea ("On the complexity of checking transactional consistency", OOPSLA 2019, section 3) and the
 * inferred dependencies of Elle (Kingsbury and Alvaro, VLDB 2020), here with real time.
 *
 * Why each thing that is found out holds, in any order that explains the history:
 * - Who returned before another was called comes before it; and so on along a path (`known-order.ts`).
 * - What a transaction R found in a register was left there by some W, or was there at first, and W comes before R. Nobody
 *   can be W who comes after R, nor who is followed by another that surely wrote there and surely comes before R. If one W is left, it is
 *   that, and it took effect though it may never have returned. If none is left there is no order.
 * - Nobody else wrote the register between W and R. So for each T that surely took effect and wrote there: if T comes before
 *   R, it comes before W; and if it comes after W, it comes after R. Both at once is a contradiction, and so is whatever comes before itself.
 *
 * This is repeated until nothing new is found. Where it finds no contradiction there may still be one, for to decide is
 * NP-complete (Papadimitriou 1979); the pairs are then a good beginning for an order (`transaction-schedule.ts`).
 *
 * What is not known restricts nothing: an answer that nobody knows, an operation that may not have taken effect, a value that
 * too many may have written. Nobody who left a value is ever overlooked, so a reason holds for whatever else there is in the history:
 * each names the transactions that it needs, and those only it needs to have taken effect.
 */

import { because, KnownOrder, Reach } from './known-order.ts';
import type { Read, TransactionHistory } from './transaction-history.ts';

/** A read that more may have to do with says nothing. */
const CANDIDATES_MAX = 32;
/** Times that all reads are looked at; what is not found by then is left. */
const PASSES_MAX = 60;

/** Among so many it is looked for them. */
const LOOKED_AT_MAX = 2048;
/** Of so many at most that may write between the writer and the reader it is asked where they come. */
const RIVALS_MAX = 256;

/** Where an order is built, it is looked at so many who may have found what somebody left: the first. */
const FINDERS_MAX = 64;

/** A read, and who may have left what it found. */
export interface Sighting {
  readonly reader: number;
  readonly register: number;
  /** Null if they are too many. */
  candidates: readonly number[] | null;
  /** Why it is none of the others; once one is left, why it is that. */
  why: number;
  isSettled: boolean;
  /** So much was known when it was looked at last. */
  lookedAt: number;
}

/** Of a register: who surely writes there, by the beginnings of their windows, and the latest end of a window up to each. */
interface Rivals {
  readonly writers: readonly number[];
  readonly earliest: readonly number[];
  readonly latestSoFar: readonly number[];
}

export class Saturation {
  readonly order: KnownOrder;
  readonly sightings: readonly Sighting[];
  readonly isBound: Uint8Array;
  /** As in TransactionHistory. */
  readonly initial: number;
  private readonly history: TransactionHistory;
  /** Why each took effect, if not for having returned. */
  private readonly whyBound: Int32Array;
  private readonly sightingsOf: Sighting[][];
  /** By who may have left what was found. */
  private foundOf: readonly (readonly Sighting[])[] = [];
  private rivals: readonly Rivals[] = [];
  /** By register, those that were found to have taken effect since. */
  private readonly newRivals: number[][];
  /** Of those that may not have taken effect, what they write. */
  private readonly registersOf = new Map<number, number[]>();
  private readonly beforeReader: Reach;
  private readonly beforeWriter: Reach;
  private readonly afterReader: Reach;
  private readonly afterWriter: Reach;
  /** How to undo what may have to be forgotten. */
  private trail: (() => void)[] | null = null;
  private passes = 0;
  private nextRead = 0;
  private changesBefore = 0;

  constructor(history: TransactionHistory) {
    const { initial, calls, timeline, reads } = history;
    const earliest = new Int32Array(initial + 1);
    const latest = new Int32Array(initial + 1);
    earliest.set(calls);
    latest.set(timeline.returns);
    earliest[initial] = -1;
    latest[initial] = -1;
    this.history = history;
    this.initial = initial;
    this.order = new KnownOrder(earliest, latest, timeline.events.length);
    this.isBound = history.isBound.slice();
    this.whyBound = new Int32Array(initial + 1);
    this.sightings = reads.map(({ reader, register }) => ({
      reader,
      register,
      candidates: null,
      why: 0,
      isSettled: false,
      lookedAt: 0,
    }));
    this.sightingsOf = Array.from({ length: initial }, () => []);
    for (const sighting of this.sightings) this.sightingsOf[sighting.reader]!.push(sighting);
    this.newRivals = history.writers.map(() => []);
    for (const [register, writers] of history.writers.entries())
      for (const writer of writers)
        if (this.isBound[writer] === 0)
          this.registersOf.set(writer, [...(this.registersOf.get(writer) ?? []), register]);
    this.beforeReader = new Reach(this.order, 'before');
    this.beforeWriter = new Reach(this.order, 'before');
    this.afterReader = new Reach(this.order, 'after');
    this.afterWriter = new Reach(this.order, 'after');
    const liar = history.contradictsItself.findIndex((is, index) => is === 1 && this.isBound[index] === 1);
    if (liar >= 0) this.order.contradict(because(liar));
  }

  /** Looks at about so many reads. True once nothing more is to be found: then a contradiction may be known, or not. */
  advance(readsMax: number): boolean {
    const { order, sightings, history } = this;
    for (let left = readsMax; left > 0 && !order.isOver; left--) {
      if (this.nextRead === 0) this.beginPass();
      if (this.nextRead < sightings.length) {
        const at = this.nextRead++;
        if (this.passes === 1) this.findWriters(sightings[at]!, history.reads[at]!);
        else this.lookAt(sightings[at]!);
        if (this.nextRead < sightings.length) continue;
      }
      if ((this.passes > 1 && order.changes === this.changesBefore) || this.passes >= PASSES_MAX) return true;
      this.nextRead = 0;
    }
    return order.isOver;
  }

  /** For those who build an order: from now on it is known who found what each left. */
  prepare(): void {
    const found: Sighting[][] = Array.from({ length: this.initial + 1 }, () => []);
    for (const sighting of this.sightings)
      for (const writer of sighting.candidates ?? [])
        if (found[writer]!.length < FINDERS_MAX) found[writer]!.push(sighting);
    this.foundOf = found;
  }

  /**
   * Takes it that a transaction comes before all that are not placed, and finds out what follows for those that are ready.
   * @param holders by register, who wrote it last
   * @param written its registers
   * @param ready those that have begun and are not placed, it among them
   * @param overwritten who wrote last what these write
   */
  suppose(
    transaction: number,
    holders: Int32Array,
    written: readonly number[],
    isPlaced: Uint8Array,
    ready: readonly number[],
    overwritten: Iterable<number>,
  ): void {
    const { order, afterWriter, sightingsOf } = this;
    const comesBefore = (other: number): void => {
      if (!this.isKnown(transaction, other, afterWriter))
        order.add(transaction, other, order.reason(because(transaction), because(other)));
    };
    for (const sighting of sightingsOf[transaction]!) {
      if (sighting.isSettled) continue;
      this.remember(sighting);
      sighting.candidates = [holders[sighting.register]!];
      this.settle(sighting);
    }
    afterWriter.lookFrom(transaction);
    for (const register of written)
      for (const rival of this.rivalsBetween(register, order.earliest[transaction]!, order.latest[transaction]!))
        if (rival !== transaction && isPlaced[rival] === 0) comesBefore(rival);
    for (const reader of ready)
      if (sightingsOf[reader]!.some(({ isSettled, register }) => !isSettled && written.includes(register)))
        if (reader !== transaction) comesBefore(reader);
    for (let before = 0; order.changes > before && !order.isOver; ) {
      before = order.changes;
      this.changesBefore = before;
      for (const one of ready) for (const sighting of sightingsOf[one]!) if (!order.isOver) this.lookAt(sighting);
      for (const one of [...ready, ...overwritten])
        for (const sighting of this.foundOf[one]!) if (!order.isOver) this.lookAt(sighting);
    }
  }

  /** What is found out from now on may have to be forgotten: calls for that. */
  mark(): () => void {
    const mark = this.order.mark();
    this.trail ??= [];
    const { length } = this.trail;
    return () => {
      for (const undo of this.trail!.splice(length).reverse()) undo();
      this.order.forget(mark);
    };
  }

  private remember(sighting: Sighting): void {
    if (this.trail === null) return;
    const before = { ...sighting };
    this.trail.push(() => Object.assign(sighting, before));
  }

  private beginPass(): void {
    this.passes++;
    this.changesBefore = this.order.changes;
    const { earliest, latest } = this.order;
    for (const rivals of this.newRivals) rivals.length = 0;
    this.rivals = this.history.writers.map((all) => {
      const writers = all.filter((writer) => this.isBound[writer] === 1);
      writers.sort((a, b) => earliest[a]! - earliest[b]!);
      let last = -1;
      const latestSoFar = writers.map((writer) => {
        last = Math.max(last, latest[writer]!);
        return last;
      });
      return { writers, earliest: writers.map((writer) => earliest[writer]!), latestSoFar };
    });
  }

  /** Those that surely write the register, and may do so after the one event and before the other. */
  private rivalsBetween(register: number, from: number, to: number): number[] {
    const { writers, earliest, latestSoFar } = this.rivals[register]!;
    const found: number[] = [];
    for (
      let at = countBelow(earliest.length, to, (one) => earliest[one]!) - 1;
      at >= 0 && latestSoFar[at]! > from;
      at--
    )
      if (this.order.latest[writers[at]!]! > from && found.push(writers[at]!) === RIVALS_MAX) break;
    for (const rival of this.newRivals[register]!)
      if (this.order.earliest[rival]! < to && this.order.latest[rival]! > from) found.push(rival);
    return found;
  }

  /** All that may have left what was found, as far as real time tells. */
  private findWriters(sighting: Sighting, { found: { writers, returnsSoFar, isInitial } }: Read): void {
    const { order, history } = this;
    const { reader } = sighting;
    const { calls, initial, timeline } = history;
    const overwriter = this.lastBefore(sighting);
    const since = overwriter < 0 ? -1 : calls[overwriter]!;
    const candidates: number[] = [];
    let excluded = -1;
    const called = countBelow(writers.length, timeline.returns[reader]!, (at) => calls[writers[at]!]!);
    for (let at = called - 1; at >= 0; at--) {
      const writer = writers[at]!;
      if (candidates.length > CANDIDATES_MAX || called - at > LOOKED_AT_MAX) return;
      if (writer === reader) continue;
      if (timeline.returns[writer]! > since) candidates.push(writer);
      else excluded = Math.max(excluded, writer);
      if (returnsSoFar[at]! < since) break;
    }
    if (isInitial && overwriter < 0) candidates.push(initial);
    if (overwriter >= 0)
      sighting.why = order.reason(because(overwriter), because(reader), excluded < 0 ? 0 : because(excluded));
    sighting.candidates = candidates;
    this.settle(sighting);
  }

  /** The last called of those that surely wrote the register and returned before the reader was called; -1 if there is none. */
  private lastBefore({ reader, register }: Sighting): number {
    const { calls, timeline } = this.history;
    const { writers, earliest } = this.rivals[register]!;
    for (let at = countBelow(earliest.length, calls[reader]!, (one) => earliest[one]!) - 1; at >= 0; at--)
      if (timeline.returns[writers[at]!]! < calls[reader]!) return writers[at]!;
    return -1;
  }

  private settle(sighting: Sighting): void {
    const { order, isBound, whyBound, history } = this;
    const { reader, candidates, why } = sighting;
    if (isBound[reader] === 0 || sighting.isSettled || candidates === null || candidates.length > 1) return;
    const grounds = [because(reader), -whyBound[reader]!, -why];
    if (candidates.length === 0) {
      order.contradict(...grounds);
      return;
    }
    const writer = candidates[0]!;
    this.remember(sighting);
    sighting.isSettled = true;
    sighting.why = order.reason(because(writer), ...grounds);
    if (writer === history.initial) return;
    if (isBound[writer] === 0) {
      isBound[writer] = 1;
      whyBound[writer] = sighting.why;
      if (history.contradictsItself[writer] === 1) order.contradict(-sighting.why);
      const registers = this.registersOf.get(writer) ?? [];
      for (const register of registers) this.newRivals[register]!.push(writer);
      this.trail?.push(() => {
        isBound[writer] = 0;
        for (const register of registers) this.newRivals[register]!.pop();
      });
    }
    const { afterReader } = this;
    afterReader.lookFrom(reader);
    if (order.isApart(reader, writer)) order.contradict(-sighting.why, -order.whyApart(reader, writer));
    else if (afterReader.has(writer)) order.contradict(-sighting.why, -afterReader.why(writer));
    else order.add(writer, reader, sighting.why);
  }

  private lookAt(sighting: Sighting): void {
    const { order, isBound } = this;
    const { reader, register, candidates, lookedAt } = sighting;
    if (candidates === null || isBound[reader] === 0) return;
    const since = candidates.reduce((first, writer) => Math.min(first, order.earliest[writer]!), order.latest[reader]!);
    const until = order.latest[reader]!;
    const writer = sighting.isSettled ? candidates[0]! : reader;
    const rivals = this.rivalsBetween(register, since, until).filter((rival) => rival !== reader && rival !== writer);
    if (rivals.length === 0 && sighting.isSettled) return;
    if (lookedAt > 0 && !order.hasChanged(since, until, lookedAt)) return;
    sighting.lookedAt = this.changesBefore;
    this.beforeReader.lookFrom(reader);
    this.afterReader.lookFrom(reader);
    if (!sighting.isSettled) this.exclude(sighting, candidates, rivals);
    if (sighting.isSettled && !order.isOver) this.separate(sighting, sighting.candidates![0]!, rivals);
  }

  /** Candidates that come after the reader, or are followed by another writer before it. */
  private exclude(sighting: Sighting, candidates: readonly number[], rivals: readonly number[]): void {
    const { order, beforeReader, afterReader, afterWriter, whyBound } = this;
    const { reader } = sighting;
    const overwriters = rivals.filter((rival) => this.isKnown(rival, reader, beforeReader));
    const whyNot = (writer: number): number => {
      if (order.isApart(reader, writer)) return order.whyApart(reader, writer);
      if (afterReader.has(writer)) return order.reason(because(writer), -afterReader.why(writer));
      if (overwriters.length > 0) afterWriter.lookFrom(writer);
      for (const rival of overwriters) {
        if (rival === writer || !this.isKnown(writer, rival, afterWriter)) continue;
        return order.reason(
          because(writer),
          because(rival),
          -whyBound[rival]!,
          -this.whyInOrder(rival, reader, beforeReader),
          -this.whyInOrder(writer, rival, afterWriter),
        );
      }
      return 0;
    };
    this.remember(sighting);
    sighting.candidates = candidates.filter((writer) => {
      const why = whyNot(writer);
      if (why > 0) sighting.why = order.reason(-sighting.why, -why);
      return why === 0;
    });
    this.settle(sighting);
  }

  /** No other writer of the register comes between the writer and the reader. */
  private separate({ reader, why }: Sighting, writer: number, rivals: readonly number[]): void {
    const { order, beforeReader, afterReader, beforeWriter, afterWriter, whyBound } = this;
    beforeWriter.lookFrom(writer);
    afterWriter.lookFrom(writer);
    for (const rival of rivals) {
      if (rival === writer || order.isOver) continue;
      const isBefore = this.isKnown(rival, reader, beforeReader);
      const isAfter = this.isKnown(writer, rival, afterWriter);
      const grounds = [because(rival), -whyBound[rival]!, -why];
      if (isBefore) grounds.push(-this.whyInOrder(rival, reader, beforeReader));
      if (isAfter) grounds.push(-this.whyInOrder(writer, rival, afterWriter));
      if (isBefore && isAfter) order.contradict(...grounds);
      else if (isBefore && !this.isKnown(rival, writer, beforeWriter))
        order.add(rival, writer, order.reason(...grounds));
      else if (isAfter && !this.isKnown(reader, rival, afterReader)) order.add(reader, rival, order.reason(...grounds));
    }
  }

  /** @param reach that of one of the two, in the direction of the other */
  private isKnown(first: number, second: number, reach: Reach): boolean {
    return this.order.isApart(first, second) || reach.has(reach.isAfter ? second : first);
  }

  private whyInOrder(first: number, second: number, reach: Reach): number {
    const { order } = this;
    if (order.isApart(first, second)) return order.whyApart(first, second);
    return reach.why(reach.isAfter ? second : first);
  }
}

/** How many of the ascending numbers are below the limit. */
const countBelow = (count: number, limit: number, at: (index: number) => number): number => {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(middle) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
};
