/** All faults by name, in the order in which the documentation lists them. */

import { chase } from './chase.ts';
import { clock } from './clock.ts';
import { compact } from './compact.ts';
import { disk } from './disk.ts';
import type { Fault } from './fault.ts';
import { flip } from './flip.ts';
import { kill } from './kill.ts';
import { lossy } from './lossy-links.ts';
import { membership } from './membership.ts';
import { partition } from './partition.ts';
import { pause } from './pause.ts';
import { slow } from './slow-links.ts';
import { transfer } from './transfer.ts';
import { wipe } from './wipe.ts';

export const FAULTS: ReadonlyMap<string, Fault> = new Map(
  [partition, kill, pause, clock, slow, lossy, disk, membership, transfer, compact, wipe, flip, chase].map((fault) => [
    fault.name,
    fault,
  ]),
);
