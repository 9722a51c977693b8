import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge } from '../../checker/judge.ts';
import type { Anomaly } from '../../checker/verdict.ts';
import type { Operation } from '../../history/operation.ts';
import { verdictSentence } from '../../reports/sentence.ts';
import { trialOfHistory } from '../../reports/trial-data.ts';
import { drawnCalls, KINDS, lived } from './object-histories.ts';

const PUTS = new Set(['enqueue', 'push', 'insert', 'add']);
const TAKES = new Set(['dequeue', 'pop', 'delete-min']);

/** What a sentence says that nobody did, and which operations of the history would make that false, whatever became of them. */
interface Claim {
  readonly says: RegExp;
  readonly against: (one: Operation, match: RegExpExecArray, told: Told) => boolean;
}

interface Told {
  readonly seen: Operation;
  readonly other: Operation | undefined;
}

const endOf = (one: Operation): number => one.completedAt ?? Number.POSITIVE_INFINITY;
const isIn = (one: Operation, list: string): boolean => list.split(/ and |, /).includes(String(one.value));

const CLAIMS: readonly Claim[] = [
  {
    says: /nobody ever asked to (?:put|add) (\w+)(?: in)?(?:, nor (.*) either)?\./,
    against: (one, match) => PUTS.has(one.f) && (String(one.value) === match[1] || isIn(one, match[2] ?? '')),
  },
  {
    says: /nobody ever got (\w+)/,
    against: (one, match) =>
      TAKES.has(one.f) && (one.outcome === 'info' || (one.outcome === 'ok' && String(one.result) === match[1])),
  },
  {
    says: /nobody found it later/,
    against: (one, _, { seen, other }) =>
      one.outcome === 'ok' &&
      endOf(one) > endOf(seen) &&
      ((one.f === 'contains' && one.value === other?.value && one.result === true) ||
        (one.f === 'read' && Array.isArray(one.result) && one.result.includes(other?.value ?? null))),
  },
  {
    says: /nobody asked to release it before/,
    against: (one, _, { seen, other }) =>
      one.f === 'release' && one.invokedAt <= endOf(seen) && endOf(one) >= (other?.invokedAt ?? 0),
  },
  {
    says: /put in only once/,
    against: (one, _, { seen }) =>
      PUTS.has(one.f) && one.value === seen.result && one.outcome !== 'fail' && one.invokedAt <= endOf(seen)
        ? again(one, seen)
        : false,
  },
];

/** The put that a sentence counts is not against it; a second one is. */
const counted = new Map<Operation, Operation>();
function again(one: Operation, seen: Operation): boolean {
  const first = counted.get(seen);
  if (first === undefined) counted.set(seen, one);
  return first !== undefined && first !== one;
}

/** "All that was asked for by then makes it at most 3" counts everything, unless it says that it leaves out what failed. */
function exceeds(operations: readonly Operation[], sentence: string, seen: Operation, initial: number): boolean {
  const match = /although all that was asked for by then makes it at most (-?\d+)/.exec(sentence);
  if (match === null) return false;
  const most = operations
    .filter(({ f, invokedAt }) => ['add', 'inc', 'add-and-get'].includes(f) && invokedAt <= endOf(seen))
    .reduce((sum, { value }) => sum + Number(value ?? 1), initial);
  const least = operations
    .filter(({ f, outcome, completedAt }) => f === 'dec' && outcome === 'ok' && (completedAt ?? 0) < seen.invokedAt)
    .reduce((sum, { value }) => sum + Number(value ?? 1), 0);
  return most - least > Number(match[1]);
}

function toldOf(operations: readonly Operation[], { facts }: Anomaly): Told | null {
  const seen = operations[Number(facts.read)];
  return seen === undefined ? null : { seen, other: operations[Number(facts.other)] };
}

describe.each(KINDS.map((kind) => [kind.model, kind] as const))('%s', (_, kind) => {
  test('what a report says that nobody did, no operation of the history did', async () => {
    await fc.assert(
      fc.asyncProperty(drawnCalls(14), async (drawn) => {
        const operations = lived(kind, drawn, true);
        const options = { model: kind.model, ...(kind.initial === null ? {} : { initial: kind.initial }) };
        const verdict = await judge(operations, options);
        const [anomaly] = verdict.anomalies;
        const told = anomaly === undefined ? null : toldOf(operations, anomaly);
        if (told === null) return;
        const sentence = verdictSentence(trialOfHistory('h', operations, verdict, {}, []));
        for (const { says, against } of CLAIMS) {
          const match = says.exec(sentence);
          if (match === null) continue;
          counted.clear();
          const liar = operations.find((one) => against(one, match, told));
          expect(liar, sentence).toBeUndefined();
        }
        if (kind.model === 'counter')
          expect(exceeds(operations, sentence, told.seen, Number(kind.initial)), sentence).toBe(false);
      }),
      { numRuns: 250 },
    );
  });
});
