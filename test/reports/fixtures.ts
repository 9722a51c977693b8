/** Realistic trials built in code and judged by the real checker: one for each thing that a report has to tell. */

import { judge } from '../../checker/judge.ts';
import type { Anomaly, Verdict } from '../../checker/verdict.ts';
import type { Json, Operation, OperationOutcome } from '../../history/operation.ts';
import type { FaultRecord, MessageRecord, NodeEvent } from '../../history/trial-records.ts';
import type { RepeatCommand, TrialData } from '../../reports/trial-data.ts';
import {
  background,
  type Draft,
  fault,
  indexed,
  logs,
  MS,
  messages,
  NODES,
  nodeEvents,
  type Reign,
} from './cluster-model.ts';

/** As a store would say it of such a trial. */
function repeatOf({ id, world }: Story, { outcome }: Verdict): readonly RepeatCommand[] {
  const failed = outcome === 'violation';
  const rate = 'failed again in 3 of 20 runs, 15 %, 95 % CI 5–36 %';
  const repro: RepeatCommand = { name: 'repro', command: `npx ordeal repro ${id}`, expect: 'the same plan, run again' };
  const counted = { ...repro, expect: `${rate} (at commit 3f9c2ab81d04, 2026-11-21)`, rate };
  const exact = { ...repro, expect: 'exactly the same trial, event by event' };
  const again = world === 'simulator' ? exact : failed ? counted : repro;
  return [
    again,
    ...(failed
      ? [{ name: 'shrink', command: `npx ordeal shrink ${id}`, expect: 'a smaller history and schedule' } as const]
      : []),
    {
      name: 'check',
      command: `npx ordeal export ${id} > history.ndjson; npx ordeal check --model cas-register history.ndjson`,
      expect: 'the same verdict on what clients saw',
    },
  ];
}

interface Story {
  readonly id: string;
  readonly seed: number;
  readonly durationMs: number;
  readonly operations: readonly Operation[];
  readonly faults: readonly FaultRecord[];
  readonly events: readonly NodeEvent[];
  readonly messages?: readonly MessageRecord[];
  readonly world?: string;
}

const EXIT: { readonly [outcome in Verdict['outcome']]: number } = {
  pass: 0,
  violation: 1,
  unknown: 2,
  vacuous: 3,
  broken: 4,
};

export function dataOf(story: Story, verdict: Verdict): TrialData {
  const simulated = story.world === 'simulator';
  return {
    trial: {
      id: story.id,
      spec: {
        system: 'raft',
        world: story.world ?? 'processes',
        nodes: 5,
        workload: 'register',
        faults: ['partition', 'kill', 'pause', 'clock'],
        time: `${story.durationMs / 1000}s`,
        seed: story.seed,
      },
      seed: story.seed,
      system: 'raft',
      world: story.world ?? 'processes',
      workload: 'register',
      nodes: NODES,
      startedAt: '2026-11-21T04:15:00.000Z',
      durationNs: story.durationMs * MS,
      provenance: {
        version: '0.1.0',
        commit: '3f9c2ab81d04',
        node: 'v20.20.2',
        host: 'ci-runner-7',
        os: 'linux 6.1 x64',
        cores: 2,
      },
      traceHash: simulated ? '9a3f0c55d1e27b84' : null,
      outcome: verdict.outcome,
      exitCode: EXIT[verdict.outcome],
    },
    verdict,
    operations: story.operations,
    faults: story.faults,
    nodeEvents: story.events,
    messages: story.messages ?? [],
    logs: logs(story.faults),
    marks: {
      'leader deposed by a higher term': 3,
      'log truncated on conflict': 1,
      'commit of a previous term': 2,
      'snapshot installed': 0,
    },
    repeat: repeatOf(story, verdict),
  };
}

/** The checker's milliseconds differ from run to run; a fixture's do not. */
export async function judged(operations: readonly Operation[], model = 'cas-register'): Promise<Verdict> {
  const verdict = await judge(operations, { model });
  return {
    ...verdict,
    keys: verdict.keys.map((key) => ({ ...key, ms: 12 })),
    statistics: { ...verdict.statistics, ms: 84 },
  };
}

const PARTITION = fault(1, 'partition', ['n2'], 7900, 9400, '{n2} | {n1,n3,n4,n5}', { dropped: 412, delivered: 0 });
const FAULTS: readonly FaultRecord[] = [
  fault(0, 'kill', ['n4'], 3000, 4200, 'n4 killed (one)', {
    exited: 'SIGKILL',
    restarted: [{ served: true, servingAfterNs: 212 * MS }],
  }),
  PARTITION,
  fault(2, 'pause', ['n3'], 11_000, 12_100, 'n3 paused (one)', { state: 'T (stopped)' }),
  fault(3, 'clock', ['n5'], 13_500, 15_000, 'clock of n5 +1.2 s', { clockOffsetNs: 1200 * MS }),
  fault(4, 'pause', ['n1'], 16_500, 16_520, 'n1 paused (leader)', { state: 'R (running)' }, false),
];

const REIGNS: readonly Reign[] = [
  { node: 'n2', term: 4, fromMs: 150, toMs: 9420 },
  { node: 'n1', term: 5, fromMs: 8050, toMs: 20_000 },
];

function draft(
  process: number,
  f: string,
  key: string | null,
  value: Json,
  result: Json,
  node: string,
  fromMs: number,
  toMs: number,
  outcome: OperationOutcome = 'ok',
  error: string | null = null,
): Draft {
  return {
    process,
    f,
    key,
    value,
    outcome,
    result,
    error,
    invokedAt: Math.round(fromMs * MS),
    completedAt: Math.round(toMs * MS),
    node,
  };
}

/** A node that was leader and does not know of its deposition answers reads from its own state, within a partition. */
export async function staleRead(): Promise<TrialData> {
  const rest = background({
    seed: 41,
    durationMs: 20_000,
    clients: 8,
    keys: 12,
    faults: FAULTS,
    timeoutsDuring: FAULTS,
  });
  const operations = indexed([
    ...rest.filter(
      (one) =>
        (one.process !== 1 && one.process !== 3 && one.process !== 5) || Math.abs(one.invokedAt / MS - 8250) > 400,
    ),
    draft(5, 'write', 'k77', 12, null, 'n2', 7870.2, 7873.1),
    draft(1, 'write', 'k77', 15, null, 'n1', 8094.0, 8098.6),
    draft(6, 'cas', 'k77', [15, 15], null, 'n4', 8180.4, 8183.9),
    draft(5, 'read', 'k77', null, 15, 'n3', 8240.1, 8242.7),
    draft(3, 'read', 'k77', null, 12, 'n2', 8408.9, 8412.0),
    draft(2, 'write', 'k77', 18, null, 'n1', 8500.2, 8503.3),
    draft(4, 'read', 'k77', null, 18, 'n5', 8540.2, 8542.3),
  ]);
  const story = {
    id: '20261121-041500-k7',
    seed: 41,
    durationMs: 20_000,
    operations,
    faults: FAULTS,
    events: nodeEvents(41, 20_000, REIGNS, FAULTS),
    messages: messages(41, 7700, 9600, ['n2'], 7900, 9400),
  };
  return dataOf(story, await judged(operations));
}

/** An acknowledged write that no later read shows: the leader answered before a majority had it, and died. */
export async function lostWrite(): Promise<TrialData> {
  const faults = [
    fault(0, 'kill', ['n1'], 6210, 7400, 'n1 killed (leader)', {
      exited: 'SIGKILL',
      lastSyncedIndex: 8830,
      restarted: [{ served: true }],
    }),
  ];
  const rest = background({ seed: 52, durationMs: 15_000, clients: 6, keys: 10, faults, timeoutsDuring: faults });
  const operations = indexed([
    ...rest,
    draft(900, 'write', 'cart', 31, null, 'n1', 6100.4, 6103.2),
    draft(901, 'write', 'cart', 32, null, 'n1', 6204.4, 6206.0),
    draft(902, 'read', 'cart', null, 31, 'n3', 6911.2, 6914.9),
    draft(903, 'read', 'cart', null, 31, 'n2', 7050.0, 7053.1),
  ]);
  const reigns = [
    { node: 'n1', term: 2, fromMs: 140, toMs: 6210 },
    { node: 'n3', term: 3, fromMs: 6480, toMs: 15_000 },
  ];
  const story = {
    id: '20261121-052000-cart',
    seed: 52,
    durationMs: 15_000,
    operations,
    faults,
    events: nodeEvents(52, 15_000, reigns, faults),
    world: 'simulator',
    messages: messages(52, 6000, 7000, ['n1'], 6210, 7000),
  };
  return dataOf(story, await judged(operations));
}

/** Two leaders at once, each of which lets a compare-and-set from the same value succeed. */
export async function splitBrain(): Promise<TrialData> {
  const faults = [
    fault(0, 'partition', ['n1', 'n2'], 4100, 6000, '{n1,n2} | {n3,n4,n5}', { dropped: 1290, delivered: 0 }),
  ];
  const rest = background({ seed: 63, durationMs: 12_000, clients: 6, keys: 10, faults, timeoutsDuring: [] });
  const operations = indexed([
    ...rest,
    draft(900, 'write', 'lock', 3, null, 'n1', 3900.0, 3903.5),
    draft(901, 'cas', 'lock', [3, 4], null, 'n1', 4806.2, 4809.3),
    draft(902, 'cas', 'lock', [3, 5], null, 'n3', 4812.7, 4815.9),
    draft(903, 'cas', 'lock', [3, 6], null, 'n2', 4790.0, 5790.0, 'info', 'timeout after 1 s'),
    draft(904, 'cas', 'lock', [9, 7], null, 'n2', 4820.0, 4820.9, 'fail', 'mismatch'),
    draft(905, 'read', 'lock', null, 5, 'n4', 4900.0, 4903.0),
  ]);
  const reigns = [
    { node: 'n1', term: 7, fromMs: 140, toMs: 6040 },
    { node: 'n3', term: 8, fromMs: 4420, toMs: 12_000 },
  ];
  const story = {
    id: '20261121-060300-lock',
    seed: 63,
    durationMs: 12_000,
    operations,
    faults,
    events: nodeEvents(63, 12_000, reigns, faults),
  };
  return dataOf(story, await judged(operations));
}

export async function passing(): Promise<TrialData> {
  const operations = indexed(
    background({ seed: 7, durationMs: 20_000, clients: 8, keys: 12, faults: FAULTS, timeoutsDuring: FAULTS }),
  );
  const reigns = [
    { node: 'n2', term: 4, fromMs: 150, toMs: 7990 },
    { node: 'n1', term: 5, fromMs: 8050, toMs: 20_000 },
  ];
  const story = {
    id: '20261121-070000-calm',
    seed: 7,
    durationMs: 20_000,
    operations,
    faults: FAULTS,
    events: nodeEvents(7, 20_000, reigns, FAULTS),
  };
  const verdict = await judged(operations);
  return dataOf(story, verdict);
}

export async function unknown(): Promise<TrialData> {
  const pass = await passing();
  const { verdict } = pass;
  return withVerdict(pass, {
    ...verdict,
    outcome: 'unknown',
    valid: 'unknown',
    reasons: ['2 of 12 keys could not be decided within the limits'],
    keys: [
      {
        key: 'k3',
        valid: 'unknown',
        operations: 418,
        ms: 30_000,
        reason: 'out of time after 30 s, 61 unknown outcomes on this key',
      },
      {
        key: 'k9',
        valid: 'unknown',
        operations: 402,
        ms: 8_200,
        reason: 'out of memory: more than 512 MiB of visited states',
      },
    ],
  });
}

export async function vacuous(): Promise<TrialData> {
  const pass = await passing();
  const operations = indexed(pass.operations.filter((one) => one.process === 1 || one.outcome === 'info').slice(0, 60));
  const judgedVerdict = await judged(operations);
  return withVerdict(
    { ...pass, operations },
    {
      ...judgedVerdict,
      outcome: 'vacuous',
      valid: true,
      reasons: [
        'no two operations on one key overlapped',
        'the fault "partition" was asked for 3 times and never dropped a message',
      ],
      anomalies: [],
    },
  );
}

export async function broken(): Promise<TrialData> {
  const pass = await passing();
  return withVerdict(
    {
      ...pass,
      logs: [
        ...pass.logs,
        { at: 19_500 * MS, node: 'n4', level: 'error', text: 'Error: EMFILE: too many open files, open "wal-000017"' },
      ],
      nodeEvents: [
        ...pass.nodeEvents,
        {
          at: 19_510 * MS,
          node: 'n4',
          kind: 'exited',
          role: null,
          term: null,
          commitIndex: null,
          appliedIndex: null,
          detail: { exitCode: 1, output: 'Error: EMFILE: too many open files' },
        },
      ],
    },
    {
      ...pass.verdict,
      outcome: 'broken',
      reasons: ['n4 ended by itself with exit code 1, and no bug was switched on'],
    },
  );
}

/** A violation that has no operations: an invariant that the simulator saw broken. */
export async function invariant(): Promise<TrialData> {
  const data = await splitBrain();
  const anomaly: Anomaly = {
    violation: 'invariant',
    shape: 'invariant',
    key: null,
    core: [],
    confirmedBy: null,
    culprit: null,
    at: 4420 * MS,
    argument: [{ text: 'n1 and n3 were both leader of term 8.', operations: [] }],
    facts: {
      invariant: 'election safety',
      summary: 'n1 and n3 were both leader of term 8',
      nodes: ['n1', 'n3'],
      event: 88_123,
    },
  };
  const reigns = [
    { node: 'n1', term: 8, fromMs: 140, toMs: 6040 },
    { node: 'n3', term: 8, fromMs: 4300, toMs: 12_000 },
  ];
  const seen = { ...data, nodeEvents: nodeEvents(63, 12_000, reigns, data.faults) };
  return withVerdict(seen, { ...data.verdict, anomalies: [anomaly, ...data.verdict.anomalies] });
}

export function withVerdict(data: TrialData, verdict: Verdict): TrialData {
  return { ...data, verdict, trial: { ...data.trial, outcome: verdict.outcome, exitCode: EXIT[verdict.outcome] } };
}

/** A long trial: `count` operations at once, with the stale read of `staleRead` planted in the middle. */
export async function large(count: number): Promise<TrialData> {
  const small = await staleRead();
  const core = small.verdict.anomalies[0]?.core ?? [];
  const planted = small.operations.filter((one) => core.includes(one.index));
  const durationMs = 20_000;
  const drafts: Draft[] = [];
  for (let round = 0; drafts.length < count; round++) {
    const part = background({
      seed: 1000 + round,
      durationMs,
      clients: 48,
      keys: 400,
      faults: FAULTS,
      timeoutsDuring: [],
    });
    drafts.push(...part.map((one) => ({ ...one, process: one.process + round * 48, key: `r${round}-${one.key}` })));
  }
  const plantedAs = planted.map(({ index: _, ...one }, i) => ({ ...one, process: 5000 + i }));
  const operations = indexed([...drafts.slice(0, count - plantedAs.length), ...plantedAs]);
  const story = { id: 'large', seed: 9, durationMs, operations, faults: FAULTS, events: small.nodeEvents };
  const key = small.verdict.anomalies[0]?.key ?? null;
  const part = operations.filter((one) => one.key === key);
  const verdict = await judged(part);
  return dataOf(story, {
    ...verdict,
    statistics: { ...small.verdict.statistics, operations: operations.length, ok: operations.length },
  });
}
