/** Carries out a schedule of faults on a world, records each with its evidence, and heals everything at the end. */

import { CLEAR_LINK, type Evidence } from '../cluster/world.ts';
import type { Json } from '../history/operation.ts';
import type { FaultRecord } from '../history/trial-records.ts';
import { setSteady } from './clock.ts';
import type { ActiveFault, Battlefield } from './fault.ts';
import { allLinks } from './links.ts';
import { FAULTS } from './registry.ts';
import type { ScheduledFault } from './schedule.ts';
import { forEachOf } from './targets.ts';

export interface NemesisObserver {
  /** Called when a fault has begun, and again with the same index when it has ended. */
  fault(record: FaultRecord): void;
}

export interface Nemesis {
  /** Descriptions of the faults in force, for the progress line. */
  active(): readonly string[];
  /** No further fault begins; those in force are healed, every node and link is put right; then `done`. */
  healAll(done: () => void): void;
}

const RETRY_NS = 100_000_000;
/** How long a fault that finds nothing to do tries again, if it would not have lasted longer anyway. */
const PATIENCE_NS = 4_000_000_000;
/** A fault that could begin only late lasts so long at least. */
const LASTS_MIN_NS = 200_000_000;

/** Starts carrying out the schedule; its times count from now. */
export function startNemesis(
  field: Battlefield,
  schedule: readonly ScheduledFault[],
  observer: NemesisObserver,
): Nemesis {
  const { world } = field;
  const inForce = new Map<number, { record: FaultRecord; fault: ActiveFault }>();
  /** Steps (beginning or ending) that were started and have not reported back yet. */
  let underWay = 0;
  let stopping: (() => void) | null = null;

  const stepDone = (): void => {
    underWay--;
    if (stopping !== null && underWay === 0) {
      const finish = stopping;
      stopping = null;
      finish();
    }
  };

  const end = (index: number): void => {
    const running = inForce.get(index);
    if (running === undefined) return;
    inForce.delete(index);
    underWay++;
    running.fault.heal(({ evidence, bit }) => {
      const effect: Json = { atBegin: running.fault.evidence, whileItLasted: evidence };
      observer.fault({ ...running.record, endedAt: world.clock.now(), effect, bit });
      stepDone();
    });
  };

  /** A fault that finds nothing to be done to tries again for a while, then is recorded as without effect. */
  const begin = (planned: ScheduledFault, index: number, firstTriedAt = world.clock.now()): void => {
    const kind = FAULTS.get(planned.kind);
    if (stopping !== null || kind === undefined) return;
    underWay++;
    const startedAt = world.clock.now();
    const base = { index, kind: planned.kind, startedAt, asked: planned.asked as Json };
    kind.begin(field, planned.asked as Json, (fault) => {
      const triedNs = world.clock.now() - firstTriedAt;
      if (fault === null && triedNs < Math.max(PATIENCE_NS, planned.durationNs) && stopping === null) {
        cancels.push(world.clock.after(RETRY_NS, () => begin(planned, index, firstTriedAt)));
      } else if (fault === null) {
        const effect = { atBegin: 'there was no node to do it to' };
        observer.fault({
          ...base,
          startedAt: firstTriedAt,
          targets: [],
          endedAt: world.clock.now(),
          effect,
          bit: false,
        });
      } else {
        const asked: Json = { summary: fault.summary, drawn: base.asked };
        const record = { ...base, asked, targets: fault.targets, endedAt: null, effect: fault.evidence, bit: false };
        observer.fault(record);
        inForce.set(index, { record, fault });
        if (stopping !== null) end(index);
        else
          world.clock.after(Math.max(Math.min(LASTS_MIN_NS, planned.durationNs), planned.durationNs - triedNs), () =>
            end(index),
          );
      }
      stepDone();
    });
  };

  const cancels = schedule.map((planned, index) => world.clock.after(planned.at, () => begin(planned, index)));

  return {
    active: () => [...inForce.values()].map(({ fault }) => fault.summary),
    healAll(done) {
      for (const cancel of cancels) cancel();
      underWay++;
      stopping = () => putRight(field, done);
      for (const index of [...inForce.keys()]) end(index);
      stepDone();
    },
  };
}

/** Whatever the faults left behind: clears all links, resumes and restarts nodes (lost ones stay down), and steadies clocks and disks. */
function putRight({ world, losses }: Battlefield, done: () => void): void {
  const clear = allLinks(world.nodes).map((link) => ({ ...link, rule: CLEAR_LINK }));
  const resume = (next: () => void): void => {
    const paused = world.nodes.filter((node) => world.view(node).state === 'paused');
    forEachOf(paused, world.resume.bind(world), next);
  };
  const restart = (next: () => void): void => {
    const down = losses.sound(world.nodes).filter((node) => ['killed', 'exited'].includes(world.view(node).state));
    forEachOf(down, world.restart.bind(world), next);
  };
  const steadyClocks = (next: () => void): void => {
    const running = world.nodes.filter((node) => world.view(node).state === 'running');
    forEachOf(running, setSteady(world), next);
  };
  const healDisks = (next: () => void): void => {
    if (!world.capabilities.has('disk')) next();
    else
      forEachOf(
        world.nodes,
        (node, set: (evidence: Evidence) => void) => world.setDisk(node, { disk: 'healthy' }, set),
        next,
      );
  };
  world.setLinks(clear, () => resume(() => healDisks(() => restart(() => steadyClocks(done)))));
}
