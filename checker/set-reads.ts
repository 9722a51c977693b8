/** Shapes of anomalies of sets that are read as a whole: two reads that contradict each other, and one that contradicts itself. */

import { named, shown, stepOn } from './accesses.ts';
import { type Element, onlyAbout, type Read } from './set-accesses.ts';
import type { Finding } from './shapes.ts';
import type { Anomaly } from './verdict.ts';

/** While nothing is removed, of two reads one has seen all that the other saw. */
export function contradictingReads(elements: ReadonlyMap<string, Element>, reads: readonly Read[]): Finding | null {
  const last = Math.max(...reads.map(({ done }) => done), 0);
  const lasting = new Set<string>();
  for (const { name, changes } of elements.values())
    if (changes.true.length > 0 && changes.false.every(({ call }) => call > last)) lasting.add(name);
  const seen = reads.map((read) => ({ read, names: [...read.names].filter((name) => lasting.has(name)) }));
  seen.sort((a, b) => a.names.length - b.names.length);
  for (const [at, { read: fewer, names }] of seen.entries()) {
    const more = seen[at + 1];
    if (more === undefined) break;
    const lacks = names.find((name) => !more.read.names.has(name));
    const extra = more.names.find((name) => !fewer.names.has(name));
    if (lacks === undefined || extra === undefined) continue;
    return disagree(fewer, lacks, more.read, extra, elements);
  }
  return null;
}

function disagree(
  one: Read,
  own: string,
  other: Read,
  others: string,
  elements: ReadonlyMap<string, Element>,
): Finding {
  const [[a, ofA, ofB], [b, ofOther, ofOne]] =
    one.done <= other.done
      ? ([
          [one, own, others],
          [other, others, own],
        ] as const)
      : ([
          [other, others, own],
          [one, own, others],
        ] as const);
  const adds = [own, others].flatMap((name) => (elements.get(name)?.changes.true ?? []).slice(0, 2));
  const step = (read: Read, has: string, lacks: string): Anomaly['argument'][number] =>
    stepOn(`${named(read.operation)} found ${shown(has)}, but not ${shown(lacks)}`, read.operation);
  return {
    shape: 'contradicting-reads',
    culprit: b.operation,
    rests: [...adds.map(({ operation }) => operation), a.operation, b.operation],
    also: [],
    failed: null,
    facts: { read: b.operation.index, other: a.operation.index, has: shown(ofOther), lacks: shown(ofOne) },
    argument: [
      step(a, ofA, ofB),
      step(b, ofOther, ofOne),
      stepOn(
        `no operation that began before these ended removed either: by the first ${shown(ofA)} was added before ${shown(ofB)}, by the second after it`,
        ...adds.map(({ operation }) => operation),
      ),
    ],
    ...onlyAbout([own, others]),
  };
}

export function listedTwice(read: Read, name: string, element: Element | undefined): Finding {
  const add = element?.changes.true[0]?.operation;
  return {
    shape: 'listed-twice',
    culprit: read.operation,
    rests: [...(add === undefined ? [] : [add]), read.operation],
    also: [],
    failed: null,
    facts: { read: read.operation.index, element: shown(name) },
    argument: [
      stepOn(`${named(read.operation)} listed ${shown(name)} more than once`, read.operation),
      stepOn('a set holds each element once, however often it was added'),
    ],
    ...onlyAbout([name]),
  };
}
