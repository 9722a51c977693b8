/**
 * Chase: whoever leads is struck at a chosen moment, and as it is struck, the one before it is let go. What distributed logs get
 * wrong shows when leadership changes hands while something is half done: an entry that is on one follower only, a change of
 * members that only its leader knows, a snapshot under way, a hand-over (figure 8 of the Raft paper takes four such steps).
 * Faults that come by the clock alone hardly ever meet these moments; this one looks at the cluster and waits for them.
 *
 * What is drawn is a list of hops, each a moment, an operator's request and a strike, so that a schedule tells what was done
 * and can be made smaller hop by hop.
 */

import { z } from 'zod';
import type { NodeId, ReplicaStatus } from '../cluster/raft/types.ts';
import type { DirectedLink } from '../cluster/world.ts';
import { type Draw, pick, shuffled } from '../seed/draw.ts';
import { askNode } from './admin.ts';
import { describeHop, drawHops, type Hop, hopSchema } from './chase-hops.ts';
import type { Battlefield, Fault } from './fault.ts';
import { provesKill } from './kill.ts';
import { allLinks, difference } from './links.ts';
import { provesPause } from './pause.ts';
import { currentLeader, forEachOf } from './targets.ts';
import { changeVoters } from './voters.ts';

const schema = z.object({
  /** Permutation of all nodes, from which company, heirs and members are chosen. */
  order: z.array(z.string()),
  /** How often the cluster is looked at. */
  lookNs: z.number().int().min(10_000),
  /** Done in turn, from the first again after the last. */
  hops: z.array(hopSchema).min(1).max(32),
});

const MS = 1_000_000;
const SPARED_NS = 20 * MS;
/** Longer than most leaders without a majority go on leading. */
const STAYED_NS = 200 * MS;
const ORDER_TIMEOUT_NS = 2_000 * MS;
const RESTORE_TIMEOUT_NS = 15_000 * MS;

export const chase: Fault = {
  name: 'chase',
  summary: 'whoever leads is cut off, killed or paused at a telling moment, and the leader before it is let go',
  needs: ['links', 'kill', 'pause', 'membership', 'transfer', 'compact'],
  asked: schema,
  draw: (draw: Draw, which, nodes) => ({
    order: shuffled(draw, which, nodes),
    lookNs: pick(draw(which, 100, 0), [MS / 5, MS / 5, MS]),
    hops: drawHops(draw, which),
  }),
  begin(field, asked, done) {
    const { order, lookNs, hops } = schema.parse(asked);
    field.links.counts(allLinks(field.world.nodes), (before) => {
      const running = new Chase(field, order, hops, lookNs);
      done({
        targets: order,
        summary: `leaders are chased: ${hops.map(describeHop).join('; ')}`,
        evidence: { hops: hops.length },
        heal: (healed) =>
          running.end((struck) =>
            field.links.counts(allLinks(field.world.nodes), (after) => {
              const { dropped } = difference(after, before);
              // A kill and a pause are proved by the process, being cut off by what was lost on the links.
              const bit = struck.some(({ proved }) => proved ?? dropped > 0);
              healed({ evidence: { struck, dropped }, bit });
            }),
          ),
      });
    });
  },
};

/** A strike as it is kept. `proved`: whether the process shows it; null where only the links can. */
type Struck = { readonly node: NodeId; readonly strike: string; readonly at: number; readonly proved: boolean | null };

/** A leader that was struck, and how to let it go. */
interface Victim {
  readonly node: NodeId;
  readonly release: (done: () => void) => void;
}

class Chase {
  readonly #field: Battlefield;
  readonly #order: readonly NodeId[];
  readonly #hops: readonly Hop[];
  readonly #lookNs: number;
  readonly #struck: Struck[] = [];
  #hop = 0;
  /** The leader that is watched, by its term. */
  #watched: { readonly node: NodeId; readonly term: number; readonly since: number; readonly commit: number } | null =
    null;
  /** The leader that was struck last; `commit`: what it had committed when it still led some time after that. */
  #last: { readonly node: NodeId; readonly term: number; readonly at: number; commit: number | null } | null = null;
  #victim: Victim | null = null;
  /** Strikes and releases under way. */
  #underWay = 0;
  #whenIdle: (() => void) | null = null;
  /** The node that was asked to be added last. */
  #newcomer: NodeId | null = null;
  /** The members are to be put right again. */
  #membersAsked = false;
  #over = false;

  constructor(field: Battlefield, order: readonly NodeId[], hops: readonly Hop[], lookNs: number) {
    this.#field = field;
    this.#order = order;
    this.#hops = hops;
    this.#lookNs = lookNs;
    this.#look();
  }

  /** Ends it: the last victim is let go, the members are what they were. `done` is told whom it struck. */
  end(done: (struck: Struck[]) => void): void {
    this.#over = true;
    this.#whenIdle = () => {
      const finish = (): void => done(this.#struck);
      const restore = (): void => {
        if (!this.#membersAsked) {
          finish();
          return;
        }
        const { world, losses, founders } = this.#field;
        changeVoters(this.#field, losses.restored(world, founders), RESTORE_TIMEOUT_NS, ({ accepted }) => {
          losses.end(accepted);
          finish();
        });
      };
      const last = this.#victim;
      this.#victim = null;
      if (last === null) restore();
      else last.release(restore);
    };
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.#underWay > 0 || this.#whenIdle === null) return;
    const then = this.#whenIdle;
    this.#whenIdle = null;
    then();
  }

  readonly #stepDone = (): void => {
    this.#underWay--;
    this.#checkIdle();
  };

  /** Looks at the cluster, again and again; one hop at a time is under way. */
  #look(): void {
    if (this.#over) return;
    const { world } = this.#field;
    const hop = this.#hops[this.#hop % this.#hops.length] as Hop;
    const leader = currentLeader(world);
    const status = leader === null ? null : world.view(leader).status;
    const now = world.clock.now();
    if (leader !== null && status !== null && this.#mayBeStruck(leader, status, hop, now)) {
      if (this.#watched?.node !== leader || this.#watched.term !== status.term)
        this.#watched = { node: leader, term: status.term, since: now, commit: status.commitIndex };
      const { since, commit } = this.#watched;
      if (now - since >= hop.patienceNs || this.#momentOf(hop, status, commit)) {
        this.#hop++;
        // A leader that is spared may be struck by the next hop.
        if (hop.strike === 'spare') this.#watched = null;
        else this.#last = { node: leader, term: status.term, at: now, commit: null };
        this.#carryOut(hop, leader, status);
        return;
      }
    }
    world.clock.after(this.#lookNs, () => this.#look());
  }

  /**
   * Whether a leader may be struck: once in its term, and again if it goes on committing after that, or leads for so long that a
   * majority must have stayed with it, although nothing commits. Leaders are told apart by node and term: two of one term are just what a hunt looks for.
   */
  #mayBeStruck(leader: NodeId, { term, commitIndex }: ReplicaStatus, { patienceNs, lagNs }: Hop, now: number): boolean {
    const last = this.#last;
    if (last === null || term > last.term || (term === last.term && leader !== last.node)) return true;
    const since = now - last.at - lagNs;
    if (term < last.term || since < patienceNs) return false;
    last.commit ??= commitIndex;
    return commitIndex > last.commit || since >= 2 * patienceNs + STAYED_NS;
  }

  #momentOf(hop: Hop, leader: ReplicaStatus, commitBefore: number): boolean {
    const { world } = this.#field;
    const others = (): ReplicaStatus[] =>
      world.nodes.flatMap((node) => {
        const { state, status } = world.view(node);
        return node === leader.id || state !== 'running' || status === null ? [] : [status];
      });
    switch (hop.moment) {
      case 'elected':
        return true;
      case 'appended':
        return leader.lastIndex > leader.commitIndex;
      case 'committed':
        return leader.commitIndex > commitBefore;
      case 'settled':
        return leader.commitIndex > 0 && leader.lastIndex === leader.commitIndex;
      case 'members':
        return others().some(
          ({ id, voters }) => leader.voters.includes(id) && voters.join() !== leader.voters.join() && voters.length > 0,
        );
      case 'behind':
        return others().some(
          ({ id, commitIndex }) => leader.voters.includes(id) && commitIndex < leader.firstIndex - 1,
        );
    }
  }

  #carryOut(hop: Hop, leader: NodeId, status: ReplicaStatus): void {
    const { world } = this.#field;
    this.#give(hop, leader, status);
    this.#underWay++;
    world.clock.after(hop.lagNs, () => {
      const before = this.#victim;
      this.#victim = null;
      this.#strike(hop, leader, (victim) => {
        this.#victim = victim;
        const next = (): void => {
          // A leader that was spared has some time to itself, unless the next hop is about what it was asked for.
          const changing = hop.order === 'add' || hop.order === 'remove';
          world.clock.after(
            hop.strike === 'spare' && !changing ? Math.max(hop.patienceNs, SPARED_NS) : this.#lookNs,
            () => this.#look(),
          );
          this.#stepDone();
        };
        if (before === null) next();
        else before.release(next);
      });
    });
  }

  /** An operator's request; what becomes of it is for the cluster to decide. */
  #give({ order, turn }: Hop, leader: NodeId, { voters }: ReplicaStatus): void {
    const { world, losses } = this.#field;
    const inTurn = this.#inTurn(turn);
    const ask = (request: Parameters<typeof askNode>[2]): void => {
      this.#underWay++;
      askNode(this.#field, leader, request, ORDER_TIMEOUT_NS, this.#stepDone);
    };
    switch (order) {
      case 'none':
        return;
      case 'compact':
        ask({ admin: 'compact' });
        return;
      case 'transfer': {
        const heir = inTurn.find((node) => node !== leader && voters.includes(node));
        if (heir !== undefined) ask({ admin: 'transfer-leadership', to: heir });
        return;
      }
      case 'add':
      case 'remove': {
        const sound = losses.sound(inTurn);
        const outside = order === 'add' ? sound.find((candidate) => !voters.includes(candidate)) : undefined;
        // Where everybody is a member already, one goes: the next time there is somebody to add.
        const adding = outside !== undefined;
        const leaving = sound.find((candidate) => voters.includes(candidate) && candidate !== leader);
        const node = adding || voters.length === 1 ? outside : leaving;
        // Members are changed by one operator at a time (losses.ts).
        if (node === undefined || (!this.#membersAsked && !losses.begin())) return;
        this.#membersAsked = true;
        if (adding) this.#newcomer = node;
        const wanted = adding ? [...voters, node] : voters.filter((voter) => voter !== node);
        const asked = (): void => ask({ admin: 'change-members', voters: wanted, learners: [] });
        if (adding && ['killed', 'exited'].includes(world.view(node).state)) world.restart(node, asked);
        else asked();
      }
    }
  }

  #strike({ strike, company, turn }: Hop, leader: NodeId, done: (victim: Victim | null) => void): void {
    const { world, losses } = this.#field;
    const told = (victim: Victim | null, proved: boolean | null = null): void => {
      if (victim !== null) this.#struck.push({ node: leader, strike, at: world.clock.now(), proved });
      done(victim);
    };
    switch (strike) {
      case 'spare':
        told(null);
        return;
      case 'kill':
        world.kill(leader, (evidence) => {
          const release = (then: () => void): void => {
            const down = losses.sound([leader]).filter((node) => ['killed', 'exited'].includes(world.view(node).state));
            forEachOf(down, world.restart.bind(world), then);
          };
          told({ node: leader, release }, provesKill(evidence));
        });
        return;
      case 'pause':
        world.pause(leader, (evidence) =>
          told({ node: leader, release: (then) => world.resume(leader, then) }, provesPause(evidence)),
        );
        return;
      default: {
        const blocked = this.#blocked(strike, leader, company, turn);
        const id = this.#field.links.add(
          blocked.map((link) => ({ ...link, rule: { drop: true } })),
          () => {
            const victim = { node: leader, release: (then: () => void) => this.#field.links.remove(id, then) };
            if (strike !== 'bounce') told(victim);
            else {
              const beyond = blocked.filter(({ from }) => from === leader).map(({ to }) => to);
              this.#bounce(beyond, () => told(victim));
            }
          },
        );
      }
    }
  }

  /** Those that follow somebody, among these nodes, die and are started again at once. */
  #bounce(among: readonly NodeId[], done: () => void): void {
    const { world, losses } = this.#field;
    const followers = losses.sound(among).filter((node) => {
      const { state, status } = world.view(node);
      return state === 'running' && status?.role === 'follower';
    });
    forEachOf(followers, world.kill.bind(world), () => {
      const down = losses.sound(followers).filter((node) => world.view(node).state === 'killed');
      // The chase goes on before they serve again.
      this.#underWay++;
      forEachOf(down, world.restart.bind(world), this.#stepDone);
      done();
    });
  }

  #blocked(
    strike: 'isolate' | 'narrow' | 'deafen' | 'mute' | 'bounce',
    leader: NodeId,
    company: number,
    turn: number,
  ): DirectedLink[] {
    const links = allLinks(this.#field.world.nodes);
    const others = this.#inTurn(turn).filter((node) => node !== leader);
    // A new member first where the leader took it in: it knows most of what was begun. To any other leader it is of no use.
    const members = this.#field.world.view(leader).status?.voters ?? [];
    const newcomers = others.filter((node) => node === this.#newcomer);
    const rest = others.filter((node) => node !== this.#newcomer);
    const near = newcomers.some((node) => members.includes(node)) ? [...newcomers, ...rest] : [...rest, ...newcomers];
    const side = new Set([leader, ...near.slice(0, company)]);
    switch (strike) {
      case 'isolate':
      case 'bounce':
        return links.filter(({ from, to }) => side.has(from) !== side.has(to));
      case 'narrow':
        return links.filter(({ from, to }) => (from === leader && !side.has(to)) || (to === leader && !side.has(from)));
      case 'deafen':
        return links.filter(({ to }) => to === leader);
      case 'mute':
        return links.filter(({ from }) => from === leader);
    }
  }

  #inTurn(turn: number): readonly NodeId[] {
    const { nodes } = this.#field.world;
    const known = this.#order.filter((node) => nodes.includes(node));
    const first = turn % Math.max(1, known.length);
    return [...known.slice(first), ...known.slice(0, first)];
  }
}
