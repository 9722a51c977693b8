/**
 * Running a night: the items of its plan one after the other, each in a child process, within the budget. Whatever an item does
 * to its process, the night goes on; whatever is done to the night, what it knows by then is written already.
 */

import { hostname } from 'node:os';
import { type Night, type NightItem, NOTHING_MEASURED } from '../../history/night-records.ts';
import { ordealVersion, provenance } from '../provenance.ts';
import { fingerprintOfReason } from './fingerprint.ts';
import { type Plan, type PlanItem, type Shard, unrun } from './plan.ts';
import { commandOf } from './trial-result.ts';
import { type Done, startWorker, type Worker } from './worker.ts';
import type { ItemResult, Places } from './worker-messages.ts';

export interface NightOptions {
  readonly id: string;
  /** The part of the plan that is run here; null: all of it. `plan` holds that part only. */
  readonly shard: Shard | null;
  /** The configuration file that the plan is from; null: the defaults. */
  readonly config: string | null;
  readonly places: Places;
  readonly signal: AbortSignal;
  /** Called with the night whenever something of it has changed; the last time when it has ended. */
  readonly onChange: (night: Night) => void;
  readonly onProgress: (item: NightItem, text: string) => void;
}

/** An item that runs past the end of the budget is stopped after this. */
const OVERTIME_MS = 15_000;
/** Less than this is not worth beginning to hunt. */
const HUNT_MS_MIN = 1000;
const SENTENCE_CHARS_MAX = 3000;

/** Runs a plan. Resolves with the night, however it went. */
export async function runNight(plan: Plan, options: NightOptions): Promise<Night> {
  const { shard, signal, onChange } = options;
  const budgetMs = Math.round(plan.budgetMs / (shard?.count ?? 1));
  const deadline = performance.now() + budgetMs;
  const items = new Map<string, NightItem>(plan.items.map((item) => [item.id, unrun(item, shard)]));
  const { commit } = provenance();
  let night: Night = {
    format: 'ordeal-night 1',
    id: options.id,
    date: plan.date,
    shard,
    plan: plan.hash,
    version: ordealVersion(),
    commit,
    host: hostname(),
    bugs: [...plan.bugs],
    budgetMs,
    config: options.config,
    startedAt: Date.now(),
    endedAt: null,
    interrupted: false,
    items: [],
  };
  const publish = (change: Partial<Night> = {}): void => {
    night = { ...night, ...change, items: [...items.values()] };
    onChange(night);
  };
  const set = (id: string, change: Partial<NightItem>): void => {
    const before = items.get(id);
    if (before !== undefined) items.set(id, { ...before, ...change });
  };

  publish();
  let worker: Worker | null = null;
  try {
    for (const planned of plan.items) {
      const left = deadline - performance.now();
      const reason = signal.aborted ? 'the night was interrupted before it' : noTimeFor(planned, left);
      if (reason !== null) {
        set(planned.id, { state: 'not-run', sentence: `not run: ${reason}` });
        continue;
      }
      const began = performance.now();
      set(planned.id, { state: 'running', startedAt: Date.now(), sentence: 'running' });
      publish();
      if (!worker?.alive) worker = startWorker();
      const done = await worker.run(planned, {
        places: options.places,
        budgetMs: left,
        limitMs: Math.min(planned.limitMs, left + OVERTIME_MS),
        signal,
        onProgress: (text) => options.onProgress(items.get(planned.id) as NightItem, text),
      });
      const wallMs = Math.round(performance.now() - began);
      for (const result of resultsOf(planned, done, signal.aborted)) {
        if (!items.has(result.id)) items.set(result.id, { ...unrun(planned, shard), startedAt: Date.now() });
        const outcome = outcomeOf(planned, result, signal.aborted);
        // What fails is listed by its fingerprint: a canary that only the night calls broken needs one, too.
        const fingerprint =
          outcome === result.outcome ? result.fingerprint : fingerprintOfReason(outcome, result.sentence, 'raft');
        set(result.id, {
          ...result,
          outcome,
          fingerprint,
          state: 'done',
          wallMs: result.id === planned.id ? wallMs : null,
        });
      }
      publish();
      // What a trial on real processes leaves behind in a process is not carried into the next one.
      if (done.results === null || usesProcesses(planned)) {
        worker.kill();
        worker = null;
      }
    }
  } finally {
    worker?.kill();
  }
  publish({ endedAt: Date.now(), interrupted: signal.aborted });
  return night;
}

function usesProcesses(item: PlanItem): boolean {
  if (item.kind === 'trial') return item.spec.world === 'processes';
  return item.kind === 'canary' && item.canary.world === 'processes';
}

/** Why an item is not begun with so much of the budget left; null if it is. Canaries are run whatever it costs. */
function noTimeFor(item: PlanItem, leftMs: number): string | null {
  const needed =
    item.kind === 'hunt' ? HUNT_MS_MIN : item.kind === 'canary' ? Number.NEGATIVE_INFINITY : item.estimateMs;
  if (leftMs >= needed) return null;
  return `the budget had ${Math.max(0, Math.round(leftMs / 1000))} s left, and it takes about ${Math.ceil(needed / 1000)} s`;
}

/** A canary that had no time to be caught leaves the night as unproved as one that was missed; an interrupt is nobody's fault. */
function outcomeOf(planned: PlanItem, { outcome }: ItemResult, interrupted: boolean): ItemResult['outcome'] {
  return planned.kind === 'canary' && outcome !== 'pass' && !interrupted ? 'broken' : outcome;
}

/** What came of an item; without results its harness failed, unless the night was interrupted. */
function resultsOf(planned: PlanItem, done: Done, interrupted: boolean): readonly ItemResult[] {
  if (done.results !== null) return done.results;
  const outcome = interrupted ? 'unknown' : 'broken';
  return [
    {
      id: planned.id,
      title: planned.title,
      outcome,
      sentence: done.problem.slice(0, SENTENCE_CHARS_MAX),
      fingerprint: interrupted ? null : fingerprintOfReason(outcome, done.problem, 'raft'),
      trial: null,
      seed: planned.seed,
      report: null,
      bundle: null,
      again: planned.kind === 'trial' ? commandOf(planned.spec) : null,
      measures: NOTHING_MEASURED,
    },
  ];
}
