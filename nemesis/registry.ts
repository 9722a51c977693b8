/** All faults by name, in the order in which the documentation lists them. */

import { clock } from './clock.ts';
import type { Fault } from './fault.ts';
import { kill } from './kill.ts';
import { lossy } from './lossy-links.ts';
import { partition } from './partition.ts';
import { pause } from './pause.ts';
import { slow } from './slow-links.ts';

export const FAULTS: ReadonlyMap<string, Fault> = new Map(
  [partition, kill, pause, clock, slow, lossy].map((fault) => [fault.name, fault]),
);
