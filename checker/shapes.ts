/**
 * Shapes of anomalies of registers: for an operation that saw a value, a proof that it can't have. Each proof is complete by
 * itself: it holds whatever other operations did, as long as none of them wrote that value. The values need not be unique.
 *
 * "Took effect by t": an acknowledged write by its completion; any write by the completion of an operation that saw its value,
 * if no other operation wrote that value.
 */

import type { Operation } from '../history/operation.ts';
import { type Access, type KeyAccesses, latestBetween, named, sentence, shown } from './accesses.ts';
import type { Value } from './porcupine-ts/src/model.ts';
import type { CheckOperation } from './porcupine-ts/src/operation.ts';
import type { Anomaly, AnomalyShape } from './verdict.ts';

export interface Finding {
  readonly shape: AnomalyShape;
  readonly culprit: Operation;
  /** Operations that the proof rests on. */
  readonly rests: readonly Operation[];
  /** Other writers of the value, of which the same is true as of one that is shown; no part of the core. */
  readonly also: readonly Operation[];
  /** A failed write to be shown beside them. */
  readonly failed: Operation | null;
  readonly facts: Anomaly['facts'];
  readonly argument: Anomaly['argument'];
  /**
   * What the argument uses of the operations, as operations that say less: an order that explains the given ones explains these.
   * Without it, all that they say.
   */
  readonly weaker?: (part: Part) => Part;
  /** What is still said of the state then, for people: "whether it has 3". */
  readonly about?: string;
  /** True if the argument does not rest on what there was at first, so that no state at first may explain the operations. */
  readonly fromAnyState?: boolean;
}

/** More operations than this don't make an argument that anybody follows. */
export const RESTS_MAX = 12;

/** Operations as the checker has them. */
export type Part = readonly CheckOperation<unknown, Value>[];

/** No value at all, as `canonical` writes it: it is told of in words of its own. */
const NIL = 'null';

/** Where a value may come from: a write, or (null) from what was there at first. */
type Source = Access | null;

interface Context extends KeyAccesses {
  /** What is in the core, by completion: it is preferred as evidence. */
  readonly core: readonly Access[];
}

/** A proof that an operation of the core contradicts the others, or null. `suspects` in the order in which they are tried. */
export function findShape(key: KeyAccesses, core: ReadonlySet<number>, suspects: readonly number[]): Finding | null {
  if (key.opaque) return null;
  const context: Context = {
    ...key,
    core: core.size === 0 ? [] : key.byDone.filter(({ operation }) => core.has(operation.index)),
  };
  for (const suspect of suspects) {
    const seer = key.byIndex.get(suspect);
    if (seer === undefined || seer.saw === null || seer.done === null) continue;
    const finding = contradiction(context, seer, seer.saw, seer.done);
    if (finding !== null) return finding;
  }
  return null;
}

function contradiction(context: Context, seer: Access, value: string, done: number): Finding | null {
  const sources = sourcesOf(context, value);
  if (sources.length === 0) return neverWritten(context, seer, value, done);
  const eligible = sources.filter((source) => source === null || source.start <= done);
  if (eligible.length === 0) return fromTheFuture(seer, value, sources);
  return doubleCas(context, seer, value, sources) ?? overwritten(context, seer, value, eligible);
}

function sourcesOf(context: KeyAccesses, value: string): Source[] {
  const writers: readonly Source[] = context.writersOf.get(value) ?? [];
  return value === context.initial ? [null, ...writers] : [...writers];
}

function neverWritten(context: Context, seer: Access, value: string, done: number): Finding {
  const writes = context.failed.filter(({ wrote }) => wrote === value);
  const failed = writes.find(({ operation }) => operation.invokedAt <= done) ?? writes[0];
  const saw = step(`${did(seer)} ${shown(value)}`, seer);
  if (failed === undefined)
    return {
      shape: 'never-written',
      culprit: seer.operation,
      rests: [seer.operation],
      also: [],
      failed: null,
      facts: { read: seer.operation.index },
      argument: [saw, step(`no operation on this key asked to write ${shown(value)}, and it was not there at first`)],
    };
  const why = failed.operation.error === null ? '' : ` (${failed.operation.error})`;
  // That it failed says nothing of a read that was over before it began.
  const later = failed.operation.invokedAt > done;
  const fate = later ? 'began only after that, and failed for sure' : 'failed for sure';
  return {
    shape: later ? 'from-the-future' : 'failed-write-read',
    culprit: seer.operation,
    rests: [seer.operation],
    also: [],
    failed: failed.operation,
    facts: { read: seer.operation.index, write: failed.operation.index },
    argument: [
      saw,
      { text: sentence(`${named(failed.operation)} ${fate}${why}`), operations: [failed.operation.index] },
      step(`no other operation wrote ${shown(value)}, and it was not there at first`),
    ],
  };
}

function fromTheFuture(seer: Access, value: string, sources: readonly Source[]): Finding {
  const writers = sources.filter((source) => source !== null).sort((a, b) => a.start - b.start);
  const first = writers[0] as Access;
  return {
    shape: 'from-the-future',
    culprit: seer.operation,
    rests: [seer.operation, first.operation],
    also: [],
    failed: null,
    facts: { read: seer.operation.index, write: first.operation.index, earlyByNs: first.start - (seer.done ?? 0) },
    argument: [
      step(`${did(seer)} ${shown(value)}`, seer),
      step(`${named(first.operation)} was the first to write ${shown(value)}, and began only after that`, seer, first),
    ],
  };
}

/** Two compare-and-sets that both replaced a value which was there only once. */
function doubleCas(context: Context, seer: Access, value: string, sources: readonly Source[]): Finding | null {
  if (sources.length !== 1 || seer.wrote === null) return null;
  const twins = (context.seersOf.get(value) ?? []).filter((a) => a !== seer && a.wrote !== null);
  const twin = twins.find((a) => context.core.includes(a)) ?? twins[0];
  if (twin === undefined) return null;
  const source = sources[0] ?? null;
  const [first, second] = (twin.done ?? 0) <= (seer.done ?? 0) ? [twin, seer] : [seer, twin];
  return {
    shape: 'double-cas',
    culprit: second.operation,
    rests: withSources([first, second], [source]),
    also: [],
    failed: null,
    facts: { first: first.operation.index, second: second.operation.index },
    argument: [
      source === null
        ? step(
            value === NIL
              ? 'there was no value at first, and no operation ever took one away'
              : `${shown(value)} was there at first, and nothing ever wrote it again`,
          )
        : step(`${named(source.operation)} was the only operation that wrote ${shown(value)}`, source),
      step(`${named(first.operation)} succeeded, so it replaced ${shown(value)}`, first),
      step(`${named(second.operation)} succeeded as well, and replaced ${shown(value)} too`, second),
      step(`${shown(value)} was there once, so only one of them can have replaced it`, first, second),
    ],
  };
}

/** How it is known that what a source wrote was replaced before the seer began. */
interface Replacement {
  readonly source: Source;
  /** Shows that the source had taken effect: itself, or an operation that saw its value. Null for the initial value. */
  readonly effectBy: Access | null;
  /** An acknowledged write that began after that, or an operation that saw another value after that. */
  readonly by: Access;
  readonly kind: 'acknowledged' | 'seen';
}

function overwritten(context: Context, seer: Access, value: string, eligible: readonly Source[]): Finding | null {
  const replacements: Replacement[] = [];
  for (const source of eligible) {
    const replacement = replacementOf(context, seer, value, source);
    if (replacement === null) return null;
    replacements.push(replacement);
  }
  const groups = grouped(replacements);
  // The one that came last tells the story best.
  const main = groups.map(({ shown: last }) => last).sort((a, b) => b.by.start - a.by.start)[0] as Replacement;
  const rests = new Set<Operation>([seer.operation]);
  for (const { shown: last } of groups)
    for (const access of [last.source, last.effectBy, last.by]) if (access !== null) rests.add(access.operation);
  const argument = groups.flatMap((group) => groupSteps(seer, value, group));
  const writers = eligible.filter((source) => source !== null).length;
  const other = writers === 0 ? 'no operation' : 'no other operation';
  const reader = named(seer.operation);
  argument.push(
    step(
      value === NIL
        ? `${other} that began before ${reader} ended took the value away`
        : `${other} that began before ${reader} ended wrote ${shown(value)}` +
            (eligible.includes(null) ? '' : ', and it was not there at first'),
    ),
    step(
      value === NIL
        ? `so there was a value when ${reader} began; yet ${seer.operation.f === 'cas' ? 'it matched nil' : 'it found nothing'}`
        : `so ${shown(value)} was gone when ${reader} began; yet ${didIt(seer)} ${shown(value)}`,
      seer,
    ),
  );
  const also = groups.flatMap((group) => group.also.map(({ operation }) => operation));
  return { ...labelled(context, seer, main, eligible), rests: [...rests], also, failed: null, argument };
}

/** Replacements by the same operation: one is shown, the other sources are only mentioned. */
interface ReplacementGroup {
  readonly shown: Replacement;
  readonly also: readonly Access[];
}

/** Sources that were acknowledged before the same operation began make one group; the latest of them is shown. */
function grouped(replacements: readonly Replacement[]): ReplacementGroup[] {
  const groups = new Map<Access, { shown: Replacement; also: Access[] }>();
  const single: ReplacementGroup[] = [];
  const latestFirst = [...replacements].sort((a, b) => (b.source?.done ?? -1) - (a.source?.done ?? -1));
  for (const replacement of latestFirst) {
    const { source, effectBy, by } = replacement;
    const group = groups.get(by);
    if (group === undefined && (source === null || effectBy === source))
      groups.set(by, { shown: replacement, also: [] });
    else if (group !== undefined && source !== null && effectBy === source) group.also.push(source);
    else if (group === undefined || source !== null) single.push({ shown: replacement, also: [] });
  }
  return [...groups.values(), ...single];
}

function labelled(
  context: Context,
  seer: Access,
  main: Replacement,
  eligible: readonly Source[],
): Pick<Finding, 'shape' | 'culprit' | 'facts'> {
  const read = seer.operation.index;
  const by = main.by.operation.index;
  const source = main.source === null ? {} : { write: main.source.operation.index };
  const staleByNs = seer.start - (main.by.done ?? seer.start);
  const culprit = seer.operation;
  if (main.kind === 'seen')
    return { shape: 'newer-then-older', culprit, facts: { read, newer: by, ...source, staleByNs } };
  // A compare-and-set that succeeds on a value that was replaced wipes out what replaced it.
  if (seer.wrote !== null)
    return { shape: 'lost-update', culprit, facts: { read, second: read, lost: by, ...source, staleByNs } };
  if (eligible.length === 1 && eligible[0] === null && context.initial === 'null')
    return { shape: 'nil-after-write', culprit, facts: { read, write: by, staleByNs } };
  return { shape: 'stale-read', culprit, facts: { read, overwrittenBy: by, ...source, staleByNs } };
}

function replacementOf(context: Context, seer: Access, value: string, source: Source): Replacement | null {
  for (const effectBy of source === null ? [null] : effects(context, source)) {
    const from = effectBy === null ? Number.NEGATIVE_INFINITY : (effectBy.done ?? Number.POSITIVE_INFINITY);
    const find = (fits: (a: Access) => boolean): Access | null =>
      latestBetween(context.core, from, seer.start, fits) ?? latestBetween(context.byDone, from, seer.start, fits);
    const write = find((a) => a !== seer && a.wrote !== null && a.wrote !== value);
    if (write !== null) return { source, effectBy, by: write, kind: 'acknowledged' };
    const read = find((a) => a !== seer && a.saw !== null && a.saw !== value && a.wrote === null);
    if (read !== null) return { source, effectBy, by: read, kind: 'seen' };
  }
  return null;
}

/** Operations by whose completion the write had surely taken effect, earliest first. */
function effects(context: Context, write: Access): Access[] {
  const proofs: Access[] = write.done === null ? [] : [write];
  if (write.wrote !== null && sourcesOf(context, write.wrote).length === 1)
    proofs.push(...(context.seersOf.get(write.wrote) ?? []).filter((a) => a.done !== null && a !== write));
  return proofs.sort((a, b) => (a.done ?? 0) - (b.done ?? 0)).slice(0, 3);
}

function groupSteps(seer: Access, value: string, group: ReplacementGroup): Anomaly['argument'] {
  const { source, effectBy, by, kind } = group.shown;
  const steps: Anomaly['argument'][number][] = [];
  const [what, replacer, reader] = [shown(value), named(by.operation), named(seer.operation)];
  if (source !== null && effectBy !== null)
    steps.push(
      effectBy === source
        ? step(`${named(source.operation)} was acknowledged before ${replacer} began`, source, by)
        : step(
            `${named(source.operation)} had taken effect before ${replacer} began, as ${did(effectBy)} ${what} by then`,
            source,
            effectBy,
            by,
          ),
    );
  const { also } = group;
  if (also.length > 0)
    steps.push(
      step(
        `the same is true of ${also.length === 1 ? 'another operation' : `${also.length} more operations`} that wrote ${what}`,
        ...also,
      ),
    );
  steps.push(
    kind === 'acknowledged'
      ? step(
          value === NIL
            ? `${replacer} was acknowledged before ${reader} began, so from then on there was a value`
            : `${replacer} was acknowledged before ${reader} began, so it had replaced ${what}`,
          by,
          seer,
        )
      : step(
          value === NIL
            ? `${did(by)} ${shown(by.saw ?? '')} before ${reader} began, so there was a value by then`
            : `${did(by)} ${shown(by.saw ?? '')} before ${reader} began, so ${what} had been replaced by then`,
          by,
          seer,
        ),
  );
  return steps;
}

function withSources(accesses: readonly Access[], sources: readonly Source[]): Operation[] {
  return [...accesses, ...sources.filter((source) => source !== null)].map(({ operation }) => operation);
}

/** "process 3 read" or "the cas … matched". */
function did(access: Access): string {
  const { f, process } = access.operation;
  return f === 'cas' ? `${named(access.operation)} matched` : `process ${process} read`;
}

function didIt(access: Access): string {
  return access.operation.f === 'cas' ? 'it matched' : 'it returned';
}

export function step(text: string, ...rests: readonly Access[]): Anomaly['argument'][number] {
  return { text: sentence(text), operations: [...new Set(rests.map(({ operation }) => operation.index))] };
}
