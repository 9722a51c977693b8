import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flipBitOnDisk } from '../../cluster/processes/flip-bit.ts';

const draw32 = fc.integer({ min: 0, max: 0xffff_ffff });

describe('flipping a bit on disk', () => {
  it('changes exactly one bit of one file, the one its evidence names', () => {
    const contents = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(contents, draw32, draw32, (files, file, bit) => {
        const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ordeal-flip-'));
        try {
          files.forEach((bytes, at) => {
            fs.writeFileSync(path.join(directory, `f${at}`), bytes);
          });
          const evidence = flipBitOnDisk(directory, { file, bit });
          const changed = files.flatMap((bytes, at) =>
            [...fs.readFileSync(path.join(directory, `f${at}`))].flatMap((after, offset) =>
              after === bytes[offset] ? [] : [{ file: `f${at}`, offset, before: bytes[offset], after }],
            ),
          );
          expect(changed).toHaveLength(1);
          expect(evidence).toMatchObject({ flipped: true, ...changed[0] });
          const { before, after } = changed[0] as { before: number; after: number };
          expect(before ^ after).toBe(1 << (evidence.bit as number));
        } finally {
          fs.rmSync(directory, { recursive: true });
        }
      }),
      { numRuns: 25 },
    );
  });

  it('finds nothing to flip on an empty disk', () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ordeal-flip-'));
    fs.writeFileSync(path.join(directory, 'empty'), '');
    expect(flipBitOnDisk(directory, { file: 0, bit: 0 })).toMatchObject({ flipped: false });
    expect(flipBitOnDisk(path.join(directory, 'missing'), { file: 0, bit: 0 })).toMatchObject({ flipped: false });
    fs.rmSync(directory, { recursive: true });
  });
});
