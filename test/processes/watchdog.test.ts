import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processState } from '../../cluster/processes/child.ts';

/** Ended, though perhaps not yet collected by whoever inherits orphans here. */
const isGone = (pid: number): boolean => [null, 'Z', 'X'].includes(processState(pid));

describe('a trial that is killed with SIGKILL', () => {
  let directory: string;
  beforeAll(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ordeal-doomed-'));
  });
  afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));

  it('leaves no process, not even a paused one', async () => {
    const program = fileURLToPath(new URL('fixtures/doomed-trial.ts', import.meta.url));
    const trial = spawn(process.execPath, ['--import', 'tsx', program, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pids = await new Promise<number[]>((resolve) => {
      let output = '';
      trial.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('\n')) resolve(JSON.parse(output) as number[]);
      });
    });
    expect(pids).toHaveLength(6);
    const states = pids.map((pid) => processState(pid));
    expect(states.filter((state) => state === 'T')).toHaveLength(1);
    expect(pids.some(isGone)).toBe(false);

    trial.kill('SIGKILL');
    // A fifth of a second, unless the machine is busy; a process that stays is told by the test's own time limit.
    while (!pids.every(isGone)) await new Promise((resolve) => setTimeout(resolve, 10));
  });
});
