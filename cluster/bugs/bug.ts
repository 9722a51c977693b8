/**
 * A planted bug: one entry of the catalogue. A bug changes *rules*, the named decisions of the algorithm that raft, kv, replica
 * and client read from a record of pure functions and constants (`cluster/raft/rules.ts`, `cluster/replica/rules.ts`). The
 * correct code never asks "is this bug on?"; it asks its rules, and without bugs these are the correct ones, unchanged.
 */

import type { RaftRules } from '../raft/rules.ts';
import type { ReplicaRules } from '../replica/rules.ts';

/** Which property breaks, as in docs/bugs.md. */
export type Property =
  | 'election safety'
  | 'log matching'
  | 'leader completeness'
  | 'state-machine safety'
  | 'durability'
  | 'monotonicity'
  | 'linearizability'
  | 'liveness';

export interface Aid {
  /** Why it is needed, as a part of a sentence. */
  readonly why: string;
  readonly raft: Partial<RaftRules>;
}

export interface Bug {
  /** As given to --bug. */
  readonly name: string;
  readonly group: 'elections' | 'replication' | 'snapshots' | 'clients and reads' | 'membership';
  /** One line: what the wrong code does. */
  readonly what: string;
  /** One line: a schedule that exposes it. */
  readonly exposedBy: string;
  readonly breaks: readonly Property[];
  /** Where the bug is known from. */
  readonly source: string;
  /**
   * What is given up beside the mistake, as it would hide or mend it. Harmless by itself, or harmful in ways of its own: hunted for
   * as `aid-of-NAME`, it is the control that tells the finds of the mistake from those of its aid.
   */
  readonly aid?: Aid;
  readonly raft?: Partial<RaftRules>;
  readonly replica?: Partial<ReplicaRules>;
}
