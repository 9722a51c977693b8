/**
 * How long it takes to read a history of a million operations, and how much memory, in our NDJSON and in Jepsen's EDN:
 * `npx tsx bench/reading.ts [operations]`. Each format is read in a process of its own, so that memory is its own too.
 */

import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { writeJepsenEdn } from '../history/formats/jepsen-edn-writer.ts';
import { writeNdjson } from '../history/formats/ndjson.ts';
import type { Operation } from '../history/operation.ts';
import { readHistory } from '../history/read-history.ts';

const [mode = '1000000', path = ''] = process.argv.slice(2);

if (mode === 'read') {
  const start = performance.now();
  const { operations, format } = await readHistory(path);
  const ms = performance.now() - start;
  const rssMb = process.resourceUsage().maxRSS / 1024;
  console.log(
    `${format.padEnd(10)} ${operations.length} operations, ${(statSync(path).size / 1e6).toFixed(0)} MB: ` +
      `${(ms / 1000).toFixed(2)} s, ${rssMb.toFixed(0)} MB in all`,
  );
} else {
  const directory = mkdtempSync(join(tmpdir(), 'ordeal-bench-'));
  try {
    const operations = history(Number(mode));
    const files = { ndjson: writeNdjson(operations), edn: writeJepsenEdn(operations) };
    for (const [name, text] of Object.entries(files)) {
      const file = join(directory, `history.${name}`);
      await pipeline(text, createWriteStream(file));
      const run = [...process.execArgv, fileURLToPath(import.meta.url), 'read', file];
      spawnSync(process.execPath, run, { stdio: 'inherit' });
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function history(count: number): Operation[] {
  const operations: Operation[] = [];
  for (let index = 0; index < count; index++) {
    const read = index % 2 === 0;
    operations.push({
      index,
      process: index % 30,
      f: read ? 'read' : 'write',
      key: `k${Math.floor(index / 1000)}`,
      value: read ? null : index,
      outcome: 'ok',
      result: read ? index - 1 : null,
      error: null,
      invokedAt: index * 1_000_003,
      completedAt: index * 1_000_003 + 20_000_019,
      node: `n${(index % 5) + 1}`,
    });
  }
  return operations;
}
