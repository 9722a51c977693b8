/** Plays test/raft/scenarios/*.txt and compares. After a change that is meant: UPDATE_SCENARIOS=1 npx vitest run test/raft/scenarios */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { play } from './scenario.ts';

const folder = new URL('./scenarios/', import.meta.url);
const update = process.env.UPDATE_SCENARIOS === '1';

describe('the Raft core', () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.txt'))) {
    const file = new URL(name, folder);
    const script = readFileSync(file, 'utf8');
    it(`goes through the scenario: ${(script.split('\n')[0] ?? '').replace(/^# */, '')}`, () => {
      const { text, violation } = play(script);
      if (update) writeFileSync(file, text);
      else expect(text).toBe(script);
      expect(violation).toBeNull();
    });
  }
});
