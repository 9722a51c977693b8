/** JSON as EDN, such that reading it (edn.ts) gives the same JSON. */

import type { Json } from '../operation.ts';
import { ednMeantBy } from './edn.ts';
import { keyOfName } from './map-name.ts';

export function edn(value: Json): string {
  if (value === null) return 'nil';
  if (typeof value === 'string') return ednMeantBy(value) ?? JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(edn).join(' ')}]`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([name, item]) => `${edn(keyOfName(name))} ${edn(item)}`)
      .join(', ')}}`;
  // Digits alone would be an integer of Clojure's, exact where ours is not.
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return value.toExponential();
  // Of Clojure's zeros only the double has a sign.
  if (Object.is(value, -0)) return '-0.0';
  return JSON.stringify(value);
}
