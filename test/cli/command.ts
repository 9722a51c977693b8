/** Runs the real `ordeal` command in a process of its own, as a person or CI would. */

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const COMMAND = fileURLToPath(new URL('../../bin/ordeal.mjs', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export function ordeal(...args: readonly string[]): Promise<Ended> {
  return ordealFed('', ...args);
}

/** With something on its standard input. */
export function ordealFed(input: string | Buffer, ...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    // One that does not read it closes the pipe.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => {
      out += text;
    });
    child.stderr.on('data', (text) => {
      err += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
}
