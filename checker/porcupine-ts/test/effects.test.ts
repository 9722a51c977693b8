/**
 * Where two open operations have the same effect, searches try one of them only. So the text of an effect must tell apart
 * whatever a model tells apart, whichever awkward values there are.
 */

import { describe, expect, it } from 'vitest';
import type { Model } from '../src/model.ts';
import { counter } from '../src/models/counter.ts';
import { kv } from '../src/models/kv.ts';
import { mutex, semaphore } from '../src/models/locks.ts';
import { multiRegister } from '../src/models/multi-register.ts';
import { priorityQueue, queue, stack } from '../src/models/queues.ts';
import { casRegister } from '../src/models/register.ts';
import { set } from '../src/models/set.ts';

type AnyModel = Model<unknown, unknown, unknown>;

const TEXTS = ['', '?', '\0?', 'any', 'null', 'k', 'k 1', '1 k', '"', '"?"', '?null'];
const VALUES = [...TEXTS, null, true, false, 0, 1, -1, ['?'], { a: '?' }];
const ANSWERS = [undefined, ...VALUES];
const KEYS = ['', 'k', 'k 1', '1 k', '1'];

const each = <T, R>(values: readonly T[], make: (value: T) => readonly R[]): readonly R[] => values.flatMap(make);

/** For each model, inputs, and outputs that it may be given. */
const KNOWN: readonly (readonly [model: unknown, inputs: readonly unknown[], outputs: readonly unknown[]])[] = [
  [
    casRegister(),
    each(VALUES, (value) => [
      { f: 'write', value },
      { f: 'cas', expected: '?', value },
      { f: 'cas', expected: value, value: 'k' },
    ]),
    [undefined, true, false],
  ],
  [
    kv(),
    each(KEYS, (key) => [
      { f: 'delete', key },
      ...TEXTS.map((value) => ({ f: 'append', key, value })),
      ...VALUES.map((value) => ({ f: 'put', key, value })),
    ]),
    ANSWERS,
  ],
  [
    kv(),
    each(VALUES, (value) => [
      { f: 'put', key: 'k', value },
      { f: 'cas', key: 'k', expected: '?', value },
    ]),
    [undefined, true, false],
  ],
  [
    multiRegister(),
    each(KEYS, (key) => VALUES.map((value) => ({ steps: [{ f: 'write', key, value }] }))),
    [undefined, [null]],
  ],
  [set(), each(['add', 'remove'], (f) => VALUES.map((value) => ({ f, value }))), [undefined, null, true, false]],
  ...[queue(), stack(), priorityQueue()].map(
    (model) =>
      [
        model,
        [{ f: 'take' }, ...VALUES.filter((value) => value !== null).map((value) => ({ f: 'put', value }))],
        ANSWERS,
      ] as const,
  ),
  [
    counter(),
    each([-1, 0, 1, 1.5], (amount) => [
      { f: 'add', amount },
      { f: 'add-and-get', amount },
    ]),
    [undefined, -1, 0, 1],
  ],
  [
    mutex(),
    each(['acquire', 'release'], (f) => ['?', '1', 1, ''].map((owner) => ({ f, owner }))),
    [undefined, true, false],
  ],
  [semaphore({ permits: 2 }), [{ f: 'acquire' }, { f: 'release' }], [undefined, true, false]],
];

/** States that a few of the operations lead to. */
const statesOf = (model: AnyModel, inputs: readonly unknown[], outputs: readonly unknown[]): readonly unknown[] => {
  const states = new Map<string | number, unknown>([[model.key(model.init()), model.init()]]);
  for (let round = 0; round < 2; round++)
    for (const state of [...states.values()])
      for (let at = round; at < inputs.length && states.size < 40; at += 3)
        for (const output of outputs) {
          const next = model.step(state, inputs[at], output);
          if (next !== undefined) states.set(model.key(next), next);
        }
  return [...states.values()];
};

describe('operations that a model says to have the same effect', () => {
  for (const [given, inputs, outputs] of KNOWN) {
    const model = given as AnyModel;
    it(`lead to the same states: ${model.name}, ${JSON.stringify(inputs[0])}`, () => {
      const states = statesOf(model, inputs, outputs);
      expect(states.length).toBeGreaterThan(1);
      const led = new Map<string, string>();
      for (const input of inputs)
        for (const output of outputs) {
          const effect = model.effect?.(input, output);
          if (effect === undefined) continue;
          const ends = states.map((state) => {
            const next = model.step(state, input, output);
            return next === undefined ? 'refused' : `to ${model.key(next)}`;
          });
          const text = JSON.stringify(ends);
          expect(led.get(effect) ?? text, `${JSON.stringify(input)} with ${JSON.stringify(output)}: ${effect}`).toBe(
            text,
          );
          led.set(effect, text);
        }
    });
  }
});
