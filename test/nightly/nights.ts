/** Nights made up for tests: what is not said is usual. */

import { type Fingerprint, type Night, type NightItem, NOTHING_MEASURED } from '../../history/night-records.ts';
import type { TrialOutcome } from '../../history/trial-records.ts';
import { fingerprintOfReason } from '../../trial/nightly/fingerprint.ts';

export function item(change: Partial<NightItem> = {}): NightItem {
  return {
    id: 'trial/register/kill/s1',
    kind: 'trial',
    title: 'register under kill',
    shard: null,
    state: 'done',
    outcome: 'pass',
    sentence: 'linearizable',
    fingerprint: null,
    trial: '2026-11-21-0403-register-s1',
    seed: 1,
    report: null,
    bundle: null,
    again: null,
    startedAt: Date.UTC(2026, 10, 21, 4, 3),
    wallMs: 20_000,
    measures: NOTHING_MEASURED,
    ...change,
  };
}

/** An item that ended so, with a fingerprint made of its sentence. */
export function failing(outcome: Exclude<TrialOutcome, 'pass'>, sentence: string, change: Partial<NightItem> = {}) {
  const fingerprint: Fingerprint = fingerprintOfReason(outcome, sentence, 'raft');
  return item({ outcome, sentence, fingerprint, ...change });
}

/** The night of the day-th of November. */
export function night(day: number, items: readonly NightItem[], change: Partial<Night> = {}): Night {
  const date = `2026-11-${String(day).padStart(2, '0')}`;
  const startedAt = Date.UTC(2026, 10, day, 3);
  return {
    format: 'ordeal-night 1',
    id: date,
    date,
    shard: null,
    plan: '0123456789ab',
    version: '0.1.0',
    commit: 'abcdef012345',
    host: 'here',
    bugs: [],
    budgetMs: 1_800_000,
    config: null,
    startedAt,
    endedAt: startedAt + 1_700_000,
    interrupted: false,
    items: [...items],
    ...change,
  };
}
