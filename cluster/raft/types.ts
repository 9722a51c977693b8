/** Names shared by everything in cluster/: nodes, log positions, and what a replica reports of itself. */

/** "n1", "n2", …: stable for the life of a node's disk. */
export type NodeId = string;

/** Roles of a Raft server (Ongaro and Ousterhout 2014, section 5.1), with PreVote's extra state (Ongaro 2014, section 9.6). */
export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader' | 'learner';

/** What a replica tells about itself, for progress lines, node events and evidence of faults. */
export interface ReplicaStatus {
  readonly id: NodeId;
  readonly role: Role;
  readonly term: number;
  readonly leader: NodeId | null;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
}
