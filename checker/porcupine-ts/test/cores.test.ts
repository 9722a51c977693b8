import { describe, expect, it } from 'vitest';
import { check } from '../src/check.ts';
import type { Model } from '../src/model.ts';
import { queue, stack } from '../src/models/queues.ts';
import type { CheckOperation } from '../src/operation.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { randomHistory, type Subject } from './histories.ts';
import * as subjects from './subjects.ts';

type AnyModel = Model<unknown, unknown, unknown>;
type AnyOperation = CheckOperation<unknown, unknown>;
type Operations = readonly AnyOperation[];

const isLegal = (model: AnyModel, operations: Operations): boolean =>
  textbookSearch(model, operations).outcome === 'pass';

/** Whether the strict operations have an order in which the others take effect in their time, or not at all: by trying all. */
const isLegalWith = (model: AnyModel, strict: Operations, others: Operations): boolean => {
  const all = [...strict, ...others];
  const seen = new Set<string>();
  const extend = (state: unknown, since: number, done: number): boolean => {
    const owed = strict.filter((one, at) => one.return !== null && (done & (1 << at)) === 0);
    if (owed.length === 0) return true;
    const key = `${since} ${done} ${model.key(state)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    const until = Math.min(...owed.map((one) => one.return!));
    return all.some(({ input, output, call, return: end }, at) => {
      if ((done & (1 << at)) !== 0 || call > until || (end ?? since) < since) return false;
      const next = model.step(state, input, output);
      return next !== undefined && extend(next, Math.max(since, call), done | (1 << at));
    });
  };
  return extend(model.init(), Number.NEGATIVE_INFINITY, 0);
};

/**
 * The core without the operation and what depends on it: what was given something by it, and so on; or only that of this to which
 * no other in the core gives the same.
 */
const without = (model: AnyModel, core: Operations, operation: AnyOperation): readonly Operations[] =>
  ['all', 'bereft'].map((dependants) => {
    const gone = new Set([operation]);
    for (const writer of gone)
      for (const reader of core) {
        const given = model.provides?.(writer, reader);
        if (given === undefined) continue;
        const hasOther = core.some((one) => !gone.has(one) && model.provides!(one, reader) === given);
        if (dependants === 'all' || !hasOther) gone.add(reader);
      }
    return core.filter((one) => !gone.has(one));
  });

interface Told {
  cores: number;
  removals: number;
  /** After these what is left is still a contradiction by itself, though nothing is seen to rest on what was removed. */
  needless: number;
}

const lookAt = (model: AnyModel, part: Operations, core: Operations, told: Told, name: string): void => {
  const rest = part.filter((one) => !core.includes(one));
  told.cores++;
  expect(isLegal(model, core), `${name}: the core has an order by itself`).toBe(false);
  const canAct = rest.filter(({ input, output }) => !model.observes?.(input, output));
  expect(isLegalWith(model, core, canAct), `${name}: the rest of the history can mend the core`).toBe(false);
  const [legal, illegal] = [new Set<AnyOperation>(), new Set<AnyOperation>()];
  const legalWithout = (operations: Operations, one: AnyOperation): readonly Operations[] =>
    without(model, operations, one).filter((left) => isLegal(model, left));
  for (const one of core) (legalWithout(core, one).length > 0 ? legal : illegal).add(one);
  told.removals += core.length;
  // What others rest on: without it, what was legal without another is no longer.
  for (const one of illegal) {
    const supports = [...legal].some((other) =>
      legalWithout(core, other).some((left) => left.includes(one) && legalWithout(left, one).length === 0),
    );
    const mends = without(model, core, one).some(
      (rest) =>
        core.some((other) => legalWithout(rest, other).some((left) => left.length > 0)) &&
        isLegalWith(model, rest, [...canAct, one]),
    );
    if (!supports && !mends) told.needless++;
  }
};

/** @param allowedPercent of removals of which it can't be told whether the operation is needed */
const minimalCores = (name: string, made: Subject<never, never, never>, allowedPercent = 0): void =>
  it(`leaves out what can be left out, and makes up nothing (${name})`, () => {
    const subject = made as unknown as Subject<unknown, unknown, unknown>;
    const { model } = subject;
    const told: Told = { cores: 0, removals: 0, needless: 0 };
    for (let seed = 0; seed < 150; seed++) {
      const shape = { operations: 9, processes: 4, openPercent: 15, wrongPercent: 100 };
      const operations = randomHistory(subject, shape, seed);
      const parts = new Map(
        (model.partition?.(operations) ?? [{ key: '', operations }]).map((part) => [part.key, part.operations]),
      );
      for (const { key, violation } of check(model, operations).partitions) {
        if (violation === null) continue;
        expect(violation, `seed ${seed}`).toMatchObject({ minimal: true, confirmedBy: expect.any(String) });
        const part = parts.get(key)!;
        const core = part.filter(({ id }) => violation.core.includes(id));
        lookAt(model, part, core, told, `seed ${seed}`);
      }
    }
    expect(told.cores).toBeGreaterThan(15);
    expect(told.needless).toBeLessThanOrEqual((allowedPercent / 100) * told.removals);
  });

/**
 * Where answers rest on what is not there (that something was taken by another, that nobody held it), no model says on what:
 * of a hundred removals, so many may leave a contradiction that is none of the whole.
 */
const RESTING_PERCENT = 5;

describe('a core', () => {
  minimalCores('register', subjects.registerSubject(3) as never);
  minimalCores('cas-register', subjects.casSubject(3) as never);
  minimalCores('cas-register, unique writes', subjects.uniqueSubject(true) as never);
  minimalCores('kv', subjects.kvSubject() as never);
  minimalCores('kv, one key that grows', subjects.appendSubject(false) as never);
  minimalCores('kv, one key that grows and is reset', subjects.appendSubject(true) as never);
  minimalCores('multi-register', subjects.multiRegisterSubject() as never);
  minimalCores('set', subjects.setSubject() as never);
  minimalCores('set, each element added and removed once', subjects.uniqueSetSubject() as never);
  minimalCores('set, read as a whole', subjects.wholeSetSubject(false) as never);
  minimalCores('set that grows, read as a whole', subjects.wholeSetSubject(true) as never);
  minimalCores('queue', subjects.queueSubject() as never, RESTING_PERCENT);
  minimalCores('queue, unique values', subjects.uniqueQueueSubject() as never);
  minimalCores('stack', subjects.stackSubject() as never, RESTING_PERCENT);
  minimalCores('stack, unique values', subjects.uniqueStackSubject() as never);
  minimalCores('priority queue', subjects.priorityQueueSubject() as never);
  minimalCores('priority queue, unique values', subjects.uniquePriorityQueueSubject() as never, RESTING_PERCENT);
  minimalCores('counter', subjects.counterSubject() as never);
  minimalCores('mutex', subjects.mutexSubject() as never, RESTING_PERCENT);
  minimalCores('semaphore', subjects.semaphoreSubject() as never);

  for (const [name, made] of [
    ['register', subjects.registerSubject(4)],
    ['set', subjects.setSubject()],
    ['mutex', subjects.mutexSubject()],
    ['semaphore', subjects.semaphoreSubject()],
  ] as const)
    it(`is found at the end of a longer history, whatever went before (${name})`, () => {
      const subject = made as unknown as Subject<unknown, unknown, unknown>;
      const { model } = subject;
      const sizes: number[] = [];
      for (let seed = 0; seed < 60; seed++) {
        const shape = { operations: 100, processes: 4, openPercent: 4, wrongPercent: 100 };
        const operations = randomHistory(subject, shape, seed);
        for (const { violation } of check(model, operations).partitions) {
          if (violation === null) continue;
          expect(violation, `seed ${seed}`).toMatchObject({ minimal: true, confirmedBy: expect.any(String) });
          const core = operations.filter(({ id }) => violation.core.includes(id));
          expect(isLegal(model, core), `seed ${seed}`).toBe(false);
          sizes.push(core.length);
        }
      }
      expect(sizes.length).toBeGreaterThan(5);
      // Of a hundred: what counts permits needs many of them.
      expect(sizes.reduce((sum, size) => sum + size, 0) / sizes.length).toBeLessThan(15);
    });

  it('has two to six operations, mostly, where a compare-and-set register was tested as Jepsen does', () => {
    const subject = subjects.casSubject(5);
    const sizes: number[] = [];
    for (let seed = 0; seed < 120; seed++) {
      const shape = { operations: 80, processes: 5, openPercent: 10, wrongPercent: 100 };
      const { partitions } = check(subject.model, randomHistory(subject, shape, seed));
      for (const { violation } of partitions) {
        if (violation === null) continue;
        expect(violation, `seed ${seed}`).toMatchObject({ minimal: true, confirmedBy: expect.any(String) });
        sizes.push(violation.core.length);
      }
    }
    sizes.sort((a, b) => a - b);
    expect(sizes.length).toBeGreaterThan(30);
    expect(sizes[Math.floor(0.9 * sizes.length)]).toBeLessThanOrEqual(6);
    expect(sizes.at(-1)).toBeLessThanOrEqual(12);
  });

  it('has the few operations to blame, however many came before, where a value is taken twice', () => {
    const operations = Array.from({ length: 600 }, (_, at) => {
      const input = at % 2 === 0 ? { f: 'put', value: at } : { f: 'take' };
      // The last one takes what the one before it has taken.
      const output = at % 2 === 0 ? null : at === 599 ? 596 : at - 1;
      return { id: at, process: 0, input, output, call: 2 * at, return: 2 * at + 1 };
    });
    for (const model of [queue(), stack()]) {
      const [part] = check(model as unknown as AnyModel, operations).partitions;
      expect(part!.violation, model.name).toMatchObject({ minimal: true, confirmedBy: expect.any(String) });
      expect(part!.violation!.core.length, model.name).toBeLessThanOrEqual(4);
    }
  });
});
