/** Coverage marks of the simulated world itself, beside those of the core (cluster/raft/marks.ts) and the replica. */

export const WORLD_MARKS = {
  'message-from-before-restart': 'a message reached a node that has been restarted since it was sent',
  'message-from-earlier-term': 'a message of an earlier term reached a node more than a second after it was sent',
  'crash-between-writes': 'a node crashed just before an operation on its disk, in the midst of an event',
  'write-torn': 'a crash kept a part of what a file had not synced',
  'write-with-hole': 'a crash kept later sectors of an unsynced write and lost earlier ones',
  'sync-lost-in-crash': 'a node crashed with a sync under way',
  'disk-filled-up': 'a node ended because its disk was full',
  'late-request': 'a request was handled after its client had given up',
} as const;

export type WorldMark = keyof typeof WORLD_MARKS;
