/**
 * SIGKILL of the service, of a trial, of a worker, of a node, at drawn moments on one store: npx tsx bench/service-kills.ts
 * [rounds] [seed]. Ends with code 1 if anything was lost, left behind, or does not open (see test/service/killing.ts).
 */

import { rmSync } from 'node:fs';
import { killAgainAndAgain } from '../test/service/killing.ts';
import { scratchStore } from '../test/service/running.ts';

/** A kill comes within this after something was put into the queue. */
const WITHIN_MS = 4000;

const rounds = Number(process.argv[2] ?? 50);
const seed = Number(process.argv[3] ?? 1);
const directory = scratchStore();
try {
  const kills = await killAgainAndAgain(directory, rounds, seed, WITHIN_MS, (line) => console.log(line));
  for (const victim of new Set(kills.map((kill) => kill.victim))) {
    const those = kills.filter((kill) => kill.victim === victim);
    const gone = Math.max(...those.map(({ goneMs }) => goneMs));
    console.log(
      `${victim}: killed ${those.length} times${victim === 'service' ? `, serving again after ${gone} ms at most` : ''}`,
    );
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
