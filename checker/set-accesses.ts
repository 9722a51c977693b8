/** Who added and removed which element of a set, and who found it there or gone: what explanations reason about. */

import type { Operation } from '../history/operation.ts';
import { shown } from './accesses.ts';
import type { Value } from './porcupine-ts/src/model.ts';
import { canonical } from './porcupine-ts/src/value.ts';
import type { Finding, Part } from './shapes.ts';

/** An operation that changed whether an element is there, or may have. */
export interface Change {
  readonly operation: Operation;
  readonly call: number;
  /** Null if it was never acknowledged. */
  readonly done: number | null;
}

/** An operation that shows whether an element is there. */
export interface Sight extends Change {
  readonly done: number;
  /** What it was after it that shows it, not what it found. */
  readonly isChange: boolean;
}

export interface Read {
  readonly operation: Operation;
  readonly names: ReadonlySet<string>;
  readonly twice: string | null;
  readonly call: number;
  readonly done: number;
}

/** Of one element: who may have added and removed it, and who found it there or gone. */
export interface Element {
  readonly name: string;
  readonly changes: { readonly [isThere in 'true' | 'false']: Change[] };
  readonly found: { readonly [isThere in 'true' | 'false']: Sight[] };
}

export function sightsOf(
  part: Part,
  operations: readonly Operation[],
): { elements: Map<string, Element>; reads: Read[] } {
  const byIndex = new Map(operations.map((operation) => [operation.index, operation]));
  const elements = new Map<string, Element>();
  const elementOf = (name: string): Element => {
    const known = elements.get(name);
    if (known !== undefined) return known;
    const element = { name, changes: { true: [], false: [] }, found: { true: [], false: [] } };
    elements.set(name, element);
    return element;
  };
  const reads: Read[] = [];
  for (const { id, input, output, call, return: done } of part) {
    const operation = byIndex.get(id);
    if (operation === undefined) continue;
    const { f, value } = input as { readonly f: string; readonly value?: Value };
    if (f === 'read') {
      if (!Array.isArray(output) || done === null) continue;
      const list = (output as readonly Value[]).map(canonical);
      const names = new Set(list);
      for (const name of names) elementOf(name);
      reads.push({ operation, names, twice: names.size < list.length ? firstRepeated(list) : null, call, done });
      continue;
    }
    const { changes, found } = elementOf(canonical(value ?? null));
    const adds = f === 'add';
    // What changed nothing found it as it would have made it; what changed something, the reverse.
    const before = f === 'contains' ? output : typeof output === 'boolean' ? output !== adds : null;
    if (f !== 'contains' && output !== false) changes[`${adds}`].push({ operation, call, done });
    if (typeof before === 'boolean' && done !== null)
      found[`${before}`].push({ operation, call, done, isChange: false });
  }
  reads.sort((a, b) => a.done - b.done);
  return { elements, reads };
}

/** The element with what reads of the whole set (by their end) say of it; for one at a time, as there may be many of both. */
export function withReads({ name, changes, found }: Element, reads: readonly Read[]): Element {
  const all: { true: Sight[]; false: Sight[] } = { true: [], false: [] };
  for (const { operation, names, call, done } of reads)
    all[`${names.has(name)}`].push({ operation, call, done, isChange: false });
  for (const isThere of ['true', 'false'] as const) {
    if (found[isThere].length === 0) continue;
    all[isThere].push(...found[isThere]);
    all[isThere].sort((a, b) => a.done - b.done);
  }
  return { name, changes, found: all };
}

function firstRepeated(list: readonly string[]): string | null {
  const known = new Set<string>();
  for (const name of list) {
    if (known.has(name)) return name;
    known.add(name);
  }
  return null;
}

/** Of each operation only what it says of these elements. */
export function onlyAbout(names: readonly string[]): Pick<Finding, 'weaker' | 'about'> {
  const kept = new Set(names);
  return {
    about: `whether it has ${names.map(shown).join(' and ')}`,
    weaker: (part) =>
      part.flatMap((one) => {
        const { f, value } = one.input as { readonly f: string; readonly value?: Value };
        if (f !== 'read') return kept.has(canonical(value ?? null)) ? [one] : [];
        if (!Array.isArray(one.output)) return [];
        return [{ ...one, output: (one.output as readonly Value[]).filter((each) => kept.has(canonical(each))) }];
      }),
  };
}
