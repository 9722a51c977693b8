/**
 * Hunting: seeds of the swarm over all cores until a number of them or a time is spent, or a violation is found. Seeds go out
 * in order, in batches, and a hunt ends only when all batches it sent out are back; so which seed is found first does not
 * depend on how fast each core is.
 */

import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { TrialOutcome } from '../history/trial-records.ts';
import type { HuntBatch, HuntTask, SeedFinding } from './hunting-batch.ts';

export interface HuntOptions {
  readonly bugs: readonly string[];
  readonly from: number;
  /** Whichever is spent first ends the hunt; null: no limit. */
  readonly seedsMax: number | null;
  readonly budgetMs: number | null;
  /** Virtual milliseconds of each trial. */
  readonly timeMs: number;
  /** Go on after a violation. */
  readonly keepGoing: boolean;
  /** Look into the replicas (the default), or judge by what clients saw alone. */
  readonly invariants?: boolean;
  readonly onProgress?: (progress: HuntTotals) => void;
  readonly signal?: AbortSignal;
}

export interface HuntTotals {
  readonly seeds: number;
  readonly operations: number;
  readonly virtualNs: number;
  /** Processor time of all threads. */
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly outcomes: { readonly [outcome in TrialOutcome]: number };
  readonly marks: ReadonlyMap<string, { readonly times: number; readonly seeds: number }>;
}

export interface HuntResult extends HuntTotals {
  /** By seed. */
  readonly finds: readonly SeedFinding[];
  /** Seeds that ended as unknown or broken, by seed. */
  readonly spoiled: readonly SeedFinding[];
  readonly interrupted: boolean;
  /** Virtual, processor and wall time until the first find was reported; null without one. */
  readonly firstFind: { readonly virtualNs: number; readonly cpuMs: number; readonly wallMs: number } | null;
}

/** Threads that hunt; they can be used for several hunts, one at a time. */
export interface Hunters {
  readonly threads: number;
  run(task: HuntTask): Promise<HuntBatch>;
  close(): Promise<void>;
}

const SEEDS_PER_BATCH = 8;
/** Memory of one thread, beyond which it fails rather than fill the machine. */
const THREAD_MEMORY_MB = 2000;

export function startHunters(threads = availableParallelism()): Hunters {
  const pool = new Piscina({
    filename: fileURLToPath(new URL('./hunting-thread-start.mjs', import.meta.url)),
    name: 'huntBatch',
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: 60_000,
    resourceLimits: { maxOldGenerationSizeMb: THREAD_MEMORY_MB },
  });
  return { threads, run: (task) => pool.run(task), close: () => pool.destroy() };
}

/** Hunts until something given is spent, or something is found. */
export async function hunt(hunters: Hunters, options: HuntOptions): Promise<HuntResult> {
  const began = performance.now();
  const totals = new Totals(began);
  const finds: SeedFinding[] = [];
  const spoiled: SeedFinding[] = [];
  let firstFind: HuntResult['firstFind'] = null;
  let next = options.from;
  const seedsLeft = (): number =>
    options.seedsMax === null ? SEEDS_PER_BATCH : options.from + options.seedsMax - next;
  const over = (): boolean =>
    (finds.length > 0 && !options.keepGoing) ||
    seedsLeft() <= 0 ||
    (options.budgetMs !== null && performance.now() - began >= options.budgetMs) ||
    (options.signal?.aborted ?? false);

  const hunter = async (): Promise<void> => {
    while (!over()) {
      const count = Math.min(SEEDS_PER_BATCH, seedsLeft());
      const from = next;
      next += count;
      const { bugs, timeMs, keepGoing, invariants = true } = options;
      const batch = await hunters.run({ from, count, bugs, timeMs, invariants, stopAtFind: !keepGoing });
      for (const finding of batch.findings) {
        if (finding.outcome !== 'violation') spoiled.push(finding);
        else {
          finds.push(finding);
          firstFind ??= {
            virtualNs: totals.virtualNs + finding.batchVirtualNs,
            cpuMs: totals.cpuMs(),
            wallMs: performance.now() - began,
          };
        }
      }
      totals.add(batch);
      options.onProgress?.(totals.snapshot());
    }
  };
  await Promise.all(Array.from({ length: hunters.threads }, hunter));
  const bySeed = (a: SeedFinding, b: SeedFinding): number => a.seed - b.seed;
  return {
    ...totals.snapshot(),
    finds: finds.sort(bySeed),
    spoiled: spoiled.sort(bySeed),
    interrupted: options.signal?.aborted ?? false,
    firstFind,
  };
}

/**
 * The outcome of a whole hunt. A seed in which some fault did not bite is nothing unusual among thousands: a hunt is vacuous
 * only if no seed passed, and no seed did anything worse.
 */
export function outcomeOfHunt({ outcomes }: HuntTotals): TrialOutcome {
  const byUrgency = ['violation', 'broken', 'unknown', 'pass'] as const;
  return byUrgency.find((outcome) => outcomes[outcome] > 0) ?? 'vacuous';
}

class Totals {
  virtualNs = 0;
  readonly #began: number;
  readonly #usage = process.cpuUsage();
  #seeds = 0;
  #operations = 0;
  readonly #outcomes = { pass: 0, violation: 0, unknown: 0, vacuous: 0, broken: 0 };
  readonly #marks = new Map<string, { times: number; seeds: number }>();

  constructor(began: number) {
    this.#began = began;
  }

  add(batch: HuntBatch): void {
    this.#seeds += batch.seeds;
    this.#operations += batch.operations;
    this.virtualNs += batch.virtualNs;
    for (const [outcome, count] of Object.entries(batch.outcomes)) this.#outcomes[outcome as TrialOutcome] += count;
    for (const [name, { times, seeds }] of Object.entries(batch.marks)) {
      const sum = this.#marks.get(name) ?? { times: 0, seeds: 0 };
      this.#marks.set(name, { times: sum.times + times, seeds: sum.seeds + seeds });
    }
  }

  /** Of the whole process: a thread cannot tell its own apart on Node 20. */
  cpuMs(): number {
    const { user, system } = process.cpuUsage(this.#usage);
    return (user + system) / 1000;
  }

  snapshot(): HuntTotals {
    return {
      seeds: this.#seeds,
      operations: this.#operations,
      virtualNs: this.virtualNs,
      cpuMs: this.cpuMs(),
      wallMs: performance.now() - this.#began,
      outcomes: { ...this.#outcomes },
      marks: this.#marks,
    };
  }
}
