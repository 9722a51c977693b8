/**
 * Does a hunt that learns find bugs sooner? `npx tsx bench/learning.ts [STARTS] [TRIALS] [BUG,BUG,…]`: each bug is hunted for from
 * several first seeds, plainly and learning, until its first find or for so many trials. Prints a table in Markdown.
 */

import { hunt, startHunters } from '../trial/hunt.ts';
import { provenance } from '../trial/provenance.ts';

/** Bugs that the plain swarm finds in few seeds of a hundred: where there is something to gain. */
const RARE =
  'vote-reset-leader,snapshot-last-term-zero,no-prevote,candidate-ignores-append,commit-previous-term,first-index-ambiguous,' +
  'corrupt-middle-truncates,older-snapshot-installed,snapshot-index-regresses,snapshot-and-log-not-atomic,lease-ignores-skew,' +
  'lease-survives-transfer,config-before-own-term,direct-swap,wiped-disk-same-id';

const starts = Number(process.argv[2] ?? 3);
const trialsMax = Number(process.argv[3] ?? 1000);
const bugs = (process.argv[4] ?? RARE).split(',');
const TIME_MS = 5000;

const hunters = startHunters();
const { commit, cpu, cores, node } = provenance();
console.log(
  `Commit ${commit ?? 'unknown'}, ${cores} × ${cpu}, Node ${node}; ${starts} starts, ${trialsMax} trials at most.\n`,
);
console.log('| bug | plain: trials to the first find | CPU s | learning: trials to the first find | CPU s |');
console.log('|---|---|---|---|---|');
const sums = { plain: { trials: 0, cpuMs: 0 }, learning: { trials: 0, cpuMs: 0 } };
for (const bug of bugs) {
  const cells: string[] = [];
  for (const kind of ['plain', 'learning'] as const) {
    const trials: string[] = [];
    let cpuMs = 0;
    for (let start = 1; start <= starts; start++) {
      const result = await hunt(hunters, {
        bugs: [bug],
        from: start * 100_000 + 1,
        seedsMax: trialsMax,
        budgetMs: null,
        timeMs: TIME_MS,
        keepGoing: false,
        learn: kind === 'learning',
      });
      trials.push(result.firstFind === null ? `> ${trialsMax}` : String(result.firstFind.trials));
      sums[kind].trials += result.firstFind?.trials ?? trialsMax;
      sums[kind].cpuMs += result.firstFind?.cpuMs ?? result.cpuMs;
      cpuMs += result.firstFind?.cpuMs ?? result.cpuMs;
    }
    cells.push(trials.join(', '), (cpuMs / 1000).toFixed(1));
  }
  console.log(`| ${bug} | ${cells.join(' | ')} |`);
}
const { plain, learning } = sums;
console.log(
  `| all together | ${plain.trials} | ${(plain.cpuMs / 1000).toFixed(1)} | ${learning.trials} | ${(learning.cpuMs / 1000).toFixed(1)} |`,
);
await hunters.close();
