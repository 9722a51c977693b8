import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { killAgainAndAgain } from './killing.ts';
import { scratchStore } from './running.ts';

let directory = '';
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('a service that is killed', () => {
  // The same fifty times: bench/service-kills.ts.
  it('loses no finished trial, leaves no process, and opens its store again; so do its trials and workers', async () => {
    directory = scratchStore();
    const kills = await killAgainAndAgain(directory, 3, 1, 1500);
    expect(kills.map(({ victim }) => victim)).toContain('service');
  });
});
