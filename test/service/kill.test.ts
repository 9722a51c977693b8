import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { killAgainAndAgain, serve } from './killing.ts';
import { scratchStore } from './running.ts';

let directory = '';
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('a service that is killed', () => {
  it('loses no finished trial, leaves no process, and opens its store again; so do its trials and workers', async () => {
    directory = scratchStore();
    const kills = await killAgainAndAgain(directory, 4, 1);
    expect(kills.map(({ victim }) => victim)).toContain('service');
  });

  it('shares its store with no other service while it lives', async () => {
    directory = scratchStore();
    const first = await serve(directory);
    await expect(serve(directory)).rejects.toThrow(/another service/);
    first.process.kill('SIGKILL');
    await new Promise((resolve) => first.process.once('exit', resolve));
    const second = await serve(directory);
    second.process.kill('SIGKILL');
  });
});
