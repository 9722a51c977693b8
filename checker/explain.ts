/**
 * Why a history is no history of the model, as data: which operation gives it away, what kind of contradiction it is, and a
 * numbered argument to follow. A shape is only claimed if the operations its argument rests on are rejected by an independent
 * method all by themselves; otherwise the anomaly is `no-order`, with the longest orders that were possible.
 */

import type { Json, Operation } from '../history/operation.ts';
import { accessesOf, type KeyAccesses, named, sentence } from './accesses.ts';
import { findAppendShape } from './append-shapes.ts';
import { lastFindings, modelFindings } from './model-shapes.ts';
import { check } from './porcupine-ts/src/check.ts';
import { ENUMERATION_MAX, enumerate } from './porcupine-ts/src/enumerate.ts';
import type { Model, Value } from './porcupine-ts/src/model.ts';
import type { CheckOperation } from './porcupine-ts/src/operation.ts';
import type { Violation } from './porcupine-ts/src/outcome.ts';
import { textbookSearch } from './porcupine-ts/src/textbook-search.ts';
import { type Finding, findShape } from './shapes.ts';
import type { Anomaly } from './verdict.ts';

export interface Explained {
  readonly model: Model<unknown, unknown, Value>;
  readonly initial: Json;
  readonly key: string | null;
  /** The part of the history that was rejected, as the checker saw it. */
  readonly checked: readonly CheckOperation<unknown, Value>[];
  /** The same part as recorded, failed operations included. */
  readonly operations: readonly Operation[];
  /** Wall time for all of it; what is linear in the part is not interrupted. */
  readonly timeMs: number;
}

/** More operations than this are not added to a core to make an argument complete. */
const CORE_MAX = 12;
/** The same for texts, which are put together from many operations. */
const PIECES_MAX = 60;
const CONFIRM_MS = 1000;
/** For an independent search of a whole part, which may be long. */
const WHOLE_PART_BYTES = 2 ** 29;
const PREFIXES_TOLD_MAX = 3;
/** Wall time spent on looking for a shape in the whole part, before it is made small: a part of all, and so much at most. */
const LOOK_SHARE = 0.4;
const LOOK_MS = 2000;
/** By the end of this part of the time a core is to be found; what is left is for its shape, or for the last resort. */
const CORE_BY = 0.8;
const CORE_MS = 5000;
/** Of the time for a core, what is kept for making it small. */
const SMALL_SHARE = 0.5;

/**
 * The anomaly in a part that the checker rejected; null if no independent method confirmed it in time. Should the independent
 * method find an order (ids) after all, that is returned: then one of the two has a defect. A shape that can be seen in the whole
 * part comes with its few operations at once; only where there is none is the part made small, which can take long.
 */
export function explainAnomaly(explained: Explained): Anomaly | readonly number[] | null {
  const { operations } = explained;
  const started = performance.now();
  const accesses = accessesOf(operations, explained.initial);
  const look = timeFrom(started, Math.min(LOOK_MS, LOOK_SHARE * explained.timeMs));
  const shown = { ...explained, model: explained.model.name };
  const firstProven = (findings: Iterable<Finding>): Anomaly | null => {
    for (const finding of findings) {
      const anomaly = proveFinding(explained, [new Set(finding.rests.map(({ index }) => index))], finding, look);
      if (anomaly !== null || look() <= 0) return anomaly;
    }
    return null;
  };
  const isOver = (): boolean => look() <= 0;
  const told = firstProven(modelFindings(shown, isOver));
  if (told !== null) return told;
  for (const suspect of suspectsOf(operations).reverse()) {
    if (look() <= 0) break;
    const anomaly = anomalyOf(explained, accesses, new Set(), suspect, look);
    if (anomaly !== null) return anomaly;
  }
  const toldLast = firstProven(lastFindings(shown, isOver));
  if (toldLast !== null) return toldLast;
  const timeMs = Math.min(CORE_MS, timeFrom(started, CORE_BY * explained.timeMs)());
  const part = check(explained.model, explained.checked, { timeMs, explainMs: SMALL_SHARE * timeMs, explainMax: 1 });
  const violation = part.partitions.find((one) => one.violation !== null)?.violation ?? null;
  const timeLeft = timeFrom(started, explained.timeMs);
  if (violation === null || violation.confirmedBy === null) return wholePart(explained, timeLeft());
  const core = new Set(violation.core);
  const suspects = suspectsOf(operations.filter(({ index }) => core.has(index)));
  if (suspects.includes(violation.stuckAt)) suspects.unshift(violation.stuckAt);
  const lookAgain = timeFrom(performance.now(), Math.min(LOOK_MS, timeLeft()));
  for (const suspect of suspects) {
    if (lookAgain() <= 0) break;
    const anomaly = anomalyOf(explained, accesses, core, suspect, lookAgain);
    if (anomaly !== null) return anomaly;
  }
  // Who tells what was known is not to blame.
  return noOrder(explained, violation, suspects.find((suspect) => suspect !== violation.startsFrom?.operation) ?? null);
}

/** Milliseconds that are left. */
type TimeLeft = () => number;

function timeFrom(started: number, ms: number): TimeLeft {
  return () => Math.max(0, started + ms - performance.now());
}

/** The last resort, where no small core could be confirmed: an independent search of all of it. */
function wholePart(explained: Explained, timeMs: number): Anomaly | readonly number[] | null {
  if (timeMs <= 0) return null;
  const { model, checked } = explained;
  const { outcome, linearization } = textbookSearch(model, checked, { timeMs, memoryBytes: WHOLE_PART_BYTES });
  if (outcome === 'pass') return linearization;
  if (outcome !== 'violation') return null;
  const core = checked.map(({ id }) => id);
  return noOrder(
    explained,
    {
      core,
      about: null,
      startsFrom: null,
      confirmedBy: 'textbook search',
      minimal: false,
      stuckAt: core.at(-1) ?? 0,
      longest: [],
    },
    suspectsOf(explained.operations)[0] ?? null,
  );
}

/** Operations that saw something, the latest first. */
function suspectsOf(operations: readonly Operation[]): number[] {
  const answered = operations.filter(({ outcome, f }) => outcome === 'ok' && f !== 'write' && f !== 'put');
  answered.sort((a, b) => (b.completedAt ?? 0) - (a.completedAt ?? 0));
  return answered.map(({ index }) => index);
}

function anomalyOf(
  explained: Explained,
  accesses: KeyAccesses,
  core: ReadonlySet<number>,
  suspect: number,
  timeLeft: TimeLeft,
): Anomaly | null {
  const finding =
    findShape(accesses, core, [suspect]) ?? findAppendShape(explained.operations, [suspect], () => timeLeft() <= 0);
  if (finding === null) return null;
  const alone = closed(accesses, finding.rests, explained.operations);
  const whole = new Set([...core, ...finding.rests.map(({ index }) => index)]);
  return proveFinding(explained, alone === null ? [whole] : [alone, whole], finding, timeLeft);
}

/** The anomaly of a finding, if the operations it rests on can't be ordered by themselves; null if they can. */
function proveFinding(
  explained: Explained,
  candidates: readonly ReadonlySet<number>[],
  finding: Finding,
  timeLeft: TimeLeft,
): Anomaly | null {
  for (const candidate of candidates) {
    const confirmedBy = rejectedBy(explained, candidate, finding, timeLeft());
    if (confirmedBy === null) continue;
    // What is only mentioned must not change the matter.
    const mentioned = finding.also.map(({ index }) => index);
    const withMentioned = new Set([...candidate, ...mentioned]);
    if (mentioned.length > 0 && rejectedBy(explained, withMentioned, finding, timeLeft()) === null) continue;
    const core = new Set(candidate);
    if (finding.failed !== null) core.add(finding.failed.index);
    return {
      violation: 'linearizability',
      shape: finding.shape,
      key: explained.key,
      core: inOrderOfCall(explained.operations, core),
      confirmedBy,
      culprit: finding.culprit.index,
      at: finding.culprit.completedAt ?? finding.culprit.invokedAt,
      argument: finding.argument,
      facts: finding.about === undefined ? finding.facts : { ...finding.facts, about: finding.about },
    };
  }
  return null;
}

/**
 * The operations with, for each value that one of them saw, an operation that wrote it: without, they would be rejected for
 * the wrong reason. Null if that takes too many.
 */
function closed(
  accesses: KeyAccesses,
  rests: readonly Operation[],
  operations: readonly Operation[],
): Set<number> | null {
  const members = new Set(rests.map(({ index }) => index));
  if (accesses.opaque) {
    addPieces(members, rests, operations);
    return members.size > PIECES_MAX ? null : members;
  }
  for (let grew = true; grew; ) {
    grew = false;
    for (const seer of accesses.accesses) {
      const { saw, operation } = seer;
      if (!members.has(operation.index) || saw === null || saw === accesses.initial) continue;
      const writers = accesses.accesses.filter(({ wrote }) => wrote === saw);
      if (writers.length === 0 || writers.some((writer) => members.has(writer.operation.index))) continue;
      const end = seer.done ?? Number.POSITIVE_INFINITY;
      const latest = writers.filter(({ start }) => start <= end).sort((a, b) => b.start - a.start)[0] ?? writers[0];
      if (latest === undefined) continue;
      members.add(latest.operation.index);
      if (members.size > CORE_MAX) return null;
      grew = true;
    }
  }
  return members;
}

/** Adds what the texts that were read are made of: appends whose text occurs in one, whole texts that one begins with. */
function addPieces(members: Set<number>, rests: readonly Operation[], operations: readonly Operation[]): void {
  const texts = rests.flatMap(({ f, result }) => (f === 'get' && typeof result === 'string' ? [result] : []));
  for (const { index, f, value, outcome } of operations) {
    if (outcome === 'fail' || f === 'get') continue;
    const written = f === 'cas' && Array.isArray(value) ? value[1] : value;
    if (typeof written !== 'string' || written === '') continue;
    if (texts.some((text) => (f === 'append' ? text.includes(written) : text.startsWith(written)))) members.add(index);
  }
}

/**
 * The independent method that finds no order of what the finding uses of these operations alone, from what there was at first (or
 * from any state, where the finding does not rest on it); null if there is one, or time runs out.
 */
function rejectedBy(
  { model, checked }: Explained,
  members: ReadonlySet<number>,
  { weaker, fromAnyState }: Finding,
  timeLeft: number,
): string | null {
  const given = checked.filter(({ id }) => members.has(id));
  const part = weaker === undefined ? given : weaker(given);
  const states = fromAnyState === true ? model.cutStates?.(part) : [model.init()];
  if (states === undefined || states.length === 0) return null;
  const until = performance.now() + Math.min(CONFIRM_MS, timeLeft);
  const few = part.length <= ENUMERATION_MAX;
  for (const state of states) {
    const from = { ...model, init: () => state };
    const left = until - performance.now();
    if (left <= 0) return null;
    const { outcome } = few
      ? enumerate(from, part, () => performance.now() > until)
      : textbookSearch(from, part, { timeMs: left });
    if (outcome !== 'violation') return null;
  }
  return few ? 'enumeration' : 'textbook search';
}

function noOrder(explained: Explained, violation: Violation, suspect: number | null): Anomaly {
  const { operations, key } = explained;
  const byIndex = new Map(operations.map((operation) => [operation.index, operation]));
  const say = (index: number): string => {
    const operation = byIndex.get(index);
    return operation === undefined ? `operation ${index}` : named(operation);
  };
  // Where the longest order could go on with one operation only, it is that one which does not fit.
  const [blocked, another] = violation.longest[0]?.blocked ?? [];
  const stuck = blocked !== undefined && another === undefined ? blocked.id : (suspect ?? violation.stuckAt);
  const culprit = byIndex.get(stuck) ?? byIndex.get(violation.core.at(-1) ?? -1);
  const { about, startsFrom } = violation;
  const answers =
    about === null ? 'all answers' : `what they say of the state, even if of all that only counts ${about}`;
  const argument: { text: string; operations: readonly number[] }[] = [];
  if (violation.core.length === 1)
    argument.push({
      text: 'The operations that were called before its end can’t account for what this one answered, in whatever order they took effect.',
      operations: violation.core,
    });
  else {
    if (startsFrom !== null) argument.push(...known(startsFrom, violation.core, byIndex));
    const stuckLikeThis = violation.longest.length === 0 ? '' : ' The longest attempts at one get stuck like this:';
    const others = violation.core.filter((index) => index !== startsFrom?.operation);
    const which =
      startsFrom === null
        ? `These ${others.length} operations have`
        : others.length === 1
          ? 'From there the other operation has'
          : `From there the other ${others.length} operations have`;
    argument.push({ text: `${which} no order that explains ${answers}.${stuckLikeThis}`, operations: others });
    const beginning = startsFrom === null ? 'At first' : `After ${say(startsFrom.operation)}`;
    for (const { ids, state, blocked } of violation.longest.slice(0, PREFIXES_TOLD_MAX)) {
      const order = ids.length === 0 ? beginning : `After ${ids.map(say).join(', ')}`;
      argument.push({ text: `${order} the state is ${state}.`, operations: ids });
      for (const { id, why } of blocked) argument.push({ text: sentence(why), operations: [id] });
    }
  }
  return {
    violation: 'linearizability',
    shape: 'no-order',
    key,
    core: violation.core,
    confirmedBy: violation.confirmedBy,
    culprit: culprit?.index ?? null,
    at: culprit?.completedAt ?? culprit?.invokedAt ?? 0,
    argument,
    facts: {
      minimal: violation.minimal,
      ...(about === null ? {} : { about }),
      ...(startsFrom === null ? {} : { startsFrom }),
    },
  };
}

/** What the operation told that the others start from; and that some of these were running with it, and need not have come after it. */
function known(
  { operation, state }: NonNullable<Violation['startsFrom']>,
  core: readonly number[],
  byIndex: ReadonlyMap<number, Operation>,
): { text: string; operations: readonly number[] }[] {
  const teller = byIndex.get(operation);
  const end = teller?.completedAt ?? Number.POSITIVE_INFINITY;
  const running = core.filter((index) => index !== operation && (byIndex.get(index)?.invokedAt ?? end) <= end);
  const name = teller === undefined ? `operation ${operation}` : named(teller);
  const told = { text: `After ${name} the state was ${state}, whatever went before.`, operations: [operation] };
  if (running.length === 0) return [told];
  const text = 'These ran while that ran, and may have come before it or after it.';
  return [told, { text, operations: running }];
}

function inOrderOfCall(operations: readonly Operation[], members: ReadonlySet<number>): number[] {
  return operations
    .filter(({ index }) => members.has(index))
    .sort((a, b) => a.invokedAt - b.invokedAt || a.index - b.index)
    .map(({ index }) => index);
}
