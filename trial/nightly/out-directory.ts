/** The directory of a night: prepared without touching what is not a night's, and written so that it is whole at any moment. */

import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../../history/directory.ts';
import { renderIndex } from '../../reports/nightly/index-page.ts';
import { renderJUnit } from '../../reports/nightly/junit.ts';
import type { NightPage } from '../../reports/nightly/night-page.ts';
import { exitCodeOfNight, outcomeOfNight, sentenceOfNight } from '../../reports/nightly/outcome.ts';
import { renderSummary } from '../../reports/nightly/summary.ts';
import { InputError } from '../input-error.ts';

export const RESULT_FILE = 'result.json';
/** Everything a night writes; an earlier night's is removed before the next one. */
const WRITTEN = [RESULT_FILE, 'junit.xml', 'summary.md', 'index.html', 'reports', 'bundles', 'shards'];

/** Makes the directory, or empties it of an earlier night. Throws InputError for one that holds anything else. */
export function prepareOut(directory: string): void {
  try {
    makeDirectory(directory);
    const names = readdirSync(directory);
    const strange = names.find((name) => !WRITTEN.includes(name) && !name.endsWith('.tmp'));
    if (strange !== undefined && !existsSync(join(directory, RESULT_FILE)))
      throw new InputError(
        `${directory} holds files that are no night's (${strange}): give --out an empty or a new directory`,
      );
    for (const name of WRITTEN) rmSync(join(directory, name), { recursive: true, force: true });
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `cannot write to ${directory} (${(error as NodeJS.ErrnoException).code}): give --out another directory`,
    );
  }
}

/** Writes result, JUnit file, summary and page, each whole or not at all; the result last, as it says that the others are there. */
export function writeNight(directory: string, page: NightPage): void {
  const { night, failures, gone } = page;
  const result = {
    outcome: outcomeOfNight(night),
    exitCode: exitCodeOfNight(night),
    sentence: sentenceOfNight(night),
    failures: failures.map(({ fingerprint, memory, items }) => ({
      ...fingerprint,
      new: memory.seenOn === 0,
      memory,
      items: items.map(({ id }) => id),
    })),
    gone,
    night,
  };
  const files: readonly (readonly [name: string, text: string])[] = [
    ['junit.xml', renderJUnit(night)],
    ['summary.md', renderSummary(page)],
    ['index.html', renderIndex(page)],
    [RESULT_FILE, `${JSON.stringify(result, null, 1)}\n`],
  ];
  for (const [name, text] of files) {
    writeFileSync(join(directory, `${name}.tmp`), text);
    renameSync(join(directory, `${name}.tmp`), join(directory, name));
  }
}

/** The text of a directory's result, or null if a night never got to write one. */
export function readResult(directory: string): string | null {
  try {
    return readFileSync(join(directory, RESULT_FILE), 'utf8');
  } catch {
    return null;
  }
}
