/** What becomes of a hunt's finds: the first few are run once more with all details, and of each kind of failure one is shrunk. */

import { openStore, type Store } from '../history/store.ts';
import type { HuntResult } from '../trial/hunt.ts';
import type { SeedFinding } from '../trial/hunting-batch.ts';
import { type Oracle, sameOracle } from '../trial/oracle.ts';
import { runTrial, type TrialResult } from '../trial/run.ts';
import { type Shrunk, shrinkSpec } from '../trial/shrink.ts';
import { variantSpec } from '../trial/variant.ts';

/** A find, its trial in the store, and what it was shrunk to. */
export interface KeptFind {
  readonly find: SeedFinding;
  readonly trial: TrialResult;
  readonly small: SmallTrial | null;
}

export interface SmallTrial {
  readonly shrunk: Shrunk;
  readonly trial: TrialResult;
}

export interface KeepOptions {
  readonly store: string;
  /** Virtual milliseconds of a trial, as it was hunted with. */
  readonly time: number;
  /** Finds that are kept at most. */
  readonly max: number;
  /** Wall time for shrinking each; 0: none is shrunk. */
  readonly shrinkMs: number;
  /** Ends shrinking: what it has come to by then is kept. */
  readonly signal: AbortSignal;
}

/** Stores the first finds, each with its report. Throws an Error for a find that does not repeat. */
export async function keepFinds(
  { finds }: HuntResult,
  bugs: readonly string[],
  options: KeepOptions,
): Promise<readonly KeptFind[]> {
  if (finds.length === 0) return [];
  const kept: KeptFind[] = [];
  const shrunk: Oracle[] = [];
  const store = openStore(options.store, 'write');
  try {
    for (const find of finds.slice(0, options.max)) {
      const trial = await runTrial(variantSpec(find, { bugs, timeMs: options.time }), { store });
      if (trial.traceHash !== find.traceHash)
        throw new Error(
          `seed ${find.seed} did not repeat: trace ${trial.traceHash} instead of ${find.traceHash}; ` +
            'the simulator is not deterministic here, which is a defect of Ordeal',
        );
      const { oracle } = find;
      const wanted = options.shrinkMs > 0 && oracle !== null && !shrunk.some((other) => sameOracle(other, oracle));
      if (wanted) shrunk.push(oracle);
      kept.push({ find, trial, small: wanted ? await shrinkFind(store, find, oracle, bugs, options) : null });
    }
  } finally {
    store.close();
  }
  return kept;
}

/** A smaller trial with the same failure, stored as well. Null if the find does not fail so by itself. */
async function shrinkFind(
  store: Store,
  find: SeedFinding,
  oracle: Oracle,
  bugs: readonly string[],
  { time, shrinkMs, signal }: KeepOptions,
): Promise<SmallTrial | null> {
  const spec = variantSpec(find, { bugs, timeMs: time });
  const shrunk = await shrinkSpec(spec, { oracle, budgetMs: shrinkMs, signal });
  return shrunk === null ? null : { shrunk, trial: await runTrial(shrunk.spec, { store }) };
}
