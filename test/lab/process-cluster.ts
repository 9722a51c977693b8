/**
 * The same moves as in cluster.ts on five real processes, for the rows that are told there too. Time is real here, so a story
 * waits for what it wants to see, and only where nothing may happen it waits for as long as elections take.
 */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { Client, type CommandOutcome } from '../../cluster/client.ts';
import { type ProcessesWorld, startProcessesWorld } from '../../cluster/processes/world.ts';
import type { NodeId, ReplicaStatus } from '../../cluster/raft/types.ts';
import type { ClientRequest, KvCommand } from '../../cluster/replica/client-protocol.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMING } from '../../cluster/replica/options.ts';
import { CLEAR_LINK, type Evidence, type RequestResult, type World } from '../../cluster/world.ts';
import { draws } from '../../seed/draw.ts';

const MS = 1_000_000;
const AGREEMENT_MS = 10_000;
const ATTEMPT_MS = 500;
const LOOK_EVERY_MS = 10;
/** Longer than by default: these tests share their machine with others, and a stall is no election's cause. */
const ELECTION_TICKS = 50;
/** The longest that followers wait before they campaign. */
export const ELECTION_MS = (2 * ELECTION_TICKS * DEFAULT_TIMING.tickNs) / MS;

type Body = ClientRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never;

export async function startProcessCluster(thresholdBytes: number): Promise<ProcessCluster> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ordeal-lab-'));
  const nodes = ['n1', 'n2', 'n3', 'n4', 'n5'];
  const failures: string[] = [];
  const replica = {
    ...DEFAULT_TIMING,
    electionTicks: ELECTION_TICKS,
    reads: 'read-index' as const,
    maxClockDriftPpm: 1000,
    snapshotThresholdBytes: thresholdBytes,
    snapshotChunkBytes: 500,
    limits: DEFAULT_LIMITS,
    bugs: [],
  };
  const world = await startProcessesWorld(
    { nodes, founders: nodes, seed: 1, directory, replica },
    { nodeEvent: () => {}, logLine: () => {}, message: () => {}, failure: (reason) => failures.push(reason) },
  );
  return new ProcessCluster(world, directory, failures);
}

export class ProcessCluster {
  readonly world: ProcessesWorld;
  readonly nodes: readonly NodeId[];
  readonly failures: readonly string[];
  /** Everything that was answered: the index of each value. */
  readonly agreed = new Map<string, number>();
  readonly #directory: string;
  #groups: readonly (readonly NodeId[])[] = [];
  readonly #down = new Set<NodeId>();
  #requests = 0;
  #values = 0;
  #clients = 0;

  constructor(world: ProcessesWorld, directory: string, failures: readonly string[]) {
    this.world = world;
    this.nodes = world.nodes;
    this.failures = failures;
    this.#directory = directory;
  }

  async stop(): Promise<void> {
    await this.world.stop({ removeFiles: true });
    fs.rmSync(this.#directory, { recursive: true, force: true });
  }

  // ── looking ──

  run(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  async until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
    const deadline = performance.now() + AGREEMENT_MS;
    while (!(await holds())) {
      if (performance.now() > deadline) throw new Error(`not within ${AGREEMENT_MS} ms: ${what}`);
      await this.run(LOOK_EVERY_MS);
    }
  }

  others(...ids: readonly NodeId[]): readonly NodeId[] {
    return this.nodes.filter((id) => !ids.includes(id));
  }

  /** What each node that is up says of itself, now. */
  statuses(among: readonly NodeId[] = this.nodes): Promise<readonly ReplicaStatus[]> {
    return Promise.all(among.filter((id) => !this.#down.has(id)).map((id) => this.#status(id)));
  }

  async #status(id: NodeId): Promise<ReplicaStatus> {
    let status: ReplicaStatus | null = null;
    await this.until(`${id} tells its status`, async () => {
      const result = await this.#ask(id, { kind: 'status' }, AGREEMENT_MS);
      const told = result.kind === 'response' && result.response.ok && 'status' in result.response;
      if (told) status = result.response.status;
      return told;
    });
    return status as unknown as ReplicaStatus;
  }

  async leaders(): Promise<readonly NodeId[]> {
    return (await this.statuses()).filter(({ role }) => role === 'leader').map(({ id }) => id);
  }

  /** Waits until the named nodes that are up have one leader among them that all of them follow. */
  async leader(among: readonly NodeId[] = this.nodes): Promise<NodeId> {
    let found: NodeId | undefined;
    await this.until('one leader that all follow', async () => {
      const statuses = await this.statuses(among);
      const leaders = statuses.filter(({ role }) => role === 'leader');
      found = leaders.length === 1 ? leaders[0]?.id : undefined;
      return found !== undefined && statuses.every(({ leader }) => leader === found);
    });
    return found as NodeId;
  }

  async commitMax(): Promise<number> {
    return Math.max(...(await this.statuses()).map(({ commitIndex }) => commitIndex));
  }

  // ── proposing ──

  /** Hands a value to a node; resolves to its index, or to null if it was not applied in time. */
  async propose(id: NodeId, value: string = this.value(), timeoutMs = ATTEMPT_MS): Promise<number | null> {
    const result = await this.#ask(id, { kind: 'open-session', nonce: value }, timeoutMs);
    if (result.kind !== 'response' || !result.response.ok || !('result' in result.response)) return null;
    const index = result.response.result as number;
    this.agreed.set(value, index);
    return index;
  }

  value(): string {
    return `v${++this.#values}`;
  }

  /** Proposes a value to whoever leads until so many nodes have applied it. Returns its index. */
  async agree(by: number, value = this.value()): Promise<number> {
    let index: number | null = null;
    await this.until(`${value} applied by ${by} nodes`, async () => {
      for (const leader of index === null ? await this.leaders() : []) index ??= await this.propose(leader, value);
      if (index === null) return false;
      const applied = (await this.statuses()).filter(({ appliedIndex }) => appliedIndex >= (index as number));
      return applied.length >= by;
    });
    return index as unknown as number;
  }

  /** Proposes again what was agreed on: each value is known, at its index. */
  async expectAgreedKept(): Promise<void> {
    for (const [value, index] of [...this.agreed]) expect(await this.agree(3, value)).toBe(index);
  }

  // ── faults ──

  /** Nothing passes between these nodes and all others; what was cut off before no longer is. */
  cut(...ids: readonly NodeId[]): Promise<void> {
    return this.split(this.others(...ids), ...ids.map((id) => [id]));
  }

  split(...groups: readonly (readonly NodeId[])[]): Promise<void> {
    this.#groups = groups;
    const groupOf = (id: NodeId) => this.#groups.findIndex((group) => group.includes(id));
    const rules = this.nodes.flatMap((from) =>
      this.nodes
        .filter((to) => to !== from)
        .map((to) => ({ from, to, rule: { ...CLEAR_LINK, drop: groupOf(from) !== groupOf(to) } })),
    );
    return new Promise((resolve) => this.world.setLinks(rules, resolve));
  }

  heal(): Promise<void> {
    return this.split();
  }

  async kill(...ids: readonly NodeId[]): Promise<void> {
    for (const id of ids) this.#down.add(id);
    await Promise.all(ids.map((id) => new Promise<Evidence>((resolve) => this.world.kill(id, resolve))));
  }

  /** All nodes are up, and all links are whole. */
  async restore(): Promise<void> {
    await this.heal();
    await this.start(...this.#down);
  }

  async start(...ids: readonly NodeId[]): Promise<void> {
    const started = ids.map((id) => new Promise<Evidence>((resolve) => this.world.restart(id, resolve)));
    for (const evidence of await Promise.all(started)) expect(evidence).toMatchObject({ served: true });
    for (const id of ids) this.#down.delete(id);
  }

  // ── clients ──

  /** A client that reaches only the nodes of a list, which may change later. */
  client(reach: readonly NodeId[]): Client {
    const number = ++this.#clients;
    const { world } = this;
    const view: Pick<World, 'clock' | 'nodes' | 'request'> = {
      clock: world.clock,
      nodes: reach,
      request: (node, request, timeoutNs, done) => {
        if (reach.includes(node)) world.request(node, request, timeoutNs, done);
        else world.clock.after(MS, () => done({ kind: 'not-sent', reason: `${node} is out of reach` }));
      },
    };
    return new Client({
      world: view as World,
      home: reach[0] as NodeId,
      nonce: `client-${number}`,
      nextRequestId: () => ++this.#requests,
      jitter: draws(1, `lab.client ${number}`),
      attemptTimeoutNs: ATTEMPT_MS * MS,
    });
  }

  call(client: Client, command: KvCommand): Promise<CommandOutcome> {
    return new Promise((resolve) => client.execute(command, 2 * AGREEMENT_MS * MS, resolve));
  }

  #ask(id: NodeId, body: Body, timeoutMs: number): Promise<RequestResult> {
    const request = { ...body, id: ++this.#requests } as ClientRequest;
    return new Promise((resolve) => this.world.request(id, request, timeoutMs * MS, resolve));
  }
}
