/**
 * What a node finds on its disk when it starts. The newest segment that has a whole first batch counts, up to its last whole
 * batch; a torn batch behind that is cut off; corruption is reported, never cut off.
 */

import type { Entry, HardState, Snapshot, SnapshotMeta } from '../raft/ready.ts';
import type { NodeId } from '../raft/types.ts';
import type { Disk } from './host.ts';
import {
  type BatchJudgement,
  judgeBatch,
  LOG_FORMAT,
  type SegmentStart,
  segmentName,
  segmentNumber,
} from './log-format.ts';
import type { ReplicaMark } from './marks.ts';
import type { ReplicaRules } from './rules.ts';
import { decodeSnapshot, SNAPSHOT_FILE } from './snapshot-file.ts';

export const EMPTY_HARD_STATE: HardState = { term: 0, vote: null, commit: 0 };
export const EMPTY_BASE: SnapshotMeta = {
  index: 0,
  term: 0,
  membership: { voters: [], outgoing: null, learners: [] },
};

/** Where the log on disk stands, for the writer that continues it. */
export interface LogPosition {
  /** Number of the segment that is written to; 0 before the first. */
  readonly segment: number;
  /** Numbers up to here are taken, by whatever was found. */
  readonly highestSegment: number;
  readonly nextBatch: number;
  readonly segmentBytes: number;
  /** Segments that have no use any more. */
  readonly obsolete: readonly number[];
}

export interface RecoveredLog {
  readonly kind: 'recovered';
  readonly hardState: HardState;
  readonly base: SnapshotMeta;
  /** Contiguous, from base.index + 1. */
  readonly entries: readonly Entry[];
  /** The machine's text as of base; null while there is none. */
  readonly snapshotData: string | null;
  readonly position: LogPosition;
  /** The segment does not say the same as base, entries and snapshot do: a new one has to be begun before anything is added. */
  readonly needsNewSegment: boolean;
  /** For the node's log and for coverage: what was found beside the ordinary. */
  readonly findings: readonly ReplicaMark[];
}

export type Recovery =
  | RecoveredLog
  | { readonly kind: 'empty'; readonly position: LogPosition }
  | { readonly kind: 'unusable'; readonly code: 'corrupt' | 'unsupported'; readonly reason: string };

/** Reads one node's disk, and cuts off what a crash left half-written. Only during construction of a replica. */
export function recover(disk: Disk, node: NodeId, rules: ReplicaRules): Recovery {
  const segments = disk
    .list()
    .map(segmentNumber)
    .filter((number) => number !== null)
    .sort((a, b) => b - a);
  const findings: ReplicaMark[] = [];
  const dropped: number[] = [];
  let newerBegun = false;
  for (const segment of segments) {
    const read = readSegment(disk, segment, newerBegun, rules);
    if (read.kind === 'unusable') return read;
    if (read.kind === 'nothing') {
      // Never synced, so the one before it still holds everything. Emptied at once: a removal may be undone by a crash.
      if (read.length > 0) {
        findings.push('torn-segment');
        newerBegun = true;
      }
      disk.truncate(segmentName(segment), 0);
      dropped.push(segment);
      continue;
    }
    if (read.start.node !== node) {
      const reason = `${segmentName(segment)} belongs to node ${read.start.node}, this is ${node}: start it with its own disk`;
      return { kind: 'unusable', code: 'unsupported', reason };
    }
    const obsolete = [...dropped, ...segments.filter((other) => other < segment)];
    const position = {
      segment,
      highestSegment: segments[0] as number,
      nextBatch: read.nextBatch,
      segmentBytes: read.length,
      obsolete,
    };
    return combine(disk, read, position, rules, [...findings, ...read.findings]);
  }
  const position = { segment: 0, highestSegment: segments[0] ?? 0, nextBatch: 1, segmentBytes: 0, obsolete: dropped };
  if (disk.read(SNAPSHOT_FILE) === null || rules.onCorruptLog === 'shorten') return { kind: 'empty', position };
  return { kind: 'unusable', code: 'corrupt', reason: `there is a file ${SNAPSHOT_FILE} but no log: the log was lost` };
}

/** Puts together what the log and the snapshot say. */
function combine(
  disk: Disk,
  log: SegmentContent,
  position: LogPosition,
  rules: ReplicaRules,
  findings: readonly ReplicaMark[],
): Recovery {
  const bytes = disk.read(SNAPSHOT_FILE);
  const snapshot = bytes === null ? null : decodeSnapshot(bytes);
  if (snapshot !== null && 'reason' in snapshot) {
    return { kind: 'unusable', code: 'corrupt', reason: corruptText(SNAPSHOT_FILE, 0, snapshot.reason) };
  }
  const base = rules.restoredBase(snapshot === null ? null : metaOf(snapshot), log.start.base);
  if (base === null) {
    const found = snapshot === null ? 'there is none' : `that on disk ends at ${snapshot.index}`;
    const reason = `the log continues a snapshot at index ${log.start.base.index}, but ${found}: committed entries are lost`;
    return { kind: 'unusable', code: 'corrupt', reason };
  }
  const ahead = base.index > log.start.base.index;
  return {
    kind: 'recovered',
    hardState: atLeastTerm(log.hardState, base.term),
    base,
    entries: ahead ? entriesBeyond(log.entries, base) : log.entries,
    snapshotData: snapshot?.data ?? null,
    position,
    needsNewSegment: ahead || log.patched,
    findings: ahead ? [...findings, 'snapshot-ahead-of-log'] : findings,
  };
}

/** Whoever holds a snapshot of a term has seen that term. It has not voted in it: a vote is synced before it is given. */
function atLeastTerm(state: HardState, term: number): HardState {
  return state.term >= term ? state : { ...state, term, vote: null };
}

/**
 * What a log still holds beyond a snapshot: all behind the snapshot's own last entry if the log has it; otherwise nothing, since
 * the log is behind the snapshot or conflicts with it (Raft paper, figure 13, steps 6 and 7).
 */
function entriesBeyond(entries: readonly Entry[], base: SnapshotMeta): readonly Entry[] {
  const first = entries[0]?.index ?? 0;
  const last = entries[base.index - first];
  return last !== undefined && last.index === base.index && last.term === base.term
    ? entries.slice(base.index - first + 1)
    : [];
}

function metaOf({ index, term, membership }: Snapshot): SnapshotMeta {
  return { index, term, membership };
}

interface SegmentContent {
  readonly kind: 'content';
  readonly start: SegmentStart;
  readonly hardState: HardState;
  readonly entries: readonly Entry[];
  readonly nextBatch: number;
  readonly length: number;
  /** Content that is not in the file as such was accepted; only a planted bug does that. */
  readonly patched: boolean;
  readonly findings: readonly ReplicaMark[];
}

type SegmentRead =
  | SegmentContent
  /** Not even the first batch is whole. */
  | { readonly kind: 'nothing'; readonly length: number }
  | { readonly kind: 'unusable'; readonly code: 'corrupt' | 'unsupported'; readonly reason: string };

/** `synced`: a newer segment was begun, which is done only when all of this one is synced: then nothing of it can be torn. */
function readSegment(disk: Disk, segment: number, synced: boolean, rules: ReplicaRules): SegmentRead {
  const name = segmentName(segment);
  const bytes = disk.read(name) ?? new Uint8Array(0);
  const reader = new SegmentReader();
  const findings: ReplicaMark[] = [];
  let at = 0;
  let expected: number | null = null;
  let patched = false;
  for (;;) {
    const judged: BatchJudgement = judgeBatch(bytes, at, expected);
    if (judged.kind === 'end') break;
    if (judged.kind === 'batch') {
      const problem = reader.take(judged.records);
      if (problem !== null) return unusable(problem.code, corruptText(name, at, problem.reason));
      at = judged.end;
      expected = judged.number + 1;
      continue;
    }
    const accepted = rules.acceptedFromBadTail(bytes.subarray(at));
    if (accepted !== null) patched = reader.take(accepted) === null || patched;
    else if ((judged.kind === 'corrupt' || synced) && rules.onCorruptLog === 'halt') {
      return unusable('corrupt', corruptText(name, at, judged.reason));
    }
    if (at > 0) disk.truncate(name, at);
    findings.push(judged.kind === 'torn' ? 'torn-tail' : 'corrupt-tail');
    break;
  }
  const { start } = reader;
  if (start === null) return { kind: 'nothing', length: bytes.length };
  return {
    kind: 'content',
    start,
    hardState: reader.hardState,
    entries: reader.entries,
    nextBatch: expected ?? 1,
    length: at,
    patched,
    findings,
  };
}

function unusable(code: 'corrupt' | 'unsupported', reason: string): SegmentRead {
  return { kind: 'unusable', code, reason };
}

/** One clear sentence: which file, where, what, and what to do. */
function corruptText(file: string, offset: number, reason: string): string {
  return (
    `${file} is damaged at offset ${offset}: ${reason}. What it had promised would be lost, so this node stops; ` +
    'remove it from the cluster and add a new one in its place'
  );
}

/** Follows the records of a segment in their order. Exported for checkers that read what a node has made durable. */
export class SegmentReader {
  start: SegmentStart | null = null;
  hardState: HardState = EMPTY_HARD_STATE;
  readonly entries: Entry[] = [];

  /** Takes the records of one batch; returns what is wrong with them, or null. */
  take(records: string): { readonly code: 'corrupt' | 'unsupported'; readonly reason: string } | null {
    for (let from = 0; from < records.length; ) {
      const lineEnd = records.indexOf('\n', from);
      const to = lineEnd < 0 ? records.length : lineEnd;
      const body: unknown = JSON.parse(records.slice(from + 1, to));
      const kind = records[from];
      if (kind === 'E') {
        const problem = this.#entry(body as Entry);
        if (problem !== null) return { code: 'corrupt', reason: problem };
      } else if (kind === 'H') this.hardState = body as HardState;
      else if (kind === 'S') {
        const start = body as SegmentStart;
        if (start.format !== LOG_FORMAT) {
          const reason = `its format is ${JSON.stringify(start.format)}, this version writes ${LOG_FORMAT}`;
          return { code: 'unsupported', reason };
        }
        this.start = start;
      } else return { code: 'unsupported', reason: `a record of unknown kind ${JSON.stringify(kind)}` };
      from = to + 1;
    }
    return null;
  }

  #entry(entry: Entry): string | null {
    const first = (this.start?.base.index ?? 0) + 1;
    const place = entry.index - first;
    if (place < 0 || place > this.entries.length) {
      return `entry ${entry.index} does not continue a log that ends at ${first - 1 + this.entries.length}`;
    }
    this.entries.length = place;
    this.entries.push(entry);
    return null;
  }
}
