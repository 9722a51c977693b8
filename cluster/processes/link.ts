/**
 * One direction of one link between two nodes: decides for every message whether it arrives, how often and when. It knows
 * neither sockets nor timers; the network process gives it the time and carries out what it decides, so every rule can be
 * tested on virtual time.
 *
 * Draws are keyed by (seed, link, number of the message): another message more or less elsewhere changes none of them.
 */

import { chance, type Draw, draws } from '../../seed/draw.ts';
import type { NodeId } from '../raft/types.ts';
import { CLEAR_LINK, type LinkCounts, type LinkRule } from '../world.ts';
import { eachFrame } from './frames.ts';

/** Messages that a link holds back at most; more are dropped and counted. */
export const QUEUE_FRAMES_MAX = 20_000;
export const QUEUE_BYTES_MAX = 16 * 1024 * 1024;
/**
 * A reordered message is held back at least this long, even on a link without delay: less could not let another one pass,
 * since the timers of the network process are no finer than a millisecond.
 */
export const REORDER_HOLD_MIN_NS = 2_000_000;

/** Hands complete frames to the receiving node; false if it is not there to take them. */
export type Deliver = (frames: Buffer, count: number) => boolean;

interface Held {
  readonly dueAt: number;
  /** Position in the queue among those due at the same time. */
  readonly order: number;
  /** Number of the message on this link. */
  readonly number: number;
  readonly frame: Buffer;
}

const LOSS = 0;
const DUPLICATE = 1;
const REORDER = 2;
const JITTER = 3;
const HOLD = 4;

export class Link {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly #draw: Draw;
  readonly #deliver: Deliver;
  #rule: LinkRule = CLEAR_LINK;
  #plain = true;
  readonly #queue: Held[] = [];
  #queuedBytes = 0;
  #order = 0;
  /** Due time of the last message that keeps the order. */
  #lastDueAt = 0;
  /** When the throttled line is free again. */
  #freeAt = 0;
  #highestArrived = -1;

  #sent = 0;
  #delivered = 0;
  #dropped = 0;
  #delayed = 0;
  #duplicated = 0;
  #reordered = 0;

  constructor(from: NodeId, to: NodeId, seed: number, deliver: Deliver) {
    this.from = from;
    this.to = to;
    this.#draw = draws(seed, `network ${from}>${to}`);
    this.#deliver = deliver;
  }

  get rule(): LinkRule {
    return this.#rule;
  }

  /** When the next held message is due; Infinity if none is held. */
  get nextDueAt(): number {
    return this.#queue[0]?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  /**
   * What happened to the messages since the start. `dropped` counts those that the rules or a full queue threw away; a message
   * whose receiver was down is neither delivered nor dropped. Each copy of a duplicated message is delivered by itself.
   */
  counts(): LinkCounts {
    return {
      from: this.from,
      to: this.to,
      sent: this.#sent,
      delivered: this.#delivered,
      dropped: this.#dropped,
      delayed: this.#delayed,
      duplicated: this.#duplicated,
      reordered: this.#reordered,
    };
  }

  /** A batch of complete frames arrived from the sender at time `now`. */
  offer(batch: Buffer, count: number, now: number): void {
    const first = this.#sent;
    this.#sent += count;
    if (this.#rule.drop || this.#rule.cut) {
      this.#dropped += count;
    } else if (this.#plain && this.#queue.length === 0) {
      this.#highestArrived = this.#sent - 1;
      if (this.#deliver(batch, count)) this.#delivered += count;
    } else {
      let number = first;
      eachFrame(batch, (start, end) => this.#schedule(number++, batch.subarray(start, end), now));
      this.deliverDue(now);
    }
  }

  /**
   * Puts a rule in force. What is still held back under the old one is lost if the link is closed, and else arrives now, in
   * the order in which it would have arrived: a heal does not have to wait for a throttled queue.
   */
  setRule(rule: LinkRule, now: number): void {
    if (sameRule(rule, this.#rule)) return;
    this.#rule = rule;
    this.#plain = sameRule({ ...rule, drop: false, cut: false }, CLEAR_LINK);
    if (rule.drop || rule.cut) {
      this.#dropped += this.#queue.length;
      this.#queue.length = 0;
      this.#queuedBytes = 0;
    } else {
      this.deliverDue(Number.POSITIVE_INFINITY);
    }
    this.#lastDueAt = now;
    this.#freeAt = now;
  }

  /** Delivers every held message that is due at time `now`. */
  deliverDue(now: number): void {
    while (this.#queue.length > 0 && this.nextDueAt <= now) {
      const held = popFirst(this.#queue);
      this.#queuedBytes -= held.frame.length;
      if (held.number < this.#highestArrived) this.#reordered++;
      else this.#highestArrived = held.number;
      if (this.#deliver(held.frame, 1)) this.#delivered++;
    }
  }

  #schedule(number: number, frame: Buffer, now: number): void {
    const rule = this.#rule;
    if (chance(this.#draw(number, LOSS), rule.lossPpm)) {
      this.#dropped++;
      return;
    }
    const twice = chance(this.#draw(number, DUPLICATE), rule.duplicatePpm);
    if (twice) this.#duplicated++;
    for (let copy = 0; copy <= (twice ? 1 : 0); copy++) {
      if (this.#queue.length >= QUEUE_FRAMES_MAX || this.#queuedBytes + frame.length > QUEUE_BYTES_MAX) {
        this.#dropped++;
        return;
      }
      let dueAt = now;
      if (rule.bytesPerSecond > 0) {
        this.#freeAt = Math.max(now, this.#freeAt) + Math.ceil((frame.length * 1e9) / rule.bytesPerSecond);
        dueAt = this.#freeAt;
      }
      dueAt += rule.delayNs + upTo(rule.jitterNs, this.#draw(number, JITTER, copy));
      if (chance(this.#draw(number, REORDER, copy), rule.reorderPpm)) {
        const hold = rule.delayNs + upTo(rule.jitterNs, this.#draw(number, HOLD, copy));
        dueAt += Math.max(hold, REORDER_HOLD_MIN_NS);
      } else {
        dueAt = Math.max(dueAt, this.#lastDueAt);
        this.#lastDueAt = dueAt;
      }
      if (dueAt > now && copy === 0) this.#delayed++;
      pushHeld(this.#queue, { dueAt, order: this.#order++, number, frame });
      this.#queuedBytes += frame.length;
    }
  }
}

function sameRule(a: LinkRule, b: LinkRule): boolean {
  return (Object.keys(CLEAR_LINK) as (keyof LinkRule)[]).every((name) => a[name] === b[name]);
}

/** Maps a 32-bit draw to 0..max, both included, also where max is beyond 32 bits. */
function upTo(max: number, drawn: number): number {
  return Math.floor((drawn / 4294967296) * (max + 1));
}

function before(a: Held, b: Held): boolean {
  return a.dueAt !== b.dueAt ? a.dueAt < b.dueAt : a.order < b.order;
}

function pushHeld(heap: Held[], held: Held): void {
  let at = heap.length;
  heap.push(held);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Held;
    if (!before(held, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = held;
}

/** Removes and returns the first of a heap that is not empty. */
function popFirst(heap: Held[]): Held {
  const first = heap[0] as Held;
  const last = heap.pop() as Held;
  if (heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1] as Held, heap[child] as Held)) child++;
    if (!before(heap[child] as Held, last)) break;
    heap[at] = heap[child] as Held;
    at = child;
  }
  heap[at] = last;
  return first;
}
