/** `ordeal shrink`: make a failing trial small. */

import { Command } from 'commander';
import { openStore } from '../history/store.ts';
import { InputError } from '../trial/input-error.ts';
import { describeOracle, oracleOf } from '../trial/oracle.ts';
import { exitCodeOf } from '../trial/outcome.ts';
import { storedSpec, storedVerdict } from '../trial/repeat.ts';
import { runTrial } from '../trial/run.ts';
import { type ShrinkProgress, shrinkSpec, type TrialSize } from '../trial/shrink.ts';
import { shrinkHistory } from '../trial/shrink-history.ts';
import { subjectOf } from '../trial/subject.ts';
import { DEFAULT_STORE, durationFlag } from './flags.ts';

interface ShrinkFlags {
  readonly budget: number;
  readonly store: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function shrinkCommand(finished: (exitCode: number) => void): Command {
  return new Command('shrink')
    .description('make a failing trial small: a simulated one with its faults and operations, others their history')
    .argument('<trial>', 'name of a trial, "latest", or a bundle')
    .option('--budget <duration>', 'the smallest that was found by then is the result', durationFlag, 60_000)
    .option('--store <dir>', 'directory of the store', DEFAULT_STORE)
    .option('--json', 'print one JSON object')
    .option('--quiet', 'no progress on standard error')
    .action(async (reference: string, flags: ShrinkFlags) => finished(await shrink(reference, flags)));
}

async function shrink(reference: string, flags: ShrinkFlags): Promise<number> {
  const store = openStore(flags.store, 'write');
  try {
    const trial = subjectOf(store, reference);
    const oracle = oracleOf(storedVerdict(trial));
    if (oracle === null) throw new InputError(`trial ${trial.id} shows no violation: there is nothing to shrink`);
    if (trial.world !== 'simulator') {
      const small = await shrinkHistory(store, trial);
      const result = { trial: small.id, from: trial.id, history: true, before: small.before, after: small.after };
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ ...result, report: small.reportPath })}\n`
          : `the history of ${trial.id}: ${small.before} operations, of which ${small.after} contradict each other\n` +
              `  trial   ${small.id}\n${small.reportPath === null ? '' : `  report  ${small.reportPath}\n`}`,
      );
      return exitCodeOf('violation');
    }
    const progress = progressOf(flags);
    const options = { oracle, budgetMs: flags.budget, onProgress: progress.update };
    const small = await shrinkSpec(storedSpec(trial), options);
    progress.clear();
    if (small === null) {
      process.stderr.write(
        `ordeal: trial ${trial.id} does not fail by ${describeOracle(oracle)} any more: \`ordeal repro ${trial.id}\` says why\n`,
      );
      return exitCodeOf('broken');
    }
    const kept = await runTrial(small.spec, { store });
    if (kept.traceHash !== small.simulated.traceHash)
      throw new Error(
        `the shrunk trial did not repeat: trace ${kept.traceHash} instead of ${small.simulated.traceHash}`,
      );
    const { before, after, tried, minimal } = small;
    process.stdout.write(
      flags.json
        ? `${JSON.stringify({ trial: kept.id, from: trial.id, oracle, before, after, tried, minimal, traceHash: kept.traceHash, report: kept.reportPath })}\n`
        : `${describeOracle(oracle)}, ${minimal ? 'and nothing more can be taken away' : 'as small as it got in time'} (${tried} tries)\n` +
            `  before  ${describeSize(before)}\n  after   ${describeSize(after)}\n  trial   ${kept.id}\n` +
            (kept.reportPath === null ? '' : `  report  ${kept.reportPath}\n`),
    );
    return exitCodeOf('violation');
  } finally {
    store.close();
  }
}

function describeSize({ operations, faults, nodes, clients, keys, virtualMs }: TrialSize): string {
  const seconds = (virtualMs / 1000).toFixed(2);
  return `${operations} operations, ${faults} faults, ${nodes} nodes, ${clients} clients, ${keys} keys, ${seconds} s of virtual time`;
}

function progressOf(flags: ShrinkFlags) {
  const { stderr } = process;
  let last = Date.now();
  return {
    update({ tried, size, trying }: ShrinkProgress): void {
      const now = Date.now();
      if (flags.quiet || now - last < (stderr.isTTY ? 100 : 5000)) return;
      last = now;
      const line = `${tried} tried: ${describeSize(size)}; trying ${trying}`;
      stderr.write(stderr.isTTY ? `\r\x1b[2K${line.slice(0, Math.max(20, stderr.columns - 1))}` : `${line}\n`);
    },
    clear(): void {
      if (!flags.quiet && stderr.isTTY) stderr.write('\r\x1b[2K');
    },
  };
}
