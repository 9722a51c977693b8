/** The networks of the lab. */

import { CALM_NETWORK, type NetworkOptions } from '../../cluster/simulator/options.ts';

const MS = 1_000_000;

/** Each message takes 0 to 26 ms, in any order; a tenth of the requests and a tenth of the replies is lost. */
export const UNRELIABLE: NetworkOptions = {
  ...CALM_NETWORK,
  latencyNs: { min: 0, max: 26 * MS },
  lossPpm: 100_000,
  reorderPpm: 1_000_000,
  reorderNs: { min: 0, max: 0 },
  clientLatencyNs: { min: 0, max: 26 * MS },
  clientLossPpm: 100_000,
};

/** Unreliable, and besides two calls in three are late by 200 to 2200 ms, on their way there or back. */
export const REORDERING: NetworkOptions = {
  ...UNRELIABLE,
  veryLatePpm: 422_650,
  veryLateNs: { min: 200 * MS, max: 2200 * MS },
};
