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
  'term-volatile',
  'heartbeat-skips-log-check',
  'truncate-without-conflict',
  'commit-past-new-entries',
  'commit-stops-at-old-term',
  'fixed-timeouts',
  'wiped-disk-same-id',
  'corrupt-middle-truncates',
  'saved-without-snapshot',
  'no-dedupe',
  'ack-at-append',
  'timeout-as-failure',
  'leader-local-read',
  'follower-read',
  'read-before-noop',
  'read-index-without-quorum',
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
    faults: { type: 'string', default: 'all' },
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
const jobs = bugs.flatMap((bug) => Array.from({ length: tries }, (_, at) => ({ bug, seed: at + 1 })));
const { commit, cpu, node } = provenance();
process.stdout.write(
  `Commit ${commit}, ${cpus().length} × ${cpu}, Node ${node}, load ${loadavg()[0]?.toFixed(1)} at the start; ${tries} trials ` +
    `of ${values.time} each, ${values.parallel} at a time, \`--faults ${values.faults || '(default)'}\`, seeds 1 to ${tries}.\n\n` +
    '| bug | should break | found in tries (95 % CI) | oracles | other outcomes | median operations |\n|---|---|---|---|---|---|\n',
);
const worker = async (): Promise<void> => {
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    const { bug, seed } = job;
    const ran = await runOnce(bug, seed);
    const all = results.get(bug) as Ran[];
    all.push(ran);
    process.stderr.write(`${bug} seed ${seed}: ${ran.outcome} ${ran.oracle ?? ''} (${ran.ops} operations)\n`);
    if (all.length === tries) process.stdout.write(`${row(bug, all)}\n`);
  }
};
await Promise.all(Array.from({ length: Number(values.parallel) }, worker));
const detected = bugs.filter((bug) => {
  const ran = results.get(bug) as Ran[];
  return bug !== CORRECT && ran.filter(({ outcome }) => outcome === 'violation').length * 2 >= ran.length;
});
process.stdout.write(
  `\nFound in at least half of the tries: ${detected.length} of ${bugs.filter((bug) => bug !== CORRECT).length}.\n`,
);
