/** Interesting states of a replica, reported through Host.mark, beside those of the core (cluster/raft/marks.ts). */
export const REPLICA_MARKS = {
  'torn-tail': 'a restart cut off a batch that a crash had left half-written',
  'torn-segment': 'a restart found a segment that a crash had left half-written, and used the one before it',
  'corrupt-tail': 'changed bytes were cut off (a planted bug)',
  'snapshot-ahead-of-log': 'a crash came between writing a snapshot and cutting the log',
  'retry-answered-again': 'a command that was sent again got the answer of its first copy',
  'own-snapshot-overtaken': 'a received snapshot was newer than one of its own that waited to be written',
} as const;

export type ReplicaMark = keyof typeof REPLICA_MARKS;
