/**
 * The network between nodes on virtual time: decides for every message whether it arrives, how often, and when. It schedules
 * nothing itself; the world does. Draws are keyed by (seed, link, number of the message on that link, what is decided).
 */

import { chance, type Draw, draws } from '../../seed/draw.ts';
import type { NodeId } from '../raft/types.ts';
import type { PeerFrame } from '../replica/host.ts';
import { CLEAR_LINK, type LinkCounts, type LinkRule } from '../world.ts';
import type { NetworkOptions, Range } from './options.ts';

const LOSS = 0;
const DUPLICATE = 1;
const REORDER = 2;
const LATENCY = 3;
const HOLD = 4;
const VERY_LATE = 5;
const VERY_LATE_BY = 6;
const CLOG = 7;
const CLOG_FOR = 8;
const RULE_LOSS = 9;
const RULE_DUPLICATE = 10;
const RULE_REORDER = 11;
const RULE_JITTER = 12;
const RULE_HOLD = 13;

/** Messages that one link may hold at a time; more are dropped, as by a full buffer. */
export const IN_FLIGHT_MAX = 20_000;

/** Why a message did not arrive. */
export type Loss = 'dropped' | 'cut' | 'lost' | 'link-full';

/** Maps a draw to a range, both ends included, also where it is wider than 32 bits. */
export function within(range: Range, drawn: number): number {
  return range.min + Math.floor((drawn / 4294967296) * (range.max - range.min + 1));
}

export class SimulatedLink {
  readonly from: NodeId;
  readonly to: NodeId;
  rule: LinkRule = CLEAR_LINK;
  /** Messages sent before the link was last cut carry an older number and are lost with their connection. */
  connection = 0;

  /** Where `decide` leaves its answer: arrival times; -1 for none. */
  firstArrival = -1;
  secondArrival = -1;
  loss: Loss | null = null;

  sent = 0;
  delivered = 0;
  dropped = 0;
  delayed = 0;
  duplicated = 0;
  reordered = 0;
  inFlight = 0;

  private readonly draw: Draw;
  /** Arrival of the last message that keeps the order. */
  private lastArrival = 0;
  /** When the throttled line is free again. */
  private freeAt = 0;
  private cloggedUntil = 0;
  private highestArrived = -1;

  constructor(from: NodeId, to: NodeId, seed: number) {
    this.from = from;
    this.to = to;
    this.draw = draws(seed, `simulator.link ${from}>${to}`);
  }

  /** Decides over the next message, sent now. */
  decide(now: number, options: NetworkOptions, frame: PeerFrame): void {
    this.firstArrival = -1;
    this.secondArrival = -1;
    this.loss = this.route(this.sent++, now, options, frame);
    if (this.loss !== null) this.dropped++;
  }

  /** Fills in the arrivals, or says why there is none. */
  private route(number: number, now: number, options: NetworkOptions, frame: PeerFrame): Loss | null {
    const { rule, draw } = this;
    if (rule.drop || rule.cut) return rule.cut ? 'cut' : 'dropped';
    if (this.inFlight >= IN_FLIGHT_MAX) return 'link-full';
    const troubled = options.troubledFrames.length === 0 || options.troubledFrames.includes(frame.type);
    if (troubled && options.lossPpm > 0 && chance(draw(number, LOSS), options.lossPpm)) return 'lost';
    if (rule.lossPpm > 0 && chance(draw(number, RULE_LOSS), rule.lossPpm)) return 'lost';
    if (options.clogPpm > 0 && chance(draw(number, CLOG), options.clogPpm))
      this.cloggedUntil = Math.max(this.cloggedUntil, now + within(options.clogNs, draw(number, CLOG_FOR)));
    this.firstArrival = this.arrival(now, options, number, 0, frame, troubled);
    this.inFlight++;
    const twice =
      (troubled && options.duplicatePpm > 0 && chance(draw(number, DUPLICATE), options.duplicatePpm)) ||
      (rule.duplicatePpm > 0 && chance(draw(number, RULE_DUPLICATE), rule.duplicatePpm));
    if (twice) {
      this.duplicated++;
      this.inFlight++;
      this.secondArrival = this.arrival(now, options, number, 1, frame, troubled);
    }
    return null;
  }

  /** Message `number` reaches the far end: may it be handed over? False if the link was closed meanwhile. */
  arrive(number: number, connection: number): boolean {
    this.inFlight--;
    if (this.rule.drop || connection !== this.connection) {
      this.dropped++;
      return false;
    }
    if (number < this.highestArrived) this.reordered++;
    else this.highestArrived = number;
    return true;
  }

  setRule(rule: LinkRule): void {
    if (rule.cut && !this.rule.cut) this.connection++;
    this.rule = rule;
    this.freeAt = 0;
  }

  /** Dissolves a clog for what is sent from now on. */
  unclog(): void {
    this.cloggedUntil = 0;
  }

  counts(): LinkCounts {
    const { from, to, sent, delivered, dropped, delayed, duplicated, reordered } = this;
    return { from, to, sent, delivered, dropped, delayed, duplicated, reordered };
  }

  private arrival(
    now: number,
    options: NetworkOptions,
    number: number,
    copy: number,
    frame: PeerFrame,
    troubled: boolean,
  ): number {
    const { rule, draw } = this;
    if (troubled && options.veryLatePpm > 0 && chance(draw(number, VERY_LATE, copy), options.veryLatePpm)) {
      if (copy === 0) this.delayed++;
      return now + within(options.veryLateNs, draw(number, VERY_LATE_BY, copy));
    }
    let at = now;
    let delayed = false;
    if (rule.bytesPerSecond > 0) {
      this.freeAt = Math.max(now, this.freeAt) + Math.ceil((frameBytes(frame) * 1e9) / rule.bytesPerSecond);
      at = this.freeAt;
      delayed = true;
    }
    at += within(options.latencyNs, draw(number, LATENCY, copy));
    if (rule.delayNs > 0 || rule.jitterNs > 0) {
      at += rule.delayNs + within({ min: 0, max: rule.jitterNs }, draw(number, RULE_JITTER, copy));
      delayed = true;
    }
    let free = false;
    if (troubled && options.reorderPpm > 0 && chance(draw(number, REORDER, copy), options.reorderPpm)) {
      at += within(options.reorderNs, draw(number, HOLD, copy));
      free = true;
    }
    if (rule.reorderPpm > 0 && chance(draw(number, RULE_REORDER, copy), rule.reorderPpm)) {
      at +=
        Math.max(options.latencyNs.max, rule.delayNs) +
        within({ min: 0, max: rule.jitterNs }, draw(number, RULE_HOLD, copy));
      free = true;
    }
    if (this.cloggedUntil > at) {
      at = this.cloggedUntil;
      delayed = true;
    }
    if (!free) {
      if (at < this.lastArrival) at = this.lastArrival;
      this.lastArrival = at;
    }
    if (delayed && copy === 0) this.delayed++;
    return at;
  }
}

/** Bytes of a frame as it would travel on a socket. */
export function frameBytes(frame: PeerFrame): number {
  return JSON.stringify(frame).length + 4;
}
