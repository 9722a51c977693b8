/**
 * Shrinking a failing simulated trial: tries smaller specs, one change at a time, and keeps each that still fails by the same
 * oracle, until no change can be made (Zeller and Hildebrandt's delta debugging, "Simplifying and Isolating
 * Failure-Inducing Input", 2002, for the lists). Because draws are keyed, taking one thing away leaves the others as they
 * were, so small changes mostly keep the failure.
 */

import { type Oracle, oracleOf, sameOracle } from './oracle.ts';
import { simplerSpecs } from './simpler-specs.ts';
import { type Simulated, simulateTrial } from './simulate.ts';
import { type CompleteSpec, parseSpec } from './spec.ts';

export interface ShrinkOptions {
  readonly oracle: Oracle;
  /** Wall time after which the smallest spec so far is the answer. */
  readonly budgetMs: number;
  readonly onProgress?: (progress: ShrinkProgress) => void;
  readonly signal?: AbortSignal;
}

export interface ShrinkProgress {
  readonly tried: number;
  readonly kept: number;
  readonly size: TrialSize;
  /** What is being tried. */
  readonly trying: string;
}

/** How large a trial is, for a comparison of before and after. */
export interface TrialSize {
  /** Operations of clients, final reads included. */
  readonly operations: number;
  /** Faults of the schedule. */
  readonly faults: number;
  readonly nodes: number;
  readonly clients: number;
  readonly keys: number;
  readonly virtualMs: number;
}

export interface Shrunk {
  readonly spec: CompleteSpec;
  readonly simulated: Simulated;
  readonly before: TrialSize;
  readonly after: TrialSize;
  readonly tried: number;
  readonly kept: number;
  /** Nothing more could be taken away; false if the time was over before. */
  readonly minimal: boolean;
}

export function sizeOf(spec: CompleteSpec, simulated: Simulated): TrialSize {
  return {
    operations: simulated.recording.operations.length,
    faults: spec.schedule.length,
    nodes: spec.nodes + spec.spares,
    clients: spec.clients,
    keys: spec.keys,
    virtualMs: Math.round(simulated.virtualNs / 1e6),
  };
}

/**
 * Shrinks a spec of a simulated trial. Returns null if the spec does not fail by that oracle in the first place.
 */
export async function shrinkSpec(spec: CompleteSpec, options: ShrinkOptions): Promise<Shrunk | null> {
  const deadline = performance.now() + options.budgetMs;
  const fails = async (candidate: CompleteSpec): Promise<Simulated | null> => {
    const simulated = await simulateTrial(candidate, { details: false });
    return sameOracle(oracleOf(simulated.verdict), options.oracle) ? simulated : null;
  };
  const first = await fails(spec);
  if (first === null) return null;
  let [best, simulated] = [spec, first];
  let [tried, kept] = [0, 0];
  const over = (): boolean => performance.now() > deadline || (options.signal?.aborted ?? false);

  for (let changed = true; changed && !over(); ) {
    changed = false;
    for (const pass of simplerSpecs) {
      const candidates = pass.begin(best, simulated);
      // A pass is told what became of its last candidate, so that it can go on from there.
      let accepted = false;
      for (let step = candidates.next(); !step.done && !over(); step = candidates.next(accepted)) {
        options.onProgress?.({ tried, kept, size: sizeOf(best, simulated), trying: pass.name });
        tried++;
        const candidate = wellFormed(step.value);
        const failed = candidate === null ? null : await fails(candidate);
        accepted = failed !== null;
        if (candidate === null || failed === null) continue;
        [best, simulated] = [candidate, failed];
        kept++;
        changed = true;
      }
    }
  }
  const minimal = !over();
  return { spec: best, simulated, before: sizeOf(spec, first), after: sizeOf(best, simulated), tried, kept, minimal };
}

function wellFormed(candidate: unknown): CompleteSpec | null {
  try {
    return parseSpec(candidate);
  } catch {
    return null;
  }
}
