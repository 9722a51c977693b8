/**
 * If two logs hold an entry of the same index and term, they are identical up to it (Raft paper, figure 3). By induction it is
 * enough that an entry (index, term), wherever it was ever appended, is the same entry after an entry of the same term. Along
 * any log terms never fall, since a term's leader appends only to what earlier terms left.
 */

import type { Json } from '../../../history/operation.ts';
import type { Entry } from '../../raft/ready.ts';
import type { NodeId } from '../../raft/types.ts';
import type { Invariant, Shared } from './invariant.ts';
import type { Observed } from './observed.ts';

interface Seen {
  readonly entry: Entry;
  readonly previousTerm: number;
  readonly node: NodeId;
  /** The entry of another term that was seen at this index before. */
  readonly other: Seen | undefined;
}

/** Entries remembered before those that every log has compacted are forgotten. */
const SEEN_MAX = 20_000;

export function logMatching(shared: Shared): Invariant {
  /** By index; one record for each term. */
  const seen = new Map<number, Seen>();
  let forgetAt = SEEN_MAX;

  const forget = (): void => {
    const lowest = Math.min(...shared.nodes.filter((node) => node.started).map((node) => node.baseIndex));
    for (const index of seen.keys()) if (index <= lowest) seen.delete(index);
    forgetAt = seen.size + SEEN_MAX;
  };

  const check = (node: Observed, from: number): void => {
    const { view } = node;
    let previousTerm = view.termAt(from - 1);
    for (let index = Math.max(from, view.baseIndex + 1); index <= view.lastIndex; index++) {
      const entry = view.entryAt(index);
      if (entry === null) return;
      if (previousTerm !== null && entry.term < previousTerm)
        shared.broken(
          'log matching',
          `entry ${index} of term ${entry.term} follows an entry of the later term ${previousTerm} at ${node.id}`,
          [node.id],
          { index, term: entry.term, previousTerm },
        );
      const latest = seen.get(index);
      let first = latest;
      while (first !== undefined && first.entry.term !== entry.term) first = first.other;
      if (first === undefined) {
        if (previousTerm !== null) seen.set(index, { entry, previousTerm, node: node.id, other: latest });
      } else if (previousTerm !== null && first.previousTerm !== previousTerm)
        shared.broken(
          'log matching',
          `entry ${index} of term ${entry.term} follows an entry of term ${previousTerm} at ${node.id}, but of term ${first.previousTerm} at ${first.node}`,
          [first.node, node.id],
          { index, term: entry.term, previousTerm, otherPreviousTerm: first.previousTerm },
        );
      else if (first.entry !== entry && !sameEntry(first.entry, entry))
        shared.broken(
          'log matching',
          `entry ${index} of term ${entry.term} at ${node.id} is not the one at ${first.node}`,
          [first.node, node.id],
          { index, term: entry.term, entry: entry as unknown as Json, other: first.entry as unknown as Json },
        );
      previousTerm = entry.term;
    }
    if (seen.size > forgetAt) forget();
  };

  return {
    name: 'log matching',
    started: (node) => check(node, node.view.baseIndex + 1),
    logChanged: check,
  };
}

function sameEntry(a: Entry, b: Entry): boolean {
  return a.index === b.index && a.term === b.term && a.kind === b.kind && sameData(contentOf(a), contentOf(b));
}

function contentOf(entry: Entry): unknown {
  return entry.kind === 'command' ? entry.data : entry.kind === 'membership' ? entry.membership : null;
}

function sameData(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const left = Object.entries(a);
  const right = b as { readonly [name: string]: unknown };
  return (
    left.length === Object.keys(b).length &&
    left.every(([name, value]) => name in right && sameData(value, right[name]))
  );
}
