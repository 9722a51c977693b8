/** One trial of the correct replica in a world drawn by swarm: used by tests, and by `npx tsx test/simulator/chaos.ts FROM COUNT`. */

import { judge } from '../../checker/judge.ts';
import type { Host } from '../../cluster/replica/host.ts';
import { DEFAULT_LIMITS, type ReplicaOptions } from '../../cluster/replica/options.ts';
import { Replica } from '../../cluster/replica/replica.ts';
import { InvariantChecker } from '../../cluster/simulator/invariants/checker.ts';
import type { InvariantViolation } from '../../cluster/simulator/invariants/watch.ts';
import type { SimulatorOptions } from '../../cluster/simulator/options.ts';
import { drawSwarm } from '../../cluster/simulator/swarm.ts';
import type { TraceEvent } from '../../cluster/simulator/trace.ts';
import { SimulatedWorld } from '../../cluster/simulator/world.ts';
import { MemoryRecorder } from '../../history/memory-recorder.ts';
import type { Operation } from '../../history/operation.ts';
import { FAULTS } from '../../nemesis/registry.ts';
import { type DriveResult, Driver } from '../../trial/driver.ts';
import { parseSpec } from '../../trial/spec.ts';
import { WORKLOADS } from '../../workload/registry.ts';
import type { Workload } from '../../workload/workload.ts';

export interface ChaosOptions {
  readonly timeMs?: number;
  readonly bugs?: readonly string[];
  readonly frames?: 'share' | 'copy';
  readonly trace?: (event: TraceEvent) => void;
  /** Stands between a replica and its world. */
  readonly host?: (host: Host, options: ReplicaOptions) => Host;
  /** Replaces some of what the seed has drawn. */
  readonly changes?: Partial<SimulatorOptions>;
  /** Lines of the nodes' logs and events, as they come. */
  readonly tell?: (line: string) => void;
}

export interface ChaosResult {
  readonly seed: number;
  readonly hash: string;
  readonly virtualNs: number;
  readonly events: number;
  readonly violations: readonly InvariantViolation[];
  readonly failures: readonly string[];
  readonly drive: DriveResult | null;
  readonly operations: readonly Operation[];
  readonly marks: ReadonlyMap<string, number>;
  readonly configuration: ReturnType<typeof drawSwarm>;
}

const MS = 1_000_000;

/** Runs a seed until its trial is over, or something broke. */
export function chaos(seed: number, options: ChaosOptions = {}): ChaosResult {
  const configuration = drawSwarm(seed, [...FAULTS.keys()]);
  const { founders, spares, replica, network, disk, process, clock } = configuration;
  const nodes = Array.from({ length: founders + spares }, (_, at) => `n${at + 1}`);
  const { appendEntriesMax, inflightMax, ...replicaOptions } = replica;
  const simulator: SimulatorOptions = {
    replica: {
      ...replicaOptions,
      limits: { ...DEFAULT_LIMITS, appendEntriesMax, inflightMax },
      bugs: options.bugs ?? [],
    },
    nodes,
    founders: nodes.slice(0, founders),
    seed,
    network,
    disk,
    process,
    clock,
    invariants: true,
    recordMessages: false,
    frames: options.frames ?? 'share',
    ...options.changes,
  };
  const spec = parseSpec({
    seed,
    world: 'simulator',
    nodes: founders,
    spares,
    clients: configuration.clients,
    keys: configuration.keys,
    ratePerSecond: configuration.ratePerSecond,
    attemptTimeoutMs: configuration.attemptTimeoutMs,
    operationTimeoutMs: configuration.operationTimeoutMs,
    faults: configuration.faults,
    timeMs: options.timeMs ?? 20_000,
  });
  const failures: string[] = [];
  const recorder = new MemoryRecorder();
  const { tell } = options;
  const at = () => `${(world.now / MS).toFixed(3)} ms`;
  const world = new SimulatedWorld(
    simulator,
    {
      nodeEvent: (event) =>
        tell?.(`${at()} ${event.node} ${event.kind} ${event.role} t${event.term} ${JSON.stringify(event.detail)}`),
      logLine: (line) => tell?.(`${at()} ${line.node} ${line.level}: ${line.text}`),
      message: () => {},
      failure: (reason, detail) => failures.push(`${reason} ${JSON.stringify(detail)}`),
    },
    {
      createReplica: (host, own) => new Replica(options.host?.(host, own) ?? host, own),
      createWatch: (core) => new InvariantChecker(core),
      ...(options.trace && { trace: options.trace }),
    },
  );
  let drive: DriveResult | null = null;
  const tellingRecorder = {
    invoke: recorder.invoke.bind(recorder),
    complete: recorder.complete.bind(recorder),
    fault: (record: Parameters<MemoryRecorder['fault']>[0]) => {
      tell?.(`${at()} fault ${JSON.stringify(record)}`);
      recorder.fault(record);
    },
    overloaded: false,
  };
  const driver = new Driver(world, spec, WORKLOADS.get(spec.workload) as Workload, tellingRecorder, (result) => {
    drive = result;
  });
  driver.start();
  let calm = false;
  const over = () => {
    if (!calm && driver.progress().phase !== 'ordeal' && driver.progress().phase !== 'starting') {
      calm = true;
      world.calm();
    }
    return drive !== null || failures.length > 0 || world.violations.length > 0;
  };
  const limit = (spec.timeMs + spec.recoveryMs + 120_000) * MS;
  for (let until = 10 * MS; !over() && until < limit; until += 10 * MS)
    world.runUntil(() => failures.length > 0 || world.violations.length > 0, until);
  const result = {
    seed,
    hash: world.traceHash(),
    virtualNs: world.now,
    events: world.events,
    violations: [...world.violations],
    failures,
    drive,
    operations: recorder.recording().operations,
    marks: world.marks,
    configuration,
  };
  world.stop();
  return result;
}

/** Why a result is not what a correct replica may give; null if it is. */
export async function complaint(result: ChaosResult): Promise<string | null> {
  const { violations, failures, drive, operations } = result;
  if (violations.length > 0) return `invariant: ${JSON.stringify(violations[0])}`;
  if (failures.length > 0) return `failure: ${failures[0]}`;
  if (drive === null) return 'the trial did not end';
  if (drive.neverServed) return 'the cluster never served';
  if (drive.recoveredAfterNs === null) return 'the cluster did not recover after everything was healed';
  const verdict = await judge(operations, { model: 'cas-register', timeMs: 20_000, memoryBytes: 1e9 });
  return verdict.outcome === 'violation' ? `judged ${JSON.stringify(verdict.anomalies[0])}` : null;
}

if (process.argv[1]?.endsWith('chaos.ts')) {
  const [from = 0, count = 1, telling = ''] = [
    Number(process.argv[2] ?? 0),
    Number(process.argv[3] ?? 1),
    process.argv[4],
  ];
  const marks = new Map<string, number>();
  let bad = 0;
  let operations = 0;
  let unanswered = 0;
  let virtualNs = 0;
  const began = process.hrtime.bigint();
  for (let seed = from; seed < from + count; seed++) {
    const result = chaos(seed, telling === 'tell' ? { tell: (line) => console.log(line) } : {});
    for (const [name, times] of result.marks) marks.set(name, (marks.get(name) ?? 0) + times);
    operations += result.operations.length;
    unanswered += result.operations.filter((operation) => operation.outcome !== 'ok').length;
    virtualNs += result.virtualNs;
    const why = await complaint(result);
    if (why === null) continue;
    bad++;
    console.log(`seed ${seed}: ${why.slice(0, 1500)}\n  ${JSON.stringify(result.configuration)}`);
  }
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  console.log(
    `${count} seeds, ${bad} bad, ${operations} operations (${unanswered} not ok), ${(virtualNs / 1e9).toFixed(0)} virtual seconds in ${seconds.toFixed(1)} s`,
  );
  console.log(JSON.stringify(Object.fromEntries([...marks].sort((a, b) => b[1] - a[1]))));
}
