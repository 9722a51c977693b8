/**
 * How long a person waits for `ordeal hunt --bug NAME` to find each planted bug: wall time of the command itself, from its start to
 * its end, without shrinking. `npx tsx bench/hunt-wall.ts [SECONDS] [BUG,BUG,…]` prints a table in Markdown, with the load of the
 * machine, without which wall times say little.
 */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUGS } from '../cluster/bugs/catalogue.ts';
import { provenance } from '../trial/provenance.ts';

const COMMAND = fileURLToPath(new URL('../bin/ordeal.mjs', import.meta.url));
const seconds = Number(process.argv[2] ?? 60);
const only = process.argv[3]?.split(',');

interface Waited {
  readonly seconds: number;
  readonly seeds: number;
  readonly cpuSeconds: number;
  readonly found: boolean;
}

function wait(bug: string): Promise<Waited> {
  const store = mkdtempSync(join(tmpdir(), 'ordeal-wall-'));
  const args = ['hunt', '--bug', bug, '--budget', `${seconds}s`, '--no-shrink', '--json', '--quiet', '--store', store];
  const began = performance.now();
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [COMMAND, ...args], { maxBuffer: 1 << 26 }, (_error, out, err) => {
      rmSync(store, { recursive: true, force: true });
      try {
        const { seeds, cpuMs, finds } = JSON.parse(out) as { seeds: number; cpuMs: number; finds: readonly unknown[] };
        const waited = (performance.now() - began) / 1000;
        resolve({ seconds: waited, seeds, cpuSeconds: cpuMs / 1000, found: finds.length > 0 });
      } catch {
        reject(new Error(`hunting for ${bug} printed no result: ${err.slice(0, 500)}`));
      }
    });
  });
}

const load = (): string => loadavg()[0]?.toFixed(1) ?? '?';
const loadBefore = load();
const rows: { readonly bug: string; readonly waited: Waited }[] = [];
for (const { name, breaks } of BUGS) {
  if (breaks.length === 0 || (only !== undefined && !only.includes(name))) continue;
  const waited = await wait(name);
  rows.push({ bug: name, waited });
  process.stderr.write(`${name}: ${waited.found ? '' : 'NOT FOUND in '}${waited.seconds.toFixed(1)} s\n`);
}
const found = rows.filter(({ waited }) => waited.found).map(({ waited }) => waited.seconds);
const sorted = [...found].sort((a, b) => a - b);
const { commit, cpu, node } = provenance();
process.stdout.write(
  `Commit ${commit}, ${cpus().length} × ${cpu}, Node ${node}, load ${loadBefore} at the start and ${load()} at the end.\n\n` +
    '| bug | wall time | seeds | processor time of the hunt |\n|---|---|---|---|\n' +
    rows
      .map(
        ({ bug, waited }) =>
          `| ${bug} | ${waited.found ? '' : 'not found in '}${waited.seconds.toFixed(1)} s | ${waited.seeds} | ${waited.cpuSeconds.toFixed(1)} s |\n`,
      )
      .join('') +
    `\nFound within ${seconds} s: ${found.length} of ${rows.length}; median ${sorted[Math.floor(sorted.length / 2)]?.toFixed(1) ?? '–'} s, ` +
    `longest ${sorted.at(-1)?.toFixed(1) ?? '–'} s, start and end of the command included.\n`,
);
