/**
 * What is done to a simulated world at present, and since when. Oracles of liveness need it to judge fairly: a cluster owes
 * progress only to those who leave a majority of it in peace.
 */

import { CLEAR_LINK, type LinkRule } from '../world.ts';

export class Conditions {
  /** When anything was last done to anything. */
  changedAt = 0;
  /** When a paused node last went on: it then handles what had waited for it, however old. */
  resumedAt = 0;
  /** Some link was slow at some time: messages may be under way for longer than the world's own latency. */
  slowed = false;
  /** By node: when its process, clock or disk were last touched. */
  readonly nodeSince: number[];
  readonly #nodes: number;
  readonly #linkSince: number[];
  readonly #linkClear: boolean[];

  constructor(nodes: number) {
    this.#nodes = nodes;
    this.nodeSince = new Array<number>(nodes).fill(0);
    this.#linkSince = new Array<number>(nodes * nodes).fill(0);
    this.#linkClear = new Array<boolean>(nodes * nodes).fill(true);
  }

  /** `until` is now, or when the last effects of what was done are over. */
  nodeTouched(node: number, until: number): void {
    this.changedAt = Math.max(this.changedAt, until);
    this.nodeSince[node] = Math.max(this.nodeSince[node] as number, until);
  }

  linkTouched(from: number, to: number, rule: LinkRule, now: number): void {
    this.changedAt = Math.max(this.changedAt, now);
    if (rule.delayNs > 0 || rule.jitterNs > 0 || rule.bytesPerSecond > 0 || rule.reorderPpm > 0) this.slowed = true;
    const link = from * this.#nodes + to;
    const clear = isClear(rule);
    if (clear && this.#linkClear[link]) return;
    this.#linkClear[link] = clear;
    this.#linkSince[link] = now;
  }

  /** Since when two nodes hear each other undisturbed in both directions; Infinity if they do not. */
  connectedSince(a: number, b: number): number {
    const there = a * this.#nodes + b;
    const back = b * this.#nodes + a;
    if (!this.#linkClear[there] || !this.#linkClear[back]) return Number.POSITIVE_INFINITY;
    return Math.max(this.#linkSince[there] as number, this.#linkSince[back] as number);
  }
}

function isClear(rule: LinkRule): boolean {
  for (const name of Object.keys(CLEAR_LINK) as (keyof LinkRule)[]) if (rule[name] !== CLEAR_LINK[name]) return false;
  return true;
}
