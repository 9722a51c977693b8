/**
 * A fault of the nemesis. One file each exports the fault, how it is drawn, how it begins, and how it is healed. A fault
 * works against the World interface alone, so the same file serves processes and the simulator. What was asked for and what
 * took effect are kept side by side: a fault is proved, not assumed.
 */

import type { z } from 'zod';
import type { NodeId } from '../cluster/raft/types.ts';
import type { Capability, World } from '../cluster/world.ts';
import type { Json } from '../history/operation.ts';
import type { Draw } from '../seed/draw.ts';
import type { LinkTable } from './links.ts';
import type { Losses } from './losses.ts';

/** Everything a fault may use. */
export interface Battlefield {
  readonly world: World;
  /** The members to return to when a change of members is healed. */
  readonly founders: readonly NodeId[];
  /** All link faults go through here, so that two of them on one link add up instead of undoing each other. */
  readonly links: LinkTable;
  /** Nodes that can't come back, and who may change the members now. */
  readonly losses: Losses;
  /** A fresh id for an operator's request (membership, transfer). */
  readonly nextRequestId: () => number;
}

/** A fault that has begun. */
export interface ActiveFault {
  readonly targets: readonly NodeId[];
  /** For people: "{n2} | {n1,n3,n4,n5}", "n3 killed", "n1 +2.0 s". */
  readonly summary: string;
  /** Seen right after it began. */
  readonly evidence: Json;
  /** Ends the fault; `done` says what it did while it lasted, and whether that proves it did anything. */
  heal(done: (effect: { readonly evidence: Json; readonly bit: boolean }) => void): void;
}

export interface Fault {
  readonly name: string;
  readonly summary: string;
  readonly needs: readonly Capability[];
  /** What its parameters look like: checked before a trial, for a schedule may come from a person. */
  readonly asked: z.ZodType;
  /** Parameters of the `which`-th occurrence: plain data, stored in the schedule. */
  draw(draw: Draw, which: number, nodes: readonly NodeId[]): Json;
  /** `done` gets null when there was nothing to do it to (say, every node is down already). */
  begin(field: Battlefield, asked: Json, done: (active: ActiveFault | null) => void): void;
}
