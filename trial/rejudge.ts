/** Is the record of a trial judged as it was? Where not, either the store was changed or a checker is wrong. */

import { isDeepStrictEqual } from 'node:util';
import { judge } from '../checker/judge.ts';
import type { Anomaly, Verdict } from '../checker/verdict.ts';
import type { Operation } from '../history/operation.ts';
import type { Store, TrialRow } from '../history/store.ts';
import { WORKLOADS } from '../workload/registry.ts';
import { historySourceOf, judgedAs } from './history-source.ts';
import { provenance } from './provenance.ts';
import { storedVerdict } from './repeat.ts';

/** What judging the clients' history once more has shown. */
export interface Rejudged {
  readonly agrees: boolean;
  /** What the record said of the history, and what is said now: pass, violation or unknown, and what of it differs. */
  readonly recorded: string;
  readonly now: string;
}

/** Judging that took longer may have had to leave a core larger than it would be another time. */
const UNHURRIED_MS = 1500;

/**
 * Judges a trial's history again: outcome, numbers of operations, keys that failed, and what each anomaly blames. The last only
 * with `exact`; by default that is where the code is that of the record and neither judgement took long, as another version, or
 * the lack of time, may make another core of the same history. Where either verdict is unknown (out of time or memory), its
 * outcome can't disagree. Throws InputError for a trial without a verdict.
 */
export async function rejudge(store: Store, trial: TrialRow, exact?: boolean): Promise<Rejudged> {
  const stored = storedVerdict(trial);
  if (trial.outcome !== stored.outcome)
    return { agrees: false, recorded: `${stored.outcome} by its verdict`, now: `${trial.outcome} by its row` };
  if (stored.anomalies.length > 0 && stored.outcome !== 'violation')
    return { agrees: false, recorded: stored.outcome, now: `${counted(stored.anomalies.length, 'anomaly')} recorded` };
  const recorded = stored.anomalies.some(({ violation }) => violation === 'linearizability')
    ? 'violation'
    : stored.valid === 'unknown' && stored.outcome !== 'vacuous'
      ? 'unknown'
      : 'pass';
  const source = historySourceOf(trial);
  const conventions = source === null ? {} : judgedAs(source);
  const model = WORKLOADS.get(trial.workload ?? '')?.model ?? stored.model;
  const verdict = await judge([...store.readOperations(trial.id)], { ...conventions, model });
  const now = verdict.outcome === 'broken' ? 'unknown' : verdict.outcome;
  const either = recorded === 'unknown' || now === 'unknown';
  if (recorded !== now && !either) return { agrees: false, recorded, now };
  const unhurried = [stored, verdict].every(({ statistics }) => statistics.ms < UNHURRIED_MS);
  const sameCode = provenance().commit === (trial.provenance.commit ?? null);
  const other = differenceOf(stored, verdict, either, exact ?? (sameCode && unhurried));
  return other === null
    ? { agrees: true, recorded, now }
    : { agrees: false, recorded: `${recorded} (${other.recorded})`, now: `${now} (${other.now})` };
}

/** What two verdicts on one record tell differently although their outcome is the same, or null. */
function differenceOf(
  recorded: Verdict,
  now: Verdict,
  undecided: boolean,
  exact: boolean,
): { readonly recorded: string; readonly now: string } | null {
  const counts = [recorded, now].map(
    ({ statistics: { operations, ok, fail, info } }) =>
      `${operations} operations: ${ok} ok, ${fail} fail, ${info} info`,
  );
  if (counts[0] !== counts[1]) return { recorded: counts[0] ?? '', now: counts[1] ?? '' };
  if (undecided) return null;
  if ([...recorded.keys, ...now.keys].some(({ valid }) => valid === 'unknown')) return null;
  const keys = [recorded, now].map(failedKeys);
  if (keys[0] !== keys[1]) return { recorded: keys[0] ?? '', now: keys[1] ?? '' };
  if (!exact) return null;
  const [then, again] = [ofClients(recorded), ofClients(now)];
  const at = then.findIndex((anomaly, index) => !sameBlame(anomaly, again[index]));
  return at < 0 && then.length === again.length
    ? null
    : { recorded: blame(then[Math.max(0, at)]), now: blame(again[Math.max(0, at)]) };
}

function failedKeys({ keys }: Verdict): string {
  const failed = keys.filter(({ valid }) => valid === false).map(({ key }) => key ?? 'the history');
  return `wrong: ${failed.sort().join(', ') || 'nothing'}`;
}

function ofClients({ anomalies }: Verdict): readonly Anomaly[] {
  return anomalies.filter(({ violation }) => violation === 'linearizability');
}

/** Once written as JSON, as a store does: there undefined and the like are gone. */
function sameBlame(recorded: Anomaly, now: Anomaly | undefined): boolean {
  if (now === undefined) return false;
  const told = ({ shape, key, core, culprit, argument, facts }: Anomaly): unknown =>
    JSON.parse(JSON.stringify({ shape, key, core, culprit, argument, facts }));
  return isDeepStrictEqual(told(recorded), told(now));
}

function blame(anomaly: Anomaly | undefined): string {
  if (anomaly === undefined) return 'no further anomaly';
  const { shape, core, argument } = anomaly;
  return `${shape}, operations ${core.join(', ')}: ${argument[0]?.text ?? ''}`;
}

function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what.replace(/y$/, 'ies')}`;
}

/**
 * The first operation in which two recorded trials differ, as a sentence, or null: of a trial that was repeated event by event
 * there is none.
 */
export function differingOperation(store: Store, recorded: string, again: string): string | null {
  const [first, second] = [[...store.readOperations(recorded)], [...store.readOperations(again)]];
  for (let at = 0; at < Math.max(first.length, second.length); at++) {
    if (!isDeepStrictEqual(first[at], second[at]))
      return `operation ${at} is recorded as ${shown(first[at])}, and was ${shown(second[at])}`;
  }
  return null;
}

function shown(operation: Operation | undefined): string {
  if (operation === undefined) return 'missing';
  const { f, key, value, outcome, result, process, invokedAt } = operation;
  return `${f} ${JSON.stringify(value)} of ${key ?? 'no key'} by process ${process} at ${invokedAt} ns: ${outcome} ${JSON.stringify(result)}`;
}
