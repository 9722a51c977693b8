/**
 * A cluster in the simulator with the few moves that the lab's rows are told in: propose and agree, cut and rejoin, kill and
 * start, wait for a leader. All invariants are checked after every event; a story that breaks one fails, whatever it asserts.
 *
 * A *proposal* is the opening of a session named after a value: a command of the replicated machine that depends on no other,
 * that may be repeated without harm, and whose answer is the index at which it was applied.
 */

import { expect } from 'vitest';
import type { Client, CommandOutcome } from '../../cluster/client.ts';
import type { RaftView } from '../../cluster/raft/raft.ts';
import type { NodeId } from '../../cluster/raft/types.ts';
import type { ClientRequest, KvCommand } from '../../cluster/replica/client-protocol.ts';
import { DEFAULT_TIMING } from '../../cluster/replica/options.ts';
import { Replica, type ReplicaView } from '../../cluster/replica/replica.ts';
import { SNAPSHOT_FILE } from '../../cluster/replica/snapshot-file.ts';
import type { SimulatedWorld } from '../../cluster/simulator/world.ts';
import type { Json } from '../../history/operation.ts';
import { below, type Draw, draws } from '../../seed/draw.ts';
import type { CountingChecker } from './counting-checker.ts';
import { type LabOptions, labWorld } from './lab-world.ts';
import { AGREEMENT_MS, ATTEMPT_MS, clientWithin, groupRules, MS } from './moves.ts';

const RETRY_MS = 20;
/** A single proposal is waited for no longer than this. */
const PATIENCE_MS = 20_000;
/** A client gives a call up after this time. */
const CALL_MS = 600_000;
/** The longest that followers wait before they campaign. */
export const ELECTION_MS = (2 * DEFAULT_TIMING.electionTicks * DEFAULT_TIMING.tickNs) / MS;

/** A value on its way into the log. */
export interface Proposal {
  readonly value: string;
  /** Where it was applied, once that is known. */
  index: number | null;
  /** No answer will come any more. */
  over: boolean;
}

/** What a client was asked to do. */
export interface Call {
  /** Null until it is answered. */
  outcome: CommandOutcome | null;
  tookMs: number;
}

export class LabCluster {
  readonly seed: number;
  readonly nodes: readonly NodeId[];
  readonly world: SimulatedWorld;
  readonly failures: string[] = [];
  /** Everything that was answered: the index of each value. */
  readonly agreed = new Map<string, number>();
  readonly #checker: CountingChecker;
  readonly #cutOff = new Set<NodeId>();
  #groups: readonly (readonly NodeId[])[] = [];
  #requests = 0;
  #values = 0;
  #clients = 0;
  readonly #draw: Draw;
  #drawn = 0;

  constructor(seed: number, options: LabOptions) {
    this.seed = seed;
    this.nodes = Array.from({ length: options.nodes }, (_, at) => `n${at + 1}`);
    this.#draw = draws(seed, 'lab');
    const made = labWorld(seed, this.nodes, options, (reason) => this.failures.push(reason));
    this.world = made.world;
    this.#checker = made.checker;
  }

  // ── time ──

  /** Milliseconds of virtual time. */
  get now(): number {
    return this.world.now / MS;
  }

  run(ms: number): void {
    this.world.run(this.world.now + Math.round(ms * MS));
  }

  /** Lets time pass until something is so; fails if that takes longer than it may. */
  until(what: string, holds: () => boolean, withinMs = AGREEMENT_MS): void {
    if (!this.world.runUntil(holds, this.world.now + withinMs * MS))
      throw new Error(`not within ${withinMs} ms: ${what} (at ${this.now} ms)`);
  }

  /** A draw of this story, 0..count-1. */
  drawn(count: number): number {
    return below(this.#draw(this.#drawn++), count);
  }

  /** A value that was not used before, of a length if that matters. */
  value(length = 0): string {
    return `v${++this.#values}`.padEnd(length, '.');
  }

  // ── looking ──

  get connected(): readonly NodeId[] {
    return this.nodes.filter((id) => this.isUp(id) && !this.#cutOff.has(id));
  }

  isUp(id: NodeId): boolean {
    return this.world.node(id).up;
  }

  isConnected(id: NodeId): boolean {
    return this.connected.includes(id);
  }

  /** What a node that is up holds; live. */
  replica(id: NodeId): ReplicaView {
    const replica = this.world.node(id).life?.replica;
    if (!(replica instanceof Replica)) throw new Error(`${id} is not up`);
    return replica.inspect();
  }

  raft(id: NodeId): RaftView {
    return this.replica(id).raft;
  }

  get terms(): readonly number[] {
    return this.nodes.filter((id) => this.isUp(id)).map((id) => this.raft(id).term);
  }

  leads(id: NodeId): boolean {
    return this.isUp(id) && this.raft(id).role === 'leader';
  }

  /** All who think they lead among the nodes that are connected, or among those named. */
  leaders(among: readonly NodeId[] = this.connected): readonly NodeId[] {
    return among.filter((id) => this.leads(id));
  }

  others(...ids: readonly NodeId[]): readonly NodeId[] {
    return this.nodes.filter((id) => !ids.includes(id));
  }

  /** Waits until the connected nodes (or those named) have one leader that all of them follow. */
  leader(among?: readonly NodeId[]): NodeId {
    let found: NodeId | undefined;
    const settled = () => {
      const members = among ?? this.connected;
      const leaders = this.leaders(members);
      found = leaders.length === 1 ? leaders[0] : undefined;
      return found !== undefined && members.every((id) => this.isUp(id) && this.raft(id).leader === found);
    };
    this.until('one leader that all follow', settled);
    return found as NodeId;
  }

  /** The value at an index of a node's log; null if the log holds no proposal there. */
  valueAt(id: NodeId, index: number): string | null {
    const entry = this.raft(id).entryAt(index);
    if (entry?.kind !== 'command') return null;
    const { nonce } = entry.data as { readonly nonce?: string };
    return nonce ?? null;
  }

  /** Where a node's log holds a value; null if nowhere. */
  indexOf(id: NodeId, value: string): number | null {
    const { baseIndex, lastIndex } = this.raft(id);
    for (let index = lastIndex; index > baseIndex; index--) if (this.valueAt(id, index) === value) return index;
    return null;
  }

  /** The nodes that have applied an index. */
  holders(index: number): readonly NodeId[] {
    return this.nodes.filter((id) => this.isUp(id) && this.replica(id).appliedIndex >= index);
  }

  /** Highest index that any node thinks is committed. */
  get commitMax(): number {
    return Math.max(0, ...this.nodes.filter((id) => this.isUp(id)).map((id) => this.raft(id).commit));
  }

  /** Requests among the nodes so far, replies not counted. */
  get rpcs(): number {
    return this.#checker.requests;
  }

  /** Entries among them that a follower refused because its log does not hold what comes before. */
  get rejections(): number {
    return this.#checker.rejections;
  }

  /** Runs a story and tells how many bytes the nodes sent each other meanwhile. */
  bytesSent(story: () => void): number {
    const checker = this.#checker;
    checker.measuresBytes = true;
    const before = checker.bytes;
    story();
    return checker.bytes - before;
  }

  /** The largest that any node's log on disk ever was. */
  get logBytesMax(): number {
    return this.#checker.logBytesMax;
  }

  /** Bytes of a node's snapshot on disk; 0 if there is none. */
  snapshotBytes(id: NodeId): number {
    return this.world.node(id).files.lengths(SNAPSHOT_FILE).length;
  }

  /** How often an interesting state was reached. */
  mark(name: string): number {
    return this.world.marks.get(name) ?? 0;
  }

  // ── proposing ──

  /** Hands a value to a node; whether and where it was applied shows in the proposal. */
  propose(id: NodeId, value: string = this.value()): Proposal {
    const proposal: Proposal = { value, index: null, over: false };
    this.#ask(id, proposal, PATIENCE_MS, () => {
      proposal.over = true;
    });
    return proposal;
  }

  /** Proposes a value to whoever leads, again and again, until it was applied. */
  insist(value: string = this.value()): Proposal {
    const proposal: Proposal = { value, index: null, over: false };
    let turn = 0;
    const attempt = (): void => {
      if (proposal.over) return;
      const leaders = this.leaders();
      const target = leaders[turn++ % Math.max(1, leaders.length)];
      const again = (): void => {
        if (proposal.index !== null) proposal.over = true;
        else this.world.clock.after(RETRY_MS * MS, attempt);
      };
      if (target === undefined) again();
      else this.#ask(target, proposal, ATTEMPT_MS, again);
    };
    attempt();
    return proposal;
  }

  #ask(id: NodeId, proposal: Proposal, timeoutMs: number, done: () => void): void {
    const { value } = proposal;
    const request: ClientRequest = { kind: 'open-session', id: ++this.#requests, nonce: value };
    this.world.request(id, request, timeoutMs * MS, (result) => {
      if (result.kind === 'response' && result.response.ok && 'result' in result.response) {
        proposal.index = result.response.result as number;
        this.agreed.set(value, proposal.index);
      }
      done();
    });
  }

  /** Insists on a value until so many nodes have applied it (all that are connected, if nothing is said). Returns its index. */
  agree(options: { readonly value?: string; readonly by?: number; readonly withinMs?: number } = {}): number {
    const proposal = this.insist(options.value);
    const by = options.by ?? this.connected.length;
    const applied = () => proposal.index !== null && this.holders(proposal.index).length >= by;
    this.until(`${proposal.value} applied by ${by} nodes`, applied, options.withinMs);
    proposal.over = true;
    const index = proposal.index as number;
    for (const id of this.holders(index))
      if (index > this.raft(id).baseIndex)
        expect(this.valueAt(id, index), `index ${index} of ${id}`).toBe(proposal.value);
    return index;
  }

  /** Everything that was ever answered is at its index in each log that holds this index and has committed it. */
  expectAgreedInLogs(): void {
    const lost: string[] = [];
    for (const id of this.nodes.filter((node) => this.isUp(node))) {
      const { baseIndex, commit } = this.raft(id);
      for (const [value, index] of this.agreed)
        if (index > baseIndex && index <= commit && this.valueAt(id, index) !== value)
          lost.push(`${id} holds ${this.valueAt(id, index)} at ${index}, not ${value}`);
    }
    expect(lost).toEqual([]);
    expect(new Set(this.agreed.values()).size).toBe(this.agreed.size);
  }

  // ── links ──

  /** Nothing passes between these nodes and all others any more. */
  cut(...ids: readonly NodeId[]): void {
    for (const id of ids) this.#cutOff.add(id);
    this.#applyLinks();
  }

  rejoin(...ids: readonly NodeId[]): void {
    for (const id of ids) this.#cutOff.delete(id);
    this.#applyLinks();
  }

  /** Messages pass within each group only. No groups: within the whole cluster. */
  split(...groups: readonly (readonly NodeId[])[]): void {
    this.#groups = groups;
    this.#applyLinks();
  }

  heal(): void {
    this.#cutOff.clear();
    this.split();
  }

  #applyLinks(): void {
    const alone = [...this.#cutOff].map((id) => [id]);
    const together = this.#groups.map((group) => group.filter((id) => !this.#cutOff.has(id)));
    const rules = groupRules(this.nodes, [...alone, ...together]);
    this.world.setLinks(rules, () => {});
  }

  // ── processes ──

  kill(...ids: readonly NodeId[]): void {
    for (const id of ids) this.world.kill(id, () => {});
  }

  /** Starts nodes that are down; returns when they serve. */
  start(...ids: readonly NodeId[]): void {
    this.startSoon(...ids);
    this.until(`${ids.join(', ')} serve`, () => ids.every((id) => this.isUp(id) && this.replica(id).serving));
  }

  /** Starts nodes without waiting for them. */
  startSoon(...ids: readonly NodeId[]): void {
    for (const id of ids) this.world.restart(id, () => {});
  }

  restart(...ids: readonly NodeId[]): void {
    this.kill(...ids);
    this.start(...ids);
  }

  // ── clients ──

  /** A client that reaches only the nodes of a list, which may change later. Its first home is the first of them. */
  client(reach: readonly NodeId[] = this.nodes): Client {
    const options = { seed: this.seed, number: ++this.#clients, nextRequestId: () => ++this.#requests };
    return clientWithin(this.world, reach, options);
  }

  /** Has a client do something; what came of it shows in the call. */
  call(client: Client, command: KvCommand): Call {
    const call: Call = { outcome: null, tookMs: 0 };
    const began = this.now;
    client.execute(command, CALL_MS * MS, (outcome) => {
      call.outcome = outcome;
      call.tookMs = this.now - began;
    });
    return call;
  }

  /** Has a client do something, and waits for the answer, which must be an ok. */
  done(client: Client, command: KvCommand): Json {
    const call = this.call(client, command);
    return this.answer(call);
  }

  /** Waits for the answer to a call, which must be an ok. */
  answer(call: Call): Json {
    this.until('a call is answered', () => call.outcome !== null);
    if (call.outcome?.outcome !== 'ok') throw new Error(`not ok: ${JSON.stringify(call.outcome)}`);
    return call.outcome.result;
  }

  /** The value of a key in the machine of each node that is up. */
  stored(key: string): readonly Json[] {
    const up = this.nodes.filter((id) => this.isUp(id));
    return up.map((id) => this.replica(id).machine.read({ f: 'get', key }));
  }

  // ── the end ──

  /** No invariant was broken, and no node ended by itself. */
  expectSound(): void {
    expect(this.world.violations).toEqual([]);
    expect(this.failures).toEqual([]);
  }
}
