/**
 * How small do finds become, and do they come back? `npx tsx bench/shrinking.ts [SECONDS] [SEEDS] [BUG,BUG,…] > docs/shrinking.md`: the first find of each planted bug
 * within so many seeds is shrunk for at most so long, and what is left is run again in another process, which must reach
 * the same trace hash. Prints a table in Markdown.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUGS } from '../cluster/bugs/catalogue.ts';
import { hunt, startHunters } from '../trial/hunt.ts';
import { describeOracle } from '../trial/oracle.ts';
import { provenance } from '../trial/provenance.ts';
import { shrinkSpec } from '../trial/shrink.ts';
import { simulateTrial } from '../trial/simulate.ts';
import { parseSpec } from '../trial/spec.ts';
import { variantSpec } from '../trial/variant.ts';

const TIME_MS = 5000;

if (process.argv[2] === '--replay') {
  const spec = parseSpec(JSON.parse(readFileSync(String(process.argv[3]), 'utf8')));
  process.stdout.write((await simulateTrial(spec, { details: false })).traceHash);
} else await measure();

async function measure(): Promise<void> {
  const seconds = Number(process.argv[2] ?? 20);
  const seeds = Number(process.argv[3] ?? 1000);
  const only = process.argv[4]?.split(',');
  const directory = mkdtempSync(join(tmpdir(), 'ordeal-shrinking-'));
  const hunters = startHunters();
  const before: Sizes = { operations: [], faults: [] };
  const after: Sizes = { operations: [], faults: [] };
  let [found, same] = [0, 0];
  const { commit, cpu, cores, node } = provenance();
  console.log('# How small finds become, and whether they come back\n');
  console.log(`Written by \`npx tsx bench/shrinking.ts ${seconds} ${seeds}\`.`);
  console.log(
    `Commit ${commit ?? 'unknown'}, ${cores} × ${cpu}, Node ${node}; at most ${seconds} s of shrinking each.\n`,
  );
  console.log(
    '| bug | seed | oracle | operations | faults | nodes | nothing more to take away | same hash in another process |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  for (const { name, breaks } of BUGS) {
    if (breaks.length === 0 || (only !== undefined && !only.includes(name))) continue;
    const options = { bugs: [name], timeMs: TIME_MS };
    const { finds } = await hunt(hunters, { ...options, from: 1, seedsMax: seeds, budgetMs: null, keepGoing: false });
    const [find] = finds;
    if (find?.oracle == null) {
      console.log(`| ${name} | not found in ${seeds} | – | – | – | – | – | – |`);
      continue;
    }
    const small = await shrinkSpec(variantSpec(find, options), { oracle: find.oracle, budgetMs: seconds * 1000 });
    if (small === null) throw new Error(`seed ${find.seed} of ${name} did not fail again`);
    const file = join(directory, `${name}.json`);
    writeFileSync(file, JSON.stringify(small.spec));
    const command = ['--import', 'tsx', fileURLToPath(import.meta.url), '--replay', file];
    const elsewhere = execFileSync(process.execPath, command, { encoding: 'utf8' });
    const repeats = elsewhere === small.simulated.traceHash;
    found++;
    if (repeats) same++;
    for (const what of ['operations', 'faults'] as const) {
      before[what].push(small.before[what]);
      after[what].push(small.after[what]);
    }
    const change = (what: 'operations' | 'faults' | 'nodes'): string => `${small.before[what]} → ${small.after[what]}`;
    console.log(
      `| ${name} | ${find.seed} | ${describeOracle(find.oracle)} | ${change('operations')} | ${change('faults')} | ${change('nodes')} | ${small.minimal ? 'yes' : 'out of time'} | ${repeats ? 'yes' : `NO: ${elsewhere}`} |`,
    );
  }
  await hunters.close();
  rmSync(directory, { recursive: true });
  const shares = after.operations.filter((count, at) => count < 10 && (after.faults[at] ?? 0) <= 3).length;
  console.log(
    `\nMedian of ${found} finds: ${median(before.operations)} → ${median(after.operations)} operations, ${median(before.faults)} → ` +
      `${median(after.faults)} faults; under ten operations and at most three faults: ${shares} of ${found}. ` +
      `The same hash in another process: ${same} of ${found}.`,
  );
}

interface Sizes {
  readonly operations: number[];
  readonly faults: number[];
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
