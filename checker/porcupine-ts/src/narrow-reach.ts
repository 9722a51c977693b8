/**
 * As register-reach.ts, for the narrow search: whether the value that a returning operation must find can still come about,
 * and if not, which choices could have made a difference. The argument is there.
 */

import { MADE_OF, NarrowConfiguration } from './narrow-configuration.ts';
import { FACTS, FROM, MARKS_SHIFT, SETS, TO } from './narrow-history.ts';

/** In place of a candidate: none can help. */
export const OUT_OF_REACH = -3;

/** Mark in the first of the facts: the operation was left out at its return, now or in an order that was given up. */
export const LEFT_OUT = 4 << MARKS_SHIFT;

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
    const { facts, sets, trail, moments, events, history } = this;
    const walk = --this.walk;
    sets[(goal << SETS) + MADE_OF] = walk;
    this.spread(TO, FROM);
    let last = -1;
    let before = this.trailLength - 1;
    for (; before >= 0; before--) {
      const index = trail[before]!;
      const value = index < 0 ? -1 : facts[(index << FACTS) + TO]!;
      if (value < 0) continue;
      if (sets[(value << SETS) + MADE_OF] === walk) break;
      last = before;
    }
    if (before < 0 && sets[(history.initial << SETS) + MADE_OF] !== walk) last = -1;
    let event = this.position - 1;
    for (const end = last < 0 ? -1 : moments[last]!; event > end; event--) {
      const base = ~events[event]! << FACTS;
      if (base < 0 || (facts[base]! & LEFT_OUT) === 0) continue;
      const value = facts[base + TO]!;
      if (value >= 0 && sets[(value << SETS) + MADE_OF] === walk) break;
    }
    return { trail: last, event };
  }
}
