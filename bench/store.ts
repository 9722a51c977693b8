/**
 * The store: rows written per second, the time that recording takes on the caller's thread, and how fast operations are read
 * back. `npx tsx bench/store.ts [operations]`.
 */

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRecorder } from '../history/recorder.ts';
import { openStore } from '../history/store.ts';

const OPEN_AT_ONCE = 64;
/** What the design asks of a whole trial; the share of recording is given at this rate. */
const RATE = 5000;

const count = Number(process.argv[2] ?? 500_000);
const directory = mkdtempSync(join(tmpdir(), 'ordeal-bench-'));
try {
  const store = openStore(directory, 'write');
  const id = store.createTrial({
    spec: {},
    seed: 1,
    system: null,
    world: null,
    workload: 'bench',
    nodes: [],
    startedAt: Date.now(),
    provenance: {},
  });
  const recorder = startRecorder(store.file, id);
  const open: number[] = [];
  const started = performance.now();
  const complete = (index: number, at: number): void =>
    recorder.complete(index, { outcome: 'ok', result: index - 1, error: null, completedAt: at, node: 'n2' });
  for (let i = 0; i < count; i++) {
    const read = i % 2 === 0;
    open.push(
      recorder.invoke({
        process: i % OPEN_AT_ONCE,
        f: read ? 'read' : 'write',
        key: `k${i >> 8}`,
        value: read ? null : i,
        invokedAt: i * 1000,
        node: 'n1',
      }),
    );
    if (open.length === OPEN_AT_ONCE) complete(open.splice((i * 7) % OPEN_AT_ONCE, 1)[0] ?? 0, i * 1000 + 999);
    while (recorder.overloaded) await new Promise((resolve) => setTimeout(resolve, 10));
    if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  for (const index of open) complete(index, count * 1000);
  const called = performance.now() - started;
  await recorder.close();
  const written = performance.now() - started;

  const perOperation = recorder.busyNs / count;
  console.log(
    `recorded  ${count} operations (invoke and complete), ${(statSync(store.file).size / 1e6).toFixed(0)} MB`,
  );
  console.log(`written   ${Math.round((count / written) * 1000)} operations/s until all was in the store`);
  console.log(
    `caller    ${(perOperation / 1000).toFixed(2)} µs per operation in recording calls, ${((100 * recorder.busyNs) / 1e6 / called).toFixed(1)}% of its time flat out`,
  );
  console.log(`          ${((perOperation * RATE) / 1e7).toFixed(2)}% of its time at ${RATE} operations/s`);

  const reading = performance.now();
  let read = 0;
  for (const operation of store.readOperations(id)) if (operation.index === read) read++;
  if (read !== count) throw new Error(`read ${read} of ${count} operations`);
  console.log(`read back ${Math.round((count / (performance.now() - reading)) * 1000)} operations/s`);
  store.close();
} finally {
  rmSync(directory, { recursive: true });
}
