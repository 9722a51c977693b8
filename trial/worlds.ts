/** The two worlds a trial can run in, behind one face: started from a spec, advanced until the trial is over, stopped. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { startProcessesWorld } from '../cluster/processes/world.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMING } from '../cluster/replica/options.ts';
import type { SimulatedObserver } from '../cluster/simulator/core.ts';
import { CALM_DISK, CALM_NETWORK, CALM_PROCESS, TRUE_CLOCKS } from '../cluster/simulator/options.ts';
import type { TraceEvent } from '../cluster/simulator/trace.ts';
import { createSimulatedWorld } from '../cluster/simulator/world.ts';
import type { World } from '../cluster/world.ts';
import { type CompleteSpec, nodeNames } from './spec.ts';

export interface TrialWorld {
  readonly world: World;
  /** Lets time pass until `over()`; `slice` is called now and then in between. */
  advance(over: () => boolean, slice: () => void): Promise<void>;
  /** Over all events of a simulated trial; null where runs are not repeatable. */
  traceHash(): string | null;
  /** Events handled so far; 0 where they are not counted. */
  events(): number;
  /** Interesting states and how often they were reached. */
  marks(): { readonly [name: string]: number };
  /** Hashes of the situations the cluster was in, where the world looks into its replicas. */
  situations(): readonly number[];
  /** Ends the troubles a world makes of itself, when everything is to be healed. */
  calm(): void;
  stop(): Promise<void>;
}

/** What a simulated world is to keep or to tell; none of it changes what happens. */
export interface Watching {
  readonly recordMessages: boolean;
  readonly invariants: boolean;
  readonly trace?: (event: TraceEvent) => void;
}

const WATCH_ALL: Watching = { recordMessages: true, invariants: true };

/** Simulated time between two looks at signals and progress. */
const SLICE_NS = 200_000_000;
const LOOK_EVERY_MS = 20;

const CALM = { network: CALM_NETWORK, disk: CALM_DISK, process: CALM_PROCESS, clock: TRUE_CLOCKS };
const { appendEntriesMax, inflightMax } = DEFAULT_LIMITS;
/** How replicas are tuned where nobody says otherwise. */
export const TUNING = { ...DEFAULT_TIMING, snapshotChunkBytes: 64_000, appendEntriesMax, inflightMax };

/** Starts the world of a trial; nodes that are processes keep their files in `directory`. */
export function startWorld(
  spec: CompleteSpec,
  directory: string,
  observer: SimulatedObserver,
  watching: Watching = WATCH_ALL,
): Promise<TrialWorld> {
  return spec.world === 'processes'
    ? startProcesses(spec, directory, observer)
    : startSimulated(spec, observer, watching);
}

async function startProcesses(spec: CompleteSpec, directory: string, observer: SimulatedObserver): Promise<TrialWorld> {
  const nodes = nodeNames(spec.nodes + spec.spares);
  const founders = nodeNames(spec.nodes);
  const options = { nodes, founders, replica: replicaSettings(spec), seed: spec.seed, directory };
  const world = await startProcessesWorld(options, observer);
  return {
    world,
    async advance(over) {
      // Real time passes by itself.
      while (!over()) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    },
    traceHash: () => null,
    events: () => 0,
    marks: () => ({}),
    situations: () => [],
    calm: () => {},
    stop: () => world.stop(),
  };
}

async function startSimulated(
  spec: CompleteSpec,
  observer: SimulatedObserver,
  watching: Watching,
): Promise<TrialWorld> {
  const { network, disk, process, clock } = spec.simulation ?? CALM;
  const world = createSimulatedWorld(
    {
      nodes: nodeNames(spec.nodes + spec.spares),
      founders: nodeNames(spec.nodes),
      replica: replicaSettings(spec),
      seed: spec.seed,
      network,
      disk,
      process,
      clock,
      invariants: watching.invariants,
      recordMessages: watching.recordMessages,
      frames: 'share',
    },
    observer,
    watching.trace === undefined ? {} : { trace: watching.trace },
  );
  return {
    world,
    async advance(over, slice) {
      while (!world.runUntil(over, world.now + SLICE_NS)) {
        slice();
        await nextTurn();
      }
    },
    traceHash: () => world.traceHash(),
    events: () => world.events,
    marks: () => Object.fromEntries(world.marks),
    situations: () => [...world.situations],
    calm: () => world.calm(),
    stop: async () => world.stop(),
  };
}

function replicaSettings(spec: CompleteSpec) {
  const { appendEntriesMax, inflightMax, snapshotChunkBytes, ...timing } = spec.simulation?.replica ?? TUNING;
  return {
    ...timing,
    reads: spec.reads,
    maxClockDriftPpm: spec.maxClockDriftPpm,
    snapshotThresholdBytes: spec.snapshotThresholdBytes,
    snapshotChunkBytes,
    limits: { ...DEFAULT_LIMITS, appendEntriesMax, inflightMax },
    bugs: spec.bugs,
  };
}
