/**
 * The search of narrow-search.ts for short histories, which most are: its rules are those of register-search.ts, 1 to 5, and
 * the argument for them is there; dominance is as in narrow-search.ts. What differs is where things are (short-history.ts): in
 * tables that are always the same, so that nothing is allocated but the order that is found. Where it is not done after a few
 * steps it gives up, and the narrow search starts over: that costs little beside.
 */

import type { Attempt } from './attempt.ts';
import type { Value } from './model.ts';
import type { CheckOperation } from './operation.ts';
import type { RegisterEncoder } from './register-history.ts';
import { best, choices, isObservableLater, pushAll, remove } from './short-candidates.ts';
import { completed } from './short-certificate.ts';
import { configuration, moveBackTo, moveOn, observe, startOver, takeEffect } from './short-configuration.ts';
import { begin, type Encode, forget, SHORT, tables, widest } from './short-history.ts';
import { layOut } from './timeline.ts';

const { OPERATIONS_MAX } = SHORT;
const { bits, events, written } = tables;
const { now } = configuration;
const { candidates, stack, SKIP, NONE } = choices;

const STEPS_MAX = 400;

/** Of a choice point, at f << FRAMES. */
const FRAMES = 3;
const frames = new Int32Array(OPERATIONS_MAX << FRAMES);
const STATE = 1;
const TRAIL = 2;
const DONE = 3;
const FREE = 4;
/** How many candidates there are below its own. */
const BELOW = 5;
/** The candidate that was told at once: the others are found when they are needed. NONE if all have been found. */
const TOLD = 6;

/** Configurations that failed: position, state, done, free. More, and it gives up. */
const FAILURES_MAX = 128;
const failed = new Int32Array(4 * FAILURES_MAX);

/** How many there are. */
const counts = { frames: 0, failures: 0 };

/** Null if the history is too long or too wide for it, or too hard. */
export const attemptShort = <I, O>(
  operations: readonly CheckOperation<I, O>[],
  initial: Value,
  encode: (operation: CheckOperation<I, O>, encoder: RegisterEncoder) => void,
): Attempt | null => {
  if (!begin(operations, initial, encode as Encode)) return null;
  const attempt = decideIn(operations);
  forget();
  return attempt;
};

const decideIn = (operations: readonly CheckOperation<unknown, unknown>[]): Attempt | null => {
  startOver();
  stack.count = 0;
  counts.frames = 0;
  counts.failures = 0;
  let furthest = 0;
  let steps = 0;
  let passes = true;
  while (moveOn()) {
    if (++steps > STEPS_MAX || counts.failures === FAILURES_MAX) return null;
    if (now.position > furthest) furthest = now.position;
    passes = decide() || goBack();
    // What it knows of the future may be wrong.
    if (written.isTooMuch) return null;
    if (!passes) break;
  }
  if (written.isTooMuch) return null;
  return {
    outcome: passes ? 'pass' : 'violation',
    method: 'short register search',
    linearization: passes ? completed(operations) : null,
    stuckAt: passes ? -1 : ~events[furthest]!,
    concurrencyMax: widestOf(operations),
    steps,
  };
};

const widestOf = (operations: readonly CheckOperation<unknown, unknown>[]): number => {
  const concurrencyMax = widest();
  return concurrencyMax < 0 ? layOut(operations).concurrencyMax : concurrencyMax;
};

/** At a return that needs a decision: tries the best candidate. False if there is none, or no use in any. */
const decide = (): boolean => {
  const returning = ~events[now.position]!;
  const below = stack.count;
  const told = best(returning);
  const mayHaveFailed = counts.failures > 0;
  // Mostly nobody comes back to it: only then is it worth a look whether there was a choice.
  if (told === SKIP && mayHaveFailed && !isObservableLater(returning)) {
    apply(SKIP);
    return true;
  }
  if (told === NONE) {
    pushAll(returning);
    if (stack.count === below) return false;
    if (stack.count === below + 1) {
      apply(candidates[--stack.count]!);
      return true;
    }
  }
  if (mayHaveFailed && isHopeless()) {
    stack.count = below;
    return false;
  }
  const frame = counts.frames++ << FRAMES;
  frames[frame] = now.position;
  frames[frame + STATE] = now.state;
  frames[frame + TRAIL] = now.trail;
  frames[frame + DONE] = now.done;
  frames[frame + FREE] = now.free;
  frames[frame + BELOW] = below;
  frames[frame + TOLD] = told;
  apply(told === NONE ? candidates[--stack.count]! : told);
  return true;
};

const apply = (candidate: number): void => {
  if (candidate !== SKIP) {
    takeEffect(candidate);
    return;
  }
  // Its return is passed as if it were done.
  const returning = ~events[now.position]!;
  now.free &= ~bits[returning]!;
  observe(~returning, bits[returning]!, now.position);
};

/** Back to the latest choice point that has a candidate left; false if there is none. */
const goBack = (): boolean => {
  while (counts.frames > 0) {
    const frame = (counts.frames - 1) << FRAMES;
    moveBackTo(frames[frame]!);
    now.state = frames[frame + STATE]!;
    now.done = frames[frame + DONE]!;
    now.free = frames[frame + FREE]!;
    now.trail = frames[frame + TRAIL]!;
    const below = frames[frame + BELOW]!;
    const told = frames[frame + TOLD]!;
    const returning = ~events[now.position]!;
    // There was no choice.
    if (told === SKIP && !isObservableLater(returning)) {
      counts.frames--;
      continue;
    }
    if (told !== NONE) {
      frames[frame + TOLD] = NONE;
      stack.count = below;
      pushAll(returning);
      remove(told);
    }
    if (stack.count > below) {
      apply(candidates[--stack.count]!);
      return true;
    }
    fail();
    counts.frames--;
  }
  return false;
};

/** The configuration has no candidate left. */
const fail = (): void => {
  if (counts.failures === FAILURES_MAX) return;
  const at = counts.failures++ << 2;
  failed[at] = now.position;
  failed[at + 1] = now.state;
  failed[at + 2] = now.done;
  failed[at + 3] = now.free;
};

/** Whether a configuration that failed was as good or better. */
const isHopeless = (): boolean => {
  for (let failure = counts.failures - 1; failure >= 0; failure--) if (isWorseThan(failure << 2)) return true;
  return false;
};

const isWorseThan = (at: number): boolean => {
  const { position, state, done, free, observers } = now;
  if (failed[at] !== position || failed[at + 1] !== state) return false;
  const doneThen = failed[at + 2]!;
  const open = now.openWrites | now.openCas;
  return (
    ((observers & done & ~doneThen) |
      (~observers & ~open & ~failed[at + 3]! & (free | (done ^ doneThen))) |
      (open & doneThen & ~done)) ===
    0
  );
};
