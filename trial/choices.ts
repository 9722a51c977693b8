/** What a trial can be made of, by name and in a line each: for forms and documents. */

import { BUGS } from '../cluster/bugs/catalogue.ts';
import { FAULTS } from '../nemesis/registry.ts';
import { WORKLOADS } from '../workload/registry.ts';
import { WORLD_KINDS } from './spec.ts';

export interface Choice {
  readonly name: string;
  readonly summary: string;
}

export function trialChoices(): {
  readonly worlds: readonly string[];
  readonly workloads: readonly Choice[];
  readonly faults: readonly Choice[];
  readonly bugs: readonly Choice[];
} {
  return {
    worlds: WORLD_KINDS,
    workloads: [...WORKLOADS.values()].map(({ name, summary }) => ({ name, summary })),
    faults: [...FAULTS.values()].map(({ name, summary }) => ({ name, summary })),
    bugs: BUGS.map(({ name, what }) => ({ name, summary: what })),
  };
}
