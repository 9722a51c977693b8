/**
 * The same moves as in cluster.ts on five real processes, for the rows that are told there too. Time is real here, so a story
 * waits for what it wants to see, and only where nothing may happen it waits for as long as elections take.
 */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import type { Client, CommandOutcome } from '../../cluster/client.ts';
import { lostMs } from '../../cluster/processes/stall-watch.ts';
import { type ProcessesWorld, startProcessesWorld } from '../../cluster/processes/world.ts';
import type { NodeId, ReplicaStatus } from '../../cluster/raft/types.ts';
import type { ClientRequest, KvCommand } from '../../cluster/replica/client-protocol.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMING } from '../../cluster/replica/options.ts';
import type { Evidence, RequestResult } from '../../cluster/world.ts';
import { ATTEMPT_MS, clientWithin, groupRules, MS } from './moves.ts';

const LOOK_EVERY_MS = 10;
/** Longer than by default: these tests share their machine with others, and a stall is no election's cause. */
const ELECTION_TICKS = 50;
/** Processes that lost less than this in stalls and slow syncs, all together, had no reason to elect anybody. */
const ELECTION_LOST_MS_MIN = 200;
/** A guard against a hang: a machine may stand still for a long time. */
export const PATIENCE_MS = 60_000;
/** How long the evidence of a stall may take from the log of a process to here. */
const EVIDENCE_MS = 20_000;
const DISTURBED_MAX = 20;
/** The longest that followers wait before they campaign. */
export const ELECTION_MS = (2 * ELECTION_TICKS * DEFAULT_TIMING.tickNs) / MS;

type Body = ClientRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never;

export async function startProcessCluster(thresholdBytes: number): Promise<ProcessCluster> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ordeal-lab-'));
  const nodes = ['n1', 'n2', 'n3', 'n4', 'n5'];
  const failures: string[] = [];
  const stalls: number[] = [];
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
    {
      nodeEvent: () => {},
      logLine: ({ text }) => stalls.push(lostMs(text)),
      message: () => {},
      failure: (reason) => failures.push(reason),
    },
  );
  return new ProcessCluster(world, directory, failures, stalls);
}

export class ProcessCluster {
  readonly world: ProcessesWorld;
  readonly nodes: readonly NodeId[];
  readonly failures: readonly string[];
  /** Everything that was answered: the index of each value. */
  readonly agreed = new Map<string, number>();
  readonly #directory: string;
  /** What processes lost in stalls and slow syncs, in milliseconds each, as they tell in their logs. */
  readonly #stalls: readonly number[];
  readonly #down = new Set<NodeId>();
  #requests = 0;
  #values = 0;
  #clients = 0;

  constructor(world: ProcessesWorld, directory: string, failures: readonly string[], stalls: readonly number[]) {
    this.world = world;
    this.nodes = world.nodes;
    this.failures = failures;
    this.#directory = directory;
    this.#stalls = stalls;
  }

  async stop(): Promise<void> {
    await this.world.stop({ removeFiles: true });
    fs.rmSync(this.#directory, { recursive: true, force: true });
  }

  // ── looking ──

  run(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  async until(what: string, holds: () => Promise<boolean> | boolean, withinMs = PATIENCE_MS): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!(await holds())) {
      if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
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
      const result = await this.#ask(id, { kind: 'status' }, PATIENCE_MS);
      const told = result.kind === 'response' && result.response.ok && 'status' in result.response;
      if (told) status = result.response.status;
      return told;
    });
    return status as unknown as ReplicaStatus;
  }

  /**
   * Tells a story in which nobody may be elected. On a machine that lets processes stand still somebody is, and rightly so: then
   * the processes must say how long they stood still, and the story is told again. A new term without that evidence fails. In what
   * is prepared for the story elections are nothing special.
   */
  async undisturbed<T>(prepare: () => Promise<T>, story: (prepared: T) => Promise<void>): Promise<void> {
    for (let disturbed = 0; ; disturbed++) {
      const prepared = await prepare();
      const before = await this.termMax();
      const told = this.#stalls.length;
      const failure = await story(prepared).then(
        () => null,
        (error: unknown) => ({ error }),
      );
      const after = await this.termMax();
      if (after === before && failure === null) return;
      if (after === before) throw failure?.error;
      const lost = (): number => this.#stalls.slice(told).reduce((sum, ms) => sum + ms, 0);
      await this.until(
        `evidence of a stall: the term rose from ${before} to ${after}`,
        () => lost() >= ELECTION_LOST_MS_MIN,
        EVIDENCE_MS,
      );
      if (disturbed === DISTURBED_MAX)
        throw new Error(`this machine stalls all the time: ${lost()} ms in the last try`);
      await this.restore();
    }
  }

  async termMax(): Promise<number> {
    return Math.max(...(await this.statuses()).map(({ term }) => term));
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

  /**
   * Proposes a value to whoever leads until so many nodes have applied it. Returns its index. A proposal that is not answered
   * within `attemptMs` is repeated, which may put it into the log twice.
   */
  async agree(by: number, value = this.value(), attemptMs = ATTEMPT_MS): Promise<number> {
    let index: number | null = null;
    await this.until(`${value} applied by ${by} nodes`, async () => {
      for (const leader of index === null ? await this.leaders() : [])
        index ??= await this.propose(leader, value, attemptMs);
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
    const rules = groupRules(this.nodes, groups);
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
    const options = { seed: 1, number: ++this.#clients, nextRequestId: () => ++this.#requests };
    return clientWithin(this.world, reach, options);
  }

  call(client: Client, command: KvCommand): Promise<CommandOutcome> {
    return new Promise((resolve) => client.execute(command, 2 * PATIENCE_MS * MS, resolve));
  }

  #ask(id: NodeId, body: Body, timeoutMs: number): Promise<RequestResult> {
    const request = { ...body, id: ++this.#requests } as ClientRequest;
    return new Promise((resolve) => this.world.request(id, request, timeoutMs * MS, resolve));
  }
}
