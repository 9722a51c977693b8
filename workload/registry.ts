/** All workloads by name. */

import { register } from './register.ts';
import type { Workload } from './workload.ts';

export const WORKLOADS: ReadonlyMap<string, Workload> = new Map([[register.name, register]]);
