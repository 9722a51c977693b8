/**
 * The power to find bugs, as a table in Markdown: `npx tsx bench/power.ts [SEEDS] [BUG,BUG,…]`. Each planted bug is hunted for over the same
 * seeds of the swarm, once with all oracles, once by the clients' history alone, as for a system one cannot look into.
 */

import { BUGS } from '../cluster/bugs/catalogue.ts';
import { type HuntResult, hunt, startHunters } from '../trial/hunt.ts';
import { describeOracle } from '../trial/oracle.ts';
import { provenance } from '../trial/provenance.ts';
import { wilsonInterval } from '../trial/rate.ts';

const seeds = Number(process.argv[2] ?? 64);
const only = process.argv[3]?.split(',');
const TIME_MS = 5000;

const hunters = startHunters();
const bugs = BUGS.filter(({ name }) => only === undefined || only.includes(name));
const { commit, cpu, cores, node } = provenance();
console.log(
  `Commit ${commit ?? 'unknown'}, ${cores} × ${cpu}, Node ${node}; ${seeds} seeds of ${TIME_MS / 1000} virtual seconds each.\n`,
);
console.log(
  '| bug | should break | found in seeds (95 % CI) | first find after: seeds, virtual, CPU | median operations of a find | oracles | by history alone |',
);
console.log('|---|---|---|---|---|---|---|');
for (const { name, breaks } of bugs) {
  const options = { bugs: [name], from: 1, seedsMax: seeds, budgetMs: null, timeMs: TIME_MS, keepGoing: true };
  const all = await hunt(hunters, { ...options, invariants: true });
  const history = breaks.includes('linearizability') ? await hunt(hunters, { ...options, invariants: false }) : null;
  console.log(
    `| ${name} | ${breaks.join(', ') || 'nothing'} | ${rate(all)} | ${first(all)} | ${medianOperations(all)} | ${oracles(all)} | ${history === null ? '–' : rate(history)} |`,
  );
}
await hunters.close();

function rate({ finds, seeds: tried }: HuntResult): string {
  const { low, high } = wilsonInterval(finds.length, tried);
  return `${finds.length} of ${tried} (${Math.round(low * 100)}–${Math.round(high * 100)} %)`;
}

function first({ finds, firstFind }: HuntResult): string {
  if (firstFind === null || finds[0] === undefined) return 'not found';
  return `${finds[0].seed}, ${(firstFind.virtualNs / 1e9).toFixed(0)} s, ${(firstFind.cpuMs / 1000).toFixed(1)} s`;
}

function medianOperations({ finds }: HuntResult): string {
  const sorted = finds.map(({ operations }) => operations).sort((a, b) => a - b);
  return sorted.length === 0 ? '–' : String(sorted[Math.floor(sorted.length / 2)]);
}

/** Each oracle that was first to see it, with the number of seeds. */
function oracles({ finds }: HuntResult): string {
  const counts = new Map<string, number>();
  for (const { oracle } of finds) {
    const name = oracle === null ? 'none' : describeOracle(oracle);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return sorted.map(([name, count]) => `${name} ${count}`).join(', ') || '–';
}
