/** A drawn storm of faults on a cluster of cores, then calm, in which it must recover. */

import type { RaftRules } from '../../cluster/raft/rules.ts';
import type { NodeId } from '../../cluster/raft/types.ts';
import { below, between, chance, draws, pick, shuffled } from '../../seed/draw.ts';
import { Cluster, UNITS_PER_TICK } from './cluster.ts';

export interface StormOptions {
  readonly rules?: RaftRules;
  /** Units of virtual time the storm lasts. */
  readonly units?: number;
  readonly trace?: boolean;
}

/** Bound on clock drift in the storm, and what lease reads are told. */
const DRIFT_PPM = 50_000;

/** Runs the storm that `seed` draws; throws when an invariant breaks or the cluster does not recover. */
export function storm(seed: number, options: StormOptions = {}): Cluster {
  const draw = draws(seed, 'test.storm');
  const size = pick(draw(0), [1, 2, 3, 3, 3, 4, 5, 5]);
  const spare = below(draw(1), 3);
  const names = Array.from({ length: size + spare }, (_, i) => `n${i + 1}`);
  const reads = chance(draw(2), 400_000) ? 'lease' : 'read-index';
  const cluster = new Cluster(
    {
      seed,
      founders: names.slice(0, size),
      joiners: names.slice(size),
      reads,
      maxClockDriftPpm: DRIFT_PPM,
      snapshotEvery: pick(draw(3), [0, 5, 20, 60]),
      snapshotChunkBytes: pick(draw(4), [1, 40, 100, 1000]) + 40,
      limits: {
        inflightMax: pick(draw(5), [1, 2, 64]),
        appendEntriesMax: pick(draw(6), [1, 3, 512]),
        uncommittedMax: 200,
      },
      ...(options.rules === undefined ? {} : { rules: options.rules }),
    },
    options.trace,
  );
  const latencyMax = pick(draw(7), [2, 10, 30]);
  cluster.network = {
    latency: [1, latencyMax],
    lossPpm: pick(draw(8), [0, 10_000, 100_000]),
    duplicatePpm: pick(draw(9), [0, 50_000]),
    latePpm: pick(draw(10), [0, 20_000, 100_000]),
    sync: [1, pick(draw(11), [1, 8, 40])],
  };
  if (chance(draw(12), 500_000)) {
    names.forEach((id, i) => {
      cluster.member(id).driftPpm = between(draw(13, i), -DRIFT_PPM + 1000, DRIFT_PPM - 1000);
    });
  }
  const units = options.units ?? 2500;
  const faults = {
    crash: chance(draw(14), 600_000),
    partition: chance(draw(15), 700_000),
    pause: chance(draw(16), 300_000),
    members: chance(draw(17), 500_000),
    transfer: chance(draw(18), 400_000),
  };
  for (let step = 0; cluster.now < units; step++) {
    cluster.run(between(draw(20, step), 1, 25));
    act(cluster, names, faults, (which) => draw(21, step, which));
  }
  recover(cluster, names);
  return cluster;
}

type Faults = Record<'crash' | 'partition' | 'pause' | 'members' | 'transfer', boolean>;

function act(cluster: Cluster, names: readonly NodeId[], faults: Faults, draw: (which: number) => number): void {
  const node = pick(draw(0), names);
  const leader = cluster.leader();
  const kind = below(draw(1), 100);
  if (kind < 35) {
    const target = leader !== null && chance(draw(2), 800_000) ? leader : node;
    for (let i = below(draw(3), 6); i >= 0; i--) cluster.propose(target);
  } else if (kind < 60) {
    for (const target of names) if (chance(draw(4 + names.indexOf(target)), 400_000)) cluster.read(target);
  } else if (kind < 70) {
    if (faults.partition) partition(cluster, names, draw);
  } else if (kind < 75) cluster.heal();
  else if (kind < 81) {
    const victim = leader !== null && chance(draw(2), 500_000) ? leader : node;
    if (faults.crash) cluster.crash(victim);
  } else if (kind < 88) {
    for (const id of names) if (chance(draw(4 + names.indexOf(id)), 600_000)) cluster.restart(id);
  } else if (kind < 91) {
    if (faults.pause) cluster.pause(leader !== null && chance(draw(2), 600_000) ? leader : node);
  } else if (kind < 94) {
    for (const id of names) cluster.resume(id);
  } else if (kind < 97) {
    if (faults.members && leader !== null) change(cluster, leader, names, draw);
  } else if (faults.transfer && leader !== null && !cluster.member(leader).paused)
    cluster.after(leader, (raft) => raft.transferLeadership(node));
}

function partition(cluster: Cluster, names: readonly NodeId[], draw: (which: number) => number): void {
  const order = shuffled((_which, i) => draw(30 + (i ?? 0)), 0, names);
  const cut = between(draw(2), 1, Math.max(1, names.length - 1));
  if (chance(draw(3), 250_000)) {
    const mute = new Set(order.slice(0, cut));
    cluster.blocked = (from) => mute.has(from);
  } else if (chance(draw(4), 250_000)) {
    // A bridge: the two sides hear each other only through one node.
    const [bridge, ...rest] = order;
    const left = new Set(rest.slice(0, Math.floor(rest.length / 2)));
    cluster.blocked = (from, to) => from !== bridge && to !== bridge && left.has(from) !== left.has(to);
  } else cluster.partition(order.slice(0, cut), order.slice(cut));
}

function change(cluster: Cluster, leader: NodeId, names: readonly NodeId[], draw: (which: number) => number): void {
  if (cluster.member(leader).paused) return;
  const order = shuffled((_which, i) => draw(30 + (i ?? 0)), 0, names);
  const voters = order.slice(0, between(draw(2), 1, order.length));
  const learners = order.slice(voters.length, voters.length + below(draw(3), 2));
  cluster.after(leader, (raft) => raft.proposeMembership({ voters, learners }));
}

/** Ends all faults; the members of the last configuration must elect, commit and agree. */
function recover(cluster: Cluster, names: readonly NodeId[]): void {
  cluster.heal();
  cluster.network = { latency: [1, 3], lossPpm: 0, duplicatePpm: 0, latePpm: 0, sync: [1, 1] };
  for (const id of names) {
    cluster.member(id).driftPpm = 0;
    cluster.resume(id);
    cluster.restart(id);
  }
  const settled = (): boolean => {
    const leader = cluster.leader();
    if (leader === null) return false;
    const view = cluster.raft(leader).inspect();
    if (view.termAt(view.commit) !== view.term || view.membership.outgoing !== null) return false;
    const voters = view.membership.voters;
    return voters.includes(leader) && voters.every((id) => cluster.raft(id).inspect().commit >= view.commit - 5);
  };
  cluster.until(settled, 400 * UNITS_PER_TICK, `recovery of seed ${cluster.options.seed}`);
  // A transfer or a change under way may refuse or discard it: clients retry, too.
  for (let tries = 0; tries < 20 && !cluster.invariants.history.some((text) => text.includes('"last"')); tries++) {
    const now = cluster.leader();
    if (now !== null) cluster.propose(now, 'last');
    cluster.run(20 * UNITS_PER_TICK);
  }
  const read = cluster.read(cluster.leader() ?? (names[0] as NodeId));
  const done = (): boolean => {
    const now = cluster.leader();
    if (now === null) return false;
    const view = cluster.raft(now).inspect();
    const { voters, learners } = view.membership;
    return (
      view.commit === view.lastIndex &&
      [...voters, ...learners].every((id) => cluster.member(id).machine.index === view.commit)
    );
  };
  cluster.until(done, 400 * UNITS_PER_TICK, `agreement of seed ${cluster.options.seed}`);
  if (read !== null) cluster.until(() => read.outcome !== 'waiting', 100 * UNITS_PER_TICK, 'the last read');
  if (!cluster.invariants.history.some((text) => text.includes('"last"'))) throw new Error('the last proposal is lost');
}
