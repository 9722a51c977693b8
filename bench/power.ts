/**
 * The power to find bugs, written as docs/power.md:
 * `npx tsx bench/power.ts [SEEDS] [FURTHER] [HISTORY_SECONDS] [BUG,BUG,…] > docs/power.md`. Each planted bug is hunted for over the
 * same SEEDS seeds of the swarm, and if none of them finds it, over up to FURTHER more; then by the clients' history alone, as
 * for a system one cannot look into, until so much processor time is spent. A bug that is planted with an aid is credited only with
 * finds that its aid alone does not have.
 */

import type { Bug } from '../cluster/bugs/bug.ts';
import { AID_OF, BUGS } from '../cluster/bugs/catalogue.ts';
import { draws } from '../seed/draw.ts';
import { type Effort, type HuntResult, hunt, startHunters } from '../trial/hunt.ts';
import type { SeedFinding } from '../trial/hunting-batch.ts';
import { describeOracle, sameOracle } from '../trial/oracle.ts';
import { provenance } from '../trial/provenance.ts';
import { wilsonInterval } from '../trial/rate.ts';

const seeds = Number(process.argv[2] ?? 64);
const further = Number(process.argv[3] ?? 2000);
const historySeconds = Number(process.argv[4] ?? 600);
const only = process.argv[5]?.split(',');
const TIME_MS = 5000;

/** The first find that is the bug's own, and what was spent until then, or in vain. */
interface Search {
  readonly find: SeedFinding | null;
  readonly spent: Omit<Effort, 'wallMs'>;
}

interface Row {
  readonly bug: Bug;
  readonly tuned: boolean;
  readonly all: HuntResult;
  /** Finds of the first seeds that are the bug's own. */
  readonly own: readonly SeedFinding[];
  /** What its aid alone was found by, in the further seeds too; null without an aid. */
  readonly control: HuntResult | null;
  readonly first: Search;
  readonly history: Search | null;
}

const hunters = startHunters();
const rows: Row[] = [];
for (const bug of BUGS.filter(({ name }) => only === undefined || only.includes(name))) {
  const options = { from: 1, seedsMax: seeds, budgetMs: null, timeMs: TIME_MS, keepGoing: true };
  const all = await hunt(hunters, { ...options, bugs: [bug.name] });
  const control =
    bug.aid === undefined
      ? null
      : await hunt(hunters, { ...options, seedsMax: seeds + further, bugs: [AID_OF + bug.name] });
  const isOwn = ({ oracle }: SeedFinding): boolean => {
    const by = ({ finds }: HuntResult): number => finds.filter((other) => sameOracle(oracle, other.oracle)).length;
    if (control === null || by(control) === 0) return true;
    return wilsonInterval(by(all), all.seeds).low > wilsonInterval(by(control), control.seeds).high;
  };
  const own = all.finds.filter(isOwn);
  const [earliest] = [...all.efforts].filter(([find]) => own.includes(find));
  const before = { trials: all.seeds, virtualNs: all.virtualNs, cpuMs: all.cpuMs };
  const first =
    earliest !== undefined
      ? { find: earliest[0], spent: earliest[1] }
      : await search(bug, isOwn, { from: seeds + 1, seedsMax: further, cpuMs: null, invariants: true }, before);
  const visible = bug.breaks.includes('linearizability') && historySeconds > 0;
  const history = visible
    ? await search(bug, isOwn, { from: 1, seedsMax: null, cpuMs: historySeconds * 1000, invariants: false })
    : null;
  // Which half of the catalogue a bug is in is a keyed draw over its name.
  const tuned = draws(0, `power.half ${bug.name}`)() % 2 === 0;
  const row: Row = { bug, tuned, all, own, control, first, history };
  rows.push(row);
  process.stderr.write(`${bug.name}: ${rate(row)}, ${spentUntil(first)}; by history ${byHistory(row)}\n`);
}
await hunters.close();
process.stdout.write(document());

/** Hunts until a find that is the bug's own, or until seeds or processor time are spent. */
async function search(
  bug: Bug,
  isOwn: (find: SeedFinding) => boolean,
  limits: {
    readonly from: number;
    readonly seedsMax: number | null;
    readonly cpuMs: number | null;
    readonly invariants: boolean;
  },
  before = { trials: 0, virtualNs: 0, cpuMs: 0 },
): Promise<Search> {
  let { from } = limits;
  let [trials, virtualNs, cpuMs] = [0, 0, 0];
  const options = { budgetMs: null, timeMs: TIME_MS, keepGoing: false, invariants: limits.invariants };
  const spent = (more: Omit<Effort, 'wallMs'>): Search['spent'] => ({
    trials: before.trials + trials + more.trials,
    virtualNs: before.virtualNs + virtualNs + more.virtualNs,
    cpuMs: before.cpuMs + cpuMs + more.cpuMs,
  });
  for (;;) {
    const result = await hunt(hunters, {
      ...options,
      bugs: [bug.name],
      from,
      seedsMax: limits.seedsMax === null ? null : limits.from + limits.seedsMax - from,
      ...(limits.cpuMs !== null && { cpuBudgetMs: limits.cpuMs - cpuMs }),
    });
    const find = result.finds.find(isOwn);
    if (find !== undefined) return { find, spent: spent(result.efforts.get(find) as Effort) };
    trials += result.seeds;
    virtualNs += result.virtualNs;
    cpuMs += result.cpuMs;
    const [last] = result.finds;
    const over =
      last === undefined ||
      (limits.cpuMs !== null && cpuMs >= limits.cpuMs) ||
      (limits.seedsMax !== null && last.seed + 1 >= limits.from + limits.seedsMax);
    if (over) return { find: null, spent: spent({ trials: 0, virtualNs: 0, cpuMs: 0 }) };
    from = last.seed + 1;
  }
}

function document(): string {
  const { commit, cpu, cores, node } = provenance();
  const lines = [
    '# The power to find planted bugs',
    '',
    `Written by \`npx tsx bench/power.ts ${process.argv.slice(2).join(' ')}\` at commit ${commit ?? 'unknown'}, on ${cores} × ${cpu}, Node ${node}.`,
    '',
    'Each bug of the catalogue is switched on (`ordeal bugs` says what it does) and hunted for over the same seeds of the swarm, ' +
      `1 to ${seeds}, with all oracles. Where none of them finds it, the hunt goes on over up to ${further} further seeds until its first ` +
      "find. Then it is hunted for by the clients' history alone, as in a system one cannot look into, until the first find or " +
      `for ${historySeconds} s of processor time (${historySeconds / 120} minutes on two cores). CPU time is that of all threads until the find was ` +
      'reported, with those of its batches that were under way.',
    '',
    'Some bugs are planted with an *aid*: something that is given up beside the mistake, as it would hide or mend it (`ordeal bugs` names ' +
      'it). The aid alone is hunted for over all these seeds, as a control. A find counts only if its oracle never finds the aid alone, or ' +
      'surely less often (the intervals lie apart).',
    '',
    'The shares of the kinds of worlds in the swarm were chosen by one half of the bugs, the *tuned* ones, a keyed draw over the ' +
      'names; the others are *held out*. What the aims are (`nemesis/chase-hops.ts`, `cluster/simulator/swarm-aimed.ts`) was thought ' +
      "out with the whole catalogue in view, so only the shares are blind to the held-out half. Two of the chase's plots and its " +
      'strike *bounce* were added for `vote-volatile`, `older-snapshot-installed` and `install-keeps-stale-tail`, which no history had ' +
      'shown before.',
    '',
    ...summary(),
    '',
    `| bug | half | should break | found in the first ${seeds} seeds (95 % CI) | aid alone | first find after: seeds, virtual, CPU | median operations of a find | oracles | by history alone: first find |`,
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map(tableRow),
    '',
  ];
  return lines.join('\n');
}

function summary(): string[] {
  const wanted = rows.filter(({ bug }) => bug.breaks.length > 0);
  const told = (some: readonly Row[], name: string): string => {
    const cpu = some.filter(isFound).map(({ first }) => first.spent.cpuMs / 1000);
    const within = cpu.filter((seconds) => seconds <= 120).length;
    const shares = some.map(({ own, all }) => (100 * own.length) / all.seeds);
    return `| ${name} | ${cpu.length} of ${some.length} | ${median(shares)} % | ${median(cpu)} s | ${cpu.length === 0 ? '–' : Math.max(...cpu).toFixed(1)} s | ${within} |`;
  };
  const visible = rows.filter(({ history }) => history !== null);
  const missed = wanted.filter((row) => !isFound(row)).map(({ bug }) => `\`${bug.name}\``);
  const seen = visible.flatMap(({ history }) => (history?.find == null ? [] : [history.spent.cpuMs / 1000]));
  const unseen = visible.filter(({ history }) => history?.find === null).map(({ bug }) => `\`${bug.name}\``);
  const harmless = rows.filter(({ bug }) => bug.breaks.length === 0);
  return [
    '| bugs | found | median share of seeds that find it | median CPU to the first find | longest | within 120 s of CPU (a minute on two cores) |',
    '|---|---|---|---|---|---|',
    told(wanted, 'all'),
    told(
      wanted.filter(({ tuned }) => tuned),
      'tuned',
    ),
    told(
      wanted.filter(({ tuned }) => !tuned),
      'held out',
    ),
    '',
    `* Not found: ${missed.join(', ') || 'none'}.`,
    `* By the clients' history alone: ${seen.length} of ${visible.length} of those that should break linearizability, the median after ${median(seen)} s, ` +
      `the last after ${seen.length === 0 ? '–' : Math.max(...seen).toFixed(1)} s of processor time; not: ${unseen.join(', ') || 'none'}.`,
    ...harmless.map(
      (row) =>
        `* The negative control \`${row.bug.name}\`, which must not be found: ${isFound(row) ? 'FOUND' : `not found in ${row.first.spent.trials} seeds`}.`,
    ),
  ];
}

function tableRow(row: Row): string {
  const { bug, tuned, first, control } = row;
  const finds = row.own.length > 0 ? row.own : first.find === null ? [] : [first.find];
  const alone = control === null ? '–' : `${control.finds.length} of ${control.seeds} (${oracles(control.finds)})`;
  return `| ${bug.name} | ${tuned ? 'tuned' : 'held out'} | ${bug.breaks.join(', ') || 'nothing'} | ${rate(row)} | ${alone} | ${spentUntil(first)} | ${medianOperations(finds)} | ${oracles(finds)} | ${byHistory(row)} |`;
}

function isFound({ first }: Row): boolean {
  return first.find !== null;
}

function rate({ own, all }: Row): string {
  const { low, high } = wilsonInterval(own.length, all.seeds);
  return `${own.length} of ${all.seeds} (${Math.round(low * 100)}–${Math.round(high * 100)} %)`;
}

function spentUntil({ find, spent }: Search): string {
  if (find === null) return `not found in ${spent.trials}`;
  return `${spent.trials}, ${(spent.virtualNs / 1e9).toFixed(0)} s, ${(spent.cpuMs / 1000).toFixed(1)} s`;
}

function byHistory({ history }: Row): string {
  if (history === null) return '–';
  const { find, spent } = history;
  if (find === null) return `not found in ${spent.trials}`;
  return `${spent.trials} seeds, ${(spent.cpuMs / 1000).toFixed(1)} s`;
}

function medianOperations(finds: readonly SeedFinding[]): string {
  const sorted = finds.map(({ operations }) => operations).sort((a, b) => a - b);
  return sorted.length === 0 ? '–' : String(sorted[Math.floor(sorted.length / 2)]);
}

/** Each oracle that was first to see it, with the number of seeds. */
function oracles(finds: readonly SeedFinding[]): string {
  const counts = new Map<string, number>();
  for (const { oracle } of finds) {
    const name = oracle === null ? 'none' : describeOracle(oracle);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return sorted.map(([name, count]) => `${name} ${count}`).join(', ') || '–';
}

function median(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle === undefined ? '–' : middle.toFixed(1);
}
