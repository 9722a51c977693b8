import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openStore } from '../../history/store.ts';
import { COMMAND, ordeal } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'ordeal-kill-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Processes of this machine whose command line names the directory: nodes and network of a trial there. */
function processesOf(place: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(place);
    } catch {
      return false;
    }
  });
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const began = Date.now(); !condition(); ) {
    if (Date.now() - began > 150_000) throw new Error(`waited 150 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function operationsIn(store: string): number {
  try {
    const opened = openStore(store, 'read');
    try {
      return opened.countOperations(opened.getTrial('latest').id);
    } finally {
      opened.close();
    }
  } catch {
    return 0;
  }
}

describe('a trial that dies', () => {
  it('by SIGKILL leaves no process, an unfinished trial, and a record that can be judged', async () => {
    const store = join(directory, 'killed');
    const args = ['run', '--time', '600s', '--faults', 'pause', '--seed', '5', '--store', store, '--quiet'];
    const trial = spawn(process.execPath, [COMMAND, ...args], { stdio: 'ignore' });
    await until(() => operationsIn(store) > 100, 'a hundred recorded operations');
    expect(processesOf(store).length).toBeGreaterThan(5);
    trial.kill('SIGKILL');
    await until(() => processesOf(store).length === 0, 'all processes of the trial to be gone');

    const opened = openStore(store, 'read');
    expect(opened.getTrial('latest')).toMatchObject({ state: 'unfinished', outcome: null });
    opened.close();
    const { code, out } = await ordeal('report', 'latest', '--store', store);
    expect(code).toBe(0);
    const page = readFileSync(out.trim(), 'utf8');
    expect(page).toContain('interrupted');
    const shown = await ordeal('show', 'latest', '--json', '--store', store);
    expect(JSON.parse(shown.out)).toMatchObject({ outcome: 'unknown', verdict: { valid: true } });
  });

  it('by an interrupt is judged and reported, with exit code 130', async () => {
    const store = join(directory, 'interrupted');
    const args = ['run', '--time', '600s', '--faults', 'none', '--seed', '6', '--store', store, '--quiet', '--json'];
    const trial = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    let out = '';
    trial.stdout.on('data', (text) => {
      out += text;
    });
    await until(() => operationsIn(store) > 100, 'a hundred recorded operations');
    const ended = new Promise<number | null>((resolve) => trial.once('close', resolve));
    trial.kill('SIGINT');
    expect(await ended).toBe(130);
    const result = JSON.parse(out) as { outcome: string; report: string };
    expect(result.outcome).toBe('unknown');
    expect(readFileSync(result.report, 'utf8')).toContain('interrupted');
    expect(processesOf(store)).toEqual([]);
  });
});
