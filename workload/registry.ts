/** All workloads by name. */

import { kv } from './kv.ts';
import { register } from './register.ts';
import type { Workload } from './workload.ts';

export const WORKLOADS: ReadonlyMap<string, Workload> = new Map(
  [register, kv].map((workload) => [workload.name, workload]),
);
