/** Running one trial from its spec to its stored verdict and its page. */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../checker/verdict.ts';
import type { Json } from '../history/operation.ts';
import { type Recorder, startRecorder } from '../history/recorder.ts';
import type { Store } from '../history/store.ts';
import { provenance } from './provenance.ts';
import { simulateTrial } from './simulate.ts';
import { type CompleteSpec, nodeNames } from './spec.ts';
import { type DriveOptions, describe, Stage } from './stage.ts';
import { writeReport } from './trial-report.ts';
import { startWorld, type TrialWorld } from './worlds.ts';

export interface RunOptions extends DriveOptions {
  readonly store: Store;
  /** Who had it run, stored beside where it ran. */
  readonly origin?: { readonly [name: string]: Json };
  /** Called once the trial is registered in the store, with its name. */
  readonly onBegan?: (id: string) => void;
}

export interface TrialResult {
  readonly id: string;
  readonly verdict: Verdict;
  /** Null if the page could not be drawn; the verdict is stored all the same. */
  readonly reportPath: string | null;
  readonly reportError: string | null;
  readonly interrupted: boolean;
  readonly traceHash: string | null;
  /** Length of the trial on its world's clock, and share of it that went into recording. */
  readonly durationNs: number;
  readonly recordingNs: number;
}

/** What became of a trial, before its page. */
type Ended = Pick<TrialResult, 'verdict' | 'traceHash' | 'durationNs' | 'recordingNs'> & {
  readonly marks: { readonly [name: string]: number };
};

/** Runs a trial. Throws InputError for a fault the world can't do; everything else ends in a stored outcome. */
export async function runTrial(spec: CompleteSpec, options: RunOptions): Promise<TrialResult> {
  const { store } = options;
  const id = store.createTrial({
    spec: spec as unknown as Json,
    seed: spec.seed,
    system: spec.system,
    world: spec.world,
    workload: spec.workload,
    nodes: nodeNames(spec.nodes),
    startedAt: Date.now(),
    provenance: { ...provenance(), ...options.origin },
  });
  options.onBegan?.(id);
  let ended: Ended;
  try {
    ended = spec.world === 'simulator' ? await simulate(spec, id, options) : await perform(spec, id, options);
  } catch (error) {
    if (error instanceof Error && error.name === 'InputError') store.deleteTrial(id);
    throw error;
  }
  const { verdict, traceHash, durationNs, recordingNs, marks } = ended;
  store.saveVerdict(id, verdict.outcome, verdict);
  store.finishTrial(id, { durationNs, outcome: verdict.outcome, traceHash, marks });
  const report = writeReport(store, id);
  const interrupted = options.signal?.aborted ?? false;
  return { id, verdict, ...report, interrupted, traceHash, durationNs, recordingNs };
}

async function simulate(spec: CompleteSpec, id: string, options: RunOptions): Promise<Ended> {
  const { verdict, batch, traceHash, marks, virtualNs } = await simulateTrial(spec, options);
  options.store.writeBatch(id, batch());
  return { verdict, traceHash, marks, durationNs: virtualNs, recordingNs: 0 };
}

function unwritten(error: unknown): string {
  return `the record could not be written: ${describe(error)}`;
}

/** On processes: recorded while it runs, so that a crash of the trial leaves what was recorded. */
async function perform(spec: CompleteSpec, id: string, options: RunOptions): Promise<Ended> {
  const { store } = options;
  // A record that can't be written any more ends the trial: clients must not go on unseen.
  const recorder: Recorder = startRecorder(store.file, id, {
    onError: (error) => stage.observer.failure(unwritten(error), null),
  });
  const stage = new Stage(spec, recorder);
  const nodeDirectory = join(store.directory, 'nodes', id);
  let world: TrialWorld | null = null;
  let durationNs = 0;
  try {
    mkdirSync(nodeDirectory, { recursive: true });
    world = await startWorld(spec, nodeDirectory, stage.observer);
    await stage.drive(world, options);
    durationNs = world.world.clock.now();
  } catch (error) {
    if (error instanceof Error && error.name === 'InputError') throw error;
    stage.failed(durationNs, describe(error));
  } finally {
    await world?.stop();
    await recorder.close().catch((error: unknown) => {
      const reason = unwritten(error);
      if (!stage.failures.some((failure) => failure.reason === reason)) stage.failed(durationNs, reason);
    });
  }
  const verdict = await stage.conclude([...store.readOperations(id)], options.signal?.aborted ?? false);
  if (verdict.outcome === 'pass') rmSync(nodeDirectory, { recursive: true, force: true });
  return { verdict, traceHash: null, marks: {}, durationNs, recordingNs: recorder.busyNs };
}
