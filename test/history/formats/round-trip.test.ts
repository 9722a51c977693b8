import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeJepsenEdn } from '../../../history/formats/jepsen-edn-writer.ts';
import { writeNdjson } from '../../../history/formats/ndjson.ts';
import type { Operation } from '../../../history/operation.ts';
import { readHistory } from '../../../history/read-history.ts';
import { saneOperations } from '../sane-operations.ts';

const stream = (text: string): Readable => Readable.from([Buffer.from(text)]);

/** Cuts text into pieces at arbitrary bytes, also within a character. */
function pieces(text: string, size: number): Readable {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  return Readable.from(parts);
}

const formats = [
  { name: 'ndjson', write: (operations: readonly Operation[]) => [...writeNdjson(operations)].join('') },
  { name: 'jepsen-edn', write: (operations: readonly Operation[]) => [...writeJepsenEdn(operations)].join('') },
];

for (const { name, write } of formats) {
  test(`what is written as ${name} is read back without loss`, async () => {
    await fc.assert(
      fc.asyncProperty(saneOperations, async (operations) => {
        const read = await readHistory(stream(write(operations)), { format: name });
        expect(read.operations).toEqual(operations);
      }),
      { numRuns: 300 },
    );
  });

  test(`${name} reads the same however the bytes arrive, packed or not, and is recognised`, async () => {
    await fc.assert(
      fc.asyncProperty(saneOperations, fc.integer({ min: 1, max: 40 }), async (operations, size) => {
        fc.pre(operations.length > 0);
        const text = write(operations);
        const read = await readHistory(pieces(text, size));
        expect(read.format).toBe(name);
        expect(read.operations).toEqual(operations);
        const packed = await readHistory(Readable.from([gzipSync(text)]));
        expect(packed.operations).toEqual(operations);
      }),
      { numRuns: 100 },
    );
  });
}

test('an exported history is what Jepsen would have written: events in order of time, tuples for keys', () => {
  const operation = { f: 'cas', key: 'x', result: true, error: null, node: 'n1', outcome: 'ok' as const };
  const text = [
    ...writeJepsenEdn([
      { ...operation, index: 0, process: 3, value: [1, 2], invokedAt: 10, completedAt: 30 },
      { ...operation, index: 1, process: 4, f: 'read', value: null, result: 2, invokedAt: 20, completedAt: 30 },
    ]),
  ].join('');
  expect(text.split('\n').slice(0, 3)).toEqual([
    '{:index 0, :type :invoke, :process 3, :f :cas, :value ["x" [1 2]], :time 10, :ordeal/key "x", :node "n1"}',
    '{:index 1, :type :invoke, :process 4, :f :read, :value ["x" nil], :time 20, :ordeal/key "x", :node "n1"}',
    '{:index 2, :type :ok, :process 3, :f :cas, :value ["x" [1 2]], :time 30, :ordeal/result true}',
  ]);
});
