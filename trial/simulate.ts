/**
 * One simulated trial in memory, from its spec to its verdict. Nothing is written: hunting and shrinking run thousands of
 * these, and only what is worth keeping goes to a store.
 */

import type { Verdict } from '../checker/verdict.ts';
import type { TraceEvent } from '../cluster/simulator/trace.ts';
import type { Batch } from '../history/batch.ts';
import { MemoryRecorder, type Recording } from '../history/memory-recorder.ts';
import type { DriveResult } from './driver.ts';
import type { CompleteSpec } from './spec.ts';
import { type DriveOptions, describe, Stage } from './stage.ts';
import { startWorld, type TrialWorld } from './worlds.ts';

export interface SimulateOptions extends DriveOptions {
  /** Called for every event of the trace. */
  readonly trace?: (event: TraceEvent) => void;
  /** Keep messages, logs and node events, for a report. Neither changes the trial. Default: true. */
  readonly details?: boolean;
  /** False: don't look into the replicas, even if the spec says so. */
  readonly invariants?: boolean;
}

export interface Simulated {
  readonly verdict: Verdict;
  readonly recording: Recording;
  /** The record as a store takes it. */
  batch(): Batch;
  /** How it was driven; null if it could not be. */
  readonly drive: DriveResult | null;
  readonly traceHash: string;
  /** Events of the world until the end of the trial. */
  readonly events: number;
  readonly marks: { readonly [name: string]: number };
  /** Hashes of the situations the cluster was in; empty without invariants. */
  readonly situations: readonly number[];
  readonly virtualNs: number;
  /** Processor time of this process, judging included. */
  readonly cpuMs: number;
}

/**
 * Runs a simulated trial. The same spec gives the same trace hash, whatever the options. Throws InputError for a fault the
 * world can't do.
 */
export async function simulateTrial(spec: CompleteSpec, options: SimulateOptions = {}): Promise<Simulated> {
  const began = process.cpuUsage();
  const recorder = options.details === false ? new TerseRecorder() : new MemoryRecorder();
  const stage = new Stage(spec, recorder);
  let world: TrialWorld | null = null;
  let virtualNs = 0;
  try {
    world = await startWorld(spec, '', stage.observer, {
      recordMessages: options.details !== false,
      invariants: spec.check.invariants && options.invariants !== false,
      ...(options.trace && { trace: options.trace }),
    });
    await stage.drive(world, options);
  } catch (error) {
    if (error instanceof Error && error.name === 'InputError') throw error;
    stage.failed(virtualNs, describe(error));
  }
  virtualNs = world?.world.clock.now() ?? 0;
  const traceHash = world?.traceHash() ?? '';
  const events = world?.events() ?? 0;
  const situations = world?.situations() ?? [];
  await world?.stop();
  const recording = recorder.recording();
  const verdict = await stage.conclude(recording.operations, options.signal?.aborted ?? false);
  const { user, system } = process.cpuUsage(began);
  const marks = world?.marks() ?? {};
  const cpuMs = (user + system) / 1000;
  return {
    verdict,
    recording,
    batch: () => recorder.batch(),
    drive: stage.result,
    traceHash,
    events,
    marks,
    situations,
    virtualNs,
    cpuMs,
  };
}

/** Keeps what a verdict needs and forgets the rest. */
class TerseRecorder extends MemoryRecorder {
  override nodeEvent(): void {}
  override logLine(): void {}
  override message(): void {}
}
