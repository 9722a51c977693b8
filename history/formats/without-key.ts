/** Operations that have no key, in a file in which others have one: to a model they are all on an object of its own. */

import type { Operation } from '../operation.ts';

export class WithoutKey {
  #keyed = false;
  #operations = 0;
  #first: { readonly f: string; readonly line: number } | null = null;

  /** The keys of a transaction are those of its steps. */
  see({ f, key }: Operation, line: number): void {
    if (f === 'txn') return;
    if (key !== null) this.#keyed = true;
    else {
      this.#operations++;
      this.#first ??= { f, line };
    }
  }

  notes(): string[] {
    if (!this.#keyed || this.#first === null) return [];
    const { f, line } = this.#first;
    const have = this.#operations === 1 ? 'operation has' : 'operations have';
    return [
      `${this.#operations} ${have} no "key", unlike others: taken as of one object of its own (the first, ${f}, on line ${line})`,
    ];
  }
}
