/**
 * Everything that determines a trial, as one validated record. Flags, a spec file and defaults all end here; it is stored
 * with the trial, and running it again is running this record again.
 */

import { z } from 'zod';
import { findBug, rulesFor } from '../cluster/bugs/catalogue.ts';
import type { Capability } from '../cluster/world.ts';
import type { Json } from '../history/operation.ts';
import { clock, isWithinDrift, withinDrift } from '../nemesis/clock.ts';
import type { Fault } from '../nemesis/fault.ts';
import { FAULTS } from '../nemesis/registry.ts';
import { drawSchedule, paceFor, type ScheduledFault, scheduledFaultSchema } from '../nemesis/schedule.ts';
import { SEED_MAX } from '../seed/draw.ts';
import { WORKLOADS } from '../workload/registry.ts';
import { InputError, unknownName } from './input-error.ts';

/** Faults that end a node for good. */
const LOSING_FAULTS = ['wipe', 'flip'];

export const WORLD_KINDS = ['processes', 'simulator'] as const;

const known = (what: string, names: () => Iterable<string>) =>
  z.string().superRefine((name, context) => {
    const all = [...names()];
    if (!all.includes(name)) context.addIssue({ code: 'custom', message: unknownName(what, name, all) });
  });

const range = z.strictObject({ min: z.number().int().min(0), max: z.number().int().min(0) });
const ppm = z.number().int().min(0).max(1_000_000);

/** What a simulated world does of itself, and how its replicas are tuned; drawn by the swarm, or left at its calm default. */
const simulationSchema = z.strictObject({
  replica: z.strictObject({
    tickNs: z.number().int().min(100_000),
    heartbeatTicks: z.number().int().min(1),
    electionTicks: z.number().int().min(2),
    snapshotChunkBytes: z.number().int().min(1),
    appendEntriesMax: z.number().int().min(1),
    inflightMax: z.number().int().min(1),
  }),
  network: z.strictObject({
    latencyNs: range,
    lossPpm: ppm,
    duplicatePpm: ppm,
    reorderPpm: ppm,
    reorderNs: range,
    veryLatePpm: ppm,
    veryLateNs: range,
    clogPpm: ppm,
    clogNs: range,
    troubledFrames: z.array(z.string().max(40)).max(40).readonly().default([]),
    clientLatencyNs: range,
    clientLossPpm: ppm,
  }),
  disk: z.strictObject({
    syncNs: range,
    slowSyncPpm: ppm,
    slowSyncNs: range,
    keptSectorPpm: ppm,
    tornSectorPpm: ppm,
  }),
  process: z.strictObject({
    startNs: range,
    crashAtDiskPpm: ppm,
    crashAtEventPpm: ppm,
    downNs: range,
    downMax: z.number().int().min(0),
  }),
  clock: z.strictObject({ offsetMaxNs: z.number().int().min(0), rateMaxPpm: z.number().int().min(0).max(500_000) }),
});

const bugName = z.string().superRefine((name, context) => {
  try {
    findBug(name);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
  }
});

export const specSchema = z.strictObject({
  version: z.literal(1).default(1),
  seed: z.number().int().min(0).max(SEED_MAX),
  world: z.enum(WORLD_KINDS).default('processes'),
  system: z.literal('raft').default('raft'),
  nodes: z.number().int().min(1).max(9).default(5),
  /** Nodes beyond them that run and wait to be added by a change of members. By default one if a fault can lose a node. */
  spares: z.number().int().min(0).max(9).optional(),
  workload: known('workload', () => WORKLOADS.keys()).default('register'),
  /** Clients at the same time, each with one operation open at most. */
  clients: z.number().int().min(1).max(1000).default(15),
  /** Operations invoked per second by all clients together; 0: each goes on as soon as it has its answer. */
  ratePerSecond: z.number().int().min(0).max(1_000_000).default(400),
  keys: z.number().int().min(1).max(10_000).default(4),
  operationsPerKey: z.number().int().min(1).max(1_000_000).default(500),
  /** How long clients run and faults happen; starting, healing and final reads come on top. */
  timeMs: z.number().int().min(100).max(86_400_000).default(20_000),
  operationTimeoutMs: z.number().int().min(10).max(600_000).default(1000),
  /** How long a client waits for one node before it tries another one. */
  attemptTimeoutMs: z.number().int().min(5).max(600_000).default(400),
  faults: z.array(known('fault', () => FAULTS.keys())).default(['partition', 'kill', 'pause', 'clock']),
  /**
   * Null: clients and faults begin once every client has a session. A number: faults begin with the nodes themselves, and
   * clients come so many milliseconds later.
   */
  clientsAfterMs: z.number().int().min(0).max(60_000).nullable().default(null),
  /** The faults in time; null: drawn from the seed. */
  schedule: z.array(scheduledFaultSchema).max(100_000).nullable().default(null),
  /** The only operations that clients do, each as client and its count from 0; null: as many as there is time for. */
  operations: z
    .array(z.tuple([z.number().int().min(0), z.number().int().min(0).max(10_000_000)]))
    .max(1_000_000)
    .nullable()
    .default(null),
  bugs: z.array(bugName).max(10).default([]),
  reads: z.enum(['read-index', 'lease']).default('read-index'),
  /** The bound on clock drift that lease reads rest on. */
  maxClockDriftPpm: z.number().int().min(0).max(500_000).default(100_000),
  snapshotThresholdBytes: z.number().int().min(1000).max(1_000_000_000).default(4_000_000),
  /** Bounded progress after everything is healed; beyond it the trial is a liveness violation. */
  recoveryMs: z.number().int().min(100).max(600_000).default(30_000),
  /** Null: a calm simulated world. Means nothing on processes. */
  simulation: simulationSchema.nullable().default(null),
  check: z
    .strictObject({
      timeMs: z.number().int().min(1).max(86_400_000).default(60_000),
      memoryMb: z.number().int().min(16).max(64_000).default(2000),
      /** Look into the replicas after every event; only a simulated world can. Without, a violation has to show in what clients see. */
      invariants: z.boolean().default(true),
    })
    .prefault({}),
});

export type Spec = z.output<typeof specSchema> & { readonly spares: number };
export type SpecInput = z.input<typeof specSchema>;

/**
 * Parses a spec, draws its schedule if it has none, and returns it complete. Throws InputError that names the field, by the name
 * that `nameOf` gives it: whoever typed a flag never heard of the field.
 */
export function parseSpec(
  input: unknown,
  nameOf: (field: string) => string = (field) => field,
): Spec & { readonly schedule: NonNullable<Spec['schedule']> } {
  const parsed = specSchema.safeParse(input);
  if (!parsed.success) {
    throw new InputError(`the trial's spec is not valid: ${problemsOf(parsed.error, '', nameOf)}`);
  }
  const kindsAsked = [...parsed.data.faults, ...(parsed.data.schedule ?? []).map(({ kind }) => kind)];
  const losing = LOSING_FAULTS.find((name) => kindsAsked.includes(name));
  const spec = { ...parsed.data, spares: parsed.data.spares ?? (losing === undefined ? 0 : 1) };
  if (losing !== undefined && spec.nodes <= 3 && spec.spares === 0)
    throw new InputError(
      `the fault "${losing}" loses a node for good: with ${spec.nodes} nodes it needs a spare one to replace it by (--spares 1)`,
    );
  try {
    rulesFor(spec.bugs);
  } catch (error) {
    throw new InputError(`these bugs can't be planted together: ${error instanceof Error ? error.message : error}`);
  }
  const kinds = spec.faults.flatMap((name) => FAULTS.get(name) ?? []);
  const schedule = spec.schedule ?? drawnSchedule(spec, kinds);
  for (const [index, planned] of schedule.entries()) {
    const fault = FAULTS.get(planned.kind);
    if (fault === undefined)
      throw new InputError(
        `the trial's schedule is not valid: ${unknownName('fault', planned.kind, [...FAULTS.keys()])}`,
      );
    const asked = fault.asked.safeParse(planned.asked);
    if (!asked.success)
      throw new InputError(`the trial's schedule is not valid: ${problemsOf(asked.error, `schedule.${index}.asked`)}`);
    if (spec.reads === 'lease' && planned.kind === clock.name && !isWithinDrift(planned.asked, spec.maxClockDriftPpm))
      throw new InputError(
        `the trial's schedule is not valid: schedule.${index} is a clock that jumps, or drifts by more than the ` +
          `${spec.maxClockDriftPpm} ppm that lease reads rest on (maxClockDriftPpm): no cluster could keep its promise; use read-index`,
      );
  }
  return { ...spec, schedule };
}

function drawnSchedule(spec: Spec, kinds: readonly Fault[]): ScheduledFault[] {
  const windowNs = spec.timeMs * 1_000_000;
  const nodes = nodeNames(spec.nodes + spec.spares);
  const drawn = drawSchedule(spec.seed, kinds, nodes, windowNs, paceFor(kinds.length, windowNs));
  return withinLeases(drawn, spec);
}

/** A schedule whose clock faults stay within what lease reads rest on, if there are any. */
export function withinLeases(
  schedule: readonly ScheduledFault[],
  { reads, maxClockDriftPpm }: Pick<Spec, 'reads' | 'maxClockDriftPpm'>,
): ScheduledFault[] {
  const bounded = (asked: Json) => withinDrift(asked, maxClockDriftPpm) as ScheduledFault['asked'];
  return schedule.map((planned) =>
    reads === 'lease' && planned.kind === clock.name ? { ...planned, asked: bounded(planned.asked) } : planned,
  );
}

/** Each problem with the path of its field, in one line. */
function problemsOf(error: z.ZodError, root = '', nameOf = (field: string): string => field): string {
  const problems = error.issues.map((issue) => {
    const [field, ...rest] = issue.path.map(String);
    const name = field === undefined ? [] : [nameOf(field)];
    // The list of a flag is typed as one word: which of them it is, the message says.
    const inside = name[0]?.startsWith('--') ? rest.filter((part) => !/^\d+$/.test(part)) : rest;
    const where = [...(root === '' ? [] : [root]), ...name, ...inside].join('.');
    const what = problemOf(issue, field?.endsWith('Ms') ? ' ms' : '');
    return where === '' ? what : `${where}: ${what}`;
  });
  return problems.join('; ');
}

function problemOf(issue: z.core.$ZodIssue, unit: string): string {
  if (issue.code === 'too_small') return `too small, it must be at least ${issue.minimum}${unit}`;
  if (issue.code === 'too_big') return `too large, it must be at most ${issue.maximum}${unit}`;
  if (issue.code === 'invalid_value') return `no such one; there are: ${issue.values.map(String).join(', ')}`;
  return issue.message;
}

export type CompleteSpec = ReturnType<typeof parseSpec>;

/** "n1" to "nN". */
export function nodeNames(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `n${at + 1}`);
}

/** Throws InputError when the world can't do what a fault of the schedule needs. */
export function refuseImpossibleFaults(spec: CompleteSpec, capabilities: ReadonlySet<Capability>): void {
  const kinds = new Set([...spec.faults, ...spec.schedule.map((planned) => planned.kind)]);
  for (const kind of kinds) {
    const missing = FAULTS.get(kind)?.needs.filter((need) => !capabilities.has(need)) ?? [];
    if (missing.length > 0)
      throw new InputError(`the fault "${kind}" needs ${missing.join(', ')}, which the world "${spec.world}" can't do`);
  }
}
