/**
 * Keys of EDN's maps as names of JSON's objects, so that unlike keys stay unlike: a string is itself, anything else its JSON,
 * and a string that reads like JSON (`"1"` beside `1`) is put in quotes.
 */

import type { Json } from '../operation.ts';

/** The name of a key whose value is given as the reader gives it. */
export function mapName(key: Json): string {
  if (typeof key !== 'string') return canonical(key);
  return meantAsJson(key) === undefined ? key : JSON.stringify(key);
}

/** The key that has this name. */
export function keyOfName(name: string): Json {
  return meantAsJson(name) ?? (name === 'null' ? null : name);
}

/** JSON in which equal objects have equal texts. */
export function canonical(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).join(',')}}`;
}

/** What a name stands for that is the JSON of a key; undefined for a name that is a string's own. */
function meantAsJson(name: string): Json | undefined {
  if (!/^(?:[-0-9"[{]|null$|true$|false$)/.test(name)) return undefined;
  let value: Json;
  try {
    value = JSON.parse(name) as Json;
  } catch {
    return undefined;
  }
  if (typeof value === 'string' && meantAsJson(value) === undefined) return undefined;
  return canonical(value) === name ? value : undefined;
}
