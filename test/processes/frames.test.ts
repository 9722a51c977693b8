import type { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  eachFrame,
  encodeFrame,
  FRAME_BYTES_MAX,
  FrameError,
  FrameSplitter,
  FrameWriter,
  frameValue,
} from '../../cluster/processes/frames.ts';

/** Everything a splitter makes of these chunks. */
function valuesOf(chunks: readonly Buffer[]): unknown[] {
  const splitter = new FrameSplitter();
  const values: unknown[] = [];
  for (const chunk of chunks) {
    const batch = splitter.push(chunk);
    if (batch === null) continue;
    const before = values.length;
    eachFrame(batch, (start, end) => values.push(frameValue(batch, start, end)));
    expect(values.length - before).toBe(splitter.count);
  }
  return values;
}

function cut(stream: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    chunks.push(stream.subarray(at, at + length));
    at += length;
  }
  chunks.push(stream.subarray(at));
  return chunks.filter((chunk) => chunk.length > 0);
}

/** As much of a socket as a writer touches: it remembers each write, and can pretend that the kernel takes nothing. */
function fakeSocket(takes: boolean): { socket: Socket; writes: Buffer[] } {
  const writes: Buffer[] = [];
  const socket = {
    destroyed: false,
    writable: true,
    get writableLength() {
      return takes ? 0 : writes.reduce((sum, bytes) => sum + bytes.length, 0);
    },
    write: (bytes: Buffer) => writes.push(takes ? Buffer.from(bytes) : bytes),
  };
  return { socket: socket as unknown as Socket, writes };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('frames', () => {
  it('come out as they went in, however the stream is cut into chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.json()), fc.array(fc.integer({ min: 1, max: 40 })), (texts, lengths) => {
        const stream = Buffer.concat(texts.map(encodeFrame));
        expect(valuesOf(cut(stream, lengths))).toEqual(texts.map((text) => JSON.parse(text)));
      }),
    );
  });

  it('that are announced larger than the limit are refused before they arrive', () => {
    const header = Buffer.alloc(4);
    header.writeUInt32BE(FRAME_BYTES_MAX + 1);
    expect(() => new FrameSplitter().push(header)).toThrow(FrameError);
  });

  it('of one turn reach the socket in one write, in order, whether the kernel takes them or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.json(), { minLength: 1 })), fc.boolean(), async (turns, takes) => {
        const { socket, writes } = fakeSocket(takes);
        const writer = new FrameWriter(socket);
        for (const texts of turns) {
          for (const text of texts) writer.write(text);
          await turn();
        }
        expect(writes.length).toBe(turns.length);
        expect(valuesOf(writes)).toEqual(turns.flat().map((text) => JSON.parse(text)));
      }),
      { numRuns: 30 },
    );
  });

  it('too large to send are refused, and the ones before and after still leave', async () => {
    const { socket, writes } = fakeSocket(true);
    const writer = new FrameWriter(socket);
    writer.write('1');
    expect(() => writer.write(`"${'x'.repeat(FRAME_BYTES_MAX)}"`)).toThrow(FrameError);
    writer.write('2');
    await turn();
    expect(valuesOf(writes)).toEqual([1, 2]);
  });
});
