/**
 * Raw throughput of the cluster on processes: requests from one process straight to the leader (and reads to every node), no
 * faults, nothing recorded. `npx tsx bench/processes.ts [--nodes 5] [--concurrency 64] [--seconds 5] [--json]`
 */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type ProcessesWorld, startProcessesWorld } from '../cluster/processes/world.ts';
import type { NodeId } from '../cluster/raft/types.ts';
import type { ClientRequest, ClientResponse } from '../cluster/replica/client-protocol.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMING } from '../cluster/replica/options.ts';
import type { Evidence } from '../cluster/world.ts';

const SECOND_NS = 1_000_000_000;
const KEYS = 64;
const RESTARTS = 7;

interface Measured {
  readonly what: string;
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
  /** CPU time per operation, in microseconds: of this process, the network, the leader, and one follower on average. */
  readonly cpuUs: {
    readonly clients: number;
    readonly network: number;
    readonly leader: number;
    readonly follower: number;
  };
}

/** CPU time a process has used, in microseconds (proc(5): utime and stime, in hundredths of a second). */
function cpuUs(pid: number): number {
  const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

function leaderOf(world: ProcessesWorld): NodeId | undefined {
  return world.nodes.find((node) => world.view(node).status?.role === 'leader');
}

function ask(world: ProcessesWorld, node: NodeId, request: ClientRequest): Promise<ClientResponse> {
  return new Promise((resolve, reject) =>
    world.request(node, request, 5 * SECOND_NS, (result) =>
      result.kind === 'response' ? resolve(result.response) : reject(new Error(result.reason)),
    ),
  );
}

/** `concurrency` clients, each asking again as soon as it has its answer, for `seconds`; the first fifth is warm-up. */
function drive(
  world: ProcessesWorld,
  what: string,
  concurrency: number,
  seconds: number,
  next: (client: number) => { readonly node: NodeId; readonly request: ClientRequest },
): Promise<Measured> {
  return new Promise((resolve) => {
    const { clock } = world;
    const measureFrom = clock.now() + (seconds * SECOND_NS) / 5;
    const end = measureFrom + seconds * SECOND_NS;
    const latencies: number[] = [];
    let failed = 0;
    let open = concurrency;
    const again = (client: number): void => {
      const sentAt = clock.now();
      const { node, request } = next(client);
      world.request(node, request, 5 * SECOND_NS, (result) => {
        const now = clock.now();
        completed++;
        if (result.kind !== 'response' || !result.response.ok) failed++;
        else if (sentAt >= measureFrom) latencies.push(now - sentAt);
        if (now < end) again(client);
        else if (--open === 0) finish();
      });
    };
    // The pids of the nodes in their order, then the network's.
    const pids = world.pids();
    const leadsAt = world.nodes.indexOf(leaderOf(world) as NodeId);
    const cpu = (): number[] => [...pids, process.pid].map(cpuUs);
    const before = cpu();
    let completed = 0;
    const finish = (): void => {
      const spent = cpu().map((us, i) => (us - (before[i] as number)) / completed);
      const clients = spent.pop() as number;
      const network = spent.pop() as number;
      const leader = spent.splice(leadsAt, 1)[0] as number;
      const follower = spent.reduce((sum, us) => sum + us, 0) / spent.length;
      latencies.sort((a, b) => a - b);
      const at = (share: number): number => (latencies[Math.floor((latencies.length - 1) * share)] ?? 0) / 1e6;
      resolve({
        what,
        opsPerSecond: Math.round(latencies.length / seconds),
        p50Ms: at(0.5),
        p99Ms: at(0.99),
        failed,
        cpuUs: { clients, network, leader, follower },
      });
    };
    for (let client = 0; client < concurrency; client++) again(client);
  });
}

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '5' },
    concurrency: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '5' },
    directory: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const concurrency = Number(values.concurrency);
const seconds = Number(values.seconds);
const nodes = Array.from({ length: Number(values.nodes) }, (_, at) => `n${at + 1}`);
const directory = fs.mkdtempSync(path.join(values.directory ?? os.tmpdir(), 'ordeal-bench-'));
const world = await startProcessesWorld(
  {
    nodes,
    founders: nodes,
    seed: 1,
    directory,
    replica: {
      ...DEFAULT_TIMING,
      reads: 'read-index',
      maxClockDriftPpm: 1000,
      snapshotThresholdBytes: 4_000_000,
      snapshotChunkBytes: 65_536,
      limits: DEFAULT_LIMITS,
      bugs: [],
    },
  },
  {
    nodeEvent: () => {},
    logLine: ({ node, level, text }) => level !== 'info' && console.error(`${node} ${level}: ${text}`),
    message: () => {},
    failure: (reason) => console.error(reason),
  },
);
try {
  while (leaderOf(world) === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  const leader = leaderOf(world) as NodeId;
  let id = 0;
  const sessions: number[] = [];
  for (let client = 0; client < concurrency; client++) {
    const opened = await ask(world, leader, { kind: 'open-session', id: ++id, nonce: `bench-${client}` });
    if (!opened.ok || !('result' in opened)) throw new Error(`no session: ${JSON.stringify(opened)}`);
    sessions.push(opened.result as number);
  }
  const sequences = sessions.map(() => 0);
  const put = (client: number): ClientRequest => {
    const sequence = (sequences[client] ?? 0) + 1;
    sequences[client] = sequence;
    const key = `k${(client + sequence) % KEYS}`;
    return {
      kind: 'command',
      id: ++id,
      session: sessions[client] as number,
      sequence,
      command: { f: 'put', key, value: id },
    };
  };
  const read = (client: number): ClientRequest => ({
    kind: 'read',
    id: ++id,
    command: { f: 'get', key: `k${(client + id) % KEYS}` },
  });
  const measured = [
    await drive(world, 'put at the leader', concurrency, seconds, (client) => ({ node: leader, request: put(client) })),
    await drive(world, 'read at the leader', concurrency, seconds, (client) => ({
      node: leader,
      request: read(client),
    })),
    await drive(world, 'read at all nodes', concurrency, seconds, (client) => ({
      node: nodes[client % nodes.length] as NodeId,
      request: read(client),
    })),
    await drive(world, 'half put at the leader, half read at all nodes', concurrency, seconds, (client) =>
      client % 2 === 0
        ? { node: leader, request: put(client) }
        : { node: nodes[client % nodes.length] as NodeId, request: read(client) },
    ),
  ];
  // With a log of many thousand entries behind it, as long as the benchmark has filled it.
  const follower = nodes.find((node) => node !== leader) as NodeId;
  const restartsMs: number[] = [];
  for (let round = 0; round < RESTARTS; round++) {
    await new Promise((resolve) => world.kill(follower, resolve));
    const evidence = await new Promise<Evidence>((resolve) => world.restart(follower, resolve));
    restartsMs.push((evidence.servingAfterNs as number) / 1e6);
  }
  restartsMs.sort((a, b) => a - b);
  const restart = { medianMs: restartsMs[RESTARTS >> 1] as number, maxMs: restartsMs.at(-1) as number };
  if (values.json) console.log(JSON.stringify({ nodes: nodes.length, concurrency, seconds, measured, restart }));
  else {
    for (const { what, opsPerSecond, p50Ms, p99Ms, failed, cpuUs: cpu } of measured)
      console.log(
        `${what.padEnd(48)} ${String(opsPerSecond).padStart(6)} ops/s   p50 ${p50Ms.toFixed(2)} ms   p99 ${p99Ms.toFixed(2)} ms   failed ${failed}   ` +
          `CPU µs/op: clients ${cpu.clients.toFixed(0)}, network ${cpu.network.toFixed(0)}, leader ${cpu.leader.toFixed(0)}, each follower ${cpu.follower.toFixed(0)}`,
      );
    console.log(
      `from a restart to serving: median ${restart.medianMs.toFixed(0)} ms, at most ${restart.maxMs.toFixed(0)} ms`,
    );
  }
} finally {
  await world.stop();
  fs.rmSync(directory, { recursive: true, force: true });
}
