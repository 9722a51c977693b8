/** The ways in which a spec can be made smaller, each a pass over candidates; the largest savings come first. */

import { CALM_DISK, CALM_NETWORK, CALM_PROCESS, TRUE_CLOCKS } from '../cluster/simulator/options.ts';
import type { ScheduledFault } from '../nemesis/schedule.ts';
import { draws } from '../seed/draw.ts';
import type { Simulated } from './simulate.ts';
import { type CompleteSpec, nodeNames } from './spec.ts';

/**
 * Yields candidates; `next` is told whether the one before was accepted. Candidates are made from the accepted spec, so a
 * pass keeps its own copy up to date.
 */
export type Candidates = Generator<CompleteSpec, void, boolean>;

export interface Pass {
  readonly name: string;
  begin(spec: CompleteSpec, simulated: Simulated): Candidates;
}

const MS = 1_000_000;

export const simplerSpecs: readonly Pass[] = [
  { name: 'an earlier end', begin: earlierEnd },
  { name: 'no troubles of the world at all', begin: calmWorld },
  { name: 'fewer faults', begin: fewerFaults },
  { name: 'fewer steps of a chase', begin: fewerHops },
  { name: 'fewer operations', begin: fewerOperations },
  { name: 'fewer nodes', begin: fewerNodes },
  { name: 'fewer clients', begin: fewerClients },
  { name: 'fewer keys', begin: fewerKeys },
  { name: 'fewer troubles of the world', begin: calmer },
  { name: 'smaller numbers', begin: smallerNumbers },
  { name: 'fewer operations, with other dice', begin: otherDice },
];

/** Nothing after the moment at which the contradiction shows. */
function* earlierEnd(spec: CompleteSpec, { verdict, drive }: Simulated): Candidates {
  const began = drive?.ordealBeganAt ?? 0;
  const shown = Math.ceil(((verdict.anomalies[0]?.at ?? Number.MAX_SAFE_INTEGER) - began) / MS) + 1;
  const ends = new Set([shown, Math.ceil(shown * 1.2) + 50]);
  for (const share of [8, 4, 2]) ends.add(Math.ceil(spec.timeMs / share));
  ends.add(Math.ceil((spec.timeMs * 3) / 4));
  for (const timeMs of [...ends].filter((end) => end >= 100 && end < spec.timeMs).sort((a, b) => a - b)) {
    const schedule = spec.schedule.filter(({ at }) => at < timeMs * MS);
    if (yield withSchedule({ ...spec, timeMs }, schedule)) return;
  }
}

function* calmWorld(spec: CompleteSpec): Candidates {
  const { simulation } = spec;
  if (simulation === null) return;
  if (yield { ...spec, simulation: null }) return;
  const { replica } = simulation;
  const calm = { network: CALM_NETWORK, disk: CALM_DISK, process: CALM_PROCESS, clock: TRUE_CLOCKS };
  const candidate = { ...spec, simulation: { replica, ...calm } };
  if (!same(candidate, spec)) yield candidate;
}

function* fewerFaults(spec: CompleteSpec): Candidates {
  yield* fewerOf(spec.schedule, (schedule) => withSchedule(spec, schedule));
}

/** A chase is a list of hops: fewer of them, and each no more than it has to be. */
function* fewerHops(spec: CompleteSpec): Candidates {
  let current = spec;
  for (let at = 0; at < current.schedule.length; at++) {
    const hops = hopsOf(current.schedule[at]);
    if (hops === null) continue;
    const make = (rest: readonly Hop[]): CompleteSpec => withHops(spec, at, rest);
    let kept = hops;
    const pass = fewerOf(hops, make);
    for (let step = pass.next(); !step.done; ) {
      const accepted = yield {
        ...step.value,
        schedule: current.schedule.with(at, step.value.schedule[at] as ScheduledFault),
      };
      if (accepted) kept = hopsOf(step.value.schedule[at]) ?? kept;
      step = pass.next(accepted);
    }
    current = withHops(current, at, kept);
    for (const plain of [{ order: 'none' }, { company: 0 }, { lagNs: 0 }])
      for (let hop = 0; hop < kept.length; hop++) {
        const simpler = { ...(kept[hop] as Hop), ...plain };
        if (same(simpler, kept[hop])) continue;
        const candidate = withHops(current, at, kept.with(hop, simpler));
        if (!(yield candidate)) continue;
        current = candidate;
        kept = kept.with(hop, simpler);
      }
  }
}

type Hop = { readonly [name: string]: unknown };

function hopsOf(fault: ScheduledFault | undefined): readonly Hop[] | null {
  const asked = fault?.asked as { readonly hops?: readonly Hop[] } | null | undefined;
  return Array.isArray(asked?.hops) ? asked.hops : null;
}

function withHops(spec: CompleteSpec, at: number, hops: readonly Hop[]): CompleteSpec {
  const fault = spec.schedule[at] as ScheduledFault;
  const asked = { ...(fault.asked as object), hops } as unknown as ScheduledFault['asked'];
  return { ...spec, schedule: spec.schedule.with(at, { ...fault, asked }) };
}

function* fewerOperations(spec: CompleteSpec, { drive }: Simulated): Candidates {
  const performed = (drive?.performed ?? []).map(([client, count]): [number, number] => [client, count]);
  const planned = spec.operations?.length ?? Number.POSITIVE_INFINITY;
  let start = spec;
  // First the same operations as a list; those after the end are left out already.
  if (performed.length < planned) {
    start = { ...spec, operations: performed };
    if (!(yield start)) return;
  }
  yield* fewerOf(start.operations ?? [], (operations) => ({ ...start, operations }));
}

/** Operations beyond which they are worth other dice, and how many dice. */
const MANY_OPERATIONS = 10;
const DICE = 16;

/**
 * Some failures turn on where the bytes of a file happen to lie, or on which of two messages comes first: then each operation that
 * goes away moves everything after it, and none can go alone. Half of them with another seed may fail in the same way.
 */
function* otherDice(spec: CompleteSpec): Candidates {
  const { operations } = spec;
  if (operations === null || operations.length < MANY_OPERATIONS) return;
  const half = Math.ceil(operations.length / 2);
  const draw = draws(spec.seed, 'shrink.dice');
  for (let which = 0; which < DICE; which++)
    for (const rest of [operations.slice(half), operations.slice(0, half), operations.filter((_, at) => at % 2 === 0)])
      if (yield { ...spec, seed: draw(which), operations: rest }) return;
}

function* fewerNodes(spec: CompleteSpec): Candidates {
  for (let spares = 0; spares < spec.spares; spares++) if (yield withNodes(spec, spec.nodes, spares)) return;
  for (const nodes of [1, 2, 3, 4, 5, 6]) {
    if (nodes >= spec.nodes) return;
    if (yield withNodes(spec, nodes, spec.spares)) return;
  }
}

function* fewerClients(spec: CompleteSpec): Candidates {
  for (let clients = 1; clients < spec.clients; clients++) {
    const operations = spec.operations?.filter(([client]) => client < clients) ?? null;
    // Each client keeps its pace.
    const ratePerSecond = Math.ceil((spec.ratePerSecond * clients) / spec.clients);
    if (yield { ...spec, clients, ratePerSecond, operations }) return;
  }
}

function* fewerKeys(spec: CompleteSpec): Candidates {
  for (let keys = 1; keys < spec.keys; keys++) if (yield { ...spec, keys }) return;
}

/** Each setting of the simulated world back to its calm value, one by one. */
function* calmer(spec: CompleteSpec): Candidates {
  let current = spec;
  const calm = { network: CALM_NETWORK, disk: CALM_DISK, process: CALM_PROCESS, clock: TRUE_CLOCKS };
  for (const group of ['network', 'disk', 'process', 'clock'] as const) {
    for (const [name, value] of Object.entries(calm[group])) {
      const { simulation } = current;
      if (simulation === null) return;
      const settings = simulation[group] as Record<string, unknown>;
      if (same(settings[name], value)) continue;
      const candidate = { ...current, simulation: { ...simulation, [group]: { ...settings, [name]: value } } };
      if (yield candidate as CompleteSpec) current = candidate as CompleteSpec;
    }
  }
}

/** Shorter faults, and settings of the replica that are nothing special. */
function* smallerNumbers(spec: CompleteSpec): Candidates {
  let current = spec;
  const plain: Partial<CompleteSpec>[] = [
    { reads: 'read-index' },
    { snapshotThresholdBytes: 4_000_000 },
    { clientsAfterMs: null },
  ];
  for (const change of plain) {
    const candidate = { ...current, ...change };
    if (!same(candidate, current) && (yield candidate)) current = candidate;
  }
  for (let at = 0; at < current.schedule.length; at++) {
    for (let tries = 0; tries < 6; tries++) {
      const fault = current.schedule[at] as ScheduledFault;
      const durationNs = Math.floor(fault.durationNs / 2 / MS) * MS;
      if (durationNs < 10 * MS) break;
      const schedule = current.schedule.with(at, { ...fault, durationNs });
      const candidate = { ...current, schedule };
      if (!(yield candidate)) break;
      current = candidate;
    }
  }
}

/** Delta debugging over a list: all gone, then ever smaller parts of it. */
function* fewerOf<T>(list: readonly T[], make: (rest: T[]) => CompleteSpec): Candidates {
  let rest = [...list];
  if (rest.length === 0 || (yield make([]))) return;
  for (let part = Math.ceil(rest.length / 2); ; part = Math.ceil(part / 2)) {
    // From the end: what came last is least likely to be what caused it.
    for (let to = rest.length; to > 0; to -= part) {
      const without = [...rest.slice(0, Math.max(0, to - part)), ...rest.slice(to)];
      if (without.length > 0 && without.length < rest.length && (yield make(without))) rest = without;
    }
    if (part === 1) return;
  }
}

/** The spec with this schedule; kinds of faults that are not in it are not asked for any more. */
function withSchedule(spec: CompleteSpec, schedule: readonly ScheduledFault[]): CompleteSpec {
  const faults = spec.faults.filter((name) => schedule.some(({ kind }) => kind === name));
  return { ...spec, faults, schedule: [...schedule] };
}

/** The spec with fewer nodes; faults forget those that are gone. */
function withNodes(spec: CompleteSpec, nodes: number, spares: number): CompleteSpec {
  const left = nodeNames(nodes + spares);
  const schedule = spec.schedule.map((fault) => {
    const asked = fault.asked as { readonly order?: readonly string[]; readonly size?: number } | null;
    if (asked === null || !Array.isArray(asked.order)) return fault;
    const order = asked.order.filter((node: string) => left.includes(node));
    const size = typeof asked.size === 'number' ? { size: Math.min(asked.size, order.length) } : {};
    return { ...fault, asked: { ...asked, order, ...size } as ScheduledFault['asked'] };
  });
  return { ...spec, nodes, spares, schedule };
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
