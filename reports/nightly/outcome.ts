/** What a night as a whole comes to. Fail closed: what was not run counts, and a missing canary more than anything else left out. */

import type { Night, NightItem } from '../../history/night-records.ts';
import type { TrialOutcome } from '../../history/trial-records.ts';
import { EXIT_INTERRUPTED, exitCodeOf, worstOf } from '../../trial/outcome.ts';
import { count, listed, plural } from '../wording.ts';

/** As what an item counts: one that was not run is unknown, and a canary that was not run leaves the night unproved. */
export function outcomeOfItem({ outcome, kind }: NightItem): TrialOutcome {
  return outcome ?? (kind === 'canary' ? 'broken' : 'unknown');
}

/** The worst of its items; a night in which no trial was run and nothing was hunted is vacuous at best. */
export function outcomeOfNight({ items }: Night): TrialOutcome {
  const outcomes = items.map(outcomeOfItem);
  if (!items.some(({ kind }) => kind === 'trial' || kind === 'hunt')) outcomes.push('vacuous');
  return worstOf(outcomes);
}

export function exitCodeOfNight(night: Night): number {
  return night.interrupted ? EXIT_INTERRUPTED : exitCodeOf(outcomeOfNight(night));
}

export type Tally = { readonly [outcome in TrialOutcome | 'not-run']: number };

export function tallyOf(items: readonly NightItem[]): Tally {
  const tally = { pass: 0, violation: 0, unknown: 0, vacuous: 0, broken: 0, 'not-run': 0 };
  for (const { outcome } of items) tally[outcome ?? 'not-run']++;
  return tally;
}

/** "The night of 2026-11-21 found 2 violations." The sentence that stands above everything. */
export function sentenceOfNight(night: Night): string {
  const tally = tallyOf(night.items);
  const missed = night.items.filter((item) => item.kind === 'canary' && outcomeOfItem(item) === 'broken');
  const parts: string[] = [];
  if (night.interrupted) parts.push('was interrupted');
  else if (night.endedAt === null) parts.push('has not ended');
  if (tally.violation > 0) parts.push(`found ${plural(tally.violation, 'violation')}`);
  if (missed.length > 0) parts.push(`missed ${missed.length} of its canaries, so a pass proves nothing`);
  const broken = tally.broken - missed.filter(({ outcome }) => outcome !== null).length;
  if (broken > 0) parts.push(`had ${plural(broken, 'item')} whose harness failed`);
  if (tally.unknown > 0) parts.push(`left ${plural(tally.unknown, 'item')} undecided`);
  if (tally.vacuous > 0) parts.push(`had ${plural(tally.vacuous, 'trial')} in which too little happened`);
  if (tally['not-run'] > 0) parts.push(`did not run ${plural(tally['not-run'], 'item')} of its plan`);
  const which = night.shard === null ? '' : `, shard ${night.shard.index} of ${night.shard.count},`;
  const subject = `The night of ${night.date}${which}`;
  if (parts.length > 0) return `${subject} ${listed(parts)}.`;
  const operations = night.items.reduce((sum, { measures }) => sum + measures.operations, 0);
  const seeds = night.items.reduce((sum, { measures }) => sum + measures.seeds, 0);
  if (night.items.length === 0) return `${subject} had nothing to do.`;
  return `${subject} passed: ${count(operations)} operations judged, ${plural(seeds, 'seed')} tried, every canary caught.`;
}

/** The command that plans the night again, with every flag that shapes a plan; what the configuration says has to be the same. */
export function repeatOfNight({ date, shard, budgetMs, bugs, config }: Night): string {
  // A shard's part of the budget is rounded to milliseconds: the whole is told by the tenth of a second.
  const seconds = Math.round((budgetMs * (shard?.count ?? 1)) / 100) / 10;
  // A night of which no shard arrived has no budget that anybody knows.
  const budget = seconds === 0 ? '' : ` --budget ${seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`}`;
  const part = shard === null ? '' : ` --shard ${shard.index}/${shard.count}`;
  const from = config === null ? '' : ` --config ${asArgument(config)}`;
  return `npx ordeal nightly${from} --seed-of ${date}${budget}${part}${bugs.length === 0 ? '' : ` --bug ${bugs.join(',')}`}`;
}

/** A word of a shell's command line, in quotes where it needs them. */
function asArgument(word: string): string {
  return /^[\w./@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
