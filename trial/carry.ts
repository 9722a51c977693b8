/**
 * Carrying a trial from processes into the simulator: the faults as they were seen to begin and end, the same spec, and a
 * simulated machine that is unlike every time. What happened once on processes, by whatever turns the operating system took, may
 * then be found again by a seed, and a seed repeats.
 *
 * A candidate is a function of the plan and its number. Candidates differ in the seed (what clients do, latencies), in how much of the
 * schedule they keep (the last seconds before the anomaly show it sooner than the whole trial, if they show it), in how slow
 * network and disk are, and, every other one, in when exactly faults begin and end.
 */

import { CALM_DISK, CALM_NETWORK, CALM_PROCESS, TRUE_CLOCKS } from '../cluster/simulator/options.ts';
import type { FaultRecord } from '../history/trial-records.ts';
import type { ScheduledFault } from '../nemesis/schedule.ts';
import { below, between, draws, pick } from '../seed/draw.ts';
import type { Oracle } from './oracle.ts';
import { type CompleteSpec, parseSpec } from './spec.ts';
import { TUNING } from './worlds.ts';

/** What a candidate is made from: plain data, it goes to threads. */
export interface CarryPlan {
  readonly spec: CompleteSpec;
  /** The faults as they happened, in time since clients began. */
  readonly schedule: readonly ScheduledFault[];
  /** When the anomaly showed, since clients began; null if there is no such moment. */
  readonly shownAtNs: number | null;
  readonly oracle: Oracle;
}

export interface Candidate {
  readonly which: number;
  readonly spec: CompleteSpec;
  /** For people: how it differs from the recorded trial. */
  readonly how: string;
}

const MS = 1_000_000;
const SECOND = 1_000 * MS;
/** How much time before the anomaly is kept; null: all. */
const WINDOWS_NS = [3 * SECOND, 6 * SECOND, 3 * SECOND, 12 * SECOND, 6 * SECOND, null] as const;
const AFTER_NS = 1_000 * MS;
const SHIFT_MAX_MS = 200;
/** Networks and disks from that of an idle machine to that of a very busy one. */
const LATENCY_MAX_NS = [MS, MS, 5 * MS, 20 * MS, 40 * MS] as const;
const SYNC_MAX_NS = [MS, MS, 5 * MS, 20 * MS] as const;

/** The plan for a recorded trial; `beganAtNs`: when its clients began, in the trial's time. */
export function planCarry(
  spec: CompleteSpec,
  faults: readonly FaultRecord[],
  oracle: Oracle,
  moments: { readonly beganAtNs: number; readonly shownAtNs: number | null },
): CarryPlan {
  const { beganAtNs } = moments;
  const happened = new Map(faults.map((fault) => [fault.index, fault]));
  const schedule = spec.schedule.map((planned, index) => {
    const seen = happened.get(index);
    if (seen === undefined) return planned;
    const at = Math.max(0, seen.startedAt - beganAtNs);
    return { ...planned, at, durationNs: Math.max(0, (seen.endedAt ?? seen.startedAt) - seen.startedAt) };
  });
  const shownAtNs = moments.shownAtNs === null ? null : Math.max(0, moments.shownAtNs - beganAtNs);
  return { spec, schedule, shownAtNs, oracle };
}

/** The candidate of this number. */
export function carriedCandidate(plan: CarryPlan, which: number): Candidate {
  const draw = draws(plan.spec.seed, 'carry');
  const windowNs =
    plan.shownAtNs === null ? null : (WINDOWS_NS[which % WINDOWS_NS.length] as (typeof WINDOWS_NS)[number]);
  const shifted = which % 2 === 1;
  const latencyMaxNs = pick(draw(which, 1), LATENCY_MAX_NS);
  const syncMaxNs = pick(draw(which, 2), SYNC_MAX_NS);
  const [from, to] = span(plan, windowNs);
  const kept = plan.schedule.filter(({ at, durationNs }) => at + durationNs >= from && at <= to);
  const schedule = kept.map((planned, index) => {
    const shift = (component: number): number =>
      shifted ? (below(draw(which, 3 + component, index), 2 * SHIFT_MAX_MS + 1) - SHIFT_MAX_MS) * MS : 0;
    // A fault that was in force already begins with the window.
    const at = Math.max(0, Math.max(planned.at, from) - from + shift(0));
    const durationNs = Math.max(0, planned.durationNs - Math.max(0, from - planned.at) + shift(1));
    return { ...planned, at, durationNs };
  });
  const spec = parseSpec({
    ...plan.spec,
    faults: plan.spec.faults.filter((name) => schedule.some(({ kind }) => kind === name)),
    seed: between(draw(which, 0), 0, 0xffff_ffff),
    world: 'simulator',
    timeMs: Math.max(500, Math.ceil((to - from) / MS)),
    schedule,
    simulation: {
      replica: TUNING,
      network: { ...CALM_NETWORK, latencyNs: { min: 100_000, max: latencyMaxNs } },
      disk: { ...CALM_DISK, syncNs: { min: 100_000, max: syncMaxNs } },
      process: CALM_PROCESS,
      clock: TRUE_CLOCKS,
    },
    // What clients saw is to be seen by clients again, not cut short by a look into a replica.
    check: { ...plan.spec.check, invariants: plan.oracle.violation === 'invariant' },
  });
  const part = windowNs === null ? 'all its faults' : `the faults of the ${windowNs / SECOND} s before the anomaly`;
  const when = shifted ? `, each shifted by up to ${SHIFT_MAX_MS} ms` : ' as they were';
  return {
    which,
    spec,
    how: `${part}${when}; latencies up to ${latencyMaxNs / MS} ms, syncs up to ${syncMaxNs / MS} ms`,
  };
}

function span(plan: CarryPlan, windowNs: number | null): readonly [from: number, to: number] {
  const wholeNs = plan.spec.timeMs * MS;
  if (windowNs === null || plan.shownAtNs === null) return [0, wholeNs];
  return [Math.max(0, plan.shownAtNs - windowNs), Math.min(wholeNs, plan.shownAtNs + AFTER_NS)];
}
