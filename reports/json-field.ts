/** Evidence is plain JSON: what it holds under a name. */

import type { Json } from '../history/operation.ts';

/** Null where there is no such field. */
export function field(json: Json | null, name: string): Json {
  if (json === null || typeof json !== 'object' || Array.isArray(json)) return null;
  return (json as { readonly [name: string]: Json })[name] ?? null;
}
