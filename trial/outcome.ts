/** Outcomes as exit codes: one place, for the command, the nightly and CI. */

import type { TrialOutcome } from '../history/trial-records.ts';

export const EXIT_USAGE = 64;
export const EXIT_INTERRUPTED = 130;

/** pass 0, violation 1, unknown 2, vacuous 3, broken 4. */
export function exitCodeOf(outcome: TrialOutcome): number {
  switch (outcome) {
    case 'pass':
      return 0;
    case 'violation':
      return 1;
    case 'unknown':
      return 2;
    case 'vacuous':
      return 3;
    case 'broken':
      return 4;
  }
}

/** Over several trials the worst counts: violation, then broken, unknown, vacuous, pass. None at all is vacuous. */
export function worstOf(outcomes: readonly TrialOutcome[]): TrialOutcome {
  const byUrgency: readonly TrialOutcome[] = ['violation', 'broken', 'unknown', 'vacuous', 'pass'];
  return byUrgency.find((outcome) => outcomes.includes(outcome)) ?? 'vacuous';
}
