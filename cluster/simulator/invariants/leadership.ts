/**
 * Leadership as a promise of bounded time. Four oracles of liveness, each judged only where the world leaves the cluster what
 * it needs, so that none ever speaks of a correct replica:
 *
 * - needless election: a leader that a majority has heard undisturbed for an election timeout keeps its office. PreVote and
 *   the refusal to vote near a leader promise that (dissertation, sections 4.2.3 and 9.6).
 * - disrupted leader: the same, where the campaign was that of a node that is no voter (dissertation, section 4.2.3).
 * - cut-off leader: a leader that has heard from no majority for three election timeouts has stepped down (section 6.2).
 * - no leader: where some majority has run and heard each other undisturbed for many election timeouts, and nothing else was
 *   done to the world meanwhile, somebody has led and committed (paper, section 5.6: the timing requirement).
 *
 * All times are virtual. A world of its own troubles (loss, very late messages, slow disks) is no place to judge the first
 * and the last: there an election may fail any number of times.
 */

import type { NodeId } from '../../raft/types.ts';
import type { Core } from '../core.ts';
import type { SimulatorOptions } from '../options.ts';
import type { Observed } from './observed.ts';

const MILLION = 1_000_000;
/** Clocks that differ by more are not judged by. */
const RATE_MAX_PPM = 60_000;
/** Election timeouts without a majority's word after which a leader must be gone; two whole checks fit into three. */
const CUT_OFF_TIMEOUTS = 3;
/** Election timeouts of peace within which there must be a leader. A round takes at most two, and may fail many times. */
const NO_LEADER_TIMEOUTS = 40;

/** The leader of the highest term there ever was. */
interface Reign {
  readonly node: Observed;
  readonly term: number;
  /** Since then nobody was asked to take over, and its membership is the same. */
  since: number;
  membershipIndex: number;
  /** When a higher term was first seen anywhere: somebody campaigns against it. */
  exceededAt: number | null;
  /** Who had it. */
  exceededBy: NodeId | null;
}

export class Leadership {
  private readonly core: Core;
  private readonly nodes: readonly Observed[];
  /** An election timeout at its shortest, in nanoseconds. */
  private readonly electionNs: number;
  private readonly timely: boolean;
  /** By node: when it last handled a message of each other node. */
  private readonly heardAt: number[][];
  private readonly leadsSince: number[];
  private readonly leadsTerm: number[];
  private highestTerm = 0;
  private reign: Reign | null = null;
  /** When a leader with a quorum and a commit of its own term was last seen. */
  private servedAt = 0;
  private nextLookAt = 0;

  constructor(core: Core, nodes: readonly Observed[]) {
    this.core = core;
    this.nodes = nodes;
    const { tickNs, electionTicks } = core.options.replica;
    this.electionNs = tickNs * electionTicks;
    this.timely = isTimely(core.options);
    this.heardAt = nodes.map(() => new Array<number>(nodes.length).fill(Number.NEGATIVE_INFINITY));
    this.leadsSince = new Array<number>(nodes.length).fill(0);
    this.leadsTerm = new Array<number>(nodes.length).fill(-1);
  }

  heard(node: number, from: number): void {
    (this.heardAt[node] as number[])[from] = this.core.now;
  }

  /** A leader has told another node to take over: what follows is what was asked for. */
  handedOver(): void {
    if (this.reign !== null) this.reign.since = this.core.now;
  }

  afterEvent(node: Observed): void {
    const { view } = node;
    const { index } = node.node;
    const { now } = this.core;
    const leads = view.role === 'leader';
    const term = view.term;
    const { reign } = this;
    if (reign !== null && reign.node === node && (!leads || term !== reign.term)) this.ended(reign, now);
    if (term > this.highestTerm) {
      this.highestTerm = term;
      if (reign !== null && reign.exceededAt === null) {
        // Who campaigns is a candidate. Otherwise the term was on its disk: it campaigned before it went down, nobody saw when.
        reign.exceededAt = view.role === 'candidate' ? now : Number.NEGATIVE_INFINITY;
        reign.exceededBy = node.id;
      }
    }
    if (!leads) {
      this.leadsTerm[index] = -1;
      if (now >= this.nextLookAt) this.look(now);
      return;
    }
    if (this.leadsTerm[index] !== term) {
      this.leadsTerm[index] = term;
      this.leadsSince[index] = now;
      if (term === this.highestTerm)
        this.reign = {
          node,
          term,
          since: now,
          membershipIndex: view.membershipIndex,
          exceededAt: null,
          exceededBy: null,
        };
    }
    const current = this.reign;
    if (current?.node === node && current.membershipIndex !== view.membershipIndex) {
      current.membershipIndex = view.membershipIndex;
      current.since = now;
      this.leadsSince[index] = now;
    }
    if (now >= this.nextLookAt) this.look(now);
  }

  /** A leader has stepped down: was that needed? */
  private ended(reign: Reign, now: number): void {
    this.reign = null;
    const { core, electionNs } = this;
    const { node, term } = reign;
    if (!this.timely || core.conditions.slowed || node.membership.outgoing !== null || node.excused) return;
    const { voters } = node.membership;
    if (!voters.includes(node.id) || !this.sound(node)) return;
    const since = voters
      .flatMap((id) => {
        const other = this.byId(id);
        if (other === undefined) return [Number.POSITIVE_INFINITY];
        if (other === node) return [this.soundSince(node)];
        if (!this.sound(other)) return [Number.POSITIVE_INFINITY];
        const { index } = other.node;
        return [Math.max(this.soundSince(other), core.conditions.connectedSince(node.node.index, index))];
      })
      .sort((a, b) => a - b);
    const majority = Math.floor(voters.length / 2);
    const peaceSince = Math.max(
      since[majority] ?? Number.POSITIVE_INFINITY,
      reign.since,
      core.conditions.resumedAt,
      this.soundSince(node),
    );
    // Whose campaign it was: one begun before the majority had settled on this leader may still succeed.
    const causedAt = reign.exceededAt ?? now - CUT_OFF_TIMEOUTS * electionNs;
    if (causedAt < peaceSince + electionNs * 1.1) return;
    const connected = voters.filter((_, at) => (since[at] ?? Number.POSITIVE_INFINITY) <= peaceSince).length;
    const seconds = ((now - peaceSince) / 1e9).toFixed(3);
    const { exceededBy } = reign;
    const stranger = exceededBy !== null && !voters.includes(exceededBy);
    this.report(
      stranger ? 'disrupted leader' : 'needless election',
      `${stranger ? `${exceededBy}, which is no voter, campaigned, and ` : ''}${node.id} lost its office as leader of term ${term}, although a majority had heard it undisturbed for ${seconds} s`,
      [node.id],
      { term, newTerm: node.view.term, peaceNs: now - peaceSince, electionNs, voters: voters.length, connected },
    );
  }

  private look(now: number): void {
    this.nextLookAt = now + Math.floor(this.electionNs / 4);
    let served = false;
    for (const node of this.nodes) {
      const { replica, view } = node;
      if (replica === null || node.node.state !== 'running' || view.role !== 'leader') continue;
      const { index } = node.node;
      if (this.leadsTerm[index] !== view.term) continue;
      // A clock that runs slow makes every timeout of its node longer.
      const slowest = MILLION / (MILLION + Math.min(0, node.node.clock.ratePpm));
      const bound = Math.ceil(this.electionNs * CUT_OFF_TIMEOUTS * slowest * 1.1);
      const since = Math.max(this.leadsSince[index] as number, this.core.conditions.nodeSince[index] as number);
      if (this.hears(node, now - bound)) {
        if (view.termAt(view.commit) === view.term) served = true;
      } else if (now - since > bound)
        this.report(
          'cut-off leader',
          `${node.id} still led term ${view.term}, although it had heard from no majority for ${(bound / 1e9).toFixed(3)} s`,
          [node.id],
          { term: view.term, boundNs: bound, electionNs: this.electionNs },
        );
    }
    if (served) this.servedAt = now;
    else this.lookForLeader(now);
  }

  /** Whether a majority of each set of its voters, itself included, has sent it anything since then. */
  private hears({ view, id, node }: Observed, since: number): boolean {
    const heardAt = this.heardAt[node.index] as number[];
    const { voters, outgoing } = view.membership;
    for (const set of outgoing === null ? [voters] : [voters, outgoing]) {
      let heard = 0;
      for (const voter of set) {
        const other = voter === id ? node.index : this.byId(voter)?.node.index;
        if (voter === id || (other !== undefined && (heardAt[other] as number) >= since)) heard++;
      }
      if (heard * 2 <= set.length) return false;
    }
    return true;
  }

  private lookForLeader(now: number): void {
    const { core, electionNs } = this;
    const bound = NO_LEADER_TIMEOUTS * electionNs;
    const since = Math.max(this.servedAt, core.conditions.changedAt);
    if (!this.timely || core.conditions.slowed || now - since <= bound) return;
    const voters = this.agreedVoters();
    if (voters === null) return;
    const sound = voters.filter((node) => this.sound(node));
    const group = largestClique(sound, (a, b) => core.conditions.connectedSince(a.node.index, b.node.index) <= now);
    if (group.length * 2 <= voters.length) return;
    const seconds = ((now - since) / 1e9).toFixed(3);
    const names = group.map(({ id }) => id);
    this.report(
      'no leader',
      `nobody led and committed for ${seconds} s, although ${names.join(', ')}, a majority, heard each other all the time`,
      names,
      { waitedNs: now - since, electionNs, voters: voters.length },
    );
  }

  /** The voters, if all of them that run agree on who they are and no change is under way. */
  private agreedVoters(): Observed[] | null {
    const up = this.nodes.filter(({ replica, node }) => replica !== null && node.state === 'running');
    const newest = up.reduce<Observed | null>(
      (best, node) => (best === null || node.view.membershipIndex > best.view.membershipIndex ? node : best),
      null,
    );
    if (newest === null || newest.view.membership.outgoing !== null) return null;
    const { voters } = newest.view.membership;
    for (const { id, view } of up) {
      const { membership } = view;
      // Who still has the joint configuration needs a majority of the old voters too.
      if (voters.includes(id) && (membership.outgoing !== null || membership.voters.join() !== voters.join()))
        return null;
    }
    return voters.flatMap((id) => this.byId(id) ?? []);
  }

  /** Running on a sound disk and a fair clock, and was not tampered with. */
  private sound({ node, replica, excused }: Observed): boolean {
    if (replica === null || node.state !== 'running' || excused) return false;
    return node.diskFault.disk === 'healthy' && Math.abs(node.clock.ratePpm) <= RATE_MAX_PPM;
  }

  private soundSince({ node }: Observed): number {
    return this.core.conditions.nodeSince[node.index] as number;
  }

  private byId(id: NodeId): Observed | undefined {
    const node = this.core.find(id);
    return node === undefined ? undefined : this.nodes[node.index];
  }

  private report(
    invariant: string,
    summary: string,
    nodes: readonly NodeId[],
    facts: { readonly [name: string]: number },
  ): void {
    const { events, now } = this.core;
    this.core.violated({ invariant, kind: 'liveness', summary, nodes, event: events, at: now, facts });
  }
}

/** Whether a few round trips and syncs fit into an election timeout for sure, as Raft needs it (paper, section 5.6). */
function isTimely({ network, disk, clock, replica }: SimulatorOptions): boolean {
  if (network.lossPpm > 0 || network.veryLatePpm > 0 || network.clogPpm > 0 || disk.slowSyncPpm > 0) return false;
  if (clock.rateMaxPpm > RATE_MAX_PPM) return false;
  const latency = network.latencyNs.max + (network.reorderPpm > 0 ? network.reorderNs.max : 0);
  const { tickNs, heartbeatTicks, electionTicks } = replica;
  return (heartbeatTicks + 1) * tickNs + 2 * latency + 4 * disk.syncNs.max <= (tickNs * electionTicks * 6) / 10;
}

/** A largest group in which everybody is connected to everybody else; there are nine nodes at most. */
function largestClique(nodes: readonly Observed[], connected: (a: Observed, b: Observed) => boolean): Observed[] {
  let best: Observed[] = [];
  const grow = (group: Observed[], from: number): void => {
    if (group.length > best.length) best = group;
    for (let at = from; at < nodes.length; at++) {
      const node = nodes[at] as Observed;
      if (group.every((member) => connected(member, node))) grow([...group, node], at + 1);
    }
  };
  grow([], 0);
  return best;
}
