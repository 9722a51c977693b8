/**
 * What a hunt learns: trials whose clusters met situations that no earlier trial of this hunt met are kept, and half of the
 * further trials are variants of them (coverage-guided fuzzing, as in AFL, with situations of the cluster in place of
 * branches of the code). All choices are keyed draws, and what is kept depends on nothing but the trials before: a hunt that
 * learns finds the same on every machine.
 */

import { below, draws } from '../seed/draw.ts';
import type { Met } from './hunting-batch.ts';
import type { Variant } from './variant.ts';

/** Trials kept; of a longer hunt only the latest. */
const KEPT_MAX = 200;
/** Changes piled upon one seed. */
const CHANGES_MAX = 6;
/** A trial is kept that met at least so many new situations: in the beginning everything is new. */
const NEW_MIN = 3;

export class Learning {
  readonly #draw;
  readonly #known = new Set<number>();
  readonly #kept: { readonly variant: Variant; readonly news: number }[] = [];
  #made = 0;

  constructor(from: number) {
    this.#draw = draws(from, 'hunt.learning');
  }

  /** Takes in what trials met, in the order in which they were given out. */
  learn(met: readonly Met[]): void {
    for (const { variant, situations } of met) {
      let news = 0;
      for (const situation of situations) {
        if (this.#known.has(situation)) continue;
        this.#known.add(situation);
        news++;
      }
      if (news >= NEW_MIN) this.#kept.push({ variant, news });
    }
    if (this.#kept.length > KEPT_MAX) this.#kept.splice(0, this.#kept.length - KEPT_MAX);
  }

  /** A variant of something that was kept, rather of what met more; null while nothing was. */
  next(): Variant | null {
    if (this.#kept.length === 0) return null;
    const which = this.#made++;
    const one = this.#kept[below(this.#draw(which, 0), this.#kept.length)];
    const other = this.#kept[below(this.#draw(which, 1), this.#kept.length)];
    if (one === undefined || other === undefined) return null;
    const { variant } = one.news >= other.news ? one : other;
    return { seed: variant.seed, changes: [...variant.changes, this.#draw(which, 2)].slice(-CHANGES_MAX) };
  }
}
