/** What a hunt prints: for people, one line for each bug of the catalogue, and as JSON. */

import { findBug } from '../cluster/bugs/catalogue.ts';
import { RAFT_MARKS } from '../cluster/raft/marks.ts';
import { REPLICA_MARKS } from '../cluster/replica/marks.ts';
import { WORLD_MARKS } from '../cluster/simulator/marks.ts';
import { type HuntResult, type HuntTotals, outcomeOfHunt } from '../trial/hunt.ts';
import type { SeedFinding } from '../trial/hunting-batch.ts';
import { describeOracle } from '../trial/oracle.ts';
import { DEFAULT_STORE } from './flags.ts';
import type { HuntFlags } from './hunt.ts';
import type { KeptFind, SmallTrial } from './hunt-finds.ts';

const ROW_INDENT = 30;

export function describeTotals({ seeds, wallMs, virtualNs, outcomes }: HuntTotals): string {
  const perSecond = (seeds / Math.max(0.001, wallMs / 1000)).toFixed(1);
  const virtual = duration(virtualNs / 1e9);
  return `${counted(seeds, 'seed')} in ${duration(wallMs / 1000)} (${perSecond}/s), ${virtual} of virtual time, ${counted(outcomes.violation, 'violation')}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

export function asText(
  result: HuntResult,
  kept: readonly KeptFind[],
  bugs: readonly string[],
  flags: HuntFlags,
): string {
  const lines = [
    `${outcomeOfHunt(result).toUpperCase()}  ${describeTotals(result)}${result.interrupted ? ', interrupted' : ''}`,
  ];
  const { pass, vacuous, unknown, broken } = result.outcomes;
  lines.push(`  outcomes ${pass} pass, ${vacuous} vacuous, ${unknown} unknown, ${broken} broken`);
  const known = Object.keys({ ...RAFT_MARKS, ...REPLICA_MARKS, ...WORLD_MARKS });
  const missing = known.filter((name) => !result.marks.has(name));
  // After a find the hunt was over: what else it would have reached says nothing.
  if (result.finds.length === 0 || flags.keepGoing)
    lines.push(`  marks    ${result.marks.size} reached; never: ${missing.join(', ') || 'none of those known'}`);
  for (const find of result.finds) {
    const stored = kept.find((candidate) => candidate.find === find);
    lines.push(...findLines(find, stored, bugs, flags));
    if (stored?.small != null) lines.push(...smallLines(stored.small, flags));
  }
  for (const { seed, outcome, summary } of result.spoiled) lines.push(`  seed ${seed} ended ${outcome}: ${summary}`);
  return `${lines.join('\n')}\n`;
}

function smallLines({ trial, shrunk }: SmallTrial, flags: HuntFlags): string[] {
  const { before, after } = shrunk;
  const lines = [
    `  shrunk from ${counted(before.operations, 'operation')} and ${counted(before.faults, 'fault')} to ` +
      `${counted(after.operations, 'operation')} and ${counted(after.faults, 'fault')}` +
      (shrunk.minimal ? '' : ', until the time for it was over'),
    `    trial    ${trial.id}`,
  ];
  if (trial.reportPath !== null) lines.push(`    report   ${trial.reportPath}`);
  return [...lines, `    again    npx ordeal repro ${trial.id}${storeFlag(flags)}`];
}

function findLines(
  find: SeedFinding,
  stored: KeptFind | undefined,
  bugs: readonly string[],
  flags: HuntFlags,
): string[] {
  const trial = stored?.trial;
  const store = storeFlag(flags);
  const variant = find.changes.length === 0 ? '' : ', a variant of it';
  const lines = [`  seed ${find.seed}${variant}: ${stored?.sentence ?? describeFinding(find)}`];
  // A variant of a seed has no name of its own on the command line.
  if (trial === undefined && find.changes.length > 0) return lines;
  if (trial === undefined) return [...lines, `    again    npx ${huntAgain(find, bugs, flags)}`];
  lines.push(`    trial    ${trial.id}`);
  if (trial.reportPath !== null) lines.push(`    report   ${trial.reportPath}`);
  return [...lines, `    again    npx ordeal repro ${trial.id}${store}`];
}

/** The hunt that finds this seed again: for one that was not stored. */
function huntAgain({ seed }: SeedFinding, bugs: readonly string[], flags: HuntFlags): string {
  const bug = bugs.length === 0 ? '' : ` --bug ${bugs.join(',')}`;
  const time = flags.time === 5000 ? '' : ` --time ${flags.time}ms`;
  return `ordeal hunt --from ${seed} --seeds 1${bug}${time}${storeFlag(flags)}`;
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function storeFlag({ store }: HuntFlags): string {
  return store === DEFAULT_STORE ? '' : ` --store ${store}`;
}

function describeFinding(find: SeedFinding): string {
  const oracle = find.oracle === null ? find.outcome : describeOracle(find.oracle);
  return `${oracle}${find.shape === null || find.oracle?.invariant != null ? '' : ` (${find.shape})`}: ${find.summary}`;
}

/** One bug of a hunt for all of them. */
export function asRow(
  result: HuntResult,
  kept: readonly KeptFind[],
  bugs: readonly string[],
  flags: HuntFlags,
): string {
  const [find] = result.finds;
  const missed = result.interrupted ? 'interrupted before anything was found' : 'not found';
  const found = find === undefined ? missed : `seed ${find.seed}, ${shortened(describeFinding(find), 100)}`;
  const after = result.firstFind === null ? '' : `after ${duration(result.firstFind.wallMs / 1000)}: `;
  const [stored] = kept;
  const row = `${bugs.join(',').padEnd(ROW_INDENT)} ${after}${found} (${result.finds.length} of ${counted(result.seeds, 'seed')})\n`;
  if (stored === undefined)
    return find === undefined || find.changes.length > 0
      ? row
      : `${row}${' '.repeat(ROW_INDENT)} again: npx ${huntAgain(find, bugs, flags)}\n`;
  const { trial, shrunk } = stored.small ?? { trial: stored.trial, shrunk: null };
  const size =
    shrunk === null
      ? ''
      : `, ${counted(shrunk.after.operations, 'operation')} and ${counted(shrunk.after.faults, 'fault')}` +
        (shrunk.minimal ? '' : ' (shrinking ran out of time)');
  return `${row}${' '.repeat(ROW_INDENT)} again: npx ordeal repro ${trial.id}${storeFlag(flags)}${size}\n`;
}

/**
 * How many of all bugs were found, and which were not; the control is none of them. Of those in `asked` that an interrupt kept
 * from being tried, or from being tried to the end, nothing is known.
 */
export function summaryOfAll(
  hunted: readonly { bugs: readonly string[]; result: HuntResult }[],
  asked: readonly (readonly string[])[],
): string {
  const names = (some: typeof hunted): string => some.map(({ bugs }) => bugs.join()).join(', ');
  const isFound = ({ result }: (typeof hunted)[number]): boolean => result.finds.length > 0;
  const isControl = ({ bugs }: (typeof hunted)[number]): boolean =>
    bugs.every((bug) => findBug(bug).breaks.length === 0);
  const cut = hunted.filter((one) => one.result.interrupted && !isFound(one));
  const told = hunted.filter((one) => !cut.includes(one));
  const untried = asked.slice(hunted.length);
  const interrupted = untried.length > 0 || hunted.some(({ result }) => result.interrupted);
  const planted = told.filter((one) => !isControl(one));
  const missed = planted.filter((one) => !isFound(one));
  const controls = told.filter(isControl);
  const lines = [
    `\n${interrupted ? 'INTERRUPTED: ' : ''}${planted.length - missed.length} of ${counted(planted.length, 'bug')} found`,
  ];
  if (cut.length > 0) lines.push(`interrupted while hunting: ${names(cut)}`);
  if (untried.length > 0) lines.push(`not tried: ${untried.map((bugs) => bugs.join()).join(', ')}`);
  if (missed.length > 0) lines.push(`not found: ${names(missed)}; a longer --budget may find them`);
  if (controls.length > 0)
    lines.push(
      controls.some(isFound)
        ? `FOUND, although harmless: ${names(controls.filter(isFound))}`
        : `not found, as it must be: ${names(controls)}`,
    );
  return `${lines.join('\n')}\n`;
}

export function asJson(
  result: HuntResult,
  kept: readonly KeptFind[],
  bugs: readonly string[],
  flags: HuntFlags,
): object {
  const outcome = outcomeOfHunt(result);
  return {
    outcome,
    valid: outcome === 'violation' ? false : outcome === 'pass' ? true : 'unknown',
    bugs,
    from: flags.from,
    seeds: result.seeds,
    ms: Math.round(result.wallMs),
    cpuMs: Math.round(result.cpuMs),
    virtualMs: Math.round(result.virtualNs / 1e6),
    ops: result.operations,
    outcomes: result.outcomes,
    interrupted: result.interrupted,
    firstFind: result.firstFind,
    finds: result.finds.map((find) => {
      const stored = kept.find((candidate) => candidate.find === find);
      return {
        ...find,
        sentence: stored?.sentence ?? null,
        trial: stored?.trial.id ?? null,
        report: stored?.trial.reportPath ?? null,
        shrunk: stored === undefined ? null : smallJson(stored.small),
      };
    }),
    shrunk: smallJson(kept[0]?.small ?? null),
    spoiled: result.spoiled,
    marks: Object.fromEntries([...result.marks].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function smallJson(small: SmallTrial | null): object | null {
  if (small === null) return null;
  const { before, after, minimal } = small.shrunk;
  return { trial: small.trial.id, report: small.trial.reportPath, before, after, minimal };
}
