/** The `ordeal check` command that judges a file as it was judged: a reader copies it from a report. */

import type { Json } from '../history/operation.ts';
import { shellWord } from '../reports/shell-word.ts';

/** The limits of `ordeal check` where nobody gives any. */
export const CHECK_TIME_MS = 60_000;
export const CHECK_MEMORY_MB = 1024;

/** How a history was judged. */
export interface CheckedWith {
  readonly model: string;
  /** "auto" or absent where the file is recognised. */
  readonly format?: string;
  readonly initial?: Json;
  readonly nilReads?: string;
  readonly tuples?: boolean;
  readonly timeMs?: number;
  readonly memoryMb?: number;
}

/** Flags that say no more than the defaults are left out. */
export function checkCommandLine(
  file: string,
  { model, format, initial, nilReads, tuples, timeMs, memoryMb }: CheckedWith,
): string {
  const words = ['npx ordeal check', '--model', shellWord(model)];
  if (format !== undefined && format !== 'auto') words.push('--format', shellWord(format));
  if (initial !== undefined) words.push('--initial', shellWord(JSON.stringify(initial)));
  if (nilReads !== undefined) words.push('--nil-reads', shellWord(nilReads));
  if (tuples !== undefined) words.push(tuples ? '--tuples' : '--no-tuples');
  if (timeMs !== undefined && timeMs !== CHECK_TIME_MS)
    words.push('--time', timeMs % 1000 === 0 ? `${timeMs / 1000}s` : `${timeMs}ms`);
  if (memoryMb !== undefined && memoryMb !== CHECK_MEMORY_MB) words.push('--memory', String(memoryMb));
  // A name that begins with a dash is no flag; a dash alone is standard input.
  return [...words, shellWord(file.startsWith('-') && file !== '-' ? `./${file}` : file)].join(' ');
}
