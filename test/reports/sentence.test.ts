import { beforeAll, describe, expect, test } from 'vitest';
import type { Anomaly, AnomalyShape } from '../../checker/verdict.ts';
import type { Json, Operation, OperationOutcome } from '../../history/operation.ts';
import { anomalyMeaning, SHAPE_TITLES } from '../../reports/anomaly-kinds.ts';
import { sentenceBody, verdictSentence } from '../../reports/sentence.ts';
import { type TrialData, trialOfHistory } from '../../reports/trial-data.ts';
import { fault } from './cluster-model.ts';
import {
  broken,
  invariant,
  judged,
  passing,
  splitBrain,
  staleRead,
  unknown,
  vacuous,
  withVerdict,
} from './fixtures.ts';

const MS = 1e6;

/** Operations of one key in a few words each: [client, f, value, result, from ms, to ms, outcome]. */
type Row = readonly [number, string, Json, Json, number, number, OperationOutcome?, string?];

function history(rows: readonly Row[]): Operation[] {
  return rows
    .map(([process, f, value, result, from, to, outcome = 'ok', error = null]) => ({
      process,
      f,
      key: 'k',
      value,
      outcome,
      result,
      error,
      invokedAt: from * MS,
      completedAt: to * MS,
      node: null,
    }))
    .sort((a, b) => a.invokedAt - b.invokedAt)
    .map((one, index) => ({ index, ...one }));
}

async function told(
  rows: readonly Row[],
  model = 'cas-register',
): Promise<{ readonly shape: AnomalyShape | undefined; readonly sentence: string }> {
  const operations = history(rows);
  const verdict = await judged(operations, model);
  const data = trialOfHistory('h.ndjson', operations, verdict, {}, []);
  return { shape: verdict.anomalies[0]?.shape, sentence: verdictSentence(data) };
}

describe('the sentence of a violation', () => {
  test('tells a stale read with who, when, where, and the fault that was active', async () => {
    expect(verdictSentence(await staleRead())).toBe(
      "Stale read: client 3's read of k77 from 8.409 to 8.412 s (via n2, leader, term 4) returned 12, although client 1's write of 15 (n1, leader, term 5) had been acknowledged 310 ms before the read began. The read ran during the partition {n2} | {n1,n3,n4,n5}.",
    );
  });

  test('tells a value that nobody wrote', async () => {
    expect(
      await told([
        [1, 'write', 5, null, 0, 1],
        [2, 'read', null, 99, 2, 3],
      ]),
    ).toEqual({
      shape: 'never-written',
      sentence:
        "Value never written: client 2's read of k from 0.002 to 0.003 s returned 99, which nobody ever asked to write to k.",
    });
  });

  test('tells a value from the future', async () => {
    expect(
      await told([
        [2, 'read', null, 5, 0, 1],
        [1, 'write', 5, null, 31, 32],
      ]),
    ).toEqual({
      shape: 'from-the-future',
      sentence:
        "Value from the future: client 2's read of k from 0.000 to 0.001 s returned 5, although client 1 asked for the write of 5 to k only 30 ms later.",
    });
  });

  test('tells a failed write that was read, with the error its client got', async () => {
    expect(
      await told([
        [1, 'write', 5, null, 0, 1, 'fail', 'no quorum'],
        [2, 'read', null, 5, 2, 3],
      ]),
    ).toEqual({
      shape: 'failed-write-read',
      sentence:
        "Failed write was read: client 2's read of k from 0.002 to 0.003 s returned 5, although client 1's write of 5 to k had surely failed (“no quorum”).",
    });
    expect(
      await told([
        [1, 'write', 5, null, 2, 4, 'fail'],
        [2, 'read', null, 5, 1, 3],
      ]),
    ).toEqual({
      shape: 'failed-write-read',
      sentence:
        "Failed write was read: client 2's read of k from 0.001 to 0.003 s returned 5, although client 1's write of 5 to k surely failed.",
    });
  });

  test('calls no write failed that began only after the read: what was read came too early', async () => {
    expect(
      await told([
        [2, 'read', null, 5, 1, 3],
        [1, 'write', 5, null, 6, 8, 'fail', 'no quorum'],
      ]),
    ).toEqual({
      shape: 'from-the-future',
      sentence:
        "Value from the future: client 2's read of k from 0.001 to 0.003 s returned 5, although client 1 asked for the write of 5 to k only 3 ms later, and was told that it failed.",
    });
  });

  test('calls of two texts that contradict each other none the older one', async () => {
    const rows = (later: string): readonly Row[] => [
      [1, 'append', 'a', null, 0, 90],
      [2, 'append', 'b', null, 0, 90],
      [3, 'get', null, 'ab', 3, 4],
      [4, 'get', null, later, 5, 6],
    ];
    const diverged = await told(rows('ba'), 'kv');
    expect(diverged.sentence).toBe(
      "Contradicting reads: client 4's read of k from 0.005 to 0.006 s returned ba, although client 3's read from 0.003 to 0.004 s returned ab, with a where this one has b.",
    );
    const shorter = await told(rows('a'), 'kv');
    expect(shorter.sentence).toMatch(
      /^Newer value, then older: .* returned a, without b, although client 3.s read had already returned b as well, 1 ms before/,
    );
  });

  test('tells that a lost value was never seen by anyone', async () => {
    const { sentence } = await told([
      [1, 'write', 4, null, 0, 1],
      [1, 'write', 5, null, 2, 3],
      [2, 'read', null, 4, 5, 6],
      [2, 'read', null, 4, 7, 8],
    ]);
    expect(sentence).toBe(
      "Stale read: client 2's read of k from 0.005 to 0.006 s returned 4, although client 1's write of 5 had been acknowledged 2 ms before the read began; no operation ever saw 5.",
    );
  });

  test('tells a newer value and then an older one', async () => {
    expect(
      await told([
        [1, 'write', 1, null, 0, 1],
        [2, 'write', 2, null, 2, 60, 'info', 'timeout'],
        [3, 'read', null, 2, 10, 11],
        [4, 'read', null, 1, 15, 16],
      ]),
    ).toEqual({
      shape: 'newer-then-older',
      sentence:
        "Newer value, then older: client 4's read of k from 0.015 to 0.016 s returned 1, although client 3's read had already returned 2, the newer value, 4 ms before client 4's read began.",
    });
  });

  test('tells a lost update', async () => {
    expect(
      await told([
        [1, 'write', 3, null, 0, 1],
        [2, 'write', 4, null, 2, 3],
        [1, 'cas', [3, 5], null, 6, 7],
      ]),
    ).toEqual({
      shape: 'lost-update',
      sentence:
        "Lost update: client 2's write of 4 to k was acknowledged at 0.003 s, yet 3 ms later, from 0.006 to 0.007 s, client 1's compare-and-set of k from 3 to 5 succeeded as if it had never happened.",
    });
  });

  test('tells two compare-and-sets that succeeded on one value', async () => {
    expect(verdictSentence(await splitBrain())).toBe(
      "Two compare-and-sets from one value: client 901's compare-and-set of lock from 3 to 4 (n1, leader, term 7), from 4.806 to 4.809 s, and client 902's compare-and-set of lock from 3 to 5 (n3, leader, term 8), from 4.813 to 4.816 s, both succeeded, although the value 3 was there only once. The second ran during the partition {n1,n2} | {n3,n4,n5}.",
    );
  });

  test('tells nothing read after an acknowledged write', async () => {
    expect(
      await told([
        [1, 'write', 3, null, 0, 1],
        [2, 'read', null, null, 4, 5],
      ]),
    ).toEqual({
      shape: 'nil-after-write',
      sentence:
        "Acknowledged write not found: client 2's read of k from 0.004 to 0.005 s found nothing, although client 1's write of 3 had been acknowledged 3 ms before the read began.",
    });
  });

  test('tells what no order explains, whatever the model, and which answer does not fit', async () => {
    // One element may be taken or the other: which of two alike nobody can tell, so that it has no name.
    const queue = history([
      [1, 'enqueue', 'a', null, 0, 5],
      [2, 'enqueue', 'a', null, 6, 9],
      [3, 'dequeue', null, null, 10, 18],
      [4, 'dequeue', null, 'a', 12, 14],
    ]);
    const verdict = await judged(queue, 'queue');
    expect(verdictSentence(trialOfHistory('h', queue, verdict, {}, []))).toBe(
      'No possible order: no order of these 4 operations on k, from 0.000 to 0.018 s, explains what they returned.',
    );
    expect(verdict.anomalies[0]).toMatchObject({ shape: 'no-order', culprit: 2 });
    const lock = await judged(
      history([
        [1, 'acquire', null, null, 0, 5, 'info'],
        [2, 'acquire', null, false, 6, 9],
        [2, 'acquire', null, null, 10, 12],
      ]),
      'mutex',
    );
    expect(lock.anomalies[0]?.argument.map((step) => step.text)).toEqual([
      'These 3 operations have no order that explains all answers. The longest attempts at one get stuck like this:',
      'After the acquire by process 1, the acquire by process 2 the state is held by 1.',
      'Acquire by 2 is not possible when the state is held by 1.',
    ]);
  });

  test('tells a broken invariant by its name', async () => {
    expect(verdictSentence(await invariant())).toBe(
      'Two leaders in one term (broken invariant “election safety”): n1 and n3 were both leader of term 8, at 4.420 s, during the partition {n1,n2} | {n3,n4,n5}.',
    );
  });
});

describe('shapes without operations, and what facts leave out', () => {
  let base: TrialData;
  beforeAll(async () => {
    base = await splitBrain();
  });
  const one = (shape: AnomalyShape, facts: Anomaly['facts'], core: readonly number[] = []): string => {
    const anomaly: Anomaly = {
      violation: shape === 'crash' ? 'crash' : shape === 'no-progress' ? 'liveness' : 'linearizability',
      shape,
      key: core.length > 0 ? 'lock' : null,
      core,
      confirmedBy: null,
      culprit: null,
      at: 7000 * MS,
      argument: [],
      facts,
    };
    return verdictSentence(withVerdict(base, { ...base.verdict, outcome: 'violation', anomalies: [anomaly] }));
  };

  test('no progress says since when and for how long', () => {
    expect(one('no-progress', { waitedNs: 5e9, healedAt: 6200 * MS })).toBe(
      'No progress: no client was served within 5 s after every fault was healed at 6.200 s, although all nodes were running and connected.',
    );
  });

  test('an oracle of liveness speaks for itself: its name, what it saw, and since when', () => {
    expect(
      one('no-progress', { oracle: 'needless election', summary: 'n2 deposed n1, which a majority still heard' }),
    ).toBe(
      'Needless election: n2 deposed n1, which a majority still heard, at 7.000 s, 1 s after the partition {n1,n2} | {n3,n4,n5} ended.',
    );
    expect(
      one('no-progress', { summary: 'no write was acknowledged by {n3,n4,n5}', withinNs: 1e9, sinceNs: 4200 * MS }),
    ).toBe(
      'No progress: no write was acknowledged by {n3,n4,n5} within 1 s after 4.200 s, during the partition {n1,n2} | {n3,n4,n5}.',
    );
  });

  test('a bound that the words of an oracle name already is not told again, and a node keeps its own name', () => {
    const sentence = one('cut-off-leader', {
      summary: 'n1 still led term 3, although it had heard from no majority for 0.990 s',
      boundNs: 990 * MS,
      waitedNs: 990 * MS,
    });
    expect(sentence).toMatch(/ for 0\.990 s, at 7\.000 s, /);
    expect(sentence).not.toContain('within');
    expect(sentenceBody(sentence)).toMatch(/^n1 still led term 3, /);
  });

  test('a crash gives its reason', () => {
    expect(one('crash', { reason: 'node n4 ended unasked (exit code 7): out of disk', detail: null })).toBe(
      'Crash: node n4 ended unasked (exit code 7): out of disk, at 7.000 s, 1 s after the partition {n1,n2} | {n3,n4,n5} ended.',
    );
  });

  test('the rest says how many operations have no order', () => {
    const core = base.operations.filter((operation) => operation.key === 'lock').map((operation) => operation.index);
    expect(one('no-order', {}, core)).toMatch(
      /^No possible order: no order of these 6 operations on lock, from 3\.900 to /,
    );
  });

  test('every shape has a sentence of its own even when its facts are missing, and never says why', () => {
    const core = base.operations.filter((operation) => operation.key === 'lock').map((operation) => operation.index);
    const culprit = core.at(-1) ?? null;
    for (const shape of Object.keys(SHAPE_TITLES) as AnomalyShape[]) {
      const anomaly: Anomaly = {
        violation: 'linearizability',
        shape,
        key: 'lock',
        core,
        confirmedBy: null,
        culprit,
        at: 4900 * MS,
        argument: [],
        facts: {},
      };
      const sentence = verdictSentence(
        withVerdict(base, { ...base.verdict, outcome: 'violation', anomalies: [anomaly] }),
      );
      expect(sentence.startsWith(`${SHAPE_TITLES[shape]}: `)).toBe(true);
      expect(sentence).not.toMatch(/undefined|NaN|null|because|caused|due to/);
      expect(anomalyMeaning(anomaly).length).toBeGreaterThan(20);
    }
  });

  test('a fault that shows no effect is named as such, and three faults are two and one more', () => {
    const faults = [fault(0, 'pause', ['n1'], 6000, 8000, 'n1 paused (leader)', null, false)];
    const anomalies = [
      {
        ...(base.verdict.anomalies[0] as Anomaly),
        shape: 'crash' as const,
        facts: { reason: 'n2 ended' },
        at: 7000 * MS,
      },
    ];
    const violation = { ...base.verdict, anomalies };
    expect(verdictSentence({ ...withVerdict(base, violation), faults })).toBe(
      'Crash: n2 ended, at 7.000 s, during the pause of n1 (which shows no effect).',
    );
    const three = ['n1', 'n2', 'n3'].map((node, i) => fault(i, 'kill', [node], 6000, 8000, `${node} killed`, null));
    expect(verdictSentence({ ...withVerdict(base, violation), faults: three })).toContain(
      'during the kill of n1, the kill of n2 and 1 other fault',
    );
  });
});

describe('the sentence of other outcomes', () => {
  test('says what was proved, what is open, or why nothing is known', async () => {
    expect(verdictSentence(await passing())).toMatch(
      /^Pass: the [\d,]+ operations on 12 keys can be put in one order that explains every answer \(cas-register\), through 4 faults that took effect\.$/,
    );
    expect(verdictSentence(await unknown())).toBe(
      'Unknown: the checker could not decide keys k3 and k9: out of time after 30 s, 61 unknown outcomes on this key. The other 10 keys are linearizable.',
    );
    expect(verdictSentence(await vacuous())).toMatch(
      /^Vacuous: nothing was found, but nothing was proved either: no two operations on one key overlapped; /,
    );
    expect(verdictSentence(await broken())).toMatch(
      /^Broken: the harness failed, so this says nothing about the system: n4 ended by itself/,
    );
  });
});
