import { describe, expect, it } from 'vitest';
import { appendPath, type GrowthOf } from '../src/append-search.ts';
import { generalSearch } from '../src/general-search.ts';
import { ownMemory } from '../src/memory.ts';
import type { Model, Value } from '../src/model.ts';
import { growth, type KvOutput, type KvStep, kv } from '../src/models/kv.ts';
import type { RegisterInput } from '../src/models/register.ts';
import { attemptNarrow } from '../src/narrow-register.ts';
import type { CheckOperation } from '../src/operation.ts';
import {
  CAS,
  CAS_UNKNOWN,
  encodeRegister,
  MISMATCH,
  type RegisterHistory,
  SILENT,
  WRITE,
} from '../src/register-history.ts';
import { registerSearch } from '../src/register-search.ts';
import type { Search } from '../src/search.ts';
import { attemptShort } from '../src/short-register.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { layOut, type Timeline } from '../src/timeline.ts';
import { randomHistory } from './histories.ts';
import { appendSubject, casSubject, encodeRegisterOperation as encodeOperation } from './subjects.ts';

/** Enough for every variant below; the sound searches are compared on many more. */
const HISTORIES = 3000;

const subject = casSubject(3);
type RegisterTimeline = Timeline<RegisterInput, Value>;
type Operations = readonly CheckOperation<RegisterInput, Value>[];

const outcomeOf = (search: Search): string => {
  for (;;) {
    const status = search.advance(100_000, () => false);
    if (status !== 'more') return status;
  }
};

/** Whether some random history is judged otherwise than by the textbook search. */
const isCaught = (variant: (timeline: RegisterTimeline) => Search): boolean => {
  for (let seed = 0; seed < HISTORIES; seed++) {
    const shape = { operations: 14, processes: 5, openPercent: 15, wrongPercent: 50 };
    const operations: CheckOperation<RegisterInput, Value>[] = randomHistory(subject, shape, seed);
    if (outcomeOf(variant(layOut(operations))) !== textbookSearch(subject.model, operations).outcome) return true;
  }
  return false;
};

const encode = (timeline: RegisterTimeline): RegisterHistory => encodeRegister(timeline, null, encodeOperation);

type Told = typeof encodeOperation;

const ATTEMPTS = {
  'the short search': (operations: Operations, told: Told) => attemptShort(operations, null, told),
  'the narrow search': (operations: Operations, told: Told) =>
    attemptNarrow(operations, null, told, ownMemory, () => false),
} as const;

/** Likewise with an attempt, told something else about the operations. */
const isAttemptCaught = (attempt: (typeof ATTEMPTS)[keyof typeof ATTEMPTS], told: Told): boolean => {
  let decided = 0;
  for (let seed = 0; seed < HISTORIES; seed++) {
    const shape = { operations: 14, processes: 5, openPercent: 15, wrongPercent: 50 };
    const operations: CheckOperation<RegisterInput, Value>[] = randomHistory(subject, shape, seed);
    const result = attempt(operations, told);
    if (result === null) continue;
    decided++;
    if (result.outcome !== textbookSearch(subject.model, operations).outcome) return true;
  }
  expect(decided).toBeGreaterThan(HISTORIES / 2);
  return false;
};

/** The register search, with the history's kinds changed as an unsound rule would. */
const withKinds =
  (change: (kind: number, returned: boolean) => number) =>
  (timeline: RegisterTimeline): Search => {
    const history = encode(timeline);
    const kinds = history.kinds.map((kind, index) => change(kind, timeline.returns[index]! < timeline.events.length));
    return registerSearch({ ...history, kinds });
  };

const withHints =
  (hints: Partial<Model<Value, RegisterInput, Value>>) =>
  (timeline: RegisterTimeline): Search =>
    generalSearch({ ...subject.model, ...hints }, timeline);

/** The operations on one key of a key-value store, whose value is the state. */
const store = kv();
const oneKey: Model<Value, KvStep, KvOutput> = {
  name: 'one key',
  init: () => null,
  step(state, input, output) {
    const next = store.step(new Map(state === null ? [] : [['k', state]]), input, output);
    return next === undefined ? undefined : (next.get('k') ?? null);
  },
  key: (state) => `${state}`,
  observes: store.observes!,
  effect: store.effect!,
};

/** Whether the search for growing strings, with what operations are to it changed, is found out. */
const isGrowthCaught = (change: Partial<GrowthOf<KvStep, KvOutput>>, model = oneKey): boolean => {
  const search = appendPath(model, { ...growth, ...change });
  const strings = appendSubject(true);
  for (let seed = 0; seed < HISTORIES; seed++) {
    const shape = { operations: 12, processes: 5, openPercent: 15, wrongPercent: 50 };
    const operations = randomHistory(strings, shape, seed) as CheckOperation<KvStep, KvOutput>[];
    if (outcomeOf(search(layOut(operations))) !== textbookSearch(oneKey, operations).outcome) return true;
  }
  return false;
};

describe('unsound variants of the search for growing strings are caught', () => {
  it('finds nothing wrong with the sound one', () => expect(isGrowthCaught({})).toBe(false));

  it('lets a get of unknown answer see a string that nobody else will see', () => {
    const step = (id: number, input: KvStep, output: KvOutput | undefined, call: number, end: number) => ({
      id,
      process: id,
      input,
      output,
      call,
      return: end,
    });
    const key = 'k';
    // What the put makes of the string is no prefix of what the last get finds, and is put right before.
    const operations: CheckOperation<KvStep, KvOutput>[] = [
      step(0, { f: 'append', key, value: 'd' }, null, 7, 9),
      step(1, { f: 'put', key, value: 'b' }, null, 7, 11),
      step(2, { f: 'get', key }, undefined, 14, 18),
      step(3, { f: 'put', key, value: 'd' }, null, 19, 22),
      step(4, { f: 'get', key }, 'd', 24, 27),
    ];
    expect(outcomeOf(appendPath(oneKey, growth)(layOut(operations)))).toBe('pass');
  });

  const variants: { readonly [name: string]: Partial<GrowthOf<KvStep, KvOutput>> } = {
    'a put that is forgotten to set the string back': { resets: () => false },
    'a get that is given less than it was': {
      target: (input, output) => growth.target(input, output)?.slice(0, -1),
    },
    'an append that is taken for a get of what it adds': {
      target: (input, output) => (input.f === 'append' ? input.value : growth.target(input, output)),
    },
  };
  for (const [name, change] of Object.entries(variants)) it(name, () => expect(isGrowthCaught(change)).toBe(true));

  it('gets taken for writers, which may be left for later', () =>
    expect(isGrowthCaught({}, { ...oneKey, observes: ({ f }) => f === 'append' })).toBe(true));
});

describe('unsound variants are caught', () => {
  it('finds nothing wrong with the sound searches', () => {
    expect(isCaught((timeline) => registerSearch(encode(timeline)))).toBe(false);
    expect(isCaught(withHints({}))).toBe(false);
  });

  const variants: readonly (readonly [string, (timeline: RegisterTimeline) => Search])[] = [
    ['a cas that may be written off', withKinds((kind, returned) => (kind === CAS && returned ? CAS_UNKNOWN : kind))],
    ['a cas taken for a blind write', withKinds((kind) => (kind === CAS ? WRITE : kind))],
    ['a mismatch that says nothing', withKinds((kind) => (kind === MISMATCH ? SILENT : kind))],
    ['a cas of unknown outcome that surely matched', withKinds((kind) => (kind === CAS_UNKNOWN ? CAS : kind))],
    ['a cas of unknown outcome that never matched', withKinds((kind) => (kind === CAS_UNKNOWN ? SILENT : kind))],
    ['open operations that never took effect', withKinds((kind, returned) => (returned ? kind : SILENT))],
    ['writes taken for observers', withHints({ observes: ({ f }) => f !== 'cas' })],
    ['a cas taken for an observer', withHints({ observes: ({ f }) => f !== 'write' })],
    ['unlike writes taken for one effect', withHints({ effect: ({ f }) => (f === 'write' ? 'write' : undefined) })],
    [
      'cas of one value taken for one effect, whatever they expect',
      withHints({ effect: (input) => (input.f === 'cas' ? `cas ${input.value}` : undefined) }),
    ],
    ['states that are not told apart', withHints({ key: (state) => (state === 2 ? '1' : `${state}`) })],
    [
      'writes that may be left out though they returned',
      (timeline) => {
        const history = encode(timeline);
        return registerSearch({
          ...history,
          optional: Uint8Array.from(history.kinds, (kind) => (kind === WRITE ? 1 : 0)),
        });
      },
    ],
    [
      'open operations that take effect again and again',
      (timeline) => registerSearch({ ...encode(timeline), unlimited: true }),
    ],
  ];
  const told: readonly (readonly [string, Told])[] = [
    [
      'a cas taken for a blind write',
      ({ input, output }, to) => {
        if (input.f === 'cas' && output !== false) to.write(input.value);
        else encodeOperation({ input, output } as never, to);
      },
    ],
    [
      'a mismatch that says nothing',
      ({ input, output }, to) => {
        if (output !== false) encodeOperation({ input, output } as never, to);
      },
    ],
    [
      'a cas of unknown outcome that surely matched',
      ({ input, output }, to) => {
        if (input.f === 'cas') to.cas(input.expected, input.value, output ?? true);
        else encodeOperation({ input, output } as never, to);
      },
    ],
    [
      'open operations that never took effect',
      (operation, to) => {
        if (operation.return !== null) encodeOperation(operation, to);
      },
    ],
    [
      'a read taken for a write of what it found',
      ({ input, output }, to) => {
        if (input.f === 'read' && output !== undefined) to.write(output);
        else encodeOperation({ input, output } as never, to);
      },
    ],
  ];
  for (const [search, attempt] of Object.entries(ATTEMPTS)) {
    it(`finds nothing wrong with ${search}`, () => expect(isAttemptCaught(attempt, encodeOperation)).toBe(false));
    for (const [name, variant] of told)
      it(`${name}, in ${search}`, () => expect(isAttemptCaught(attempt, variant)).toBe(true));
  }
  for (const [name, variant] of variants) it(name, () => expect(isCaught(variant)).toBe(true));
});
