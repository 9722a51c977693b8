import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkEntry, readCorpus } from '../../trial/corpus.ts';

const entries = readCorpus(fileURLToPath(new URL('.', import.meta.url)));

describe('the corpus', () => {
  it('has entries', () => {
    expect(entries.length).toBeGreaterThan(0);
  });

  it.each(entries.map((entry) => [entry.name, entry] as const))('%s is as it should be', async (_name, entry) => {
    expect(await checkEntry(entry)).toBeNull();
  });
});
