/**
 * Registers of a hundred to three thousand operations, which no enumeration judges: the searches that know registers are compared
 * with each other, and where it can tell, with the general one. What goes wrong only where many orders were given up shows here.
 */

import { describe, expect, it } from 'vitest';
import { registerHistory } from '../bench/histories.ts';
import { check } from '../src/check.ts';
import { generalSearch } from '../src/general-search.ts';
import { ownMemory } from '../src/memory.ts';
import { casRegister, type RegisterInput, type RegisterOutput } from '../src/models/register.ts';
import { attemptNarrow } from '../src/narrow-register.ts';
import type { CheckOperation } from '../src/operation.ts';
import { layOut } from '../src/timeline.ts';
import { verify } from '../src/verify.ts';
import { createDice } from './histories.ts';
import { encodeRegisterOperation } from './subjects.ts';

type Operations = readonly CheckOperation<RegisterInput, RegisterOutput>[];

const LONG_RUN = process.env.PORCUPINE_HISTORIES !== undefined;
const HISTORIES = LONG_RUN ? Number(process.env.PORCUPINE_HISTORIES) : 80;
const PATIENCE_MS = LONG_RUN ? 24 * 3_600_000 : 600_000;
const STEPS_MAX = 300_000;
const GENERAL_STEPS = 20_000;
const GENERAL_OPERATIONS_MAX = 300;

const never = (): boolean => false;
const model = casRegister();
const searchedOnly = { ...model, attempt: () => null };

/** Right but, every other time, for an answer or two; of some, answers are unknown. */
const historyOf = (seed: number): Operations => {
  const dice = createDice(seed);
  const operations = [100, 100, 300, LONG_RUN ? 3000 : 1000][dice.roll(4)]!;
  const shape = { operations, clients: 2 + dice.roll(50), values: 1 + dice.roll(8), cas: dice.roll(2) === 0 };
  const openPercent = dice.roll(3) === 0 ? dice.roll(6) : 0;
  const hidesAnswers = dice.roll(3) === 0;
  const wrong = dice.roll(2) === 0 ? new Set([dice.roll(operations), dice.roll(operations)]) : new Set<number>();
  return registerHistory({ ...shape, openPercent, seed }).map((one) => {
    if (one.input.f === 'write' || one.output === undefined) return one;
    if (hidesAnswers && dice.roll(10) === 0) return { ...one, output: undefined };
    if (!wrong.has(one.id)) return one;
    return { ...one, output: one.input.f === 'cas' ? !one.output : dice.roll(shape.values) };
  });
};

describe('longer histories of a register', () => {
  it(
    'are judged alike by all searches, and every order replays',
    () => {
      const count = { pass: 0, violation: 0 };
      for (let seed = 1; seed <= HISTORIES; seed++) {
        const operations = historyOf(seed);
        const told = new Map<string, string>();
        const note = (search: string, outcome: string, order: readonly number[] | null): void => {
          if (outcome === 'pass' || outcome === 'violation') told.set(search, outcome);
          if (order !== null) expect(verify(model, operations, order), `seed ${seed}: ${search}`).toBeNull();
        };
        for (const [name, judge] of Object.entries({ attempted: model, searched: searchedOnly })) {
          const [part] = check(judge, operations, { explainMax: 0, stepsMax: STEPS_MAX }).partitions;
          note(name, part!.outcome, part!.linearization);
        }
        const narrow = attemptNarrow(operations, null, encodeRegisterOperation, ownMemory, never);
        if (narrow !== null) note('narrow', narrow.outcome, narrow.linearization);
        if (operations.length <= GENERAL_OPERATIONS_MAX)
          note('general', generalSearch(model, layOut(operations)).advance(GENERAL_STEPS, never), null);
        const outcomes = new Set(told.values());
        expect(outcomes.size, `seed ${seed}: ${JSON.stringify([...told])}`).toBeLessThanOrEqual(1);
        for (const outcome of outcomes) count[outcome as 'pass' | 'violation']++;
      }
      expect(Math.min(count.pass, count.violation)).toBeGreaterThan(HISTORIES / 30);
    },
    PATIENCE_MS,
  );
});
