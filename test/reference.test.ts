import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reference } from '../scripts/write-reference.ts';

it('docs/reference.md says what the registries say (else: npx tsx scripts/write-reference.ts)', () => {
  expect(readFileSync(new URL('../docs/reference.md', import.meta.url), 'utf8')).toBe(reference());
});
