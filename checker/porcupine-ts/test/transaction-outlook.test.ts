import { describe, expect, it } from 'vitest';
import { generalSearch } from '../src/general-search.ts';
import type { Value } from '../src/model.ts';
import type { MultiRegisterInput, MultiRegisterOutput } from '../src/models/multi-register.ts';
import type { Outlook } from '../src/search.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { layOut } from '../src/timeline.ts';
import { type Registers, type Touched, transactionOutlook } from '../src/transaction-outlook.ts';
import { randomHistory } from './histories.ts';
import { multiRegisterSubject } from './subjects.ts';

const subject = multiRegisterSubject();
const { model } = subject;

const touchedBy = ({ steps }: MultiRegisterInput, output: MultiRegisterOutput | undefined): Touched => {
  const found: [string, Value][] = [];
  const left = new Map<string, Value>();
  for (const [at, step] of steps.entries())
    if (step.f === 'write') left.set(step.key, step.value);
    else if (output !== undefined && !left.has(step.key)) found.push([step.key, output[at]!]);
  return { found, left: [...left] };
};

interface Variant {
  readonly touched: (input: MultiRegisterInput, output: MultiRegisterOutput | undefined) => Touched;
  readonly change: (outlook: Outlook<Registers>) => Outlook<Registers>;
}

const AS_IT_IS: Variant = { touched: touchedBy, change: (outlook) => outlook };

/** The first seed of a history that is judged wrongly, or null; and how many steps the search took. */
const judge = ({ touched, change }: Variant): { readonly wrong: number | null; readonly steps: number } => {
  let steps = 0;
  for (let seed = 0; seed < 300; seed++) {
    const shape = { operations: 16, processes: 6, openPercent: 20, wrongPercent: 50 };
    const timeline = layOut(randomHistory(subject, shape, seed));
    const told = (index: number): Touched =>
      touched(timeline.operations[index]!.input, timeline.operations[index]!.output);
    const holds = (state: Registers, key: string, value: Value): boolean => (state.get(key) ?? null) === value;
    const search = generalSearch(model, timeline, {}, change(transactionOutlook(timeline, told, null, holds)));
    const outcome = search.advance(Number.POSITIVE_INFINITY, () => false);
    steps += search.steps;
    if (outcome !== textbookSearch(model, timeline.operations).outcome) return { wrong: seed, steps };
  }
  return { wrong: null, steps };
};

describe('what is known of transactions', () => {
  it('spares the search steps, and changes no verdict', () => {
    const blind: Variant = { ...AS_IT_IS, change: ({ lost }) => ({ lost, of: () => -1 }) };
    const [knowing, searching] = [judge(AS_IT_IS), judge(blind)];
    expect([knowing.wrong, searching.wrong]).toEqual([null, null]);
    expect(knowing.steps).toBeLessThan(0.8 * searching.steps);
  });

  const unsound: { readonly [what: string]: Variant } = {
    'that overlooks what is written without being read': {
      ...AS_IT_IS,
      touched: (input, output) => ({ ...touchedBy(input, output), ...(output === undefined ? { left: [] } : {}) }),
    },
    'by which a reader that returns now is gone': {
      ...AS_IT_IS,
      change: (outlook) => ({ ...outlook, isOfUse: (index, position) => outlook.isOfUse!(index, position + 1) }),
    },
    'that looks at readers after they are done': {
      ...AS_IT_IS,
      change: (outlook) => ({
        ...outlook,
        of: (state, position, open) =>
          outlook.of(state, position, { ...open, isOwed: () => true, occupants: open.occupants }),
      }),
    },
  };
  for (const [what, variant] of Object.entries(unsound))
    it(`would be found out ${what}`, () => expect(judge(variant).wrong).not.toBeNull());
});
