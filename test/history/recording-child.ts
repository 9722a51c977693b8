/** A process that records without pause until it is killed: `recording-child.ts DIRECTORY`. Prints the trial's id. */

import { startRecorder } from '../../history/recorder.ts';
import { openStore } from '../../history/store.ts';
import { newTrial } from './sample.ts';

// A test that was itself killed must not leave this running.
process.stdin.resume().once('end', () => process.exit(1));

const directory = process.argv[2] ?? '';
const store = openStore(directory, 'write');
const id = store.createTrial(newTrial({ seed: process.pid }));
const recorder = startRecorder(store.file, id, { flushEveryMs: 5, batchRowsMax: 300 });
const open: { index: number; process: number; value: number }[] = [];
let now = 0;
let value = 0;

function work(): void {
  for (let i = 0; i < 40; i++) {
    const process = open.length;
    const written = value++;
    open.push({
      index: recorder.invoke({ process, f: 'write', key: `k${written % 7}`, value: written, invokedAt: now++ }),
      process,
      value: written,
    });
    if (open.length < 20) continue;
    for (const done of open.splice(0, 13).reverse())
      recorder.complete(done.index, { outcome: 'ok', result: null, error: null, completedAt: now++ });
  }
  setTimeout(work, 1);
}

recorder.fault({
  index: 0,
  kind: 'kill',
  targets: ['n1'],
  startedAt: 0,
  endedAt: null,
  asked: {},
  effect: null,
  bit: false,
});
work();
process.stdout.write(`${id}\n`);
