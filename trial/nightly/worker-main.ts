/**
 * The child process that does a night's items, one after the other. It lives no longer than the night: when that is gone, even
 * by SIGKILL, the channel closes and this process ends, and with it the nodes it started.
 */

import { Worker as Thread } from 'node:worker_threads';
import { openStore, type Store } from '../../history/store.ts';
import { type Hunters, startHunters } from '../hunt.ts';
import { doItem } from './do-item.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/** Progress is told no more often than this. */
const PROGRESS_EVERY_MS = 500;

let hunters: Hunters | null = null;
let stop = new AbortController();
let told = 0;

// Ctrl-C reaches every process of a terminal: what it means is for the night to say.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit(0));
new Thread(new URL('./parent-watch.mjs', import.meta.url), { workerData: process.ppid, execArgv: [] }).unref();

function tell(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

function progress(text: string): void {
  const now = performance.now();
  if (now - told < PROGRESS_EVERY_MS) return;
  told = now;
  tell({ type: 'progress', text });
}

/** Threads are started once there is something to hunt, and kept. */
function sharedHunters(): Hunters {
  hunters ??= startHunters();
  return hunters;
}

async function run({ item, places, budgetMs }: Extract<ToWorker, { type: 'run' }>): Promise<void> {
  stop = new AbortController();
  const store: Store = openStore(places.store, 'write');
  try {
    const { signal } = stop;
    const results = await doItem(item, { places, store, budgetMs, hunters: sharedHunters, progress, signal });
    tell({ type: 'done', results });
  } finally {
    store.close();
  }
}

process.on('message', (message: ToWorker) => {
  if (message.type === 'stop') {
    stop.abort();
    return;
  }
  run(message).catch((error: unknown) => {
    // Its last words are what the night reports.
    console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(1);
  });
});

tell({ type: 'ready' });
