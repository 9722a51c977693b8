/** Transactions over several registers whose values tell who wrote them. */

import { multiRegisterSubject } from './subjects.ts';

/** Transactions of up to three steps over four registers, in which every written value is written once. */
export const uniqueTransactionSubject = (): ReturnType<typeof multiRegisterSubject> => ({
  ...multiRegisterSubject(),
  input: (dice, index) => ({
    steps: Array.from({ length: 1 + dice.roll(3) }, (_, at) => {
      const key = ['w', 'x', 'y', 'z'][dice.roll(4)]!;
      return dice.roll(2) === 0
        ? { f: 'read' as const, key }
        : { f: 'write' as const, key, value: `${String(index).padStart(2, '0')} ${at}` };
    }),
  }),
  /** One of the values that there are, or what was there at first. */
  wrong: (dice, { steps }, output) =>
    output.map((value, at) => {
      if (steps[at]!.f === 'write' || dice.roll(2) === 0) return value;
      return dice.roll(4) === 0 ? null : `${String(dice.roll(12)).padStart(2, '0')} ${dice.roll(3)}`;
    }),
});
