/**
 * The power to find bugs, written as docs/power.md: `npx tsx bench/power.ts [SEEDS] [FURTHER] [HISTORY] [BUG,BUG,…] > docs/power.md`.
 * Each planted bug is hunted for over the same SEEDS seeds of the swarm, and if none of them finds it, over up to FURTHER more;
 * then by the clients' history alone, as for a system one cannot look into, over up to HISTORY seeds.
 */

import type { Bug } from '../cluster/bugs/bug.ts';
import { BUGS } from '../cluster/bugs/catalogue.ts';
import { draws } from '../seed/draw.ts';
import { type HuntResult, hunt, startHunters } from '../trial/hunt.ts';
import { describeOracle } from '../trial/oracle.ts';
import { provenance } from '../trial/provenance.ts';
import { wilsonInterval } from '../trial/rate.ts';

const seeds = Number(process.argv[2] ?? 64);
const further = Number(process.argv[3] ?? 2000);
const historySeeds = Number(process.argv[4] ?? 2000);
const only = process.argv[5]?.split(',');
const TIME_MS = 5000;

interface Row {
  readonly bug: Bug;
  readonly tuned: boolean;
  readonly all: HuntResult;
  /** The hunt that went on where the first seeds found nothing. */
  readonly later: HuntResult | null;
  readonly history: HuntResult | null;
}

const hunters = startHunters();
const rows: Row[] = [];
for (const bug of BUGS.filter(({ name }) => only === undefined || only.includes(name))) {
  const options = { bugs: [bug.name], from: 1, seedsMax: seeds, budgetMs: null, timeMs: TIME_MS };
  const all = await hunt(hunters, { ...options, keepGoing: true });
  const more = { ...options, from: seeds + 1, seedsMax: further, keepGoing: false };
  const later = all.finds.length > 0 || further === 0 ? null : await hunt(hunters, more);
  const alone = { ...options, seedsMax: historySeeds, keepGoing: false, invariants: false };
  const history = bug.breaks.includes('linearizability') && historySeeds > 0 ? await hunt(hunters, alone) : null;
  // Which half of the catalogue a bug is in is a keyed draw over its name.
  const tuned = draws(0, `power.half ${bug.name}`)() % 2 === 0;
  rows.push({ bug, tuned, all, later, history });
  process.stderr.write(`${bug.name}: ${rate(all)}, ${first(rows.at(-1) as Row)}; by history ${byHistory(history)}\n`);
}
await hunters.close();
process.stdout.write(document());

function document(): string {
  const { commit, cpu, cores, node } = provenance();
  const lines = [
    '# The power to find planted bugs',
    '',
    `Written by \`npx tsx bench/power.ts ${seeds} ${further} ${historySeeds}\` at commit ${commit ?? 'unknown'}, on ${cores} × ${cpu}, Node ${node}.`,
    '',
    'Each bug of the catalogue is switched on (`ordeal bugs` says what it does) and hunted for over the same seeds of the swarm, ' +
      `1 to ${seeds}, with all oracles. Where none of them finds it, the hunt goes on over up to ${further} further seeds until its first ` +
      "find. Then it is hunted for by the clients' history alone, as in a system one cannot look into, until the first find or " +
      `for ${historySeeds} seeds. CPU time is that of all threads until the find was reported, with those of its batches that were under way.`,
    '',
    'The shares of the kinds of worlds in the swarm were chosen by one half of the bugs, the *tuned* ones, a keyed draw over the ' +
      'names; the others are *held out*. What the aims are (`nemesis/chase.ts`, `cluster/simulator/swarm-aimed.ts`) was thought ' +
      'out with the whole catalogue in view, so only the shares are blind to the held-out half.',
    '',
    ...summary(),
    '',
    `| bug | half | should break | found in the first ${seeds} seeds (95 % CI) | first find after: seeds, virtual, CPU | median operations of a find | oracles | by history alone: first find |`,
    '|---|---|---|---|---|---|---|---|',
    ...rows.map(tableRow),
    '',
  ];
  return lines.join('\n');
}

function summary(): string[] {
  const wanted = rows.filter(({ bug }) => bug.breaks.length > 0);
  const told = (some: readonly Row[], name: string): string => {
    const found = some.filter(isFound);
    const cpu = found.map(
      ({ all, later }) => (all.firstFind?.cpuMs ?? all.cpuMs + (later?.firstFind?.cpuMs ?? 0)) / 1000,
    );
    const within = cpu.filter((seconds) => seconds <= 120).length;
    return `| ${name} | ${found.length} of ${some.length} | ${median(some.map(({ all }) => (100 * all.finds.length) / all.seeds))} % | ${median(cpu)} s | ${cpu.length === 0 ? '–' : Math.max(...cpu).toFixed(1)} s | ${within} |`;
  };
  const visible = rows.filter(({ history }) => history !== null);
  const missed = wanted.filter((row) => !isFound(row)).map(({ bug }) => `\`${bug.name}\``);
  const unseen = visible.filter(({ history }) => history?.firstFind === null).map(({ bug }) => `\`${bug.name}\``);
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
    `* By the clients' history alone: ${visible.length - unseen.length} of ${visible.length} of those that should break linearizability; not: ${unseen.join(', ') || 'none'}.`,
    ...harmless.map(
      (row) =>
        `* The negative control \`${row.bug.name}\`, which must not be found: ${isFound(row) ? 'FOUND' : `not found in ${row.all.seeds + (row.later?.seeds ?? 0)} seeds`}.`,
    ),
    '* `timer-reset-on-any-vote`, `timer-reset-on-stale-append` and `candidate-ignores-append` are planted together with what they need ' +
      'to do harm (no PreVote, or no CheckQuorum: `cluster/bugs/elections.ts`). The oracles of leadership see the harm of the whole; ' +
      'most of their finds would be finds of `no-prevote` or `no-check-quorum` too.',
  ];
}

function tableRow(row: Row): string {
  const { bug, tuned, all, later, history } = row;
  return `| ${bug.name} | ${tuned ? 'tuned' : 'held out'} | ${bug.breaks.join(', ') || 'nothing'} | ${rate(all)} | ${first(row)} | ${medianOperations(all, later)} | ${oracles(all, later)} | ${byHistory(history)} |`;
}

function isFound({ all, later }: Row): boolean {
  return all.finds.length + (later?.finds.length ?? 0) > 0;
}

function rate({ finds, seeds: tried }: HuntResult): string {
  const { low, high } = wilsonInterval(finds.length, tried);
  return `${finds.length} of ${tried} (${Math.round(low * 100)}–${Math.round(high * 100)} %)`;
}

function first({ all, later }: Row): string {
  const [find] = all.finds;
  if (find !== undefined && all.firstFind !== null)
    return `${find.seed}, ${(all.firstFind.virtualNs / 1e9).toFixed(0)} s, ${(all.firstFind.cpuMs / 1000).toFixed(1)} s`;
  if (later?.firstFind == null) return `not found in ${all.seeds + (later?.seeds ?? 0)}`;
  const virtualNs = all.virtualNs + later.firstFind.virtualNs;
  const cpuMs = all.cpuMs + later.firstFind.cpuMs;
  return `${all.seeds + later.firstFind.trials}, ${(virtualNs / 1e9).toFixed(0)} s, ${(cpuMs / 1000).toFixed(1)} s`;
}

function byHistory(history: HuntResult | null): string {
  if (history === null) return '–';
  if (history.firstFind === null) return `not found in ${history.seeds}`;
  return `${history.firstFind.trials} seeds, ${(history.firstFind.cpuMs / 1000).toFixed(1)} s`;
}

function medianOperations(all: HuntResult, later: HuntResult | null): string {
  const sorted = [...all.finds, ...(later?.finds ?? [])].map(({ operations }) => operations).sort((a, b) => a - b);
  return sorted.length === 0 ? '–' : String(sorted[Math.floor(sorted.length / 2)]);
}

/** Each oracle that was first to see it, with the number of seeds. */
function oracles(all: HuntResult, later: HuntResult | null): string {
  const counts = new Map<string, number>();
  for (const { oracle } of [...all.finds, ...(later?.finds ?? [])]) {
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
