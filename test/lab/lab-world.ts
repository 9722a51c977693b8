/** The simulated world that the lab's rows are told in: calm but for its network, every invariant checked after every event. */

import type { NodeId } from '../../cluster/raft/types.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMING } from '../../cluster/replica/options.ts';
import { Replica } from '../../cluster/replica/replica.ts';
import {
  CALM_DISK,
  CALM_NETWORK,
  CALM_PROCESS,
  type NetworkOptions,
  TRUE_CLOCKS,
} from '../../cluster/simulator/options.ts';
import { SimulatedWorld } from '../../cluster/simulator/world.ts';
import { CountingChecker } from './counting-checker.ts';

/** Shows that rows have teeth: `LAB_BUGS=no-dedupe npx vitest run test/lab` must fail. */
const BUGS: readonly string[] = process.env.LAB_BUGS?.split(',') ?? [];

export interface LabOptions {
  readonly nodes: number;
  readonly network?: NetworkOptions;
  /** Bytes of log after which a snapshot is taken; never, if nothing is said. */
  readonly thresholdBytes?: number;
  /** Sessions that the machine keeps: with few of them a snapshot stays small however much was proposed. */
  readonly sessionsMax?: number;
  /** Entries in one message: few, and a log is replicated in many steps, any of which may be the last. */
  readonly entriesAtOnce?: number;
}

export function labWorld(
  seed: number,
  nodes: readonly NodeId[],
  options: LabOptions,
  failed: (reason: string) => void,
): { readonly world: SimulatedWorld; readonly checker: CountingChecker } {
  let checker: CountingChecker | null = null;
  const world = new SimulatedWorld(
    {
      nodes,
      founders: nodes,
      replica: {
        ...DEFAULT_TIMING,
        reads: 'read-index',
        maxClockDriftPpm: 1000,
        snapshotThresholdBytes: options.thresholdBytes ?? 1_000_000_000,
        // Also the bytes of log kept behind a snapshot: few, so that who lags needs the snapshot.
        snapshotChunkBytes: 500,
        limits: {
          ...DEFAULT_LIMITS,
          sessionsMax: options.sessionsMax ?? DEFAULT_LIMITS.sessionsMax,
          appendEntriesMax: options.entriesAtOnce ?? DEFAULT_LIMITS.appendEntriesMax,
        },
        bugs: BUGS,
      },
      seed,
      network: options.network ?? CALM_NETWORK,
      disk: CALM_DISK,
      process: CALM_PROCESS,
      clock: TRUE_CLOCKS,
      invariants: true,
      recordMessages: false,
      frames: 'share',
    },
    {
      nodeEvent: () => {},
      logLine: () => {},
      message: () => {},
      failure: failed,
    },
    {
      createReplica: (host, replicaOptions) => new Replica(host, replicaOptions),
      createWatch: (core) => {
        checker = new CountingChecker(core);
        return checker;
      },
    },
  );
  return { world, checker: checker as unknown as CountingChecker };
}
