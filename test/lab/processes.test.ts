import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { judge } from '../../checker/judge.ts';
import { MemoryRecorder } from '../../history/memory-recorder.ts';
import { type DriveResult, Driver } from '../../trial/driver.ts';
import { parseSpec } from '../../trial/spec.ts';
import { kv } from '../../workload/kv.ts';
import { ELECTION_MS, PATIENCE_MS, type ProcessCluster, startProcessCluster } from './process-cluster.ts';

type Five = [string, string, string, string, string];

describe('lab P: on five real processes, which one row hands on to the next', () => {
  let cluster: ProcessCluster;

  beforeAll(async () => {
    cluster = await startProcessCluster(4000);
  });
  beforeEach(() => cluster.restore());
  afterEach(() => expect(cluster.failures).toEqual([]));
  afterAll(() => cluster.stop());

  const leader = () => cluster.leader();

  /** The leader first. */
  const five = async (): Promise<Five> => {
    const first = await cluster.leader();
    return [first, ...cluster.others(first)] as Five;
  };

  const expectNoCommit = async (proposeTo: readonly string[]): Promise<void> => {
    const committed = await cluster.commitMax();
    const proposed = await Promise.all(proposeTo.map((id) => cluster.propose(id, cluster.value(), 1.5 * ELECTION_MS)));
    expect(new Set(proposed)).toEqual(new Set([null]));
    expect(await cluster.commitMax()).toBe(committed);
  };

  it('InitialElection: one leader is elected; terms agree, and stay as long as nothing fails', () =>
    cluster.undisturbed(leader, async (elected) => {
      const terms = (await cluster.statuses()).map(({ term }) => term);
      expect(new Set(terms).size).toBe(1);
      expect(terms[0]).toBeGreaterThanOrEqual(1);
      await cluster.run(2 * ELECTION_MS);
      expect((await cluster.statuses()).map(({ term }) => term)).toEqual(terms);
      expect(await cluster.leader()).toBe(elected);
    }));

  it('BasicAgree: each of three values is applied by all at exactly the next index', () =>
    cluster.undisturbed(leader, async () => {
      const agree = () => cluster.agree(5, cluster.value(), PATIENCE_MS);
      const before = await agree();
      for (const next of [1, 2, 3]) {
        expect(await agree()).toBe(before + next);
        expect(await cluster.commitMax()).toBe(before + next);
      }
    }));

  it('ReElection: a leader that is cut off is replaced and returns as a follower; nobody is elected without a quorum', async () => {
    const replaced = async () => {
      const [first, ...rest] = await five();
      await cluster.cut(first);
      return { first, second: await cluster.leader(rest) };
    };
    await cluster.undisturbed(replaced, async ({ first, second }) => {
      await cluster.heal();
      expect(await cluster.leader()).toBe(second);
      expect((await cluster.statuses([first])).map(({ role }) => role)).toEqual(['follower']);
    });

    const second = await cluster.leader();
    const [a, b] = cluster.others(second) as Five;
    await cluster.split([second, a], [b], ...cluster.others(second, a, b).map((id) => [id]));
    await cluster.until('nobody leads', async () => (await cluster.leaders()).length === 0);
    await cluster.run(1.5 * ELECTION_MS);
    expect(await cluster.leaders()).toEqual([]);
    await cluster.heal();
    await cluster.leader();
  });

  it('FollowerFailure: with two followers less three commit still; with a third cut off nothing commits', async () => {
    await cluster.undisturbed(leader, async (elected) => {
      const [, , d, e] = cluster.others(elected) as [string, string, string, string];
      await cluster.cut(d, e);
      await cluster.agree(3);
      expect(await cluster.leaders()).toEqual([elected]);
      // Healed while nothing has changed, so that an election later on is no part of this story.
      await cluster.heal();
    });
    const [last, , ...rest] = await five();
    await cluster.cut(...rest);
    await expectNoCommit([last]);
    await cluster.heal();
    await cluster.agree(5);
  });

  it('LeaderFailure: with two leaders cut off the rest commits still; without the third leader nothing commits', async () => {
    const first = await cluster.leader();
    await cluster.cut(first);
    const second = await cluster.leader(cluster.others(first));
    await cluster.agree(4);
    await cluster.cut(first, second);
    const third = await cluster.leader(cluster.others(first, second));
    await cluster.agree(3);
    await cluster.cut(first, second, third);
    await expectNoCommit(cluster.nodes);
    await cluster.heal();
    await cluster.agree(5);
  });

  it('Persist1: agreement goes on after a restart of all, of the leader, and of a follower', async () => {
    await cluster.kill(...cluster.nodes);
    await cluster.start(...cluster.nodes);
    await cluster.agree(5);
    const leader = await cluster.leader();
    await cluster.kill(leader);
    await cluster.agree(4);
    await cluster.start(leader);
    await cluster.agree(5);
    const [, follower] = await five();
    await cluster.kill(follower);
    await cluster.agree(4);
    await cluster.start(follower);
    await cluster.agree(5);
    await cluster.expectAgreedKept();
  });

  it('Persist2: two nodes and then the other three go down, and any three that come back carry on', async () => {
    for (let round = 0; round < 2; round++) {
      const [leader, a, b, c, d] = await five();
      await cluster.kill(a, b);
      await cluster.agree(3);
      await cluster.kill(leader, c, d);
      await cluster.start(a, b);
      await expectNoCommit([a, b]);
      await cluster.start(c);
      await cluster.agree(3);
      await cluster.start(leader, d);
      await cluster.agree(5);
    }
    await cluster.expectAgreedKept();
  });

  it('Persist3: a leader and followers crash while others are cut off, and come back one after the other', async () => {
    const [leader, b, c, ...away] = await five();
    await cluster.split([leader, b, c], away);
    await cluster.agree(3);
    await cluster.kill(leader, b, c);
    await cluster.heal();
    await cluster.start(leader);
    await cluster.agree(3);
    await cluster.start(b, c);
    await cluster.agree(5);
    await cluster.expectAgreedKept();
  });

  it('SnapshotAllCrash: when all crash and come back, indexes never fall', async () => {
    for (let round = 0; round < 2; round++) {
      for (let count = 0; count < 40; count++) await cluster.agree(1);
      const index = await cluster.agree(5);
      const compacted = async () => (await cluster.statuses()).every(({ firstIndex }) => firstIndex > 1);
      await cluster.until('each node has a snapshot of its own', compacted);
      const before = await cluster.statuses();
      await cluster.kill(...cluster.nodes);
      await cluster.start(...cluster.nodes);
      expect(await cluster.agree(5)).toBeGreaterThan(index);
      for (const [at, { firstIndex, commitIndex }] of (await cluster.statuses()).entries()) {
        expect(firstIndex).toBeGreaterThan(1);
        expect(commitIndex).toBeGreaterThanOrEqual(before[at]?.commitIndex ?? 0);
      }
    }
    await cluster.expectAgreedKept();
  });

  it('OnePartition: the majority goes on, the minority blocks, and what it was asked completes after the heal', async () => {
    const [leader, mate, ...majority] = await five();
    const minority = [leader, mate];
    const [writer, reader] = [cluster.client(minority), cluster.client(minority)];
    const put = (value: number) => ({ f: 'put', key: 'x', value }) as const;
    const get = { f: 'get', key: 'x' } as const;
    for (const client of [writer, reader]) expect(await cluster.call(client, put(14))).toMatchObject({ outcome: 'ok' });
    await cluster.split([leader, mate], majority);
    const other = cluster.client(majority);
    expect(await cluster.call(other, put(15))).toMatchObject({ outcome: 'ok' });

    let answered = 0;
    const pending = [cluster.call(writer, put(16)), cluster.call(reader, get)] as const;
    for (const call of pending) call.then(() => answered++);
    await cluster.run(1.5 * ELECTION_MS);
    expect(await cluster.call(other, put(17))).toMatchObject({ outcome: 'ok' });
    expect(await cluster.call(other, get)).toMatchObject({ outcome: 'ok', result: 17 });
    expect(answered).toBe(0);

    await cluster.heal();
    minority.push(...majority);
    const [wrote, read] = await Promise.all(pending);
    expect(wrote).toMatchObject({ outcome: 'ok' });
    expect([16, 17]).toContain(read.outcome === 'ok' ? read.result : read.error);
    expect(await cluster.call(other, get)).toMatchObject({ outcome: 'ok', result: 16 });
  });

  it('ManyPartitionsManyClients: five clients and ever new partitions; the history is linearizable', async () => {
    const recorder = new MemoryRecorder();
    const spec = parseSpec({
      seed: 1,
      workload: kv.name,
      clients: 5,
      keys: 5,
      ratePerSecond: 150,
      faults: [],
      timeMs: 600_000,
      operationTimeoutMs: 20_000,
      recoveryMs: PATIENCE_MS,
    });
    let result: DriveResult | null = null;
    const driver = new Driver(cluster.world, spec, kv, recorder, (driven) => {
      result = driven;
    });
    driver.start();
    for (let turn = 0; turn < 5; turn++) {
      // Another two are on their own each time, the leader often among them.
      const alone = cluster.nodes.filter((_, at) => (at + 5 - turn) % 5 < 2);
      await cluster.split(alone, cluster.others(...alone));
      await cluster.run(1000);
    }
    await cluster.heal();
    await cluster.until('enough was done to judge', () => driver.progress().ok > 100);
    driver.stop();
    await cluster.until('the last operations are answered', () => result !== null);
    expect((result as DriveResult | null)?.recoveredAfterNs).not.toBeNull();
    const verdict = await judge(recorder.recording().operations, { model: kv.model });
    expect(verdict.outcome).toBe('pass');
  });
});
