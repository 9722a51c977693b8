/**
 * What is known of the order of transactions, whichever order it may be: of each a window, between two events of the history,
 * in which it takes effect; and pairs, of which one comes before the other. With each the reason is kept.
 *
 * The windows stand for real time. At first each reaches from the call to the return, and one that ends before another begins
 * comes before it: these are far too many pairs to be written down. A pair that is found makes windows narrower: the second takes
 * effect no sooner than the first can, the first no later than the second must. So along a path of pairs, and of windows apart
 * from each other, windows begin no sooner and end no sooner from one to the next; and if somewhere on it two windows are apart, then
 * those of its ends are, too. Whether one is known to come before another is therefore told by their two windows, or by a path of
 * pairs alone between transactions whose windows overlap both: not many, as long as not many are open at a time.
 *
 * A window that ends before it begins is a contradiction: what is known goes in a circle.
 */

import { grown } from './memory.ts';

/** What a reason rests on: transaction t is t + 1, another reason the negative of it, and 0 nothing at all. */
export type Ground = number;

export const because = (transaction: number): Ground => transaction + 1;

/** Of all reasons together, in words of four bytes; beyond that, nothing more is found out. */
const WORDS_PER_TRANSACTION = 512;
const WORDS_MIN = 1 << 20;
const WORDS_MAX = 1 << 25;
/** So many transactions are looked at for a path from, or to, another. */
const REACH_MAX = 1024;
/** So many bits of an event's position do not count where it is asked whether something has changed. */
const STRETCH_BITS = 6;

/** Words of a pair: first, second, why, the next pair with the same first, the next with the same second. */
const SECOND = 1;
const WHY = 2;
const NEXT_AFTER = 3;
const NEXT_BEFORE = 4;
const PAIR = 5;

/** How much was known at some moment. */
export interface Mark {
  readonly pairs: number;
  readonly reasons: number;
  readonly trail: number;
}

export class KnownOrder {
  /** Events: each takes effect after the one and before the other. */
  readonly earliest: Int32Array;
  readonly latest: Int32Array;
  /** The reason of a contradiction; 0 as long as there is none. */
  contradiction = 0;
  /** Nothing more is found out: it would take too much memory. */
  isFull = false;
  /** Counts what has been found out. */
  changes = 1;
  private readonly whyEarliest: Int32Array;
  private readonly whyLatest: Int32Array;
  private pairs: Int32Array = new Int32Array(1 << 12);
  private pairsEnd = PAIR;
  private readonly firstAfter: Int32Array;
  private readonly firstBefore: Int32Array;
  /** Of each reason: how many grounds, and these. */
  private reasons: Int32Array = new Int32Array(1 << 12);
  private reasonsEnd = 1;
  private readonly wordsMax: number;
  /** The last change of each stretch of events. */
  private readonly changedAt: Int32Array;
  /** Windows as they were, if they may have to be so again: transaction or its complement, event, why. */
  private trail: number[] | null = null;

  /** @param earliest windows as real time has them; both are changed */
  constructor(earliest: Int32Array, latest: Int32Array, events: number) {
    const { length } = earliest;
    this.earliest = earliest;
    this.latest = latest;
    this.whyEarliest = new Int32Array(length);
    this.whyLatest = new Int32Array(length);
    this.firstAfter = new Int32Array(length);
    this.firstBefore = new Int32Array(length);
    this.wordsMax = Math.min(WORDS_MAX, WORDS_MIN + WORDS_PER_TRANSACTION * length);
    this.changedAt = new Int32Array((events >>> STRETCH_BITS) + 1);
  }

  get isOver(): boolean {
    return this.contradiction !== 0 || this.isFull;
  }

  /** What is found out from now on may have to be forgotten. */
  mark(): Mark {
    this.trail ??= [];
    return { pairs: this.pairsEnd, reasons: this.reasonsEnd, trail: this.trail.length };
  }

  /** Forgets what was found out since, a contradiction, too. */
  forget({ pairs: pairsEnd, reasons, trail: length }: Mark): void {
    const { pairs, trail } = this;
    this.changes++;
    while (trail !== null && trail.length > length) {
      const [one, event, why] = trail.splice(-3) as [number, number, number];
      const [bounds, reasons] = one < 0 ? [this.latest, this.whyLatest] : [this.earliest, this.whyEarliest];
      const transaction = one < 0 ? ~one : one;
      bounds[transaction] = event;
      reasons[transaction] = why;
      this.touch(transaction);
    }
    while (this.pairsEnd > pairsEnd) {
      this.pairsEnd -= PAIR;
      const pair = this.pairsEnd;
      this.firstAfter[pairs[pair]!] = pairs[pair + NEXT_AFTER]!;
      this.firstBefore[pairs[pair + SECOND]!] = pairs[pair + NEXT_BEFORE]!;
    }
    this.reasonsEnd = reasons;
    this.contradiction = 0;
  }

  get memoryBytes(): number {
    return this.pairs.byteLength + this.reasons.byteLength + 8 * this.earliest.byteLength;
  }

  reason(...grounds: readonly Ground[]): number {
    while (this.reasonsEnd + grounds.length >= this.reasons.length) this.reasons = grown(this.reasons);
    if (this.reasonsEnd + this.pairsEnd > this.wordsMax) this.isFull = true;
    const reason = this.reasonsEnd;
    this.reasons[this.reasonsEnd++] = grounds.length;
    for (const ground of grounds) this.reasons[this.reasonsEnd++] = ground;
    return reason;
  }

  /** The transactions that a reason rests on in the end. */
  restsOn(reason: number): ReadonlySet<number> {
    const transactions = new Set<number>();
    const reasons = new Set([reason]);
    for (const one of reasons)
      for (let at = one + 1; at <= one + this.reasons[one]!; at++) {
        const ground = this.reasons[at]!;
        if (ground > 0) transactions.add(ground - 1);
        else if (ground < 0) reasons.add(-ground);
      }
    return transactions;
  }

  contradict(...grounds: readonly Ground[]): void {
    if (this.contradiction === 0) this.contradiction = this.reason(...grounds);
  }

  /** Whether the first's window ends before the second's begins. */
  isApart(first: number, second: number): boolean {
    return this.latest[first]! < this.earliest[second]!;
  }

  whyApart(first: number, second: number): number {
    return this.reason(because(first), because(second), -this.whyLatest[first]!, -this.whyEarliest[second]!);
  }

  /** In every order the first comes before the second; the reason names both. Nothing new where their windows tell. */
  add(first: number, second: number, why: number): void {
    if (this.isOver || this.isApart(first, second)) return;
    while (this.pairsEnd + PAIR > this.pairs.length) this.pairs = grown(this.pairs);
    const { pairs, pairsEnd } = this;
    pairs[pairsEnd] = first;
    pairs[pairsEnd + SECOND] = second;
    pairs[pairsEnd + WHY] = why;
    pairs[pairsEnd + NEXT_AFTER] = this.firstAfter[first]!;
    pairs[pairsEnd + NEXT_BEFORE] = this.firstBefore[second]!;
    this.firstAfter[first] = pairsEnd;
    this.firstBefore[second] = pairsEnd;
    this.pairsEnd += PAIR;
    this.changes++;
    this.touch(first);
    this.touch(second);
    this.narrow(pairsEnd);
  }

  /** Whether anything has changed between the events since so many changes. */
  hasChanged(from: number, to: number, since: number): boolean {
    const last = Math.min(to >>> STRETCH_BITS, this.changedAt.length - 1);
    for (let at = Math.max(from, 0) >>> STRETCH_BITS; at <= last; at++) if (this.changedAt[at]! > since) return true;
    return false;
  }

  /** Those which pairs say come right after it, or before it, and the pairs: calls back with both. */
  eachNext(transaction: number, isAfter: boolean, visit: (next: number, pair: number) => void): void {
    const { pairs } = this;
    const link = isAfter ? NEXT_AFTER : NEXT_BEFORE;
    const first = isAfter ? this.firstAfter : this.firstBefore;
    for (let pair = first[transaction]!; pair !== 0; pair = pairs[pair + link]!)
      visit(pairs[isAfter ? pair + SECOND : pair]!, pair);
  }

  /** The other of the two in a pair. */
  otherOf(pair: number, one: number): number {
    return this.pairs[pair] === one ? this.pairs[pair + SECOND]! : this.pairs[pair]!;
  }

  whyPair(pair: number): number {
    return this.pairs[pair + WHY]!;
  }

  /** The windows of a pair, and of those that come before and after. */
  private narrow(pair: number): void {
    const { earliest, latest, pairs } = this;
    const waiting = [pair];
    for (let next = waiting.pop(); next !== undefined && !this.isOver; next = waiting.pop()) {
      const first = pairs[next]!;
      const second = pairs[next + SECOND]!;
      const why = pairs[next + WHY]!;
      if (earliest[second]! < earliest[first]!) {
        this.touch(second);
        this.trail?.push(second, earliest[second]!, this.whyEarliest[second]!);
        earliest[second] = earliest[first]!;
        this.whyEarliest[second] = this.reason(-why, -this.whyEarliest[first]!);
        this.contradictIfEmpty(second);
        for (let at = this.firstAfter[second]!; at !== 0; at = pairs[at + NEXT_AFTER]!) waiting.push(at);
      }
      if (latest[first]! > latest[second]!) {
        this.touch(first);
        this.trail?.push(~first, latest[first]!, this.whyLatest[first]!);
        latest[first] = latest[second]!;
        this.whyLatest[first] = this.reason(-why, -this.whyLatest[second]!);
        this.contradictIfEmpty(first);
        for (let at = this.firstBefore[first]!; at !== 0; at = pairs[at + NEXT_BEFORE]!) waiting.push(at);
      }
    }
  }

  private contradictIfEmpty(transaction: number): void {
    if (this.latest[transaction]! < this.earliest[transaction]!)
      this.contradict(because(transaction), -this.whyEarliest[transaction]!, -this.whyLatest[transaction]!);
  }

  private touch(transaction: number): void {
    const { changedAt, changes } = this;
    const last = Math.min(this.latest[transaction]! >>> STRETCH_BITS, changedAt.length - 1);
    for (let at = Math.max(this.earliest[transaction]!, 0) >>> STRETCH_BITS; at <= last; at++) changedAt[at] = changes;
  }
}

/** Which come before, or after, one transaction by pairs alone, while their windows overlap its own. */
export class Reach {
  readonly isAfter: boolean;
  private readonly order: KnownOrder;
  private readonly seenIn: Int32Array;
  /** The pair by which each was come to, on a shortest path. */
  private readonly pair: Int32Array;
  private round = 0;
  private start = -1;

  constructor(order: KnownOrder, direction: 'before' | 'after') {
    this.order = order;
    this.isAfter = direction === 'after';
    this.seenIn = new Int32Array(order.earliest.length);
    this.pair = new Int32Array(order.earliest.length);
  }

  /** From now on it is asked about this one, as it is now. */
  lookFrom(start: number): void {
    const { order, isAfter, seenIn, pair } = this;
    const round = ++this.round;
    this.start = start;
    const found = [start];
    seenIn[start] = round;
    for (let at = 0; at < found.length && found.length < REACH_MAX; at++)
      order.eachNext(found[at]!, isAfter, (next, by) => {
        if (seenIn[next] === round) return;
        if (isAfter ? order.isApart(start, next) : order.isApart(next, start)) return;
        seenIn[next] = round;
        pair[next] = by;
        found.push(next);
      });
  }

  has(transaction: number): boolean {
    return this.seenIn[transaction] === this.round && transaction !== this.start;
  }

  /** Why it comes before, or after. */
  why(transaction: number): number {
    const { order, pair, start } = this;
    const grounds: Ground[] = [];
    for (let at = transaction; at !== start; at = order.otherOf(pair[at]!, at)) grounds.push(-order.whyPair(pair[at]!));
    return order.reason(...grounds);
  }
}
