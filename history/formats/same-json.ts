/** Whether two values are the same. */

import type { Json } from '../operation.ts';
import { canonical } from './map-name.ts';

/** The order in which a map is printed says nothing. */
export function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, at) => sameJson(item as Json, b[at] as Json));
  return JSON.stringify(a) === JSON.stringify(b) || canonical(a) === canonical(b);
}
