/** Where uploaded files wait until a child has read them. Their names are drawn here; a request never names a path. */

import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Problem } from '../problem.ts';

/** Folder below the store's directory. */
export const UPLOADS = 'uploads';

export interface UploadLimits {
  readonly bytesMax: number;
  /** Of all files that wait. */
  readonly waitingBytesMax: number;
}

export interface Upload {
  readonly name: string;
  readonly bytes: number;
}

/** Streams a request's body to a file of its own. Throws Problem 413 for one that is too large, and leaves nothing of it. */
export async function receiveUpload(
  directory: string,
  body: Readable,
  announcedBytes: number | null,
  limits: UploadLimits,
): Promise<Upload> {
  const folder = join(directory, UPLOADS);
  mkdirSync(folder, { recursive: true });
  const room = Math.min(limits.bytesMax, limits.waitingBytesMax - waitingBytes(folder));
  if (room <= 0) throw new Problem(503, 'uploads-full', 'too many uploads wait to be read', { retryAfter: 30 });
  if (announcedBytes !== null && announcedBytes > room) throw tooLarge(room);
  const name = randomBytes(16).toString('hex');
  const path = join(folder, name);
  let bytes = 0;
  try {
    await pipeline(
      body,
      async function* counted(source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          bytes += chunk.length;
          if (bytes > room) throw tooLarge(room);
          yield chunk;
        }
      },
      createWriteStream(path, { flags: 'wx', mode: 0o600 }),
    );
  } catch (error) {
    rmSync(path, { force: true });
    if (error instanceof Problem) throw error;
    throw new Problem(400, 'upload-broken-off', 'the upload ended before its end was received: send it again');
  }
  if (bytes > 0) return { name, bytes };
  rmSync(path, { force: true });
  throw new Problem(400, 'empty-upload', 'the body is empty: send the file as the body of the request');
}

export function removeUpload(directory: string, name: string): void {
  rmSync(join(directory, UPLOADS, name), { force: true });
}

/** Removes what no task waits for any more, e.g. uploads that a killed service was receiving. */
export function removeOtherUploads(directory: string, keep: ReadonlySet<string>): void {
  for (const name of filesOf(join(directory, UPLOADS))) if (!keep.has(name)) removeUpload(directory, name);
}

function tooLarge(bytes: number): Problem {
  return new Problem(413, 'upload-too-large', `at most ${bytes} bytes are taken: compress it with gzip, or cut it`);
}

function waitingBytes(folder: string): number {
  return filesOf(folder).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
