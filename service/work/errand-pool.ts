/** The thread for errands: one at a time, a bounded line before it, and a limit on how long one may take. */

import { Piscina } from 'piscina';
import { StoreError } from '../../history/store-error.ts';
import { Problem } from '../problem.ts';
import type { TrialSeries } from './errands.ts';

const WAITING_MAX = 16;
const ERRAND_MS_MAX = 60_000;
const HEAP_MB_MAX = 1024;
/** An idle thread goes after this, and its memory with it. */
const IDLE_MS = 60_000;
const SUMMARIES_MAX = 200;

export class Errands {
  readonly #store: string;
  readonly #pool: Piscina;
  /** Trials that have ended do not change, unless they are judged again; then their numbers are still the same. */
  readonly #summaries = new Map<string, TrialSeries>();

  constructor(store: string) {
    this.#store = store;
    this.#pool = new Piscina({
      filename: new URL('./errands-start.mjs', import.meta.url).href,
      minThreads: 0,
      maxThreads: 1,
      maxQueue: WAITING_MAX,
      idleTimeout: IDLE_MS,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    });
  }

  async packBundle(trial: string, file: string): Promise<void> {
    await this.#run('packBundle', { trial, file });
  }

  async deleteTrial(trial: string): Promise<void> {
    this.#summaries.delete(trial);
    await this.#run('deleteTrial', { trial });
  }

  /** Numbers over time of a trial that has finished. */
  async summarise(trial: string): Promise<TrialSeries> {
    const known = this.#summaries.get(trial);
    if (known !== undefined) return known;
    const found = (await this.#run('summarise', { trial })) as TrialSeries;
    const [oldest] = this.#summaries.keys();
    if (this.#summaries.size >= SUMMARIES_MAX && oldest !== undefined) this.#summaries.delete(oldest);
    this.#summaries.set(trial, found);
    return found;
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #run(name: string, what: object): Promise<unknown> {
    if (this.#pool.queueSize >= WAITING_MAX)
      throw new Problem(503, 'busy', 'too many requests of this kind wait: try again later', { retryAfter: 5 });
    const signal = AbortSignal.timeout(ERRAND_MS_MAX);
    try {
      return await this.#pool.run({ store: this.#store, ...what }, { name, signal });
    } catch (error) {
      if (signal.aborted)
        throw new Problem(503, 'took-too-long', `this took longer than ${ERRAND_MS_MAX / 1000} s, and was ended`);
      throw asThrown(error);
    }
  }
}

/** An error that crossed from a thread has lost its class. */
function asThrown(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'StoreError' || !('code' in error)) return error;
  return new StoreError(error.code as StoreError['code'], error.message);
}
