import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NodeId } from '../../cluster/raft/types.ts';
import { DEFAULT_LIMITS } from '../../cluster/replica/options.ts';
import { MemoryCluster } from './memory-cluster.ts';
import { KEEP_ALL, LOSE_ALL } from './memory-disk.ts';

const SECOND = 1_000_000_000;

function others(cluster: MemoryCluster, id: NodeId): NodeId[] {
  return [...cluster.nodes.keys()].filter((node) => node !== id);
}

/** Cuts one node off from all others, both ways. */
function isolate(cluster: MemoryCluster, id: NodeId): void {
  cluster.passes = (from, to) => from !== id && to !== id;
}

function heal(cluster: MemoryCluster): void {
  cluster.passes = () => true;
}

function sameHashEverywhere(cluster: MemoryCluster): boolean {
  const views = [...cluster.nodes.values()].map((node) => node.running.inspect());
  const [first] = views;
  return views.every(
    (view) => view.appliedIndex === first?.appliedIndex && view.machine.hash() === first.machine.hash(),
  );
}

test('commits a command and answers it, and every node can read it', () => {
  const cluster = new MemoryCluster(3);
  const session = cluster.openSession('s');
  const put = cluster.command(cluster.leader(), session, 1, { f: 'put', key: 'k', value: { a: 1 } });
  expect(put).toMatchObject({ ok: true, result: null });
  for (const id of cluster.nodes.keys()) expect(cluster.read(id, 'k')).toMatchObject({ ok: true, result: { a: 1 } });
  cluster.until(() => sameHashEverywhere(cluster), 'all nodes hold the same state');
});

test('all that was answered survives when every node loses its unsynced bytes at once', () => {
  const cluster = new MemoryCluster(3);
  const session = cluster.openSession('s');
  for (let n = 1; n <= 30; n++) {
    expect(cluster.command(cluster.leader(), session, n, { f: 'append', key: 'k', value: `${n},` }).ok).toBe(true);
  }
  for (const id of cluster.nodes.keys()) cluster.kill(id, LOSE_ALL);
  cluster.run(SECOND / 10);
  for (const id of cluster.nodes.keys()) cluster.start(id);
  const expected = Array.from({ length: 30 }, (_, at) => `${at + 1},`).join('');
  expect(cluster.read(cluster.leader(), 'k')).toMatchObject({ ok: true, result: expected });
});

test('a command sent again is answered as at first and applied once, also at the next leader', () => {
  const cluster = new MemoryCluster(3);
  const session = cluster.openSession('s');
  const first = cluster.leader();
  const append = { f: 'append', key: 'k', value: 'x' } as const;
  expect(cluster.command(first, session, 1, append)).toMatchObject({ result: 'x' });
  expect(cluster.command(first, session, 1, append)).toMatchObject({ result: 'x' });
  cluster.kill(first, LOSE_ALL);
  cluster.until(() => cluster.leader() !== first, 'another node leads');
  expect(cluster.command(cluster.leader(), session, 1, append)).toMatchObject({ result: 'x' });
  cluster.start(first);
  expect(cluster.command(cluster.leader(), session, 2, append)).toMatchObject({ result: 'xx' });
  expect(cluster.command(cluster.leader(), session, 1, append)).toMatchObject({
    ok: false,
    error: 'bad-request',
    definite: false,
  });
});

test('opening a session again with the same nonce gives the same session', () => {
  const cluster = new MemoryCluster(3);
  expect(cluster.openSession('s')).toBe(cluster.openSession('s'));
  expect(cluster.openSession('t')).not.toBe(cluster.openSession('s'));
});

test('a node far behind is brought up to date by a snapshot, and the logs stay short', () => {
  const cluster = new MemoryCluster(3, { snapshotThresholdBytes: 4096, snapshotChunkBytes: 500 });
  const session = cluster.openSession('s');
  const leader = cluster.leader();
  const late = others(cluster, leader)[0] as NodeId;
  cluster.kill(late, KEEP_ALL);
  const value = 'v'.repeat(400);
  for (let n = 1; n <= 1500; n++) {
    const put = cluster.command(leader, session, n, { f: 'put', key: `k${n % 5}`, value: value + n });
    expect(put.ok).toBe(true);
  }
  for (const id of others(cluster, late)) {
    expect(cluster.node(id).running.inspect().durableSnapshotIndex).toBeGreaterThan(1000);
    const bytes = [...cluster.node(id).disk.files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(bytes).toBeLessThan(8 * 4096);
  }
  cluster.start(late);
  cluster.until(() => sameHashEverywhere(cluster), 'the late node has caught up');
  expect(cluster.marks.get('snapshot-installed')).toBeGreaterThan(0);
  cluster.kill(late, LOSE_ALL);
  cluster.start(late);
  expect(cluster.node(late).running.inspect().appliedIndex).toBeGreaterThan(1000);
  cluster.until(() => sameHashEverywhere(cluster), 'the late node restarted on the snapshot');
});

test('a leader cut off from the others answers no read and tells its commands that their fate is open', () => {
  const cluster = new MemoryCluster(3);
  const session = cluster.openSession('s');
  const leader = cluster.leader();
  expect(cluster.command(leader, session, 1, { f: 'put', key: 'k', value: 1 }).ok).toBe(true);
  isolate(cluster, leader);
  const read = cluster.send(leader, { kind: 'read', command: { f: 'get', key: 'k' } });
  const put = cluster.send(leader, {
    kind: 'command',
    session,
    sequence: 2,
    command: { f: 'put', key: 'k', value: 2 },
  });
  cluster.until(() => cluster.responses.has(put) && cluster.responses.has(read), 'the old leader answers');
  expect(cluster.responses.get(read)).toMatchObject({ ok: false, error: 'unavailable', definite: true });
  expect(cluster.responses.get(put)).toMatchObject({ ok: false, error: 'lost-leadership', definite: false });
  const next = others(cluster, leader).find((id) => cluster.node(id).running.status().role === 'leader') as NodeId;
  expect(cluster.command(next, session, 3, { f: 'put', key: 'k', value: 3 }).ok).toBe(true);
  heal(cluster);
  cluster.until(() => sameHashEverywhere(cluster), 'the old leader follows');
  expect(cluster.read(leader, 'k')).toMatchObject({ ok: true, result: 3 });
});

test('a follower refuses commands, names the leader, and did nothing', () => {
  const cluster = new MemoryCluster(3);
  const session = cluster.openSession('s');
  const leader = cluster.leader();
  const follower = others(cluster, leader)[0] as NodeId;
  cluster.until(() => cluster.node(follower).running.status().leader === leader, 'the follower knows the leader');
  const refused = cluster.command(follower, session, 1, { f: 'put', key: 'k', value: 1 });
  expect(refused).toMatchObject({ ok: false, error: 'not-leader', definite: true, leader });
});

test('wrong requests get one clear error that says what is wrong', () => {
  const cluster = new MemoryCluster(3, {
    limits: { ...DEFAULT_LIMITS, commandBytesMax: 1000, sessionsMax: 2 },
  });
  const session = cluster.openSession('s');
  const leader = cluster.leader();
  const wrong = (request: object): unknown => cluster.ask(leader, request as never);
  expect(wrong({ kind: 'command', session, sequence: 0, command: { f: 'get', key: 'k' } })).toMatchObject({
    error: 'bad-request',
    definite: true,
    message: 'sequence must be an integer from 1',
  });
  expect(wrong({ kind: 'command', session, sequence: 1, command: { f: 'push', key: 'k' } })).toMatchObject({
    message: 'f must be get, put, cas, append, delete or txn, not "push"',
  });
  expect(wrong({ kind: 'read', command: { f: 'put', key: 'k', value: 1 } })).toMatchObject({
    message: 'a read may only get',
  });
  const large = { f: 'put', key: 'k', value: 'x'.repeat(2000) };
  expect(wrong({ kind: 'command', session, sequence: 1, command: large })).toMatchObject({
    error: 'too-large',
    definite: true,
  });
  expect(
    wrong({ kind: 'command', session: 999, sequence: 1, command: { f: 'put', key: 'k', value: 1 } }),
  ).toMatchObject({ error: 'bad-session', definite: true });
  cluster.openSession('t');
  cluster.openSession('u');
  expect(wrong({ kind: 'command', session, sequence: 1, command: { f: 'put', key: 'k', value: 1 } })).toMatchObject({
    error: 'bad-session',
  });
  expect(cluster.read(leader, 'k')).toMatchObject({ result: null });
});

test('more requests than may wait at a node are refused as overloaded', () => {
  const cluster = new MemoryCluster(3, { limits: { ...DEFAULT_LIMITS, pendingMax: 10 } });
  const session = cluster.openSession('s');
  const leader = cluster.leader();
  isolate(cluster, leader);
  const ids = Array.from({ length: 15 }, (_, at) =>
    cluster.send(leader, { kind: 'command', session, sequence: at + 1, command: { f: 'put', key: 'k', value: at } }),
  );
  cluster.run(SECOND / 50);
  const refused = ids.filter((id) => {
    const response = cluster.responses.get(id);
    return response?.ok === false && response.error === 'overloaded' && response.definite;
  });
  expect(refused.length).toBe(5);
});

test('a node whose disk was emptied after it had served does not come back', () => {
  const cluster = new MemoryCluster(3);
  const leader = cluster.leader();
  const node = cluster.node(others(cluster, leader)[0] as NodeId);
  cluster.kill(node.id, LOSE_ALL);
  node.disk.files.clear();
  cluster.start(node.id);
  expect(node.halted).toMatchObject({ code: 'unsupported' });
  expect(node.halted?.reason).toContain('is empty although it has run before');
});

test('a node killed before its identity was durable starts anew', () => {
  const cluster = new MemoryCluster(3);
  cluster.kill('n1', LOSE_ALL);
  cluster.start('n1');
  expect(cluster.node('n1').halted).toBeNull();
  cluster.openSession('s');
  cluster.until(() => sameHashEverywhere(cluster), 'all serve');
});

test('a node started on the disk of another halts', () => {
  const cluster = new MemoryCluster(3);
  cluster.leader();
  cluster.kill('n1', LOSE_ALL);
  cluster.node('n1').disk = cluster.node('n2').disk.afterCrash(LOSE_ALL);
  cluster.start('n1');
  expect(cluster.node('n1').halted).toMatchObject({ code: 'unsupported' });
  expect(cluster.node('n1').halted?.reason).toContain('belongs to node n2');
});

test('members change while the answer waits until the change is done; a removed node halts', () => {
  const cluster = new MemoryCluster(3, {}, 2);
  const session = cluster.openSession('s');
  const leader = cluster.leader();
  const gone = others(cluster, leader).find((id) => ['n1', 'n2', 'n3'].includes(id)) as NodeId;
  const voters = [...cluster.nodes.keys()].filter((id) => id !== gone);
  const change = { admin: 'change-members', voters, learners: [] } as const;
  expect(cluster.ask(leader, { kind: 'admin', request: change })).toMatchObject({ ok: true });
  expect(new Set(cluster.node(leader).running.status().voters)).toEqual(new Set(voters));
  expect(cluster.ask(leader, { kind: 'admin', request: change })).toMatchObject({ ok: true });
  cluster.until(() => cluster.node(gone).halted !== null, 'the removed node halts');
  expect(cluster.node(gone).halted?.code).toBe('removed');
  expect(cluster.command(leader, session, 1, { f: 'put', key: 'k', value: 1 }).ok).toBe(true);
  for (const id of voters) expect(cluster.read(id, 'k')).toMatchObject({ ok: true, result: 1 });
});

test('that the members are what is wanted already is said only once an entry of the leader itself has committed', () => {
  const cluster = new MemoryCluster(3);
  const leader = cluster.leader();
  cluster.until(() => cluster.statuses().every(({ appliedIndex }) => appliedIndex > 0), 'all know the first entry');
  const request = { admin: 'change-members', voters: ['n1', 'n2', 'n3'], learners: [] } as const;
  cluster.passes = (from, to) => from !== leader && to !== leader;
  const alone = cluster.send(leader, { kind: 'admin', request });
  cluster.run(20 * SECOND);
  expect(cluster.responses.get(alone)).toMatchObject({ ok: false });
  expect(cluster.ask(cluster.leader(), { kind: 'admin', request })).toMatchObject({ ok: true });
});

test('leadership is handed over on request', () => {
  const cluster = new MemoryCluster(3);
  cluster.openSession('s');
  const leader = cluster.leader();
  const heir = others(cluster, leader)[1] as NodeId;
  const request = { admin: 'transfer-leadership', to: heir } as const;
  expect(cluster.ask(leader, { kind: 'admin', request })).toMatchObject({ ok: true, result: heir });
  expect(cluster.leader()).toBe(heir);
});

test('compaction on request answers with the index of the snapshot, and a restart uses it', () => {
  const cluster = new MemoryCluster(3);
  const session = cluster.openSession('s');
  const leader = cluster.leader();
  for (let n = 1; n <= 5; n++) cluster.command(leader, session, n, { f: 'put', key: 'k', value: n });
  const { appliedIndex } = cluster.node(leader).running.status();
  const answer = cluster.ask(leader, { kind: 'admin', request: { admin: 'compact' } });
  expect(answer).toMatchObject({ ok: true, result: appliedIndex });
  cluster.run(SECOND / 10);
  cluster.kill(leader, LOSE_ALL);
  cluster.start(leader);
  expect(cluster.node(leader).running.inspect().appliedIndex).toBeGreaterThanOrEqual(appliedIndex);
  expect(cluster.read(cluster.leader(), 'k')).toMatchObject({ result: 5 });
});

test('a clock that jumps back or forth disturbs a node for a moment only', () => {
  const cluster = new MemoryCluster(3);
  const session = cluster.openSession('s');
  let sequence = 0;
  for (const offset of [-5 * SECOND, 60 * SECOND, -3600 * SECOND]) {
    const leader = cluster.leader();
    cluster.node(leader).clockOffsetNs = offset;
    cluster.run(2 * SECOND);
    sequence++;
    const put = cluster.command(cluster.leader(), session, sequence, { f: 'put', key: 'k', value: sequence });
    expect(put.ok).toBe(true);
    for (const id of cluster.nodes.keys()) expect(cluster.read(id, 'k')).toMatchObject({ result: sequence });
  }
});

test('a thousand commands of a hundred clients share batches', () => {
  const cluster = new MemoryCluster(3);
  const leader = cluster.leader();
  const sessions = Array.from({ length: 100 }, (_, at) => cluster.openSession(`s${at}`));
  const begun = cluster.now;
  for (let sequence = 1; sequence <= 10; sequence++) {
    const ids = sessions.map((session) =>
      cluster.send(leader, { kind: 'command', session, sequence, command: { f: 'append', key: 'k', value: 'x' } }),
    );
    cluster.until(() => ids.every((id) => cluster.responses.get(id)?.ok === true), 'all are answered');
  }
  // One sync takes 0.3 ms; a sync for each command would take 300 ms.
  expect(cluster.now - begun).toBeLessThan(60_000_000);
  expect(cluster.read(leader, 'k')).toMatchObject({ result: 'x'.repeat(1000) });
});

test('an own snapshot that was asked for while a received one is being written does not replace it', () => {
  const cluster = new MemoryCluster(3);
  const session = cluster.openSession('s');
  const leader = cluster.leader();
  const late = others(cluster, leader)[0] as NodeId;
  cluster.until(() => cluster.node(late).running.status().appliedIndex > 1, 'the follower has applied something');
  isolate(cluster, late);
  for (let n = 1; n <= 20; n++)
    cluster.command(leader, session, n, { f: 'put', key: 'k', value: 'v'.repeat(60_000) + n });
  const compacted = cluster.ask(leader, { kind: 'admin', request: { admin: 'compact' } });
  if (!compacted.ok || !('result' in compacted)) throw new Error(JSON.stringify(compacted));
  cluster.syncNs = 20_000_000;
  heal(cluster);
  const { disk } = cluster.node(late);
  cluster.until(() => disk.pending.some(({ name }) => name === 'snapshot'), 'the snapshot is being written');
  const answer = cluster.ask(late, { kind: 'admin', request: { admin: 'compact' } });
  expect(answer).toMatchObject({ ok: true, result: compacted.result });
  expect(cluster.marks.get('own-snapshot-overtaken')).toBe(1);
  cluster.run(SECOND);
  cluster.kill(late, LOSE_ALL);
  cluster.start(late);
  expect(cluster.node(late).running.inspect().durableSnapshotIndex).toBe(compacted.result);
  cluster.until(() => sameHashEverywhere(cluster), 'the late node has caught up');
});

test('whatever a client sends gets exactly one answer, and nonsense is a bad request', () => {
  const cluster = new MemoryCluster(1);
  cluster.openSession('s');
  const { running } = cluster.node('n1');
  const part = fc.oneof(
    fc.constantFrom('read', 'command', 'admin', 'txn', 'put', 'get', 'k'),
    fc.anything({ maxDepth: 2 }),
  );
  const command = fc.record({ f: part, key: part, value: part, steps: fc.array(part) }, { requiredKeys: [] });
  const nonsense = fc.record(
    {
      kind: part,
      id: fc.nat(),
      session: part,
      sequence: part,
      nonce: fc.nat(),
      command: fc.oneof(part, command),
      request: part,
    },
    { requiredKeys: ['id'] },
  );
  let connection = 1_000_000;
  fc.assert(
    fc.property(nonsense, (request) => {
      const answers = cluster.responses.size;
      running.onRequest(++connection, request);
      cluster.run(20_000_000);
      expect(cluster.responses.size).toBe(answers + 1);
      const response = cluster.responses.get(connection);
      expect(response?.id).toBe(request.id);
      if (response?.ok === false && response.error === 'bad-request') expect(response.definite).toBe(true);
    }),
    { numRuns: 300 },
  );
});
