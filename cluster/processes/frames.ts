/**
 * Frames on a TCP stream: four bytes of length (big endian), then that many bytes of JSON. Everything a world of processes says
 * over a socket is such a frame, so that the network process can pass on, hold back or lose messages without reading them.
 *
 * Writers collect the frames of one turn of the event loop and hand them to the kernel at once: under load, the number of
 * system calls depends on the number of turns, not of messages.
 */

import type { Socket } from 'node:net';
import { atTurnEnd } from './turn.ts';

/** Largest payload of a frame. The replica's own limits (1 MiB a command, 1 MiB an AppendEntries) lie well below. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;
export const HEADER_BYTES = 4;

/** Buffers larger than this are given back after use. */
const KEPT_BYTES_MAX = 1024 * 1024;
const FIRST_BYTES = 16 * 1024;

export class FrameError extends Error {}

/** Cuts a stream of chunks into batches of complete frames. */
export class FrameSplitter {
  /** Number of frames in the batch that `push` returned last. */
  count = 0;
  readonly #held: Buffer[] = [];
  #heldBytes = 0;
  #neededBytes = HEADER_BYTES;

  /**
   * Takes the next bytes of the stream. Returns a buffer that holds complete frames and nothing else, or null while the next
   * frame is not complete. Throws FrameError for a frame larger than FRAME_BYTES_MAX: the stream can't be read any further.
   */
  push(chunk: Buffer): Buffer | null {
    let bytes = chunk;
    if (this.#heldBytes > 0) {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      if (this.#heldBytes < this.#neededBytes) return null;
      bytes = Buffer.concat(this.#held, this.#heldBytes);
      this.#held.length = 0;
      this.#heldBytes = 0;
    }
    let end = 0;
    let count = 0;
    let needed = HEADER_BYTES;
    while (end + HEADER_BYTES <= bytes.length) {
      const length = bytes.readUInt32BE(end);
      if (length > FRAME_BYTES_MAX)
        throw new FrameError(`a frame of ${length} bytes was announced, the limit is ${FRAME_BYTES_MAX}`);
      needed = HEADER_BYTES + length;
      if (end + needed > bytes.length) break;
      end += needed;
      count++;
      needed = HEADER_BYTES;
    }
    if (end < bytes.length) {
      this.#held.push(bytes.subarray(end));
      this.#heldBytes = bytes.length - end;
      this.#neededBytes = needed;
    }
    this.count = count;
    return count > 0 ? bytes.subarray(0, end) : null;
  }
}

/** Where the frame that starts at `start` ends. */
export function frameEnd(batch: Buffer, start: number): number {
  return start + HEADER_BYTES + batch.readUInt32BE(start);
}

/** Calls `each` with the bounds of every frame of a batch: `start` is where the header begins, the payload follows after it. */
export function eachFrame(batch: Buffer, each: (start: number, end: number) => void): void {
  for (let start = 0; start < batch.length; ) {
    const end = frameEnd(batch, start);
    each(start, end);
    start = end;
  }
}

/** The JSON value in the frame with these bounds. Throws SyntaxError if it is none. */
export function frameValue(batch: Buffer, start: number, end: number): unknown {
  return JSON.parse(batch.toString('utf8', start + HEADER_BYTES, end));
}

/** One frame by itself. Throws FrameError if the text is larger than FRAME_BYTES_MAX. */
export function encodeFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  refuseTooLarge(length);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + length);
  frame.writeUInt32BE(length, 0);
  frame.write(text, HEADER_BYTES, 'utf8');
  return frame;
}

function refuseTooLarge(length: number): void {
  if (length > FRAME_BYTES_MAX)
    throw new FrameError(`a frame of ${length} bytes is larger than the limit of ${FRAME_BYTES_MAX}`);
}

/** Collects the frames for one socket and writes them at the end of the turn. */
export class FrameWriter {
  readonly #socket: Socket;
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #used = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Bytes that were written here and that the kernel has not taken yet. */
  get backlogBytes(): number {
    return this.#used + this.#socket.writableLength;
  }

  /** Appends one frame. Throws FrameError, with nothing appended, if the text is larger than FRAME_BYTES_MAX. */
  write(text: string): void {
    // UTF-8 needs at most three bytes for one UTF-16 code unit; counting exactly is only worth it near the limit.
    if (text.length * 3 > FRAME_BYTES_MAX) refuseTooLarge(Buffer.byteLength(text));
    const start = this.#used;
    this.#reserve(start + HEADER_BYTES + text.length * 3);
    const length = this.#buffer.write(text, start + HEADER_BYTES, 'utf8');
    this.#buffer.writeUInt32BE(length, start);
    this.#used = start + HEADER_BYTES + length;
    if (start === 0) atTurnEnd(this);
  }

  turnEnded(): void {
    if (this.#used === 0) return;
    const bytes = this.#buffer.subarray(0, this.#used);
    this.#used = 0;
    if (this.#socket.destroyed || !this.#socket.writable) return;
    this.#socket.write(bytes);
    // With nothing left in the stream, the kernel has copied the bytes and the buffer may be used again.
    if (this.#socket.writableLength > 0 || this.#buffer.length > KEPT_BYTES_MAX)
      this.#buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
  }
}
