/**
 * When which fault happens: drawn from the seed before the trial and stored with it. Each kind of fault has a line of its own
 * in time, so kinds overlap freely while two of one kind do not. Every draw is keyed by kind and occurrence: removing one
 * fault leaves all others as they are.
 */

import { z } from 'zod';
import type { NodeId } from '../cluster/raft/types.ts';
import { between, draws } from '../seed/draw.ts';
import type { Fault } from './fault.ts';

export const scheduledFaultSchema = z.object({
  kind: z.string(),
  /** Nanoseconds since the start of the schedule. */
  at: z.number().int().nonnegative(),
  durationNs: z.number().int().nonnegative(),
  asked: z.json(),
});

export type ScheduledFault = z.infer<typeof scheduledFaultSchema>;

const MS = 1_000_000;
const DURATION_MS = { min: 400, max: 3000 } as const;
const GAP_MS = { min: 600, max: 3500 } as const;

/** So much time each kind of fault needs, of a trial that has many of them, to come often enough that one of them shows an effect. */
const NS_PER_KIND = 2_300 * MS;

/** How much longer the gaps of each kind are where there are so many. */
const stretchOf = (kinds: number): number => Math.max(1, kinds / 3);

/**
 * The pace at which so many kinds of faults each get several chances in a window, without coming more often than one kind alone
 * would. 1 for few kinds, or a long window.
 */
export function paceFor(kinds: number, windowNs: number): number {
  return Math.max(1, Math.min(stretchOf(kinds), (kinds * NS_PER_KIND) / windowNs));
}

/**
 * Draws a schedule that ends, heals included, within `windowNs`. The more kinds there are, the longer the gaps of each, so
 * that the cluster is not simply dead all the time. Each kind occurs at least once if the window is longer than a second.
 * `pace`: faults last, and come, so many times shorter and sooner.
 */
export function drawSchedule(
  seed: number,
  kinds: readonly Fault[],
  nodes: readonly NodeId[],
  windowNs: number,
  pace = 1,
): ScheduledFault[] {
  const schedule: ScheduledFault[] = [];
  const stretch = stretchOf(kinds.length);
  for (const fault of kinds) {
    const parameters = draws(seed, `nemesis.${fault.name}`);
    const timing = draws(seed, `nemesis.${fault.name}.time`);
    const gap = (which: number): number =>
      Math.round((between(timing(which, 0), GAP_MS.min, GAP_MS.max) * stretch) / pace) * MS;
    let at = Math.min(gap(0), Math.floor(windowNs / 4));
    for (let which = 0; ; which++) {
      const drawn = Math.round(between(timing(which, 1), DURATION_MS.min, DURATION_MS.max) / pace) * MS;
      const durationNs = Math.min(drawn, Math.floor(windowNs / 3));
      if (at + durationNs > windowNs) break;
      schedule.push({
        kind: fault.name,
        at,
        durationNs,
        asked: fault.draw(parameters, which, nodes) as ScheduledFault['asked'],
      });
      at += durationNs + gap(which + 1);
    }
  }
  return schedule.sort((a, b) => a.at - b.at || (a.kind < b.kind ? -1 : 1));
}
