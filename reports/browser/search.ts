/** Finds operations by what a reader types: key, value, error, node, kind, "client 3" or an index like "#1734". */

import type { Operation } from '../../history/operation.ts';
import { verb } from '../wording.ts';
import type { Model } from './model.ts';

/** The last search: timeline, table and steps all ask for the same. */
let last: { readonly model: Model; readonly search: string; readonly hits: readonly Operation[] | null } | null = null;

/** Operations that contain every word of the search, in order of time; null for an empty search. */
export function found(model: Model, search: string): readonly Operation[] | null {
  if (last === null || last.model !== model || last.search !== search)
    last = { model, search, hits: searched(model, search) };
  return last.hits;
}

function searched(model: Model, search: string): readonly Operation[] | null {
  const wanted = search
    .trim()
    .toLowerCase()
    .replace(/client\s+(\d+)/g, 'client=$1')
    .split(/\s+/);
  const words = wanted.filter((word) => word !== '');
  if (words.length === 0) return null;
  return model.page.operations.filter((operation) => words.every((word) => matches(operation, word)));
}

function matches(operation: Operation, word: string): boolean {
  if (word.startsWith('#')) return String(operation.index) === word.slice(1);
  if (word.startsWith('client=')) return String(operation.process) === word.slice(7);
  if (word === 'ok' || word === 'fail' || word === 'info') return operation.outcome === word;
  const texts = [operation.key, operation.f, verb(operation.f), operation.node, operation.error];
  if (texts.some((text) => text?.toLowerCase().includes(word))) return true;
  return [operation.value, operation.result].some(
    (json) => json !== null && json !== undefined && valueMatches(JSON.stringify(json).toLowerCase(), word),
  );
}

/** Numbers match whole, so that 12 doesn't find 3127; texts match in part. */
function valueMatches(json: string, word: string): boolean {
  if (!/^-?\d+$/.test(word)) return json.includes(word);
  return json.split(/[^\d-]+/).includes(word);
}
