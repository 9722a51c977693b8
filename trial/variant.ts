/**
 * Variants of what a seed of the swarm stands for: one dimension is changed, or the schedule is extended or shifted, and all
 * else stays. A variant is a seed and a list of numbers, so it can be named, sent to another thread, and made again anywhere.
 */

import { chase } from '../nemesis/chase.ts';
import type { ScheduledFault } from '../nemesis/schedule.ts';
import { below, between, draws } from '../seed/draw.ts';
import { type CompleteSpec, nodeNames, parseSpec, withinLeases } from './spec.ts';
import { type SwarmOptions, swarmSpec } from './swarm.ts';

export interface Variant {
  readonly seed: number;
  /** Each an unsigned 32-bit number that draws one change; applied in order. */
  readonly changes: readonly number[];
}

/** The spec that a variant stands for. */
export function variantSpec({ seed, changes }: Variant, options: SwarmOptions): CompleteSpec {
  const spec = swarmSpec(seed, options);
  if (changes.length === 0) return spec;
  return parseSpec(changes.reduce((changed, change) => changedBy(changed, change, options), spec));
}

const CHANGES = [
  // The same world and schedule, with other dice.
  (spec: CompleteSpec, drawn: number): CompleteSpec => ({ ...spec, seed: drawn }),
  shifted,
  longer,
  chasedOtherwise,
  withNetworkOf,
  withReplicaOf,
  withLoadOf,
  withFaultsOf,
] as const;

function changedBy(spec: CompleteSpec, change: number, options: SwarmOptions): CompleteSpec {
  const draw = draws(change, 'variant');
  const how = CHANGES[below(draw(0), CHANGES.length)] as (typeof CHANGES)[number];
  return how(spec, draw(1), options);
}

/** Some fault earlier or later. */
function shifted(spec: CompleteSpec, drawn: number): CompleteSpec {
  return withFault(spec, drawn, (fault) => {
    const room = Math.max(0, spec.timeMs * 1_000_000 - fault.durationNs);
    return { ...fault, at: between(Math.imul(drawn, 0x9e3779b1) >>> 0, 0, room) };
  });
}

/** Some fault for longer. */
function longer(spec: CompleteSpec, drawn: number): CompleteSpec {
  return withFault(spec, drawn, (fault) => ({
    ...fault,
    durationNs: Math.min(2 * fault.durationNs, Math.max(0, spec.timeMs * 1_000_000 - fault.at)),
  }));
}

function withFault(spec: CompleteSpec, drawn: number, change: (fault: ScheduledFault) => ScheduledFault): CompleteSpec {
  if (spec.schedule.length === 0) return spec;
  const at = below(drawn, spec.schedule.length);
  return { ...spec, schedule: spec.schedule.with(at, change(spec.schedule[at] as ScheduledFault)) };
}

function chasedOtherwise(spec: CompleteSpec, drawn: number): CompleteSpec {
  const nodes = nodeNames(spec.nodes + spec.spares);
  const asked = (): ScheduledFault['asked'] =>
    chase.draw(draws(drawn, 'nemesis.chase'), 0, nodes) as ScheduledFault['asked'];
  const schedule = spec.schedule.map((fault) => (fault.kind === 'chase' ? { ...fault, asked: asked() } : fault));
  return { ...spec, schedule };
}

function withNetworkOf(spec: CompleteSpec, drawn: number, options: SwarmOptions): CompleteSpec {
  const other = alike(spec, drawn, options);
  if (spec.simulation === null || other?.simulation == null) return spec;
  // The latency fits the timeouts, which stay.
  const { latencyNs } = spec.simulation.network;
  return { ...spec, simulation: { ...spec.simulation, network: { ...other.simulation.network, latencyNs } } };
}

function withReplicaOf(spec: CompleteSpec, drawn: number, options: SwarmOptions): CompleteSpec {
  const other = alike(spec, drawn, options);
  if (spec.simulation === null || other?.simulation == null) return spec;
  const { snapshotChunkBytes, appendEntriesMax, inflightMax } = other.simulation.replica;
  const replica = { ...spec.simulation.replica, snapshotChunkBytes, appendEntriesMax, inflightMax };
  const { snapshotThresholdBytes } = other;
  return { ...spec, snapshotThresholdBytes, simulation: { ...spec.simulation, replica } };
}

function withLoadOf(spec: CompleteSpec, drawn: number, options: SwarmOptions): CompleteSpec {
  const other = alike(spec, drawn, options);
  if (other === null) return spec;
  const { clients, keys, ratePerSecond, clientsAfterMs } = other;
  return { ...spec, clients, keys, ratePerSecond, clientsAfterMs };
}

/** With the faults of another seed of as many nodes on top. */
function withFaultsOf(spec: CompleteSpec, drawn: number, options: SwarmOptions): CompleteSpec {
  const other = alike(spec, drawn, options);
  if (other === null || other.nodes !== spec.nodes || other.spares !== spec.spares) return spec;
  const added = other.schedule.filter(({ kind }) => kind !== 'chase' && !spec.faults.includes(kind));
  const faults = [...new Set([...spec.faults, ...added.map(({ kind }) => kind)])];
  const schedule = [...spec.schedule, ...withinLeases(added, spec)].sort(
    (a, b) => a.at - b.at || (a.kind < b.kind ? -1 : 1),
  );
  return { ...spec, faults, schedule };
}

/** Another seed's spec of the same length, as worlds of one kind have; null if none is near. */
function alike(spec: CompleteSpec, drawn: number, options: SwarmOptions): CompleteSpec | null {
  for (let at = 0; at < 20; at++) {
    const other = swarmSpec((drawn + at) >>> 0, options);
    if (other.timeMs === spec.timeMs) return other;
  }
  return null;
}
