/** Each invariant has teeth: it holds in a plain history, and fires when the state is doctored in the one way it forbids. */

import { describe, expect, it } from 'vitest';
import type { ProgressView, RaftView } from '../../cluster/raft/raft.ts';
import type { Entry, Membership } from '../../cluster/raft/ready.ts';
import type { Role } from '../../cluster/raft/types.ts';
import type { ClientRequest } from '../../cluster/replica/client-protocol.ts';
import type { Host, PeerFrame } from '../../cluster/replica/host.ts';
import {
  encodeBatch,
  entryRecord,
  hardStateRecord,
  LOG_FORMAT,
  segmentName,
  startRecord,
} from '../../cluster/replica/log-format.ts';
import { SimulatedFiles } from '../../cluster/simulator/disk.ts';
import { InvariantChecker } from '../../cluster/simulator/invariants/checker.ts';
import { DurableState } from '../../cluster/simulator/invariants/durable-state.ts';
import type { InspectableReplica } from '../../cluster/simulator/invariants/observed.ts';
import { SimulatedWorld } from '../../cluster/simulator/world.ts';
import { calmOptions, MS, observed, SECOND } from './stand-in.ts';

const MEMBERS: Membership = { voters: ['n1', 'n2', 'n3'], outgoing: null, learners: [] };

function command(index: number, term: number, data = `c${index}`): Entry {
  return { index, term, kind: 'command', data };
}

/** A replica that is nothing but its state, which a test sets as it likes. */
class Doctored implements InspectableReplica {
  readonly host: Host;
  readonly id: string;
  term = 1;
  vote: string | null = null;
  role: Role = 'follower';
  commit = 0;
  applied = 0;
  baseIndex = 0;
  baseTerm = 0;
  snapshotIndex = 0;
  entries: Entry[] = [];
  membership = MEMBERS;
  membershipIndex = 0;
  progress = new Map<string, ProgressView>();
  stateHash = 'empty';
  private readonly raft: RaftView;

  constructor(host: Host, id: string) {
    this.host = host;
    this.id = id;
    const state = this;
    this.raft = {
      id,
      get term() {
        return state.term;
      },
      get vote() {
        return state.vote;
      },
      get role() {
        return state.role;
      },
      leader: null,
      get commit() {
        return state.commit;
      },
      get applied() {
        return state.applied;
      },
      get baseIndex() {
        return state.baseIndex;
      },
      get baseTerm() {
        return state.baseTerm;
      },
      get lastIndex() {
        return state.baseIndex + state.entries.length;
      },
      get lastTerm() {
        return state.entries.at(-1)?.term ?? state.baseTerm;
      },
      durableIndex: 0,
      get snapshotIndex() {
        return state.snapshotIndex;
      },
      termAt: (index) =>
        index === state.baseIndex ? state.baseTerm : (state.entries[index - state.baseIndex - 1]?.term ?? null),
      entryAt: (index) => state.entries[index - state.baseIndex - 1] ?? null,
      get membership() {
        return state.membership;
      },
      get membershipIndex() {
        return state.membershipIndex;
      },
      get progress() {
        return state.progress;
      },
    };
    host.statusChanged(this.status());
    const tick = () => host.after(MS, tick);
    tick();
  }

  onFrame(): void {}
  onRequest(connection: number, { id }: ClientRequest): void {
    this.host.respond(connection, { id, ok: true, result: null });
  }

  status() {
    const { id, role, term, commit: commitIndex, applied: appliedIndex } = this;
    return {
      id,
      role,
      term,
      leader: null,
      commitIndex,
      appliedIndex,
      firstIndex: 1,
      lastIndex: 0,
      voters: [],
      learners: [],
    };
  }

  inspect() {
    return { raft: this.raft, appliedIndex: this.applied, machine: { hash: () => this.stateHash } };
  }

  /** Puts entries and hard state on disk and waits until they are durable. */
  store(entries: readonly Entry[]): void {
    const membership = this.membership;
    const start = { format: LOG_FORMAT, node: this.id, segment: 1, base: { index: 0, term: 0, membership } } as const;
    const state = hardStateRecord({ term: this.term, vote: this.vote, commit: 0 });
    const records = startRecord(start) + state + entries.map(entryRecord).join('');
    this.host.disk.append(segmentName(1), encodeBatch(1, records));
    this.host.disk.sync(segmentName(1), () => {});
  }
}

function doctoredWorld() {
  const seen = observed();
  const replicas = new Map<string, Doctored>();
  const world = new SimulatedWorld(calmOptions(3, 1), seen, {
    createReplica: (host, { id }) => {
      const replica = new Doctored(host, id);
      const before = replicas.get(id);
      // What a durable replica would find again.
      if (before !== undefined)
        Object.assign(replica, { term: before.term, vote: before.vote, entries: before.entries });
      replicas.set(id, replica);
      return replica;
    },
    createWatch: (core) => new InvariantChecker(core),
  });
  world.run(200 * MS);
  const node = (id: string) => replicas.get(id) as Doctored;
  const [a, b, c] = [node('n1'), node('n2'), node('n3')];
  const later = () => world.run(world.now + 5 * MS);
  /** Names of the invariants broken so far. These replicas say nothing to each other, so nothing comes to be in time. */
  const broken = () => seen.broken.flatMap(({ kind, invariant }) => (kind === 'safety' ? [invariant] : []));
  return { world, seen, node, a, b, c, later, broken };
}

/** n1 leads term 1 with three entries, all on all disks, two of them committed and applied everywhere. */
function healthy() {
  const made = doctoredWorld();
  const { a, b, c, later } = made;
  const entries = [command(1, 1), command(2, 1), command(3, 1)];
  for (const replica of [a, b, c]) {
    replica.vote = 'n1';
    replica.entries = [...entries];
    replica.store(entries);
  }
  later();
  a.role = 'leader';
  for (const replica of [a, b, c]) {
    replica.commit = 2;
    replica.applied = 2;
  }
  later();
  expect(made.seen.broken).toEqual([]);
  return { ...made, entries };
}

/** A frame of the given type. */
function frame(type: string, term: number, more: object = {}): PeerFrame {
  return { type, term, ...more };
}

describe('the invariants', () => {
  it('hold in a healthy history: a second leader, truncation of what was not committed, a restart', () => {
    const { a, b, c, later, broken, world, node } = healthy();
    b.term = 2;
    b.vote = 'n2';
    b.store([]);
    later();
    b.role = 'leader';
    b.entries.push({ index: 4, term: 2, kind: 'noop' });
    a.role = 'follower';
    a.term = 2;
    later();
    a.entries = [...b.entries];
    c.entries = c.entries.slice(0, 2);
    later();
    c.term = 2;
    c.entries.push(...b.entries.slice(2));
    later();
    world.kill('n3', () => {});
    world.restart('n3', () => {});
    world.run(world.now + SECOND);
    node('n3').commit = 2;
    later();
    expect(broken()).toEqual([]);
  });

  it('election safety: two leaders of one term', () => {
    const { b, later, broken, seen } = healthy();
    b.role = 'leader';
    later();
    expect(broken()).toEqual(['election safety']);
    expect(seen.broken[0]).toMatchObject({ nodes: ['n1', 'n2'], facts: { term: 1 } });
  });

  it('election safety: a leader so short-lived that only its frames show it', () => {
    const { c, broken } = healthy();
    c.host.send('n2', frame('append', 1, { entries: [] }));
    expect(broken()).toEqual(['election safety']);
  });

  it('log matching: one index and term, two entries', () => {
    const { b, later, broken } = healthy();
    b.entries = [...b.entries.slice(0, 2)];
    later();
    b.entries.push(command(3, 1, 'other'));
    later();
    expect(broken()).toEqual(['log matching']);
  });

  it('log matching: one entry after two histories', () => {
    const { a, b, later, broken } = healthy();
    a.entries.push(command(4, 1));
    a.entries.push(command(5, 3));
    later();
    b.entries.push(command(4, 2));
    b.entries.push(command(5, 3));
    later();
    expect(broken()).toContain('log matching');
  });

  it('log matching: terms that fall along a log', () => {
    const { c, later, broken } = healthy();
    c.entries.push(command(4, 3));
    later();
    expect(broken()).toEqual([]);
    c.entries.push(command(5, 2));
    later();
    expect(broken()).toEqual(['log matching']);
  });

  it('leader append-only: a leader drops an entry', () => {
    const { a, later, broken } = healthy();
    a.entries = a.entries.slice(0, 2);
    later();
    expect(broken()).toEqual(['leader append-only']);
  });

  it('leader completeness: a new leader without a committed entry', () => {
    const { b, later, broken, seen } = healthy();
    b.entries = b.entries.slice(0, 1);
    b.commit = 1;
    b.applied = 1;
    later();
    b.term = 2;
    b.role = 'leader';
    later();
    expect(broken()).toContain('leader completeness');
    expect(seen.broken.find(({ invariant }) => invariant === 'leader completeness')?.facts).toMatchObject({
      index: 2,
      committedTerm: 1,
      leaderTerm: 2,
    });
  });

  it('state-machine safety: two nodes commit different entries at an index', () => {
    const { a, b, later, broken, seen } = healthy();
    a.commit = 3;
    later();
    b.entries = [...b.entries.slice(0, 2), command(3, 2)];
    b.term = 2;
    later();
    expect(broken()).toEqual([]);
    b.commit = 3;
    later();
    expect(broken()).toEqual(['state-machine safety']);
    expect(seen.broken[0]).toMatchObject({ nodes: ['n1', 'n2'], facts: { index: 3, term: 2, otherTerm: 1 } });
  });

  it('state-machine safety: an entry is replaced although the node had committed it', () => {
    const { b, later, broken } = healthy();
    b.term = 2;
    b.entries = [...b.entries.slice(0, 1), command(2, 2)];
    later();
    expect(broken()).toContain('state-machine safety');
  });

  it('state-machine safety: applied runs ahead of committed', () => {
    const { b, later, broken } = healthy();
    b.applied = 3;
    later();
    expect(broken()).toEqual(['state-machine safety']);
  });

  it('monotonicity: term, commit, applied and match indexes fall', () => {
    for (const [what, doctor] of [
      ['term', (replica: Doctored) => void replica.term--],
      ['commit index', (replica: Doctored) => void replica.commit--],
      ['applied index', (replica: Doctored) => void replica.applied--],
    ] as const) {
      const { c, later, seen } = healthy();
      c.term = 4;
      later();
      doctor(c);
      if (what === 'commit index') c.applied--;
      later();
      expect(seen.broken.find(({ invariant }) => invariant === 'monotonicity')?.summary).toContain(
        `the ${what} of n3 fell`,
      );
    }
    const { a, b, later, broken } = healthy();
    for (const match of [2, 3, 1]) {
      a.progress.set('n2', { match, next: 4 });
      b.host.send('n1', frame('read', 1));
      later();
    }
    expect(broken()).toEqual(['monotonicity']);
  });

  it('monotonicity: a leader goes back behind what a follower is known to hold', () => {
    const { a, b, later, broken } = healthy();
    a.progress.set('n2', { match: 3, next: 3 });
    b.host.send('n1', frame('read', 1));
    later();
    expect(broken()).toEqual(['monotonicity']);
  });

  it('one vote per term: in the state, in frames, and over a restart', () => {
    const inState = healthy();
    inState.b.vote = 'n3';
    inState.later();
    expect(inState.broken()).toEqual(['one vote per term']);

    const inFrames = healthy();
    inFrames.c.host.send('n2', frame('vote-reply', 1, { granted: true }));
    expect(inFrames.broken()).toContain('one vote per term');

    const overRestart = healthy();
    overRestart.world.kill('n2', () => {});
    overRestart.world.restart('n2', () => {});
    overRestart.world.run(overRestart.world.now + SECOND);
    expect(overRestart.broken()).toEqual([]);
    overRestart.node('n2').host.send('n3', frame('vote', 1));
    expect(overRestart.broken()).toContain('one vote per term');

    const onlyInMemory = healthy();
    onlyInMemory.b.term = 2;
    onlyInMemory.b.vote = 'n2';
    onlyInMemory.later();
    onlyInMemory.world.kill('n2', () => {});
    onlyInMemory.b.vote = null;
    onlyInMemory.world.restart('n2', () => {});
    onlyInMemory.world.run(onlyInMemory.world.now + SECOND);
    onlyInMemory.node('n2').vote = 'n3';
    onlyInMemory.later();
    expect(onlyInMemory.broken()).toEqual([]);
  });

  it("one vote per term: a candidate's for itself may be taken back once another leads, but a leader's never", () => {
    const candidate = healthy();
    candidate.b.host.send('n3', frame('vote', 1));
    expect(candidate.broken()).toContain('one vote per term');

    const yields = doctoredWorld();
    for (const replica of [yields.b, yields.c]) {
      replica.vote = replica.id;
      replica.store([]);
    }
    yields.later();
    yields.b.host.send('n1', frame('vote', 1));
    yields.c.role = 'leader';
    yields.later();
    yields.b.host.send('n1', frame('vote-reply', 1, { granted: true }));
    expect(yields.broken()).not.toContain('one vote per term');
    yields.b.host.send('n3', frame('vote-reply', 1, { granted: true }));
    expect(yields.broken()).toContain('one vote per term');

    const leads = doctoredWorld();
    leads.c.vote = 'n3';
    leads.c.store([]);
    leads.later();
    leads.c.role = 'leader';
    leads.later();
    leads.c.host.send('n1', frame('vote-reply', 1, { granted: true }));
    expect(leads.broken()).toContain('one vote per term');
  });

  it('durable before visible: votes, requests for votes and acknowledgements that run ahead of the disk', () => {
    const early = (act: (made: ReturnType<typeof healthy>) => void) => {
      const made = healthy();
      act(made);
      return made.broken();
    };
    const expected = ['durable before visible'];
    expect(early(({ b }) => b.host.send('n3', frame('vote', 2)))).toEqual(expected);
    expect(early(({ b }) => b.host.send('n3', frame('vote-reply', 2, { granted: true })))).toEqual(expected);
    expect(early(({ b }) => b.host.send('n3', frame('vote-reply', 2, { granted: false })))).toEqual([]);
    expect(early(({ b }) => b.host.send('n1', frame('append-reply', 1, { accepted: true, index: 3 })))).toEqual([]);
    expect(
      early(({ b }) => {
        b.entries.push(command(4, 1));
        b.host.send('n1', frame('append-reply', 1, { accepted: true, index: 4 }));
      }),
    ).toEqual(expected);
    expect(early(({ b }) => b.host.send('n1', frame('snapshot-reply', 1, { match: 9 })))).toEqual(expected);
  });

  it('durable before visible: a commit without a majority on disk', () => {
    const { a, b, c, later, broken } = healthy();
    for (const replica of [a, b, c]) replica.entries.push(command(4, 1));
    later();
    a.commit = 4;
    later();
    expect(broken()).toEqual(['durable before visible']);
  });

  it('durable before visible: a restart that forgets what was on disk', () => {
    for (const forget of [
      (replica: Doctored) => void Object.assign(replica, { term: 0, vote: null }),
      (replica: Doctored) => void Object.assign(replica, { vote: null }),
      (replica: Doctored) => void Object.assign(replica, { entries: replica.entries.slice(0, 1) }),
    ]) {
      const { world, node, broken } = healthy();
      world.kill('n2', () => {});
      forget(node('n2'));
      world.restart('n2', () => {});
      world.run(world.now + SECOND);
      expect(broken()).toContain('durable before visible');
    }
  });

  it('durable before visible: no complaint about a node whose disk was wiped on purpose', () => {
    const { world, node, broken } = healthy();
    world.kill('n2', () => {});
    world.wipe('n2', () => {});
    Object.assign(node('n2'), { term: 1, vote: null, entries: [] });
    world.restart('n2', () => {});
    world.run(world.now + SECOND);
    expect(broken()).toEqual([]);
  });

  it('snapshot equals replay: unlike states at one applied index', () => {
    const { a, b, c, later, broken } = healthy();
    const many = Array.from({ length: 8 }, (_, at) => command(at + 1, 1));
    for (const replica of [a, b, c]) {
      replica.entries = [...many];
      replica.stateHash = 'eight applied';
    }
    c.stateHash = 'seven and a half';
    a.store(many.slice(3));
    for (const replica of [a, b]) replica.commit = replica.applied = 8;
    later();
    c.commit = c.applied = 8;
    later();
    expect(broken()).toContain('snapshot equals replay');
  });

  it('membership from the log: another membership than the last one in the log', () => {
    const { a, b, later, broken } = healthy();
    const membership: Membership = { voters: ['n1', 'n2'], outgoing: MEMBERS.voters, learners: [] };
    const entry: Entry = { index: 4, term: 1, kind: 'membership', membership };
    a.entries.push(entry);
    a.membership = membership;
    a.membershipIndex = 4;
    later();
    expect(broken()).toEqual([]);
    b.entries.push(entry);
    later();
    expect(broken()).toEqual(['membership from the log']);
  });

  it('current reads: a read answered from a state that lacks what was committed before it was asked', () => {
    const { a, later, broken, world } = healthy();
    const read = { kind: 'read', id: 1, command: { f: 'get', key: 'k' } } as const;
    world.request('n2', read, SECOND, () => {});
    later();
    expect(broken()).toEqual([]);
    a.commit = 3;
    later();
    world.request('n1', { kind: 'status', id: 2 }, SECOND, () => {});
    later();
    expect(broken()).toEqual([]);
    world.request('n2', read, SECOND, () => {});
    later();
    expect(broken()).toEqual(['current reads']);
  });

  it('are each reported once, with the event and the time', () => {
    const { a, b, later, seen, world } = healthy();
    b.role = 'leader';
    later();
    b.role = 'follower';
    later();
    b.role = 'leader';
    a.role = 'follower';
    later();
    expect(seen.broken).toHaveLength(1);
    expect(seen.broken[0]?.event).toBeGreaterThan(0);
    expect(seen.broken[0]?.at).toBeLessThan(world.now);
    expect(world.violations).toEqual(seen.broken);
  });
});

describe('the durable state read from the bytes on disk', () => {
  const membership = MEMBERS;
  const start = (segment: number, index: number, term: number) =>
    startRecord({ format: LOG_FORMAT, node: 'n1', segment, base: { index, term, membership } });

  it('follows batches, truncation by a later entry, hard states and new segments', () => {
    const files = new SimulatedFiles();
    const durable = new DurableState();
    const write = (segment: number, records: string, whole = true) => {
      const bytes = encodeBatch(1, records);
      files.append(segmentName(segment), whole ? bytes : bytes.slice(0, -3));
      files.beginSync(segmentName(segment));
      durable.update(files, files.complete());
    };
    write(
      1,
      start(1, 0, 0) +
        hardStateRecord({ term: 3, vote: 'n2', commit: 0 }) +
        [1, 2, 3].map((i) => entryRecord(command(i, 1))).join(''),
    );
    expect(durable).toMatchObject({ term: 3, vote: 'n2', lastIndex: 3 });
    write(1, entryRecord(command(2, 3, 'ü "quoted"')) + hardStateRecord({ term: 4, vote: null, commit: 1 }));
    expect(durable).toMatchObject({ term: 4, vote: null, lastIndex: 2, terms: [1, 3] });
    expect([durable.holds(2, 3), durable.holds(2, 1), durable.holds(3, 1)]).toEqual([true, false, false]);
    write(1, entryRecord(command(3, 3)), false);
    expect(durable.lastIndex).toBe(2);
    write(2, start(2, 2, 3) + hardStateRecord({ term: 5, vote: 'n1', commit: 2 }) + entryRecord(command(3, 5)));
    expect(durable).toMatchObject({ term: 5, vote: 'n1', baseIndex: 2, lastIndex: 3, terms: [5] });
    const again = new DurableState();
    again.reload(files);
    expect(again).toMatchObject({ term: 5, vote: 'n1', baseIndex: 2, lastIndex: 3, terms: [5] });
  });
});
