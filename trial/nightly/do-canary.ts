/**
 * Canaries: planted bugs that must be caught, each by the kind of oracle it is there for. One that is missed means that something
 * in the harness sleeps, and then the night's green would mean nothing: the outcome is broken, not a violation.
 */

import { NOTHING_MEASURED } from '../../history/night-records.ts';
import { hunt } from '../hunt.ts';
import { runTrial } from '../run.ts';
import type { Doing } from './do-item.ts';
import { fingerprintOfReason } from './fingerprint.ts';
import { type CanaryItem, canarySpec } from './plan.ts';
import { discardTrial } from './retention.ts';
import { commandOf, resultOfTrial } from './trial-result.ts';
import type { ItemResult } from './worker-messages.ts';

const VIRTUAL_MS = 5000;

export function doCanary(item: CanaryItem, doing: Doing): Promise<ItemResult> {
  return item.canary.world === 'simulator' ? inSimulator(item, doing) : onProcesses(item, doing);
}

/** Hunts for it. Where the history alone must show it, the invariants are not looked at. */
async function inSimulator(item: CanaryItem, { hunters, signal, progress }: Doing): Promise<ItemResult> {
  const { bug, by } = item.canary;
  const began = performance.now();
  let [seeds, operations, virtualNs, others] = [0, 0, 0, 0];
  while (seeds < item.tries && !signal.aborted) {
    const result = await hunt(hunters(), {
      bugs: [bug],
      from: item.seed + seeds,
      seedsMax: item.tries - seeds,
      budgetMs: null,
      timeMs: VIRTUAL_MS,
      keepGoing: false,
      invariants: by !== 'linearizability',
      signal,
      onProgress: (totals) => progress(`${seeds + totals.seeds} seeds`),
    });
    seeds += Math.max(1, result.seeds);
    operations += result.operations;
    virtualNs += result.virtualNs;
    const find = result.finds.find(({ oracle }) => oracle?.violation === by);
    others += result.finds.length;
    if (find === undefined) continue;
    const detectedMs = performance.now() - began;
    return {
      ...named(item, { seeds, operations, virtualNs, detectedMs }),
      outcome: 'pass',
      sentence: `caught after ${(detectedMs / 1000).toFixed(1)} s by ${describe(find.oracle?.invariant ?? null, by)}, seed ${find.seed}`,
    };
  }
  const measures = { seeds, operations, virtualNs, detectedMs: null };
  return signal.aborted
    ? stopped(item, measures, `it was looked for in ${seeds} seeds`)
    : missed(item, measures, `${seeds} seeds`, others === 0 ? null : `it was only caught otherwise, ${others} times`);
}

function describe(invariant: string | null, by: string): string {
  return invariant === null ? by : `${by} ${invariant}`;
}

async function onProcesses(item: CanaryItem, doing: Doing): Promise<ItemResult> {
  const { store, signal } = doing;
  const { by } = item.canary;
  const began = performance.now();
  let [operations, attempt] = [0, 0];
  let last: ItemResult | null = null;
  for (; attempt < item.tries && !signal.aborted; attempt++) {
    const spec = canarySpec(item, attempt);
    doing.progress(`try ${attempt + 1}`);
    const trial = await runTrial(spec, { store, signal });
    operations += trial.verdict.statistics.operations;
    const caught = trial.verdict.anomalies.some(({ violation }) => violation === by);
    if (!caught) {
      // A try that was cut off says less than one before it that came to its end.
      if (last === null || !trial.interrupted)
        last = resultOfTrial({ id: item.id, title: item.title, again: commandOf(spec) }, trial, doing);
      continue;
    }
    // What was planted and found as it should be is no failure to keep.
    discardTrial(store, trial.id);
    const detectedMs = performance.now() - began;
    return {
      ...named(item, { seeds: 0, operations, virtualNs: null, detectedMs }),
      outcome: 'pass',
      sentence: `caught after ${(detectedMs / 1000).toFixed(1)} s by ${by}, on try ${attempt + 1}`,
      again: commandOf(spec),
    };
  }
  const measures = { seeds: 0, operations, virtualNs: null, detectedMs: null };
  const said = last === null ? null : `the last one says: ${last.sentence}`;
  const failed = signal.aborted
    ? stopped(item, measures, said ?? 'no try came to its end')
    : missed(item, measures, `${attempt} trials`, said);
  if (last === null) return failed;
  const { trial, report, bundle, again } = last;
  return { ...failed, trial, report, bundle, again };
}

type Measured = Pick<typeof NOTHING_MEASURED, 'seeds' | 'operations' | 'virtualNs' | 'detectedMs'>;

function named({ id, title, seed, canary, tries }: CanaryItem, measured: Measured) {
  return {
    id,
    title,
    fingerprint: null,
    trial: null,
    seed,
    report: null,
    bundle: null,
    again: canary.world === 'simulator' ? `npx ordeal hunt --bug ${canary.bug} --from ${seed} --seeds ${tries}` : null,
    measures: { ...NOTHING_MEASURED, ...measured },
  } as const;
}

function missed(item: CanaryItem, measured: Measured, tried: string, note: string | null): ItemResult {
  const { bug, by, world } = item.canary;
  return {
    ...named(item, measured),
    outcome: 'broken',
    sentence:
      `the planted bug ${bug} was NOT caught by ${by} in ${tried}, so a pass of this night proves nothing: ` +
      `${note ?? 'a checker sleeps, or a change of the replica hides this bug'}`,
    fingerprint: fingerprintOfReason('broken', `the canary ${bug} was not caught by ${by} (${world})`, 'raft'),
  };
}

/** Told to stop before its last try: whether by a person or by the end of the budget, the night knows. */
function stopped(item: CanaryItem, measured: Measured, note: string): ItemResult {
  const { bug, by } = item.canary;
  const sentence = `stopped before the planted bug ${bug} was caught by ${by}: ${note}`;
  return { ...named(item, measured), outcome: 'unknown', sentence, fingerprint: null };
}
