/**
 * What a node owes to elections by itself, whatever the network does (Raft paper, figure 2, rules for servers):
 *
 * - overdue campaign: a voter that has neither heard the leader of its term nor granted a vote for two election timeouts, the longest
 *   that may be drawn, has campaigned. Only these two start the election timer anew.
 * - leader followed: who hears the leader of its own term follows it.
 *
 * Both are judged by what one node sees and does, so messages may be lost, late or sent twice. What is left to excuse a node is what
 * was done to itself: its process, its clock, its disk, its membership.
 */

import type { PeerFrame } from '../../replica/host.ts';
import type { Core } from '../core.ts';
import type { SimulatedNode } from '../node.ts';
import type { Shared } from './invariant.ts';
import type { Observed } from './observed.ts';

const MILLION = 1_000_000;
const OVERDUE_TIMEOUTS = 2;
/** A campaign shows when its first message leaves, which may wait for the disk; a timer counts whole ticks. */
const SYNCS = 4;
const TICKS = 3;

export class ElectionDuties {
  private readonly core: Core;
  private readonly shared: Pick<Shared, 'broken'>;
  private readonly nodes: readonly Observed[];
  private readonly electionNs: number;
  private readonly slackNs: number;
  /** By node: when it last campaigned, heard the leader of its term, voted, or changed its role. */
  private readonly excusedAt: number[];
  /** By node: told that it is no member, by which it no longer campaigns. */
  private readonly sentAway: boolean[];
  /** The frame that is being handled; an event that ends in a crash leaves it behind. */
  private handling: { readonly by: Observed; readonly from: SimulatedNode; readonly frame: PeerFrame } | null = null;
  private nextLookAt = 0;

  constructor(core: Core, shared: Pick<Shared, 'broken'>, nodes: readonly Observed[]) {
    this.core = core;
    this.shared = shared;
    this.nodes = nodes;
    const { replica, disk } = core.options;
    this.electionNs = replica.tickNs * replica.electionTicks;
    this.slackNs = TICKS * replica.tickNs + SYNCS * disk.syncNs.max;
    this.excusedAt = nodes.map(() => 0);
    this.sentAway = nodes.map(() => false);
  }

  started(node: Observed): void {
    this.excusedAt[node.node.index] = this.core.now;
    this.sentAway[node.node.index] = false;
  }

  /** The node is about to handle a frame. */
  hears(node: Observed, from: SimulatedNode, frame: PeerFrame): void {
    this.handling = { by: node, from, frame };
    if (isOfLeader(frame) && frame.term >= node.view.term) this.excusedAt[node.node.index] = this.core.now;
    if (frame.type === 'removed') this.sentAway[node.node.index] = true;
  }

  sent(node: Observed, frame: PeerFrame): void {
    if (frame.type === 'pre-vote' || frame.type === 'vote') this.excusedAt[node.node.index] = this.core.now;
  }

  /** The node has handled an event; its mirror still shows what was before. */
  afterEvent(node: Observed): void {
    const { now } = this.core;
    const { view } = node;
    const { handling } = this;
    this.handling = null;
    const { index } = node.node;
    if (view.role !== node.role || view.membershipIndex !== node.membershipIndex) this.excusedAt[index] = now;
    if (handling?.by === node && handling.frame.term === view.term) {
      const { from, frame } = handling;
      if (frame.type === 'vote' && view.vote === from.id) this.excusedAt[index] = now;
      if (isOfLeader(frame) && (view.role === 'candidate' || view.role === 'pre-candidate'))
        this.shared.broken(
          'leader followed',
          `${node.id} has heard from ${from.id}, the leader of its term ${view.term}, and still is a ${view.role}`,
          [node.id, from.id],
          { term: view.term, role: view.role, frame: frame.type },
        );
    }
    if (now >= this.nextLookAt) this.look(now);
  }

  private look(now: number): void {
    this.nextLookAt = now + Math.floor(this.electionNs / 8);
    // Such disks hold up messages for so long that a campaign may not show.
    if (this.core.options.disk.slowSyncPpm > 0) return;
    for (const node of this.nodes) {
      const { index, clock, diskFault, state } = node.node;
      if (node.replica === null || state !== 'running' || node.excused || diskFault.disk !== 'healthy') continue;
      const { view } = node;
      if (view.role === 'leader' || view.role === 'learner' || this.sentAway[index]) continue;
      const since = Math.max(this.excusedAt[index] as number, this.core.conditions.nodeSince[index] as number);
      // A clock that runs slow makes the timeouts of its node longer.
      const slowness = MILLION / (MILLION + Math.min(0, clock.ratePpm));
      const bound = Math.ceil((OVERDUE_TIMEOUTS * this.electionNs + this.slackNs) * slowness);
      if (now - since <= bound) continue;
      const { events } = this.core;
      this.core.violated({
        invariant: 'overdue campaign',
        kind: 'liveness',
        summary:
          `${node.id} has not campaigned, although it neither heard a leader of its term ${view.term} nor voted for ` +
          `${((now - since) / 1e9).toFixed(3)} s`,
        nodes: [node.id],
        event: events,
        at: now,
        facts: { term: view.term, waitedNs: now - since, boundNs: bound, electionNs: this.electionNs },
      });
    }
  }
}

/** Frames that only the leader of their term sends to its followers. */
function isOfLeader({ type }: PeerFrame): boolean {
  return type === 'append' || type === 'snapshot';
}
