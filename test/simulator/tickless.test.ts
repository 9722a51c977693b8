/** A node sets one timer for the next tick in which something is due. The world must go on as if it ticked one by one. */

import { describe, expect, it } from 'vitest';
import { CALM_PROCESS } from '../../cluster/simulator/options.ts';
import { firstDifference, type TraceEvent } from '../../cluster/simulator/trace.ts';
import { chaos } from './chaos.ts';

/**
 * All events but timers, in order; those of one moment are sorted, for a message may come up before the timer that passes on the
 * ticks before it. `everyTick` wakes each node with every tick.
 */
function traceOf(seed: number, everyTick: boolean): { readonly events: TraceEvent[]; readonly timers: number } {
  const events: TraceEvent[] = [];
  let timers = 0;
  const result = chaos(seed, {
    timeMs: 3000,
    // What crashes a node at its k-th event counts timers too.
    changes: { process: { ...CALM_PROCESS, crashAtDiskPpm: 300 } },
    trace: (event) => {
      if (event.kind === 'nodeTimer') timers++;
      // What waited for a paused node to go on is counted with its timers.
      else events.push(event.kind === 'resumed' ? { ...event, digest: 0, text: '' } : event);
    },
    ...(everyTick && {
      host: (host, { tickNs }) => {
        const after = host.after.bind(host);
        host.after = (delayNs, fire) => after(Math.min(delayNs, tickNs), fire);
        return host;
      },
    }),
  });
  expect(result.violations).toEqual([]);
  events.sort(
    (a, b) => a.at - b.at || a.node - b.node || (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.digest - b.digest),
  );
  return { events, timers };
}

describe('a node without a timer for each tick', () => {
  it('does at every moment what it would do if it ticked one by one, whatever happens to messages, disks, clocks and processes', () => {
    let saved = 0;
    const kinds = new Set<string>();
    for (let seed = 0; seed < 24; seed++) {
      const sparse = traceOf(seed, false);
      const every = traceOf(seed, true);
      expect(firstDifference(sparse.events, every.events), `seed ${seed}`).toBeNull();
      saved += every.timers - sparse.timers;
      for (const event of sparse.events) kinds.add(event.kind);
    }
    expect(saved).toBeGreaterThan(10_000);
    expect([...kinds]).toEqual(expect.arrayContaining(['clock', 'paused', 'resumed', 'killed', 'start']));
  });
});
