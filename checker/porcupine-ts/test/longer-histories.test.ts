/**
 * Longer histories, of 20 to 3000 operations, which no enumeration judges: all that can judge them is compared. What goes wrong only
 * where many orders were given up, or where a queue is deep, shows here. A history that is right by construction is never a
 * violation; every order replays; who is blamed is a contradiction by himself.
 *
 * The long run: `PORCUPINE_HISTORIES=2000 npx vitest run …`, so many of each model; it tells how far it is.
 */

import { describe, expect, it } from 'vitest';
import { check } from '../src/check.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { verify } from '../src/verify.ts';
import {
  type AnyModel,
  isFoundedByTrying,
  isLegalWith,
  judgedFrom,
  leavesOrderByTrying,
  type Operations,
} from './core-rules.ts';
import { createDice } from './histories.ts';
import { CHECKS, isContradiction, type Judges, SEARCHES, type Verdict } from './judges.ts';
import { longerHistory } from './longer-histories.ts';
import { LONGER_CASES, type LongerCase } from './longer-subjects.ts';

const LONG_RUN = process.env.PORCUPINE_HISTORIES !== undefined;
const HISTORIES = Number(process.env.PORCUPINE_HISTORIES ?? 8);
const FIRST_SEED = Number(process.env.PORCUPINE_SEED ?? 1);
const PATIENCE_MS = LONG_RUN ? 24 * 3_600_000 : 600_000;
const STEPS_MAX = LONG_RUN ? 30_000 : 1000;
/** Of the histories, one in so many that is a violation is explained, if it has no more operations: that may take long. */
const EXPLAIN_EVERY = LONG_RUN ? 10 : 1;
const EXPLAINED_MAX = LONG_RUN ? 1000 : 30;
/** The longest of each model are for the long run. */
const LENGTHS = LONG_RUN ? 4 : 2;
/** Larger cores are not gone through part by part. */
const TRIED_MAX = 8;
/** Whether answers are possible is looked at in histories of so many operations, for all ways are tried. */
const FOUNDED_MAX = 14;

interface Told {
  readonly search: string;
  readonly verdict: Verdict;
}

/** What each of the judges says that can tell; whatever proof it gives is looked at. */
const askAll = (judges: Judges, model: AnyModel, operations: Operations, name: string): Told[] => {
  const told: Told[] = [];
  for (const [search, judge] of Object.entries(judges)) {
    const verdict = judge(model, operations, STEPS_MAX);
    if (verdict === null) continue;
    told.push({ search, verdict });
    if (verdict.order !== null) expect(verify(model, operations, verdict.order), `${name}: ${search}`).toBeNull();
    if (verdict.witness !== null) {
      const alone = textbookSearch(model, verdict.witness, { stepsMax: STEPS_MAX }).outcome;
      expect(alone, `${name}: ${search} blames operations that have an order`).not.toBe('pass');
      const proof = isContradiction(model, verdict.witness, operations, STEPS_MAX);
      expect(proof, `${name}: ${search} blames operations that have an order if others help`).not.toBe(false);
    }
  }
  return told;
};

const outcomeOf = (told: readonly Told[], name: string): Verdict['outcome'] | undefined => {
  const outcomes = new Set(told.map(({ verdict }) => verdict.outcome));
  const opinions = told.map(({ search, verdict }) => `${search}: ${verdict.outcome}`).join('; ');
  expect(outcomes.size, `${name}: ${opinions}`).toBeLessThanOrEqual(1);
  return [...outcomes][0];
};

/** Agreement on the whole and on each key. Undefined if nobody can tell. */
const judged = ({ subject: { model }, judges }: LongerCase, operations: Operations, name: string) => {
  const outcome = outcomeOf(askAll(CHECKS, model, operations, name), name);
  const inOrder = [...operations].sort((a, b) => a.call - b.call);
  const parts = model.partition?.(inOrder) ?? [{ key: '', operations: inOrder }];
  const outcomes = parts.map((part) => {
    const named = `${name}, key ${part.key}`;
    return outcomeOf(askAll({ ...SEARCHES, ...judges }, model, part.operations, named), named);
  });
  const ofKeys = outcomes.includes('violation') ? 'violation' : outcomes.includes(undefined) ? undefined : 'pass';
  if (outcome !== undefined && ofKeys !== undefined) expect(ofKeys, name).toBe(outcome);
  return outcome ?? ofKeys;
};

const inOrderOfCall = (operations: Operations): Operations => [...operations].sort((a, b) => a.call - b.call);

/** What is shown of a violation is one, whatever the others did, and nothing of it can be left out where that is said. */
const explained = ({ model: given }: LongerCase['subject'], operations: Operations, name: string): void => {
  const inOrder = inOrderOfCall(operations);
  const parts = given.partition?.(inOrder) ?? [{ key: '', operations: inOrder }];
  for (const { key, violation } of check(given, operations, { explainMax: 1, stepsMax: STEPS_MAX }).partitions) {
    if (violation === null) continue;
    const whole = parts.find((part) => part.key === key)!.operations;
    const part = violation.about === null ? whole : saysLess(given, whole, violation.about);
    const judged = judgedFrom(given, part, violation);
    const { model, core, rest } = judged;
    const teller = violation.startsFrom === null ? 0 : 1;
    expect(core.length + teller, `${name}: the core is of the history`).toBe(violation.core.length);
    const alone = textbookSearch(model, core, { stepsMax: STEPS_MAX }).outcome;
    expect(alone, `${name}: the core has an order`).not.toBe('pass');
    expect(
      isContradiction(model, core, inOrderOfCall([...core, ...rest]), STEPS_MAX),
      `${name}: the rest can mend the core`,
    ).not.toBe(false);
    if (core.length > TRIED_MAX) continue;
    expect(isLegalWith(model, core, []), name).toBe(false);
    if (!violation.minimal) continue;
    expect(violation.confirmedBy, `${name}: the core`).toBe('enumeration');
    if (part.length <= FOUNDED_MAX)
      expect(isFoundedByTrying(judged), `${name}: it was made impossible by leaving out`).toBe(true);
    const leavesOrder = leavesOrderByTrying(model, core);
    const needless = core.filter((_, at) => !leavesOrder(at)).map(({ id }) => id);
    expect(needless, `${name}: without these, and what rests on them, there is no order either`).toEqual([]);
  }
};

/** The part of the answers that a core is about. */
const saysLess = (model: AnyModel, operations: Operations, about: string): Operations => {
  for (const stuck of operations.keys()) {
    const focus = model.focus!(operations, stuck, () => false, true);
    if (focus?.about === about) return focus.operations;
  }
  throw new Error(`nothing is said about ${about}`);
};

const total = { pass: 0, violation: 0 };

describe('longer histories are judged alike by all that can judge them', () => {
  for (const [name, one] of Object.entries(LONGER_CASES))
    it(
      name,
      () => {
        const count = { pass: 0, violation: 0, undecided: 0 };
        for (let seed = FIRST_SEED; seed < FIRST_SEED + one.times * HISTORIES; seed++) {
          const dice = createDice(~seed);
          const { lengths, clientsMax } = one;
          const shape = {
            operations: lengths[dice.roll(LENGTHS)]!,
            clients: 2 + dice.roll(clientsMax - 1),
          };
          const { operations, made, isRight } = longerHistory(one.subject, shape, seed);
          const named = `${name}, seed ${seed}, ${shape.operations} operations by ${shape.clients} clients, ${made}`;
          const outcome = judged(one, operations, named);
          count[outcome ?? 'undecided']++;
          if (isRight) expect(outcome, named).not.toBe('violation');
          const isExplained = seed % EXPLAIN_EVERY === 0 && operations.length <= EXPLAINED_MAX;
          if (outcome === 'violation' && isExplained) explained(one.subject, operations, named);
        }
        if (LONG_RUN) process.stderr.write(`${name}: ${JSON.stringify(count)}\n`);
        for (const told of ['pass', 'violation'] as const) total[told] += count[told];
        expect(count.undecided).toBeLessThan((one.times * HISTORIES) / 2);
      },
      PATIENCE_MS,
    );

  it('of which there are many of each kind', () => {
    const histories = total.pass + total.violation;
    expect(Math.min(total.pass, total.violation), JSON.stringify(total)).toBeGreaterThan(histories / 6);
  });
});
