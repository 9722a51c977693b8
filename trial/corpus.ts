/**
 * The corpus: failures that were found once and shrunk, kept as specs in the repository, each a regression that runs in
 * milliseconds. A failure of the correct code, once mended, must not come back. A failure by a planted bug must still be found;
 * as any change of the replica may shift the order of events, the seeds next to the recorded one count too.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from './input-error.ts';
import { describeOracle, type Oracle, oracleOf, sameOracle } from './oracle.ts';
import { simulateTrial } from './simulate.ts';
import { type CompleteSpec, parseSpec } from './spec.ts';

export const CORPUS_DIRECTORY = 'test/corpus';
/** Seeds from the recorded one that are tried for a planted bug. */
const SEEDS = 30;

const entrySchema = z.strictObject({
  name: z.string(),
  /** What it was found by. */
  oracle: z.strictObject({
    violation: z.enum(['linearizability', 'invariant', 'liveness', 'crash']),
    invariant: z.string().nullable(),
  }),
  /** Commit it was found at, for those who want to see it fail. */
  commit: z.string().nullable(),
  note: z.string(),
  spec: z.unknown(),
});

export interface CorpusEntry {
  readonly name: string;
  readonly oracle: Oracle;
  readonly commit: string | null;
  readonly note: string;
  readonly spec: CompleteSpec;
}

/** All entries of a directory, by name. Throws InputError for a directory that can't be read, and names the file that makes no sense. */
export function readCorpus(directory: string): CorpusEntry[] {
  const files = namesIn(directory)
    .filter((name) => name.endsWith('.json'))
    .sort();
  return files.map((name) => readEntry(join(directory, name)));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new InputError(
      `cannot read the corpus in ${directory} (${code}): give --directory the folder of its entries`,
    );
  }
}

function readEntry(file: string): CorpusEntry {
  try {
    const entry = entrySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return { ...entry, spec: parseSpec(entry.spec) };
  } catch (error) {
    throw new InputError(`${file} is no entry of the corpus: ${describe(error)}`);
  }
}

/** In one line; what zod throws is a page of JSON. */
function describe(error: unknown): string {
  if (error instanceof z.ZodError)
    return error.issues.map(({ path, message }) => `${path.join('.') || 'all of it'}: ${message}`).join('; ');
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ');
}

/** Writes an entry and returns its file. Throws InputError for a trial that can't be one. */
export function addToCorpus(directory: string, entry: CorpusEntry): string {
  if (entry.spec.world !== 'simulator')
    throw new InputError('the corpus holds simulated trials: one on processes does not repeat exactly');
  if (!/^[a-z0-9][a-z0-9-]{0,60}$/.test(entry.name))
    throw new InputError(`"${entry.name}" is no name for an entry: use small letters, digits and dashes`);
  const file = join(directory, `${entry.name}.json`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(file, `${JSON.stringify(entry, null, 2)}\n`);
  return file;
}

/** What is wrong with an entry now, as a sentence; null if it is as it should be. */
export async function checkEntry({ spec, oracle, name }: CorpusEntry): Promise<string | null> {
  if (spec.bugs.length === 0) {
    const { verdict } = await simulateTrial(spec, { details: false });
    const now = oracleOf(verdict);
    return now === null ? null : `${name} fails again: ${describeOracle(now)}`;
  }
  for (let seed = spec.seed; seed < spec.seed + SEEDS; seed++) {
    const { verdict } = await simulateTrial({ ...spec, seed }, { details: false });
    if (sameOracle(oracleOf(verdict), oracle)) return null;
  }
  return `${name} is not found any more: no seed from ${spec.seed} to ${spec.seed + SEEDS - 1} fails by ${describeOracle(oracle)}`;
}
