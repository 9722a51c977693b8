/**
 * Keys that come and go: so many are in use at a time, and each retires after its quota of operations, so that every key's
 * history stays short enough to be judged, however long a trial runs.
 */

import { below, type Draw } from '../seed/draw.ts';
import type { WorkloadShape } from './workload.ts';

/** The newest retired keys are read at the end too: a lost write of a key nobody touches any more would go unseen. */
const FINAL_KEYS_MAX = 1000;

export class RotatingKeys {
  readonly #shape: WorkloadShape;
  readonly #draw: Draw;
  /** Operations invoked on each slot; slot and quotient by the quota name the key. */
  readonly #invokedOn: number[];

  constructor(shape: WorkloadShape, draw: Draw) {
    this.#shape = shape;
    this.#draw = draw;
    this.#invokedOn = new Array<number>(shape.keys).fill(0);
  }

  /** The key of a client's `count`-th operation, which counts towards the key's quota. */
  next(client: number, count: number): string {
    const slot = below(this.#draw(client, count), this.#shape.keys);
    const invoked = this.#invokedOn[slot] ?? 0;
    this.#invokedOn[slot] = invoked + 1;
    return this.#keyOf(slot, invoked);
  }

  /** Keys that were in use, the newest first; not all of them if there were very many. */
  newestFirst(): readonly string[] {
    const { operationsPerKey } = this.#shape;
    const keys: string[] = [];
    const generations = this.#invokedOn.map((invoked) => Math.floor(invoked / operationsPerKey));
    for (let back = 0; keys.length < FINAL_KEYS_MAX && generations.some((last) => last >= back); back++)
      generations.forEach((last, slot) => {
        if (last >= back) keys.push(this.#keyOf(slot, (last - back) * operationsPerKey));
      });
    return keys.slice(0, FINAL_KEYS_MAX);
  }

  #keyOf(slot: number, invoked: number): string {
    return `k${Math.floor(invoked / this.#shape.operationsPerKey) * this.#shape.keys + slot + 1}`;
  }
}
