/**
 * The snapshot on disk: one file, `snapshot`, replaced atomically (Disk.replace). It is framed like a batch of the log: a header
 * with checksums, one line that says what it stands for, then the machine's text. State and index are in one file, so a
 * crash can't separate them.
 */

import type { Snapshot, SnapshotMeta } from '../raft/ready.ts';
import { encodeBatch, judgeBatch } from './log-format.ts';

export const SNAPSHOT_FILE = 'snapshot';
const FORMAT = 'ordeal-snapshot-1';

export function encodeSnapshot({ index, term, membership, data }: Snapshot): Uint8Array {
  return encodeBatch(0, `${JSON.stringify({ format: FORMAT, index, term, membership })}\n${data}\n`);
}

/** The snapshot in the bytes of its file, or the reason why there is none to trust. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot | { readonly reason: string } {
  const judged = judgeBatch(bytes, 0, 0);
  if (judged.kind !== 'batch') return { reason: judged.kind === 'end' ? 'the file is empty' : judged.reason };
  if (judged.end !== bytes.length) return { reason: `${bytes.length - judged.end} bytes too many` };
  const lineEnd = judged.records.indexOf('\n');
  const { format, ...meta } = JSON.parse(judged.records.slice(0, lineEnd)) as SnapshotMeta & { format: string };
  if (format !== FORMAT) return { reason: `its format is ${JSON.stringify(format)}, not ${FORMAT}` };
  return { ...meta, data: judged.records.slice(lineEnd + 1, -1) };
}
