/** How often something happened in so many tries, and how well that is known. */

import type { ReproCount } from '../history/repro-counts.ts';

/** How often a trial on processes is run again where nobody says how often. */
export const PROCESS_TRIES = 5;

/** 97.5 % quantile of the normal distribution: 95 % lie within it on both sides. */
const Z = 1.959964;

/**
 * Wilson's interval for a proportion at 95 % (E. B. Wilson, 1927): it stays within 0 to 1 and makes sense for few tries and for
 * none or all of them, as the plain normal interval does not.
 */
export function wilsonInterval(found: number, tries: number): { readonly low: number; readonly high: number } {
  if (tries === 0) return { low: 0, high: 1 };
  const share = found / tries;
  const spread = 1 + (Z * Z) / tries;
  const centre = (share + (Z * Z) / (2 * tries)) / spread;
  const half = (Z / spread) * Math.sqrt((share * (1 - share)) / tries + (Z * Z) / (4 * tries * tries));
  return { low: found === 0 ? 0 : centre - half, high: found === tries ? 1 : centre + half };
}

/** "3 of 20, 15 %, 95 % CI 5–36 %"; with a noun "3 of 20 runs, …". */
export function describeRate(found: number, tries: number, noun = ''): string {
  const percent = (share: number): string => String(Math.round(share * 100));
  const { low, high } = wilsonInterval(found, tries);
  const of = noun === '' ? '' : ` ${noun}${tries === 1 ? '' : 's'}`;
  return `${found} of ${tries}${of}, ${percent(tries === 0 ? 0 : found / tries)} %, 95 % CI ${percent(low)}–${percent(high)} %`;
}

/** Sums of counts that were made by one version of the code, looking for one thing. */
export interface Rate extends Omit<ReproCount, 'at'> {
  /** When the last of them was made, milliseconds since 1970. */
  readonly at: number;
}

/**
 * Counts of the same commit and oracle added up, the latest first. Code with changes that no commit has may differ each time: such
 * counts stay by themselves.
 */
export function ratesOf(counts: readonly ReproCount[]): Rate[] {
  const rates = new Map<string, Rate>();
  counts.forEach((count, i) => {
    const known = count.commit !== null && !count.commit.endsWith('-dirty');
    const name = JSON.stringify([known ? count.commit : i, count.oracle]);
    const before = rates.get(name);
    rates.delete(name);
    rates.set(name, {
      ...count,
      tries: count.tries + (before?.tries ?? 0),
      same: count.same + (before?.same ?? 0),
      other: count.other + (before?.other ?? 0),
    });
  });
  return [...rates.values()].reverse();
}

/** "failed again in 3 of 20 runs, 15 %, 95 % CI 5–36 %; 1 failed otherwise"; of a trial without a failure, the runs without one. */
export function describeReproRate({ oracle, tries, same, other }: Rate): string {
  const rate = describeRate(same, tries, 'run');
  if (oracle === null) return `no failure again in ${rate}`;
  return `failed again in ${rate}${other === 0 ? '' : `; ${other} failed otherwise`}`;
}

/** The same with where it is from: "…, at commit 3f9c2ab81d04, on 2026-11-21". */
export function describeReproRateAt(rate: Rate): string {
  const code = rate.commit === null ? 'at an unknown commit' : `at commit ${rate.commit}`;
  return `${describeReproRate(rate)} (${code}, ${new Date(rate.at).toISOString().slice(0, 10)})`;
}
