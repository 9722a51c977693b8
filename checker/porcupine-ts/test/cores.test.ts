import { describe, expect, it } from 'vitest';
import { check } from '../src/check.ts';
import { minimise } from '../src/minimise.ts';
import { queue, stack } from '../src/models/queues.ts';
import type { Violation } from '../src/outcome.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import {
  type AnyModel,
  isFoundedByTrying,
  isLegal,
  isLegalWith,
  type Judged,
  judgedFrom,
  leavesOrderByTrying,
} from './core-rules.ts';
import { randomHistory, type Subject } from './histories.ts';
import * as subjects from './subjects.ts';

interface Found extends Judged {
  readonly name: string;
  readonly violation: Violation;
}

/** The cores of violations among histories of nine operations, each with its partition. */
const coresOf = (subject: AnySubject, histories: number): Found[] => {
  const { model } = subject;
  const found: Found[] = [];
  for (let seed = 0; seed < histories; seed++) {
    const shape = { operations: 9, processes: 4, openPercent: 15, wrongPercent: 100 };
    const operations = randomHistory(subject, shape, seed);
    const parts = new Map(
      (model.partition?.(operations) ?? [{ key: '', operations }]).map((part) => [part.key, part.operations]),
    );
    for (const { key, violation } of check(model, operations).partitions) {
      if (violation === null) continue;
      expect(violation, `seed ${seed}`).toMatchObject({ minimal: true, confirmedBy: expect.any(String) });
      const whole = parts.get(key)!;
      // Where only a part of the answers counts, the core proves what is said of that.
      const part = violation.about === null ? whole : model.focus!(whole, 0, () => false, true)!.operations;
      found.push({ ...judgedFrom(model, part, violation), name: `seed ${seed}`, violation });
    }
  }
  return found;
};

type AnySubject = Subject<unknown, unknown, unknown>;

const minimalCores = (name: string, made: Subject<never, never, never>): void =>
  it(`leaves out what can be left out, and makes up nothing (${name})`, () => {
    const subject = made as unknown as AnySubject;
    const found = coresOf(subject, 150);
    expect(found.length).toBeGreaterThan(15);
    for (const judged of found) {
      const { model, core, rest, name } = judged;
      expect(isLegal(model, core), `${name}: the core has an order by itself`).toBe(false);
      const canAct = rest.filter((one) => !model.observes?.(one.input, one.output));
      expect(isLegalWith(model, core, canAct), `${name}: the rest of the history can mend the core`).toBe(false);
      expect(isFoundedByTrying(judged), `${name}: it was made impossible by leaving out`).toBe(true);
      const leavesOrder = leavesOrderByTrying(model, core);
      const needless = core.filter((_, at) => !leavesOrder(at)).map(({ id }) => id);
      expect(needless, `${name}: without these, and what rests on them, there is no order either`).toEqual([]);
    }
  });

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
  minimalCores('queue', subjects.queueSubject() as never);
  minimalCores('queue, unique values', subjects.uniqueQueueSubject() as never);
  minimalCores('stack', subjects.stackSubject() as never);
  minimalCores('stack, unique values', subjects.uniqueStackSubject() as never);
  minimalCores('priority queue', subjects.priorityQueueSubject() as never);
  minimalCores('priority queue, unique values', subjects.uniquePriorityQueueSubject() as never);
  minimalCores('counter', subjects.counterSubject() as never);
  minimalCores('mutex', subjects.mutexSubject() as never);
  minimalCores('semaphore', subjects.semaphoreSubject() as never);

  it('would be found out with an operation too many', () => {
    for (const made of [subjects.casSubject(3), subjects.queueSubject(), subjects.mutexSubject()]) {
      const subject = made as unknown as AnySubject;
      let [added, foundOut] = [0, 0];
      for (const { model, core, rest } of coresOf(subject, 60)) {
        const [extra] = rest;
        if (extra === undefined) continue;
        added++;
        const larger = [...core, extra].sort((a, b) => a.call - b.call);
        const leavesOrder = leavesOrderByTrying(model, larger);
        if (larger.some((_, at) => !leavesOrder(at))) foundOut++;
      }
      expect(foundOut, subject.model.name).toBeGreaterThan(added / 2);
    }
  });

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
      let minimal = 0;
      for (let seed = 0; seed < 30; seed++) {
        const shape = { operations: 100, processes: 4, openPercent: 4, wrongPercent: 100 };
        const operations = randomHistory(subject, shape, seed);
        for (const { violation } of check(model, operations).partitions) {
          if (violation === null) continue;
          expect(violation, `seed ${seed}`).toMatchObject({ confirmedBy: expect.any(String) });
          const core = operations.filter(({ id }) => violation.core.includes(id));
          expect(isLegal(model, core), `seed ${seed}`).toBe(false);
          sizes.push(core.length);
          if (violation.minimal) minimal++;
        }
      }
      expect(sizes.length).toBeGreaterThan(3);
      // Not always all of what others rest on is found; then it is not said to be minimal.
      expect(minimal).toBeGreaterThan(0.4 * sizes.length);
      // Of a hundred: what counts permits needs some of them, and who took and gave back those that they were counted from.
      expect(sizes.reduce((sum, size) => sum + size, 0) / sizes.length).toBeLessThan(16);
    });

  it('may begin where a queue was seen empty, which belongs to it then', () => {
    let begun = 0;
    for (const made of [subjects.queueSubject(), subjects.stackSubject(), subjects.priorityQueueSubject()]) {
      const subject = made as unknown as AnySubject;
      const { model } = subject;
      for (let seed = 0; seed < 40; seed++) {
        const shape = { operations: 30, processes: 3, openPercent: 4, wrongPercent: 100 };
        const operations = randomHistory(subject, shape, seed);
        const { outcome } = textbookSearch(model, operations);
        if (outcome !== 'violation') continue;
        const { operations: core } = minimise(model, operations, 'late', () => false);
        const emptied = core.find(({ input, output }) => model.stateAfter!(input, output) !== undefined);
        if (emptied === undefined || core[0] !== emptied) continue;
        begun++;
        const canAct = operations.filter((one) => !core.includes(one) && !model.observes?.(one.input, one.output));
        expect(isLegalWith(model, core, canAct), `${model.name}, seed ${seed}`).toBe(false);
      }
    }
    expect(begun).toBeGreaterThan(3);
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
