import { describe, expect, it } from 'vitest';
import { generalSearch } from '../src/general-search.ts';
import type { Model, Value } from '../src/model.ts';
import type { RegisterInput } from '../src/models/register.ts';
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
import { textbookSearch } from '../src/textbook-search.ts';
import { layOut, type Timeline } from '../src/timeline.ts';
import { randomHistory } from './histories.ts';
import { casSubject } from './subjects.ts';

/** Enough for every variant below; the sound searches are compared on many more. */
const HISTORIES = 3000;

const subject = casSubject(3);
type RegisterTimeline = Timeline<RegisterInput, Value>;

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

const encode = (timeline: RegisterTimeline): RegisterHistory =>
  encodeRegister(timeline, null, ({ input, output }, encoder) => {
    if (input.f === 'write') encoder.write(input.value);
    else if (input.f === 'cas') encoder.cas(input.expected, input.value, output);
    else if (output !== undefined) encoder.read(output);
  });

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
  for (const [name, variant] of variants) it(name, () => expect(isCaught(variant)).toBe(true));
});
