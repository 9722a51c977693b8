/** Small random histories for fast-check, so that a failing one is made smaller. */

import fc from 'fast-check';
import type { CheckOperation } from '../src/operation.ts';
import { createDice, type Subject } from './histories.ts';

interface Drawn {
  readonly call: number;
  /** From the call to the effect, and from there to the return. */
  readonly before: number;
  readonly after: number;
  /** What the operation is. */
  readonly seed: number;
  /** open: it never returned; unknown: it returned, but nobody knows with which answer. */
  readonly fate: 'ok' | 'open' | 'unknown';
  readonly lies: boolean;
}

/** Operations of a correct system, some of them open, some answers changed; times are few, so that they tie. */
export const drawnHistory = <S, I, O>(
  subject: Subject<S, I, O>,
  maxLength: number,
): fc.Arbitrary<readonly CheckOperation<I, O>[]> =>
  fc
    .array(
      fc.record<Drawn>({
        call: fc.nat(14),
        before: fc.nat(4),
        after: fc.nat(4),
        seed: fc.nat(1 << 20),
        fate: fc.constantFrom('ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'open', 'unknown'),
        lies: fc.nat(19).map((draw) => draw === 0),
      }),
      { maxLength },
    )
    .map((drawn) => carriedOut(subject, drawn));

const carriedOut = <S, I, O>(subject: Subject<S, I, O>, drawn: readonly Drawn[]): readonly CheckOperation<I, O>[] => {
  const byCall = [...drawn].sort((a, b) => a.call - b.call);
  const numbered = byCall.map((one, id) => ({ ...one, id, dice: createDice(one.seed) }));
  const inputs = numbered.map(({ dice, id }) => subject.input(dice, id));
  const outputs = new Map<number, O>();
  let state = subject.model.init();
  const byEffect = [...numbered].sort((a, b) => a.call + a.before - (b.call + b.before) || a.seed - b.seed);
  for (const { id, fate, dice } of byEffect) {
    if (fate === 'open' && dice.roll(2) === 0) continue;
    const answer = subject.answer(state, inputs[id]!);
    if (answer === undefined) continue;
    state = answer.state;
    outputs.set(id, answer.output);
  }
  return numbered.map(({ id, call, before, after, fate, lies, dice }) => {
    const input = inputs[id]!;
    const output = outputs.get(id);
    const happened = outputs.has(id) && fate !== 'open';
    const base = { id, process: id, input, call };
    if (!happened) return { ...base, output: undefined, return: null };
    const told = lies ? subject.wrong(dice, input, output as O) : output;
    return { ...base, output: fate === 'unknown' ? undefined : told, return: call + before + after };
  });
};
