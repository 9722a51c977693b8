/** Hunting with what remains of the night: seeds of the swarm, each find run again with all details, shrunk, and kept. */

import { NOTHING_MEASURED } from '../../history/night-records.ts';
import type { TrialOutcome } from '../../history/trial-records.ts';
import { duration } from '../../reports/times.ts';
import { plural } from '../../reports/wording.ts';
import { type Hunters, type HuntOptions, type HuntResult, hunt, outcomeOfHunt } from '../hunt.ts';
import type { HuntTask, SeedFinding } from '../hunting-batch.ts';
import { runTrial } from '../run.ts';
import { shrinkSpec } from '../shrink.ts';
import { swarmSpec } from '../swarm.ts';
import type { Doing } from './do-item.ts';
import { fingerprintOfReason } from './fingerprint.ts';
import type { HuntItem } from './plan.ts';
import { resultOfTrial } from './trial-result.ts';
import type { ItemResult } from './worker-messages.ts';

const SHRINK_MS = 20_000;
/** Time that is left for closing files behind a hunt. */
const ENDING_MS = 500;
/** A batch of seeds takes a second or two; one that is out for so long behind the end of the hunt hangs. */
const HANGING_MS = 10_000;

/** The hunt's own result first, then one for each find. */
export async function doHunt(item: HuntItem, doing: Doing): Promise<ItemResult[]> {
  const deadline = performance.now() + doing.budgetMs - ENDING_MS;
  const outcomes = { pass: 0, violation: 0, unknown: 0, vacuous: 0, broken: 0 };
  const spoiled: SeedFinding[] = [];
  const finds: ItemResult[] = [];
  let [seeds, operations, virtualNs] = [0, 0, 0];
  const left = (): number => deadline - performance.now();
  while (left() > 0 && finds.length < item.finds && !doing.signal.aborted) {
    const result = await huntWatched(doing.hunters(), {
      bugs: item.bugs,
      from: item.seed + seeds,
      seedsMax: null,
      budgetMs: left(),
      timeMs: item.timeMs,
      keepGoing: false,
      signal: doing.signal,
      onProgress: (totals) => doing.progress(`${seeds + totals.seeds} seeds, ${finds.length} finds`),
    });
    operations += result.operations;
    virtualNs += result.virtualNs;
    for (const [outcome, count] of Object.entries(result.outcomes)) outcomes[outcome as TrialOutcome] += count;
    spoiled.push(...result.spoiled);
    const [find] = result.finds;
    if (find === undefined) {
      seeds += result.seeds;
      break;
    }
    finds.push(await keep(find, item, doing, Math.min(SHRINK_MS, Math.max(0, left()))));
    // On from the seed behind the find: what other threads had tried beyond it is tried again.
    seeds = find.seed + 1 - item.seed;
  }
  const outcome = outcomeOf(outcomes, finds.length, doing.signal.aborted);
  const [bad] = spoiled;
  const sentence =
    `${plural(seeds, 'seed')}, ${duration(virtualNs)} of virtual time: ${plural(finds.length, 'violation')}` +
    (outcomes.vacuous === 0 ? '' : `, ${outcomes.vacuous} seeds in which some fault had no effect`) +
    (bad === undefined ? '' : `; seed ${bad.seed} ended ${bad.outcome}: ${bad.summary}`) +
    (doing.signal.aborted ? '; interrupted' : '');
  return [
    {
      id: item.id,
      title: item.title,
      outcome,
      sentence,
      fingerprint: bad === undefined ? null : fingerprintOfReason(bad.outcome, bad.summary, 'raft'),
      trial: null,
      seed: item.seed,
      report: null,
      bundle: null,
      again: huntCommand(item, item.seed, Math.max(1, seeds)),
      measures: { ...NOTHING_MEASURED, seeds, operations, virtualNs },
    },
    ...finds,
  ];
}

/** As `hunt`, but a batch that does not come back ends it with an error that names the seeds. */
function huntWatched(hunters: Hunters, options: HuntOptions & { readonly budgetMs: number }): Promise<HuntResult> {
  const out = new Set<HuntTask>();
  const watched: Hunters = {
    ...hunters,
    run: (task) => {
      out.add(task);
      return hunters.run(task).finally(() => out.delete(task));
    },
  };
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      const seeds = [...out].map(({ from, count }) => `${from} to ${from + count - 1}`);
      reject(new Error(`one of the seeds ${seeds.join(' or ')} does not come to an end`));
    };
    const timer = setTimeout(giveUp, options.budgetMs + HANGING_MS);
    hunt(watched, options)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

/** Finds are items of their own: of the hunt itself only the rest counts. */
function outcomeOf(
  outcomes: { readonly [outcome in TrialOutcome]: number },
  finds: number,
  interrupted: boolean,
): TrialOutcome {
  const rest = outcomeOfHunt({ outcomes: { ...outcomes, violation: 0 } } as Parameters<typeof outcomeOfHunt>[0]);
  if (rest === 'vacuous' && finds > 0) return 'pass';
  return rest === 'vacuous' && interrupted ? 'unknown' : rest;
}

async function keep(find: SeedFinding, item: HuntItem, doing: Doing, shrinkMs: number): Promise<ItemResult> {
  const { store, progress } = doing;
  const spec = swarmSpec(find.seed, { bugs: item.bugs, timeMs: item.timeMs });
  const whole = await runTrial(spec, { store });
  if (whole.traceHash !== find.traceHash)
    throw new Error(
      `seed ${find.seed} did not repeat: trace ${whole.traceHash} instead of ${find.traceHash}; ` +
        'the simulator is not deterministic here, which is a defect of Ordeal',
    );
  progress(`shrinking seed ${find.seed}`);
  const shrunk = find.oracle === null ? null : await shrinkSpec(spec, { oracle: find.oracle, budgetMs: shrinkMs });
  const kept = shrunk === null ? whole : await runTrial(shrunk.spec, { store });
  const again = huntCommand(item, find.seed, 1);
  const result = resultOfTrial(
    { id: `hunt/s${find.seed}`, title: `found by hunting, seed ${find.seed}`, again },
    kept,
    doing,
  );
  return {
    ...result,
    seed: find.seed,
    // Its operations are counted with the hunt.
    measures: { ...result.measures, seeds: 0, operations: 0 },
  };
}

function huntCommand({ bugs, timeMs }: HuntItem, from: number, seeds: number): string {
  const bug = bugs.length === 0 ? '' : ` --bug ${bugs.join(',')}`;
  return `npx ordeal hunt --from ${from} --seeds ${seeds} --time ${timeMs}ms${bug}`;
}
