/** What a night's pages are drawn from: the night, and what the nights before it say. */

import type { Night } from '../../history/night-records.ts';
import {
  failuresOf,
  type GoneFailure,
  goneSince,
  MEMORY_NIGHTS,
  type NightFailure,
  type Trend,
  trendsOf,
} from './trends.ts';

/** Nights that the trends go back. */
const TREND_NIGHTS = 60;

export interface NightPage {
  readonly night: Night;
  readonly failures: readonly NightFailure[];
  readonly gone: readonly GoneFailure[];
  /** This night last. */
  readonly trends: readonly Trend[];
}

/** `earlier`: oldest first, of which the last `nights` count for what is new. */
export function nightPage(night: Night, earlier: readonly Night[], nights = MEMORY_NIGHTS): NightPage {
  const others = earlier.filter(({ id }) => id !== night.id).slice(-TREND_NIGHTS);
  return {
    night,
    failures: failuresOf(night, earlier, nights),
    gone: goneSince(night, earlier, nights),
    trends: trendsOf([...others, night]),
  };
}
