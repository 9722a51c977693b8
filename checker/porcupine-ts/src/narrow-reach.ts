/**
 * As register-reach.ts, for the narrow search: whether the value that a returning operation must find can still come about,
 * and if not, which choices could have made a difference. The argument is there.
 */

import { MADE_OF, NarrowConfiguration } from './narrow-configuration.ts';
import { FACTS, FROM, SETS, TO } from './narrow-history.ts';

/** In place of a candidate: none can help. */
export const OUT_OF_REACH = -3;

export class NarrowReach extends NarrowConfiguration {
  /** What marks a value in this walk: a negative number, which no other mark is. */
  private walk = 0;

  /** Whether open operations, each as often as one likes, can make the value of the present one. */
  protected isInReach(goal: number): boolean {
    const { facts, sets, occupants } = this;
    const walk = --this.walk;
    sets[(this.state << SETS) + MADE_OF] = walk;
    for (let rest = (this.writes | this.openWrites) & ~this.done; rest !== 0; rest &= rest - 1)
      sets[(facts[(occupants[31 - Math.clz32(rest & -rest)]! << FACTS) + TO]! << SETS) + MADE_OF] = walk;
    this.spread(FROM, TO);
    return sets[(goal << SETS) + MADE_OF] === walk;
  }

  /** Along open cas that are not done, from marked values to others. */
  private spread(from: number, to: number): void {
    const { facts, sets, occupants, walk } = this;
    let left = (this.cas | this.openCas) & ~this.done;
    for (let before = 0; left !== before; ) {
      before = left;
      for (let rest = left; rest !== 0; rest &= rest - 1) {
        const bit = rest & -rest;
        const base = occupants[31 - Math.clz32(bit)]! << FACTS;
        if (sets[(facts[base + from]! << SETS) + MADE_OF] !== walk) continue;
        sets[(facts[base + to]! << SETS) + MADE_OF] = walk;
        left ^= bit;
      }
    }
  }

  /** How far to go back: nothing that was chosen later could have brought the value about. */
  protected lastChance(goal: number): { readonly trail: number; readonly event: number } {
    const { facts, sets, trail, moments, history } = this;
    const walk = --this.walk;
    sets[(goal << SETS) + MADE_OF] = walk;
    this.spread(TO, FROM);
    let last = -1;
    /** Of a leading value, left out while the present one was what is before it in the trail. */
    let leftOut = -1;
    for (let at = this.trailLength - 1; at >= -1; at--) {
      const index = at < 0 ? 0 : trail[at]!;
      const value = at < 0 ? history.initial : facts[((index < 0 ? ~index : index) << FACTS) + TO]!;
      const isLeading = value >= 0 && sets[(value << SETS) + MADE_OF] === walk;
      if (index < 0) {
        if (isLeading && leftOut < 0) leftOut = at;
      } else if (isLeading) break;
      else if (value >= 0) {
        last = leftOut < 0 ? at : leftOut;
        if (leftOut >= 0) break;
      }
    }
    return { trail: last, event: last < 0 ? -1 : moments[last]! };
  }
}
