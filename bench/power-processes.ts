/**
 * The power to find planted bugs on real processes: each bug is switched on in `--tries` trials, which are like any other, with one
 * plan of faults for all bugs, and judged by what a trial on processes can see: clients' answers, nodes that die, a healed cluster that
 * does not serve. Prints a Markdown table; the first row is the correct cluster.
 *
 *     npx tsx bench/power-processes.ts --tries 4 --parallel 2
 *     npx tsx bench/power-processes.ts --bugs no-dedupe,ack-at-append --time 30s --faults partition,kill
 */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findBug } from '../cluster/bugs/catalogue.ts';
import { provenance } from '../trial/provenance.ts';
import { wilsonInterval } from '../trial/rate.ts';

const COMMAND = fileURLToPath(new URL('../bin/ordeal.mjs', import.meta.url));
const CORRECT = 'none';
/** Those that break what clients or a healed cluster can show; the others need a look into the replicas. */
const BUGS = [
  CORRECT,
  'quorum-off-by-one',
  'log-volatile',
  'ack-before-fsync',
  'commit-stops-at-old-term',
  'heartbeat-skips-log-check',
  'truncate-without-conflict',
  'prev-zero-after-compaction',
  'saved-without-snapshot',
  'no-dedupe',
  'ack-at-append',
  'timeout-as-failure',
  'leader-local-read',
  'follower-read',
  'read-index-without-quorum',
  'read-before-noop',
];

interface Ran {
  readonly outcome: string;
  readonly oracle: string | null;
  readonly ops: number;
}

const { values } = parseArgs({
  options: {
    tries: { type: 'string', default: '4' },
    parallel: { type: 'string', default: '2' },
    bugs: { type: 'string', default: BUGS.join(',') },
    time: { type: 'string', default: '60s' },
    /** Comma-separated, as for `ordeal run`; empty: its defaults. */
    faults: { type: 'string', default: 'partition,kill,pause,lossy,disk,transfer,compact,chase' },
  },
});
const tries = Number(values.tries);
const bugs = values.bugs.split(',');

function runOnce(bug: string, seed: number): Promise<Ran> {
  const store = mkdtempSync(join(tmpdir(), 'ordeal-power-'));
  const args = ['run', '--time', values.time, '--seed', String(seed), '--store', store, '--quiet', '--json'];
  if (values.faults !== '') args.push('--faults', values.faults);
  if (bug !== CORRECT) args.push('--bug', bug);
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], { maxBuffer: 1 << 26 }, (_error, out, err) => {
      rmSync(store, { recursive: true, force: true });
      try {
        resolve(JSON.parse(out) as Ran);
      } catch {
        resolve({ outcome: `no result: ${err.trim().slice(0, 200)}`, oracle: null, ops: 0 });
      }
    });
  });
}

function row(bug: string, ran: readonly Ran[]): string {
  const found = ran.filter(({ outcome }) => outcome === 'violation');
  const { low, high } = wilsonInterval(found.length, ran.length);
  const percent = (share: number): number => Math.round(share * 100);
  const tally = (items: readonly string[]): string =>
    [...new Set(items)].map((item) => `${item} ${items.filter((other) => other === item).length}`).join(', ') || '–';
  const operations = ran.map(({ ops }) => ops).sort((a, b) => a - b)[Math.floor(ran.length / 2)] ?? 0;
  const others = ran.filter(({ outcome }) => outcome !== 'violation').map(({ outcome }) => outcome);
  const breaks = bug === CORRECT ? 'nothing' : findBug(bug).breaks.join(', ');
  const rate = `${found.length} of ${ran.length} (${percent(low)}–${percent(high)} %)`;
  return `| ${bug} | ${breaks} | ${rate} | ${tally(found.map(({ oracle }) => oracle ?? '?'))} | ${tally(others)} | ${operations} |`;
}

const results = new Map<string, Ran[]>(bugs.map((bug) => [bug, []]));
// Try by try, so that what is there so far says something of each bug.
const jobs = Array.from({ length: tries }, (_, at) => bugs.map((bug) => ({ bug, seed: at + 1 }))).flat();
const { commit, cpu, node } = provenance();
const load = (): string => loadavg()[0]?.toFixed(1) ?? '?';
const loadBefore = load();
const worker = async (): Promise<void> => {
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    const { bug, seed } = job;
    const ran = await runOnce(bug, seed);
    (results.get(bug) as Ran[]).push(ran);
    process.stderr.write(`${bug} seed ${seed}: ${ran.outcome} ${ran.oracle ?? ''} (${ran.ops} operations)\n`);
  }
};
await Promise.all(Array.from({ length: Number(values.parallel) }, worker));

const isFound = ({ outcome }: Ran): boolean => outcome === 'violation';
const planted = bugs.filter((bug) => bug !== CORRECT);
const often = planted.filter((bug) => (results.get(bug) as Ran[]).filter(isFound).length * 2 >= tries);
process.stdout.write(
  `Commit ${commit}, ${cpus().length} × ${cpu}, Node ${node}, load ${loadBefore} at the start and ${load()} at the end; ${tries} trials ` +
    `of ${values.time} each, ${values.parallel} at a time, \`--faults ${values.faults || '(default)'}\`, seeds 1 to ${tries}.\n\n` +
    '| bug | should break | found in tries (95 % CI) | oracles | other outcomes | median operations |\n|---|---|---|---|---|---|\n' +
    bugs.map((bug) => `${row(bug, results.get(bug) as Ran[])}\n`).join('') +
    `\nFound in at least half of the tries: ${often.length} of ${planted.length}.\n`,
);
