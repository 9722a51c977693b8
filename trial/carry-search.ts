/** Searching the simulator for the anomaly of a trial on processes, on all cores, until it is found or the time is over. */

import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { type Candidate, type CarryPlan, carriedCandidate } from './carry.ts';
import type { CarryBatch, CarryTask } from './carry-batch.ts';

export interface CarrySearchOptions {
  readonly budgetMs: number;
  /** Candidates tried at most; null: no limit but the time. */
  readonly candidatesMax: number | null;
  readonly threads?: number;
  readonly onProgress?: (progress: CarryProgress) => void;
  readonly signal?: AbortSignal;
}

export interface CarryProgress {
  readonly tried: number;
  readonly virtualNs: number;
  readonly wallMs: number;
}

export interface CarryResult extends CarryProgress {
  /** The first candidate, by number, that fails by the oracle; null if none was found. */
  readonly found: Candidate | null;
}

const PER_BATCH = 4;
/** Memory of one thread, beyond which it fails rather than fill the machine. */
const THREAD_MEMORY_MB = 2000;

export async function searchCarried(plan: CarryPlan, options: CarrySearchOptions): Promise<CarryResult> {
  const threads = options.threads ?? availableParallelism();
  const pool = new Piscina({
    filename: fileURLToPath(new URL('./carry-thread-start.mjs', import.meta.url)),
    name: 'carryBatch',
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: 60_000,
    resourceLimits: { maxOldGenerationSizeMb: THREAD_MEMORY_MB },
  });
  const began = performance.now();
  const until = Date.now() + options.budgetMs;
  let [next, tried, virtualNs] = [0, 0, 0];
  let found: number | null = null;
  const progress = (): CarryProgress => ({ tried, virtualNs, wallMs: performance.now() - began });
  const left = (): number => (options.candidatesMax ?? Number.POSITIVE_INFINITY) - next;
  const over = (): boolean =>
    found !== null ||
    left() <= 0 ||
    performance.now() - began >= options.budgetMs ||
    (options.signal?.aborted ?? false);
  const searcher = async (): Promise<void> => {
    while (!over()) {
      const task: CarryTask = { plan, from: next, count: Math.min(PER_BATCH, left()), until };
      next += task.count;
      const batch = (await pool.run(task)) as CarryBatch;
      tried += batch.tried;
      virtualNs += batch.virtualNs;
      if (batch.found !== null && (found === null || batch.found < found)) found = batch.found;
      options.onProgress?.(progress());
    }
  };
  try {
    // All batches that went out come back, so which candidate is the first does not depend on which core is faster.
    await Promise.all(Array.from({ length: threads }, searcher));
  } finally {
    await pool.destroy();
  }
  return { ...progress(), found: found === null ? null : carriedCandidate(plan, found) };
}
