/** The two worlds a trial can run in, behind one face: started from a spec, advanced until the trial is over, stopped. */

import { startProcessesWorld } from '../cluster/processes/world.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMING } from '../cluster/replica/options.ts';
import type { World, WorldObserver } from '../cluster/world.ts';
import { type CompleteSpec, nodeNames } from './spec.ts';

export interface TrialWorld extends World {
  /** Lets time pass until `over()`; `slice` is called now and then in between. */
  advance(over: () => boolean, slice: () => void): Promise<void>;
  /** Over all events of a simulated trial; null where runs are not repeatable. */
  traceHash(): string | null;
  /** Interesting states and how often they were reached. */
  marks(): { readonly [name: string]: number };
  stop(): Promise<void>;
}

/** Starts the world of a trial; nodes keep their files in `directory`. */
export async function startWorld(spec: CompleteSpec, directory: string, observer: WorldObserver): Promise<TrialWorld> {
  const nodes = nodeNames(spec.nodes);
  const replica = {
    ...DEFAULT_TIMING,
    reads: spec.reads,
    maxClockDriftPpm: 0,
    snapshotThresholdBytes: spec.snapshotThresholdBytes,
    snapshotChunkBytes: 64_000,
    limits: DEFAULT_LIMITS,
    bugs: spec.bugs,
  };
  void replica;
  void nodes;
  void directory;
  void observer;
  void startProcessesWorld;
  throw new Error('being built');
}
