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
import { Learning } from './learning.ts';
import type { Variant } from './variant.ts';

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
  /** Processor time after which no more batches go out, those of other hunts in this process not counted; default: no limit. */
  readonly cpuBudgetMs?: number;
  /** Look into the replicas (the default), or judge by what clients saw alone. */
  readonly invariants?: boolean;
  /** Give half of the trials to variants of those that met new situations (learning.ts). Default: false. */
  readonly learn?: boolean;
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
  /** What the first find took; null without one. */
  readonly firstFind: Effort | null;
  /** What was spent until each find was reported. */
  readonly efforts: ReadonlyMap<SeedFinding, Effort>;
}

/** Trials, and virtual, processor and wall time, until a find was reported. */
export interface Effort {
  readonly trials: number;
  readonly virtualNs: number;
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** Threads that hunt; they can be used for several hunts, one at a time. */
export interface Hunters {
  readonly threads: number;
  run(task: HuntTask): Promise<HuntBatch>;
  close(): Promise<void>;
}

const SEEDS_PER_BATCH = 8;
/** Batches of a hunt that learns go out in rounds: what one round met decides over the next, on any number of cores. */
const BATCHES_PER_ROUND = 8;
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
  const efforts = new Map<SeedFinding, Effort>();
  let firstFind: Effort | null = null;
  let next = options.from;
  const seedsLeft = (): number =>
    options.seedsMax === null ? SEEDS_PER_BATCH : options.from + options.seedsMax - next;
  const over = (): boolean =>
    (finds.length > 0 && !options.keepGoing) ||
    seedsLeft() <= 0 ||
    (options.budgetMs !== null && performance.now() - began >= options.budgetMs) ||
    totals.cpuMs() >= (options.cpuBudgetMs ?? Number.POSITIVE_INFINITY) ||
    (options.signal?.aborted ?? false);

  const { bugs, timeMs, keepGoing, invariants = true } = options;
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const onAbort = (): void => void Atomics.store(stop, 0, 1);
  if (options.signal?.aborted) onAbort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const task = { bugs, timeMs, invariants, stopAtFind: !keepGoing, stop };
  const take = (batch: HuntBatch): void => {
    for (const finding of batch.findings) {
      if (finding.outcome !== 'violation') spoiled.push(finding);
      else {
        finds.push(finding);
        const effort: Effort = {
          trials: totals.seeds + finding.batchSeeds,
          virtualNs: totals.virtualNs + finding.batchVirtualNs,
          cpuMs: totals.cpuMs(),
          wallMs: performance.now() - began,
        };
        efforts.set(finding, effort);
        firstFind ??= effort;
      }
    }
    totals.add(batch);
    options.onProgress?.(totals.snapshot());
  };
  const hunter = async (): Promise<void> => {
    while (!over()) {
      const count = Math.min(SEEDS_PER_BATCH, seedsLeft());
      const from = next;
      next += count;
      take(await hunters.run({ ...task, from, count }));
    }
  };
  const learner = async (): Promise<void> => {
    const learning = new Learning(options.from);
    let tried = 0;
    let [seed, left] = [options.from, options.seedsMax ?? Number.POSITIVE_INFINITY];
    while (!over() && left > 0) {
      const round: Promise<HuntBatch>[] = [];
      for (let at = 0; at < BATCHES_PER_ROUND && left > 0; at++) {
        const variants: Variant[] = [];
        for (; variants.length < SEEDS_PER_BATCH && left > 0; left--, tried++)
          variants.push((tried % 2 === 1 ? learning.next() : null) ?? { seed: seed++, changes: [] });
        round.push(hunters.run({ ...task, from: variants[0]?.seed ?? seed, count: variants.length, variants }));
      }
      next = seed;
      for (const batch of await Promise.all(round)) {
        take(batch);
        learning.learn(batch.met);
      }
    }
  };
  try {
    if (options.learn) await learner();
    else await Promise.all(Array.from({ length: hunters.threads }, hunter));
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
  }
  const bySeed = (a: SeedFinding, b: SeedFinding): number => a.seed - b.seed;
  return {
    ...totals.snapshot(),
    finds: finds.sort(bySeed),
    spoiled: spoiled.sort(bySeed),
    interrupted: options.signal?.aborted ?? false,
    firstFind,
    efforts,
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
  seeds = 0;
  #operations = 0;
  readonly #outcomes = { pass: 0, violation: 0, unknown: 0, vacuous: 0, broken: 0 };
  readonly #marks = new Map<string, { times: number; seeds: number }>();

  constructor(began: number) {
    this.#began = began;
  }

  add(batch: HuntBatch): void {
    this.seeds += batch.seeds;
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
      seeds: this.seeds,
      operations: this.#operations,
      virtualNs: this.virtualNs,
      cpuMs: this.cpuMs(),
      wallMs: performance.now() - this.#began,
      outcomes: { ...this.#outcomes },
      marks: this.#marks,
    };
  }
}
