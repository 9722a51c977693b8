/** The trial's clock on processes: the machine's monotonic clock, in nanoseconds since the trial began. */

import type { Clock } from '../world.ts';
import type { Origin } from './control.ts';

const NS_PER_MS = 1_000_000;

/**
 * A clock that starts at `origin`, a reading of `process.hrtime()`. Its timers keep no process alive: a trial that was ended early
 * leaves many of them behind.
 */
export function trialClock(origin: Origin): Clock {
  const [seconds, nanoseconds] = origin;
  return {
    now() {
      const [s, ns] = process.hrtime();
      return (s - seconds) * 1_000_000_000 + ns - nanoseconds;
    },
    after(delayNs, fire) {
      if (delayNs <= 0) {
        const immediate = setImmediate(fire);
        return () => clearImmediate(immediate);
      }
      const timer = setTimeout(fire, Math.ceil(delayNs / NS_PER_MS)).unref();
      return () => clearTimeout(timer);
    },
  };
}
