/**
 * Checks all invariants as a world goes on. After each event it compares the node concerned with what was last seen of it, and
 * calls only those invariants that the difference could break: what did not change costs a few comparisons.
 */

import type { Json } from '../../../history/operation.ts';
import type { NodeId } from '../../raft/types.ts';
import type { ClientResponse } from '../../replica/client-protocol.ts';
import type { PeerFrame } from '../../replica/host.ts';
import type { Core } from '../core.ts';
import type { OpenRequest } from '../life.ts';
import type { SimulatedNode } from '../node.ts';
import { AbstractStates } from './abstract-state.ts';
import { CommittedHistory } from './committed-history.ts';
import { currentReads } from './current-reads.ts';
import { durableBeforeVisible } from './durable-before-visible.ts';
import { ElectionDuties } from './election-duties.ts';
import { electionSafety } from './election-safety.ts';
import type { Invariant, Shared } from './invariant.ts';
import { leaderAppendOnly } from './leader-append-only.ts';
import { leaderCompleteness } from './leader-completeness.ts';
import { Leadership } from './leadership.ts';
import { logMatching } from './log-matching.ts';
import { membershipFromLog } from './membership-from-log.ts';
import { monotonicity } from './monotonicity.ts';
import { type InspectableReplica, Observed } from './observed.ts';
import { oneVote } from './one-vote.ts';
import { snapshotEqualsReplay } from './snapshot-equals-replay.ts';
import { stateMachineSafety } from './state-machine-safety.ts';
import type { Watch } from './watch.ts';

/** The hooks of an invariant, each with the invariants that have it. */
type Hooks = { readonly [hook in keyof Omit<Invariant, 'name'>]-?: readonly NonNullable<Invariant[hook]>[] };

export class InvariantChecker implements Watch, Shared {
  readonly nodes: readonly Observed[];
  /** Names of the invariants checked. */
  readonly names: readonly string[];
  private readonly core: Core;
  private readonly hooks: Hooks;
  private readonly history = new CommittedHistory();
  private readonly leadership: Leadership;
  private readonly duties: ElectionDuties;
  private readonly states: AbstractStates;

  constructor(core: Core) {
    this.core = core;
    this.nodes = core.nodes.map((node) => new Observed(node));
    this.leadership = new Leadership(core, this.nodes);
    this.duties = new ElectionDuties(core, this, this.nodes);
    this.states = new AbstractStates(this.nodes);
    const { history } = this;
    const invariants = [
      electionSafety(this),
      logMatching(this),
      leaderAppendOnly(this),
      leaderCompleteness(this, history),
      stateMachineSafety(this, history),
      monotonicity(this),
      oneVote(this),
      durableBeforeVisible(this),
      snapshotEqualsReplay(this),
      membershipFromLog(this),
      currentReads(this, history),
    ];
    this.names = invariants.map((invariant) => invariant.name);
    const having = <Hook extends keyof Hooks>(hook: Hook) =>
      invariants.flatMap((invariant) => invariant[hook] ?? []) as unknown as Hooks[Hook];
    this.hooks = {
      started: having('started'),
      logChanged: having('logChanged'),
      becameLeader: having('becameLeader'),
      committed: having('committed'),
      applied: having('applied'),
      changed: having('changed'),
      leaderHeard: having('leaderHeard'),
      sent: having('sent'),
      responded: having('responded'),
    };
  }

  /** Hashes of the situations that the cluster has been in. */
  get situations(): ReadonlySet<number> {
    return this.states.seen;
  }

  find(id: NodeId): Observed | undefined {
    const node = this.core.find(id);
    return node === undefined ? undefined : this.nodes[node.index];
  }

  broken(invariant: string, summary: string, nodes: readonly NodeId[], facts: { readonly [name: string]: Json }): void {
    this.core.violated({
      invariant,
      kind: 'safety',
      summary,
      nodes,
      event: this.core.events,
      at: this.core.now,
      facts,
    });
  }

  onStart(node: SimulatedNode): void {
    const seen = this.nodes[node.index] as Observed;
    seen.replica = node.life?.replica as InspectableReplica;
    seen.view = seen.replica.inspect().raft;
    for (const started of this.hooks.started) started(seen);
    for (const applied of this.hooks.applied) applied(seen);
    seen.started = true;
    this.duties.started(seen);
    seen.durable.reload(node.files);
    seen.entries = [];
    seen.baseIndex = -1;
    seen.remember(0);
  }

  onEnd(node: SimulatedNode): void {
    const seen = this.nodes[node.index] as Observed;
    // A crash may come in the midst of an event, when the mirror still shows what was before it.
    if (seen.replica !== null) seen.noteVote();
    seen.replica = null;
  }

  afterEvent(node: SimulatedNode, heard: boolean): void {
    const seen = this.nodes[node.index] as Observed;
    if (seen.replica === null) return;
    const { hooks } = this;
    const { view } = seen;
    this.leadership.afterEvent(seen);
    this.duties.afterEvent(seen);
    if (heard && seen.role === 'leader' && view.role === 'leader') for (const hook of hooks.leaderHeard) hook(seen);
    if (!seen.differs()) return;
    seen.noteVote();
    if (seen.role !== view.role || seen.term !== view.term || seen.baseIndex !== view.baseIndex) this.states.note();
    for (const changed of hooks.changed) changed(seen);
    const from = seen.firstChange();
    if (from !== Number.POSITIVE_INFINITY) for (const hook of hooks.logChanged) hook(seen, from);
    if (view.role === 'leader' && (seen.role !== 'leader' || seen.term !== view.term))
      for (const hook of hooks.becameLeader) hook(seen);
    if (view.commit > seen.commit) for (const hook of hooks.committed) hook(seen, seen.commit);
    if (view.applied !== seen.applied) for (const hook of hooks.applied) hook(seen);
    seen.remember(from);
  }

  onHear(node: SimulatedNode, from: SimulatedNode, frame: PeerFrame): void {
    this.leadership.heard(node.index, from.index);
    this.duties.hears(this.nodes[node.index] as Observed, from, frame);
  }

  onSend(from: SimulatedNode, to: SimulatedNode, frame: PeerFrame): void {
    const seen = this.nodes[from.index] as Observed;
    if (seen.replica === null) return;
    if (frame.type === 'timeout-now') this.leadership.handedOver();
    this.duties.sent(seen, frame);
    for (const sent of this.hooks.sent) sent(seen, to.id, frame);
  }

  onRequest(request: OpenRequest): void {
    request.committedBefore = this.history.lastIndex;
  }

  onRespond(request: OpenRequest, response: ClientResponse): void {
    const seen = this.nodes[request.node.index] as Observed;
    if (seen.replica === null) return;
    for (const responded of this.hooks.responded) responded(seen, request, response);
  }

  onDurable(node: SimulatedNode, file: string): void {
    (this.nodes[node.index] as Observed).durable.update(node.files, file);
  }
}
