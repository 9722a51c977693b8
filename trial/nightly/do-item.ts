/** Doing one item of a plan, in the process at hand: the result says what came of it, whatever that is. */

import { NOTHING_MEASURED } from '../../history/night-records.ts';
import type { Store } from '../../history/store.ts';
import { checkEntry, readCorpus } from '../corpus.ts';
import type { Hunters } from '../hunt.ts';
import { runTrial } from '../run.ts';
import { doCanary } from './do-canary.ts';
import { doHunt } from './do-hunt.ts';
import { fingerprintOfReason } from './fingerprint.ts';
import type { CorpusItem, PlanItem, TrialItem } from './plan.ts';
import { commandOf, resultOfTrial } from './trial-result.ts';
import type { ItemResult, Places } from './worker-messages.ts';

export interface Doing {
  readonly places: Places;
  readonly store: Store;
  /** Wall milliseconds there are for a hunt; other items have their own measure. */
  readonly budgetMs: number;
  readonly hunters: () => Hunters;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Throws only for a defect of the harness: the night counts that as broken. */
export async function doItem(item: PlanItem, doing: Doing): Promise<ItemResult[]> {
  switch (item.kind) {
    case 'corpus':
      return [await doCorpus(item)];
    case 'canary':
      return [await doCanary(item, doing)];
    case 'trial':
      return [await doTrial(item, doing)];
    case 'hunt':
      return doHunt(item, doing);
  }
}

async function doCorpus({ id, title, directory, entry, seed }: CorpusItem): Promise<ItemResult> {
  const found = readCorpus(directory).find(({ name }) => name === entry);
  if (found === undefined) throw new Error(`the corpus has no entry ${entry} any more`);
  const problem = await checkEntry(found);
  // What came back is a violation; a bug that is not found any more means that the harness has lost power.
  const outcome = problem === null ? 'pass' : found.spec.bugs.length === 0 ? 'violation' : 'broken';
  return {
    id,
    title,
    outcome,
    sentence: problem ?? (found.spec.bugs.length === 0 ? 'it does not fail any more' : 'it is found as before'),
    fingerprint: outcome === 'pass' ? null : fingerprintOfReason(outcome, `corpus ${entry}: ${problem}`, 'raft'),
    trial: null,
    seed,
    report: null,
    bundle: null,
    again: 'npx ordeal corpus run',
    measures: NOTHING_MEASURED,
  };
}

async function doTrial({ id, title, spec }: TrialItem, doing: Doing): Promise<ItemResult> {
  const { store, signal, progress } = doing;
  const trial = await runTrial(spec, {
    store,
    signal,
    onProgress: ({ ok, elapsedNs }) => progress(`${(elapsedNs / 1e9).toFixed(0)} s, ${ok} ok`),
  });
  return resultOfTrial({ id, title, again: commandOf(spec) }, trial, doing);
}
