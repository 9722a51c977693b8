/**
 * Which situations a cluster has been in, seen from so far away that like ones are one: roles, terms and logs of the nodes
 * relative to each other, without names. A trial that meets a situation nobody met before is worth trying variants of.
 */

import type { Observed } from './observed.ts';

/** More than a trial meets; beyond it nothing is added. */
const STATES_MAX = 2000;

export class AbstractStates {
  readonly seen = new Set<number>();
  private readonly nodes: readonly Observed[];

  constructor(nodes: readonly Observed[]) {
    this.nodes = nodes;
  }

  /** Called when a node's role, term, membership or log base has changed. */
  note(): void {
    if (this.seen.size >= STATES_MAX) return;
    let [termMax, lastTermMax, lastMax, commitMax] = [0, 0, 0, 0];
    for (const { replica, view } of this.nodes) {
      if (replica === null) continue;
      termMax = Math.max(termMax, view.term);
      lastTermMax = Math.max(lastTermMax, view.termAt(view.lastIndex) ?? 0);
      lastMax = Math.max(lastMax, view.lastIndex);
      commitMax = Math.max(commitMax, view.commit);
    }
    // A sum does not care which node is which.
    let sum = 0;
    for (const { replica, view, node } of this.nodes) {
      let h = 0x9e3779b1;
      const word = (value: number): void => {
        h = Math.imul(h ^ value, 0x85ebca6b);
        h ^= h >>> 15;
      };
      if (replica === null) word(99);
      else {
        word(view.role.length * 7 + view.role.charCodeAt(0));
        word(Math.min(2, termMax - view.term));
        word(Math.min(2, lastTermMax - (view.termAt(view.lastIndex) ?? 0)));
        word(steps(lastMax - view.lastIndex));
        word(steps(commitMax - view.commit));
        word(steps(view.lastIndex - view.commit));
        word(view.lastIndex === 0 ? 1 : view.baseIndex > 0 ? 2 : 0);
        word(view.membership.outgoing === null ? 0 : 1);
        word(node.state === 'paused' ? 1 : 0);
      }
      sum = (sum + h) | 0;
    }
    this.seen.add(sum >>> 0);
  }
}

/** None, one, a few, many. */
function steps(distance: number): number {
  return distance <= 1 ? Math.max(0, distance) : distance <= 4 ? 2 : 3;
}
