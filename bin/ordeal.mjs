#!/usr/bin/env node
// The `ordeal` command: registers tsx, then runs cli/main.ts.
import { existsSync } from 'node:fs';

const [major] = process.versions.node.split('.').map(Number);
if (major === undefined || major < 20) {
  console.error(`ordeal: needs Node 20 or newer, this is ${process.version}`);
  process.exit(64);
}
// Ctrl-C reaches every process of the terminal. esbuild's helper process would die of it, and with it the report: run it per call.
process.env.ESBUILD_WORKER_THREADS = '0';
let register;
try {
  ({ register } = await import('tsx/esm/api'));
} catch {
  const where = new URL('..', import.meta.url).pathname;
  const why = existsSync(new URL('../node_modules', import.meta.url)) ? 'are incomplete' : 'are not installed';
  console.error(`ordeal: its dependencies ${why}; run "npm ci" in ${where}`);
  process.exit(64);
}
register();
// Whatever goes wrong unseen is a broken harness (4), never a violation (1).
for (const event of ['uncaughtException', 'unhandledRejection'])
  process.on(event, (error) => {
    console.error(`ordeal: broken: ${error instanceof Error ? error.message : error}`);
    if (process.env.ORDEAL_DEBUG !== undefined) console.error(error);
    process.exit(4);
  });
// Whoever reads the output may have seen enough, as `head` does: nothing is broken then. 128 and SIGPIPE, as other programs end.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(141);
  });
const { main } = await import('../cli/main.ts');
process.exitCode = await main(process.argv.slice(2));
