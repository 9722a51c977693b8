/** What becomes of a hunt's finds: the first few are run once more with all details, and of each kind of failure one is shrunk. */

import { accessSync, constants } from 'node:fs';
import { openStore, type Store } from '../history/store.ts';
import { StoreError } from '../history/store-error.ts';
import { verdictSentence } from '../reports/sentence.ts';
import type { HuntResult } from '../trial/hunt.ts';
import type { SeedFinding } from '../trial/hunting-batch.ts';
import { InputError } from '../trial/input-error.ts';
import { type Oracle, sameOracle } from '../trial/oracle.ts';
import { runTrial, type TrialResult } from '../trial/run.ts';
import { type Shrunk, shrinkSpec } from '../trial/shrink.ts';
import { trialData } from '../trial/trial-report.ts';
import { variantSpec } from '../trial/variant.ts';

/** A find, its trial in the store, and what it was shrunk to. */
export interface KeptFind {
  readonly find: SeedFinding;
  readonly trial: TrialResult;
  /** The verdict in one sentence, as `ordeal run` prints it. */
  readonly sentence: string;
  readonly small: SmallTrial | null;
}

/** What could be kept, and what kept the rest from it: the finds themselves are told all the same. */
export interface Kept {
  readonly kept: readonly KeptFind[];
  readonly error: Error | null;
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

/** Makes sure, before any time is spent on a hunt, that its finds can be stored. Throws InputError where they can't. */
export function checkStore(directory: string): void {
  try {
    const store = openStore(directory, 'write');
    const { file } = store;
    store.close();
    for (const path of [directory, file]) accessSync(path, constants.W_OK);
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    const why =
      error instanceof StoreError
        ? message
        : `${directory} cannot be written (${code ?? message}): give --store another directory`;
    throw new InputError(`finds could not be stored: ${why}`);
  }
}

/** A find ran again to another trace. */
export class NotRepeatable extends Error {
  override readonly name = 'NotRepeatable';
}

/** Stores the first finds, each with its report. What goes wrong meanwhile is returned, with what was kept before. */
export async function keepFinds({ finds }: HuntResult, bugs: readonly string[], options: KeepOptions): Promise<Kept> {
  if (finds.length === 0) return { kept: [], error: null };
  const kept: KeptFind[] = [];
  const shrunk: Oracle[] = [];
  let store: Store | null = null;
  try {
    store = openStore(options.store, 'write');
    for (const find of finds.slice(0, options.max)) {
      const trial = await runTrial(variantSpec(find, { bugs, timeMs: options.time }), { store });
      if (trial.traceHash !== find.traceHash)
        throw new NotRepeatable(
          `seed ${find.seed} did not repeat: trace ${trial.traceHash} instead of ${find.traceHash}; ` +
            'the simulator is not deterministic here, which is a defect of Ordeal',
        );
      const { oracle } = find;
      const sentence = verdictSentence(trialData(store, trial.id));
      const alone = { find, trial, sentence, small: null };
      kept.push(alone);
      if (options.shrinkMs === 0 || oracle === null || shrunk.some((other) => sameOracle(other, oracle))) continue;
      shrunk.push(oracle);
      kept[kept.length - 1] = { ...alone, small: await shrinkFind(store, find, oracle, bugs, options) };
    }
  } catch (error) {
    return { kept, error: error instanceof Error ? error : new Error(String(error)) };
  } finally {
    store?.close();
  }
  return { kept, error: null };
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
