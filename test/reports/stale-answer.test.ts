import { inflateRawSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Anomaly } from '../../checker/verdict.ts';
import type { Json, Operation } from '../../history/operation.ts';
import { anomalyTitle } from '../../reports/anomaly-kinds.ts';
import { renderCore } from '../../reports/core.ts';
import type { PageRecord } from '../../reports/page-data.ts';
import { renderReport } from '../../reports/report.ts';
import { anomalySentence } from '../../reports/sentence.ts';
import { staleAnswerMeaning, staleAnswerOf } from '../../reports/stale-answer.ts';
import type { TrialData } from '../../reports/trial-data.ts';
import { simulateTrial } from '../../trial/simulate.ts';
import { parseSpec } from '../../trial/spec.ts';
import { MS } from './cluster-model.ts';
import { staleRead, withVerdict } from './fixtures.ts';

/** What the page carries for its own code. */
function recordIn(page: string): PageRecord {
  const packed = /id="page-record">([^<]*)</.exec(page)?.[1] ?? '';
  return JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString()) as PageRecord;
}

/** The stale read of the fixtures as the simulator sees it: inside n2, at its answer, which the client did not get any more. */
describe('an answer from an old state, seen inside a node', () => {
  let data: TrialData;
  let read: Operation;
  let write: Operation;
  beforeAll(async () => {
    const whole = await staleRead();
    const [anomaly] = whole.verdict.anomalies;
    const found = (f: string, value: Json): Operation =>
      whole.operations.find((one) => anomaly?.core.includes(one.index) && one.f === f && one.value === value) as never;
    write = found('write', 15);
    read = whole.operations.find(({ index }) => index === anomaly?.culprit) as Operation;
    const cut = { ...read, outcome: 'info' as const, result: null, completedAt: null, node: 'n5' };
    data = { ...whole, operations: whole.operations.map((one) => (one === read ? cut : one)) };
  });

  const seen = (facts: { readonly [name: string]: Json }): Anomaly => ({
    violation: 'invariant',
    shape: 'invariant',
    key: null,
    core: [],
    confirmedBy: null,
    culprit: null,
    at: 8412 * MS,
    argument: [
      {
        text: 'n2 answered a read from its state at index 40, but 43 was committed before it was asked',
        operations: [],
      },
    ],
    facts: {
      appliedIndex: 40,
      committedBefore: 43,
      role: 'leader',
      term: 4,
      key: 'k77',
      answer: 12,
      invariant: 'current reads',
      summary: 'n2 answered a read from its state at index 40, but 43 was committed before it was asked',
      nodes: ['n2'],
      event: 9000,
      ...facts,
    },
  });
  const PUT = {
    wouldBe: 15,
    missed: 1,
    change: { f: 'put', key: 'k77', value: 15 },
    changeIndex: 42,
    changeBy: 'n1',
    changeTerm: 5,
  };
  const told = (anomaly: Anomaly, of: TrialData = data): string =>
    anomalySentence(withVerdict(of, { ...of.verdict, anomalies: [anomaly] }), anomaly);

  test('is told as a stale read of the history is: who read what, when, via whom, and what had been acknowledged by whom', async () => {
    const anomaly = seen({ ...PUT, operation: read.index });
    const fromHistory = await staleRead();
    expect(told(anomaly)).toBe(anomalySentence(fromHistory, fromHistory.verdict.anomalies[0] as Anomaly));
    const page = renderReport(withVerdict(data, { ...data.verdict, anomalies: [anomaly] }));
    for (const part of [
      'Entry 42 of the log is client 1&#39;s write of 15 to k77; n1 committed it first, in term 5.',
      'From a state with it, n2 would have answered 15.',
      'client 3 did not receive the answer any more',
      'which answered the read, was cut off from the other four',
      'after event 9,000 of the simulation',
    ])
      expect(page.includes(part) || page.includes(part.replace('&#39;', "'")), part).toBe(true);
  });

  test('leads the timeline to its read and the key, and its text to the same steps', () => {
    const anomaly = seen({ ...PUT, operation: read.index });
    const judged = withVerdict(data, { ...data.verdict, anomalies: [anomaly] });
    expect(recordIn(renderReport(judged)).anomalies).toMatchObject([
      { key: 'k77', culprit: read.index, core: [write.index, read.index] },
    ]);
    expect(renderCore(judged, 'md')).toContain('3. From a state with it, n2 would have answered 15.');
    expect(renderCore(judged, 'svg')).toContain('class="core nodes"');
  });

  test('is no stale read for clients where nobody had been told of the new value', () => {
    const operations = data.operations.map((one) =>
      one.index === write.index ? { ...one, outcome: 'info' as const, completedAt: null } : one,
    );
    const anomaly = seen({ ...PUT, operation: read.index });
    expect(told(anomaly, { ...data, operations })).toContain(
      "returned 12, although client 1's write of 15 to k77 (n1, term 5), which nobody had acknowledged yet, had been committed before n2 was asked",
    );
    const stale = staleAnswerOf({ ...data, operations }, seen({ ...PUT, operation: read.index }));
    expect(stale === null ? '' : staleAnswerMeaning(stale)).toContain('clients cannot prove it');
  });

  test('says that an answer happens to be right where nothing that it lacks changed the key', () => {
    const anomaly = seen({ wouldBe: 12, missed: 0, operation: read.index });
    expect(anomalyTitle(anomaly)).toBe('Read from an old state (broken invariant “current reads”)');
    expect(told(anomaly)).toMatch(
      /^Read from an old state .*returned 12, from an old state: 3 entries of the log had been committed before n2 was asked, and were missing; they do not change k77, so the answer happens to be right\. The read ran during the partition /,
    );
  });

  test('is told with less where less is known: no client that waits, no operation that wrote it, an old record', () => {
    const nobody = told(seen(PUT));
    expect(nobody).toContain('a read of k77 at 8.412 s (via n2, leader, term 4) returned 12, although');
    const elsewhere = { ...PUT, change: { f: 'put', key: 'k77', value: 999 }, operation: read.index };
    expect(told(seen(elsewhere))).toContain(
      'although a write of 999 (n1, term 5) had been committed before n2 was asked',
    );
    expect(told(seen({ operation: read.index }))).toContain('and were missing. The read ran during');
    const { key: _, answer: __, ...old } = seen({}).facts;
    expect(told({ ...seen({}), facts: old })).toContain('n2 answered a read from its state at index 40, but 43');
  });

  test('comes from the simulator with the operation that waited for it, and the change that it lacks', async () => {
    const spec = parseSpec({ seed: 4, world: 'simulator', bugs: ['follower-read'], faults: [], timeMs: 5000 });
    const { verdict, recording } = await simulateTrial(spec);
    const anomaly = verdict.anomalies.find(({ facts }) => facts.invariant === 'current reads');
    expect(anomaly).toBeDefined();
    const { facts, at } = anomaly as Anomaly;
    const asked = recording.operations.find(({ index }) => index === facts.operation);
    expect(asked).toMatchObject({ f: 'read', key: facts.key, outcome: 'info', completedAt: null });
    expect(asked?.invokedAt).toBeLessThan(at);
    expect(facts.wouldBe).not.toEqual(facts.answer);
    const { value } = facts.change as { readonly value: Json };
    expect(facts.wouldBe).toEqual(value);
    expect(
      recording.operations.some((one) => JSON.stringify([one.value].flat().at(-1)) === JSON.stringify(value)),
    ).toBe(true);
  });
});
