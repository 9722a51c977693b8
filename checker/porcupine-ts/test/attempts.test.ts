import { describe, expect, it } from 'vitest';
import type { Attempt } from '../src/attempt.ts';
import { attemptFirstOrder } from '../src/first-order.ts';
import { ownMemory } from '../src/memory.ts';
import { type KvInput, type KvOutput, kv } from '../src/models/kv.ts';
import type { CheckOperation } from '../src/operation.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { verify } from '../src/verify.ts';
import { randomHistory, type Subject } from './histories.ts';
import * as subjects from './subjects.ts';

type Operations = readonly CheckOperation<{ readonly f?: string }, unknown>[];
type AnySubject = Subject<unknown, { readonly f?: string }, unknown>;

/** Enough for every variant below. */
const HISTORIES = 1500;
const SHAPE = { operations: 12, processes: 4, openPercent: 15, wrongPercent: 50 };

const attempt = ({ model }: AnySubject, operations: Operations): Attempt | null =>
  model.attempt?.(operations, ownMemory, () => false) ?? attemptFirstOrder(model, operations, ownMemory, () => false);

/** What is wrong with the attempts at random histories, that are given to it changed; null if nothing is. */
const objection = (subject: AnySubject, change: (operations: Operations) => Operations): string | null => {
  const { model } = subject;
  const decided = { pass: 0, violation: 0 };
  for (let seed = 0; seed < HISTORIES; seed++) {
    const all = randomHistory(subject, SHAPE, seed);
    for (const { operations } of model.partition?.(all) ?? [{ operations: all }]) {
      const result = attempt(subject, change(operations));
      if (result === null) continue;
      decided[result.outcome]++;
      if (result.outcome !== textbookSearch(model, operations).outcome) return `seed ${seed}: no ${result.outcome}`;
      if (result.linearization === null) continue;
      const wrong = verify(model, operations, result.linearization);
      if (wrong !== null) return `seed ${seed}: ${wrong}`;
    }
  }
  return Math.min(decided.pass, decided.violation) > HISTORIES / 20 ? null : 'hardly any is decided';
};

/** As if the attempt overlooked something: it is given a history without that. */
const UNSOUND: { readonly [what: string]: (operations: Operations) => Operations } = {
  'operations that never returned, taken for none': (all) => all.filter((one) => one.return !== null),
  'returns that come too late': (all) =>
    all.map((one) => (one.return === null ? one : { ...one, return: one.return + 2 })),
  'calls that come too early': (all) => all.map((one) => ({ ...one, call: one.call - 2 })),
  'answers that nobody looks at': (all) => all.map((one, at) => (at % 3 === 0 ? { ...one, output: undefined } : one)),
  'operations that must happen, taken for ones that may': (all) =>
    all.map((one) => (one.output === undefined ? { ...one, return: null } : one)),
};

for (const [name, made] of [
  ['register', subjects.registerSubject(3)],
  ['cas-register', subjects.casSubject(3)],
  ['register, narrow', subjects.attemptedNarrowly(subjects.registerSubject(3))],
  ['cas-register, narrow', subjects.attemptedNarrowly(subjects.casSubject(3))],
  ['kv', subjects.kvSubject()],
  ['kv, one key that grows', subjects.appendSubject(false)],
  ['set', subjects.setSubject()],
  ['set, read as a whole', subjects.wholeSetSubject(false)],
  ['queue', subjects.queueSubject()],
  ['counter', subjects.counterSubject()],
] as const)
  describe(`a quick attempt at a history (${name})`, () => {
    const subject = made as unknown as AnySubject;

    it('decides as the textbook search does, and an order that it gives replays', () => {
      expect(objection(subject, (operations) => operations)).toBeNull();
    });

    for (const [what, change] of Object.entries(UNSOUND))
      it(`would be found out with ${what}`, () => expect(objection(subject, change)).toMatch(/^seed/));
  });

describe('a quick attempt at a string that grows', () => {
  const model = kv({ initial: '' });
  const at = (id: number, call: number, end: number, input: KvInput, output: KvOutput = null) => ({
    id,
    process: id,
    input,
    output,
    call,
    return: end,
  });
  const lost = [
    at(0, 0, 1, { f: 'append', key: 'k', value: 'a' }),
    at(1, 2, 3, { f: 'append', key: 'k', value: 'b' }),
    at(2, 4, 5, { f: 'get', key: 'k' }, 'a'),
  ];

  it('tells of an append that a later get did not find', () => {
    const result = model.attempt!(lost, ownMemory, () => false);
    expect(result).toMatchObject({ outcome: 'violation', stuckAt: 2 });
  });

  it('does not, where a put may have been in between', () => {
    const put = at(3, 2, 5, { f: 'put', key: 'k', value: 'a' });
    const operations = [lost[0]!, lost[1]!, put, lost[2]!];
    expect(textbookSearch(model, operations).outcome).toBe('pass');
    expect(model.attempt!(operations, ownMemory, () => false)?.outcome).not.toBe('violation');
  });
});
