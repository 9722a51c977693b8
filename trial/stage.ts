/** One trial while it runs in a world that was started: drives it, and gathers what decides its outcome. */

import { judge } from '../checker/judge.ts';
import type { Anomaly, Verdict } from '../checker/verdict.ts';
import type { SimulatedObserver } from '../cluster/simulator/core.ts';
import type { Operation } from '../history/operation.ts';
import type { Recorder } from '../history/recorder.ts';
import type { FaultRecord } from '../history/trial-records.ts';
import { WORKLOADS } from '../workload/registry.ts';
import type { Workload } from '../workload/workload.ts';
import { brokenInvariant, conclude, type Failure } from './conclude.ts';
import { type DriveResult, Driver, type Progress } from './driver.ts';
import { type CompleteSpec, refuseImpossibleFaults } from './spec.ts';
import type { TrialWorld } from './worlds.ts';

export interface DriveOptions {
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the trial early; what was recorded is judged and reported. */
  readonly signal?: AbortSignal;
}

const PROGRESS_EVERY_MS = 250;

/** Collects what a world reports: the record goes to the recorder, what decides the outcome stays here. */
export class Stage {
  readonly spec: CompleteSpec;
  readonly recorder: Recorder;
  readonly faults = new Map<number, FaultRecord>();
  readonly failures: Failure[] = [];
  readonly anomalies: Anomaly[] = [];
  readonly observer: SimulatedObserver;
  readonly workload: Workload;
  #drive: DriveResult | null = null;
  /** Called once there is a reason to end the trial early. */
  #onSpoiled: () => void = () => {};
  #now: () => number = () => 0;
  #operationOf: (requestId: number) => number | null = () => null;

  constructor(spec: CompleteSpec, recorder: Recorder) {
    this.spec = spec;
    this.recorder = recorder;
    this.workload = WORKLOADS.get(spec.workload) as Workload;
    this.observer = {
      nodeEvent: (event) => recorder.nodeEvent(event),
      logLine: (line) => recorder.logLine(line),
      message: (record) => recorder.message(record),
      failure: (reason, detail) => {
        this.failures.push({ at: this.#now(), reason, detail });
        this.#onSpoiled();
      },
      invariantBroken: (violation) => {
        this.anomalies.push(brokenInvariant(violation, this.#operationOf));
        this.#onSpoiled();
      },
    };
  }

  /** How the trial was driven; null before its end. */
  get result(): DriveResult | null {
    return this.#drive;
  }

  /** The harness itself failed. */
  failed(at: number, reason: string): void {
    this.failures.push({ at, reason, detail: null });
  }

  /** Drives the trial to its end. Throws InputError for a fault the world can't do. */
  async drive(stageWorld: TrialWorld, options: DriveOptions): Promise<void> {
    const { world } = stageWorld;
    const { spec } = this;
    refuseImpossibleFaults(spec, world.capabilities);
    this.#now = () => world.clock.now();
    await new Promise<void>((resolve) => {
      const finished = (outcome: DriveResult): void => {
        this.#drive = outcome;
        resolve();
      };
      const driver = new Driver(world, spec, this.workload, this.#driverRecorder(), finished, stageWorld.calm);
      this.#operationOf = (requestId) => driver.operationOf(requestId);
      // A planted bug may bring a node down: then the trial goes on, for what clients see of it.
      this.#onSpoiled = () => {
        if (spec.bugs.length === 0 || this.anomalies.length > 0) driver.abandon();
      };
      options.signal?.addEventListener('abort', () => driver.abandon(), { once: true });
      const report = (): void => options.onProgress?.(driver.progress());
      const reporting = options.onProgress === undefined ? undefined : setInterval(report, PROGRESS_EVERY_MS);
      driver.start();
      if (options.signal?.aborted) driver.abandon();
      if (this.failures.length > 0) this.#onSpoiled();
      stageWorld
        .advance(() => this.#drive !== null, report)
        .then(resolve, (error: unknown) => {
          this.failed(world.clock.now(), describe(error));
          driver.abandon();
        })
        .finally(() => clearInterval(reporting));
    });
    if (this.#drive === null) throw new Error('the trial ended without a result: the world stopped before the driver');
  }

  /** The verdict on the trial, whose clients recorded these operations. */
  async conclude(operations: readonly Operation[], interrupted: boolean): Promise<Verdict> {
    const { spec, faults, failures, anomalies } = this;
    const judged = await judge(operations, {
      model: this.workload.model,
      timeMs: spec.check.timeMs,
      memoryBytes: spec.check.memoryMb * 1e6,
    });
    const drive = this.#drive;
    return conclude({ spec, judged, faults: [...faults.values()], failures, anomalies, drive, interrupted });
  }

  #driverRecorder() {
    const { recorder, faults } = this;
    return {
      invoke: recorder.invoke.bind(recorder),
      complete: recorder.complete.bind(recorder),
      fault: (record: FaultRecord) => {
        faults.set(record.index, record);
        recorder.fault(record);
      },
      get overloaded() {
        return recorder.overloaded;
      },
    };
  }
}

export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
