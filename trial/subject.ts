/** What a person means by TRIAL or FILE: a trial of the store or of a bundle, a spec, an entry of the corpus, or a history. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { isBundle } from '../history/bundle.ts';
import { InputError } from './input-error.ts';
import type { Oracle } from './oracle.ts';
import { type CompleteSpec, parseSpec } from './spec.ts';

export type Subject =
  | { readonly kind: 'trial'; readonly reference: string }
  | { readonly kind: 'bundle'; readonly file: string }
  /** A trial that was not run here, or not yet. `oracle`: what it is known to fail by, if that is known. */
  | { readonly kind: 'spec'; readonly spec: CompleteSpec; readonly oracle: Oracle | null }
  | { readonly kind: 'history'; readonly file: string };

/** A spec is smaller than this; what is larger is a history. */
const SPEC_BYTES_MAX = 64 * 1024 * 1024;

/** The subject of that name: no store has to be there to tell. Throws InputError for a spec that is not valid. */
export function subjectOf(reference: string): Subject {
  if (isBundle(reference)) return { kind: 'bundle', file: reference };
  if (!isFile(reference)) return { kind: 'trial', reference };
  return specIn(reference) ?? { kind: 'history', file: reference };
}

/** A trial's name has neither dots nor slashes, so that a file in the way of one does no harm. */
function isFile(reference: string): boolean {
  return /[./]/.test(reference) && existsSync(reference) && statSync(reference).isFile();
}

/** The spec in a file; null if it holds something else. Throws InputError for a spec that is not valid. */
function specIn(file: string): Subject | null {
  if (statSync(file).size > SPEC_BYTES_MAX) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
  // One operation in one line is JSON too.
  if ('f' in parsed && 'process' in parsed) return null;
  try {
    if ('spec' in parsed && 'oracle' in parsed)
      return { kind: 'spec', spec: parseSpec(parsed.spec), oracle: parsed.oracle as Oracle };
    return { kind: 'spec', spec: parseSpec(parsed), oracle: null };
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${file}: ${error.message}`);
    throw error;
  }
}
