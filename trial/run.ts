/** Running one trial from its spec to its stored verdict and its page. */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { judge } from '../checker/judge.ts';
import type { Anomaly, Verdict } from '../checker/verdict.ts';
import type { SimulatedObserver } from '../cluster/simulator/core.ts';
import { MemoryRecorder } from '../history/memory-recorder.ts';
import type { Json, Operation } from '../history/operation.ts';
import { type Recorder, startRecorder } from '../history/recorder.ts';
import type { Store } from '../history/store.ts';
import type { FaultRecord } from '../history/trial-records.ts';
import { WORKLOADS } from '../workload/registry.ts';
import type { Workload } from '../workload/workload.ts';
import { brokenInvariant, conclude, type Failure } from './conclude.ts';
import { type DriveResult, Driver, type Progress } from './driver.ts';
import { provenance } from './provenance.ts';
import { type CompleteSpec, nodeNames, refuseImpossibleFaults } from './spec.ts';
import { writeReport } from './trial-report.ts';
import { startWorld, type TrialWorld } from './worlds.ts';

export interface RunOptions {
  readonly store: Store;
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the trial early; what was recorded is judged and reported. */
  readonly signal?: AbortSignal;
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

const PROGRESS_EVERY_MS = 250;

/** Runs a trial. Throws InputError for a fault the world can't do; everything else ends in a stored outcome. */
export async function runTrial(spec: CompleteSpec, options: RunOptions): Promise<TrialResult> {
  const { store } = options;
  const workload = WORKLOADS.get(spec.workload) as Workload;
  const id = store.createTrial({
    spec: spec as unknown as Json,
    seed: spec.seed,
    system: spec.system,
    world: spec.world,
    workload: spec.workload,
    nodes: nodeNames(spec.nodes),
    startedAt: Date.now(),
    provenance: { ...provenance() },
  });
  const memory = spec.world === 'simulator' ? new MemoryRecorder() : null;
  const recorder = memory ?? startRecorder(store.file, id);
  const stage = new Stage(recorder);
  const nodeDirectory = join(store.directory, 'nodes', id);
  let world: TrialWorld | null = null;
  let drive: DriveResult | null = null;
  let durationNs = 0;
  try {
    mkdirSync(nodeDirectory, { recursive: true });
    world = await startWorld(spec, nodeDirectory, stage.observer);
    refuseImpossibleFaults(spec, world.world.capabilities);
    drive = await driveTrial(world, spec, workload, stage, options);
    durationNs = world.world.clock.now();
  } catch (error) {
    if (error instanceof Error && error.name === 'InputError') {
      store.deleteTrial(id);
      throw error;
    }
    stage.failures.push({ at: durationNs, reason: describe(error), detail: null });
  } finally {
    await world?.stop();
    await recorder.close().catch((error: unknown) => {
      stage.failures.push({
        at: durationNs,
        reason: `the record could not be written: ${describe(error)}`,
        detail: null,
      });
    });
  }
  if (memory !== null) store.writeBatch(id, memory.batch());

  const traceHash = world?.traceHash() ?? null;
  const interrupted = options.signal?.aborted ?? false;
  const operations: readonly Operation[] = memory?.recording().operations ?? [...store.readOperations(id)];
  const judged = await judge(operations, {
    model: workload.model,
    timeMs: spec.check.timeMs,
    memoryBytes: spec.check.memoryMb * 1e6,
  });
  const { faults, failures, anomalies } = stage;
  const verdict = conclude({ spec, judged, faults: [...faults.values()], failures, anomalies, drive, interrupted });
  store.saveVerdict(id, verdict.outcome, verdict);
  store.finishTrial(id, { durationNs, outcome: verdict.outcome, traceHash, marks: world?.marks() ?? {} });
  if (verdict.outcome === 'pass') rmSync(nodeDirectory, { recursive: true, force: true });
  const report = writeReport(store, id);
  return { id, verdict, ...report, interrupted, traceHash, durationNs, recordingNs: recorder.busyNs };
}

/** Collects what a world reports: the record goes to the recorder, what decides the outcome stays here. */
class Stage {
  readonly recorder: Recorder;
  readonly faults = new Map<number, FaultRecord>();
  readonly failures: Failure[] = [];
  readonly anomalies: Anomaly[] = [];
  readonly observer: SimulatedObserver;
  /** Called once there is a reason to end the trial early. */
  onSpoiled: () => void = () => {};
  #now: () => number = () => 0;

  constructor(recorder: Recorder) {
    this.recorder = recorder;
    this.observer = {
      nodeEvent: (event) => recorder.nodeEvent(event),
      logLine: (line) => recorder.logLine(line),
      message: (record) => recorder.message(record),
      failure: (reason, detail) => {
        this.failures.push({ at: this.#now(), reason, detail });
        this.onSpoiled();
      },
      invariantBroken: (violation) => {
        this.anomalies.push(brokenInvariant(violation));
        this.onSpoiled();
      },
    };
  }

  useClock(now: () => number): void {
    this.#now = now;
  }
}

async function driveTrial(
  stageWorld: TrialWorld,
  spec: CompleteSpec,
  workload: Workload,
  stage: Stage,
  options: RunOptions,
): Promise<DriveResult> {
  const { world } = stageWorld;
  stage.useClock(() => world.clock.now());
  let result: DriveResult | null = null;
  const recorder = {
    invoke: stage.recorder.invoke.bind(stage.recorder),
    complete: stage.recorder.complete.bind(stage.recorder),
    fault: (record: FaultRecord) => {
      stage.faults.set(record.index, record);
      stage.recorder.fault(record);
    },
    get overloaded() {
      return stage.recorder.overloaded;
    },
  };
  const ended = new Promise<void>((resolve) => {
    const finished = (outcome: DriveResult): void => {
      result = outcome;
      resolve();
    };
    const driver = new Driver(world, spec, workload, recorder, finished, stageWorld.calm);
    // A planted bug may bring a node down: then the trial goes on, for what clients see of it.
    stage.onSpoiled = () => {
      if (spec.bugs.length === 0 || stage.anomalies.length > 0) driver.abandon();
    };
    options.signal?.addEventListener('abort', () => driver.abandon(), { once: true });
    const reporting = setInterval(() => options.onProgress?.(driver.progress()), PROGRESS_EVERY_MS);
    driver.start();
    if (stage.failures.length > 0) stage.onSpoiled();
    stageWorld
      .advance(
        () => result !== null,
        () => options.onProgress?.(driver.progress()),
      )
      .then(resolve, (error: unknown) => {
        stage.failures.push({ at: world.clock.now(), reason: describe(error), detail: null });
        driver.abandon();
      })
      .finally(() => clearInterval(reporting));
  });
  await ended;
  if (result === null) throw new Error('the trial ended without a result: the world stopped before the driver');
  return result;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
