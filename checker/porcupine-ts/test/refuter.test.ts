import { describe, expect, it } from 'vitest';
import type { Value } from '../src/model.ts';
import { casRegister, type RegisterInput } from '../src/models/register.ts';
import { refuteWindow, type Windows } from '../src/refuter.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { layOut } from '../src/timeline.ts';
import { randomHistory } from './histories.ts';
import { casSubject } from './subjects.ts';

const model = casRegister();
const subject = casSubject(3);
const windows = { cutStates: model.cutStates, searchPart: model.specialised } as Windows<Value, RegisterInput, Value>;

describe('the refuter', () => {
  it('refutes no window of a legal history, and a good many of illegal ones', () => {
    let refuted = 0;
    let illegal = 0;
    for (let seed = 0; seed < 600; seed++) {
      const shape = { operations: 16, processes: 5, openPercent: 12, wrongPercent: 50 };
      const operations = randomHistory(subject, shape, seed);
      const isLegal = textbookSearch(model, operations).outcome === 'pass';
      const timeline = layOut(operations);
      const isRefuted = timeline.events.some(
        (event, at) =>
          event < 0 && [2, 5].some((length) => refuteWindow(timeline, at, length, windows, () => false).refutes),
      );
      if (isLegal) expect(isRefuted, `seed ${seed}`).toBe(false);
      else illegal++;
      if (isRefuted) refuted++;
    }
    expect(illegal).toBeGreaterThan(50);
    expect(refuted).toBeGreaterThan(illegal / 4);
  });

  const refutesLegal = (variant: typeof windows): boolean => {
    for (let seed = 0; seed < 600; seed++) {
      const operations = randomHistory(
        subject,
        { operations: 16, processes: 5, openPercent: 12, wrongPercent: 0 },
        seed,
      );
      const timeline = layOut(operations);
      for (const [at, event] of timeline.events.entries())
        if (event < 0 && refuteWindow(timeline, at, 5, variant, () => false).refutes) return true;
    }
    return false;
  };
  it('would be found out without one of the states that the window may begin in', () => {
    expect(refutesLegal(windows)).toBe(false);
    expect(refutesLegal({ ...windows, cutStates: (operations) => windows.cutStates(operations)!.slice(0, -1) })).toBe(
      true,
    );
  });
});
