/** Keys as the strings that operations carry: `1` is "1", and so is `"1"`, unless both occur in one file. */

import type { Json } from '../operation.ts';
import { canonical } from './map-name.ts';

export class KeyNames {
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();

  nameOf(key: Json): string {
    // Keys that differ differ here, whatever they are.
    const identity = typeof key === 'string' ? `"${key}` : canonical(key);
    const known = this.#names.get(identity);
    if (known !== undefined) return known;
    let name = owned(typeof key === 'string' ? key : identity);
    while (this.#taken.has(name)) name = JSON.stringify(name);
    this.#names.set(owned(identity), name);
    this.#taken.add(name);
    return name;
  }
}

/** A string of its own: slices of the text would keep all of it in memory. */
function owned(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
