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
/** Answers that are remembered, of each kind. */
const REMEMBERED_MAX = 300;

export class Errands {
  readonly #store: string;
  readonly #pool: Piscina;
  /** Trials that have ended do not change, unless they are judged again; then their numbers are still the same. */
  readonly #summaries = new Map<string, TrialSeries>();
  readonly #sentences = new Map<string, string | null>();

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
    await this.#run('deleteTrial', { trial });
    this.changed(trial);
  }

  /** Numbers over time of a trial that has finished. */
  async summarise(trial: string): Promise<TrialSeries> {
    return remembered(this.#summaries, trial, async () => (await this.#run('summarise', { trial })) as TrialSeries);
  }

  /** A trial's verdict in one sentence; null without one. */
  sayVerdict(trial: string): Promise<string | null> {
    return remembered(this.#sentences, trial, async () => (await this.#run('sayVerdict', { trial })) as string | null);
  }

  /** A trial was judged again, or is gone. */
  changed(trial: string): void {
    this.#summaries.delete(trial);
    this.#sentences.delete(trial);
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
      if (error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY')
        throw new Problem(503, 'too-large', 'this trial is too large for the service: the command line can do it');
      throw asThrown(error);
    }
  }
}

/** An error that crossed from a thread has lost its class. */
function asThrown(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'StoreError' || !('code' in error)) return error;
  return new StoreError(error.code as StoreError['code'], error.message);
}

async function remembered<T>(answers: Map<string, T>, of: string, find: () => Promise<T>): Promise<T> {
  const known = answers.get(of);
  if (known !== undefined) return known;
  const found = await find();
  const [oldest] = answers.keys();
  if (answers.size >= REMEMBERED_MAX && oldest !== undefined) answers.delete(oldest);
  answers.set(of, found);
  return found;
}
