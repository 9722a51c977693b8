/**
 * Why a history is no history of the model, as data: which operation gives it away, what kind of contradiction it is, and a
 * numbered argument to follow. A shape is only claimed if the operations its argument rests on are rejected by an independent
 * method all by themselves; otherwise the anomaly is `no-order`, with the longest orders that were possible.
 */

import type { Json, Operation } from '../history/operation.ts';
import { accessesOf, type KeyAccesses, named, sentence } from './accesses.ts';
import { findAppendShape } from './append-shapes.ts';
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
  readonly violation: Violation;
  /** The part of the history that was rejected, as the checker saw it. */
  readonly checked: readonly CheckOperation<unknown, Value>[];
  /** The same part as recorded, failed operations included. */
  readonly operations: readonly Operation[];
}

/** More operations than this are not added to a core to make an argument complete. */
const CORE_MAX = 12;
const CONFIRM_MS = 1000;
const PREFIXES_TOLD_MAX = 3;

export function explainAnomaly(explained: Explained): Anomaly {
  const { violation, operations } = explained;
  const core = new Set(violation.core);
  const suspects = suspectsOf(violation, operations);
  const accesses = accessesOf(operations, explained.initial);
  const finding = findShape(accesses, core, suspects) ?? findAppendShape(operations, suspects);
  const proved = finding === null ? null : proveFinding(explained, accesses, finding);
  return proved ?? noOrder(explained, suspects[0] ?? null);
}

/** Operations of the core that saw something, the one at which every order got stuck first, then the latest. */
function suspectsOf(violation: Violation, operations: readonly Operation[]): number[] {
  const core = new Set(violation.core);
  const answered = operations.filter(({ index, outcome, f }) => core.has(index) && outcome === 'ok' && f !== 'write');
  answered.sort((a, b) => (b.completedAt ?? 0) - (a.completedAt ?? 0));
  const order = answered.map(({ index }) => index);
  return order.includes(violation.stuckAt)
    ? [violation.stuckAt, ...order.filter((index) => index !== violation.stuckAt)]
    : order;
}

/** The anomaly of a finding, if the operations it rests on can't be ordered by themselves; null if they can. */
function proveFinding(explained: Explained, accesses: KeyAccesses, finding: Finding): Anomaly | null {
  const alone = closed(accesses, finding.rests);
  const whole = new Set([...explained.violation.core, ...finding.rests.map(({ index }) => index)]);
  for (const candidate of alone === null ? [whole] : [alone, whole]) {
    const confirmedBy = rejectedBy(explained, candidate);
    if (confirmedBy === null) continue;
    // What is only mentioned must not change the matter.
    const mentioned = finding.also.map(({ index }) => index);
    if (mentioned.length > 0 && rejectedBy(explained, new Set([...candidate, ...mentioned])) === null) continue;
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
      facts: finding.facts,
    };
  }
  return null;
}

/**
 * The operations with, for each value that one of them saw, an operation that wrote it: without, they would be rejected for
 * the wrong reason. Null if that takes too many.
 */
function closed(accesses: KeyAccesses, rests: readonly Operation[]): Set<number> | null {
  const members = new Set(rests.map(({ index }) => index));
  if (accesses.opaque) return members;
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

/** The independent method that finds no order of these operations alone, or null if it finds one or runs out of time. */
function rejectedBy(explained: Explained, members: ReadonlySet<number>): string | null {
  const part = explained.checked.filter(({ id }) => members.has(id));
  if (part.length <= ENUMERATION_MAX) return enumerate(explained.model, part).linearizable ? null : 'enumeration';
  const { outcome } = textbookSearch(explained.model, part, { timeMs: CONFIRM_MS });
  return outcome === 'violation' ? 'textbook search' : null;
}

function noOrder(explained: Explained, suspect: number | null): Anomaly {
  const { violation, operations, key } = explained;
  const byIndex = new Map(operations.map((operation) => [operation.index, operation]));
  const say = (index: number): string => {
    const operation = byIndex.get(index);
    return operation === undefined ? `operation ${index}` : named(operation);
  };
  const culprit = byIndex.get(suspect ?? violation.stuckAt) ?? byIndex.get(violation.core.at(-1) ?? -1);
  const argument: { text: string; operations: readonly number[] }[] = [
    {
      text: `These ${violation.core.length} operations have no order that explains all answers; the longest beginnings of one end like this.`,
      operations: violation.core,
    },
  ];
  for (const { ids, state, blocked } of violation.longest.slice(0, PREFIXES_TOLD_MAX)) {
    const order = ids.length === 0 ? 'At first' : `After ${ids.map(say).join(', ')}`;
    argument.push({ text: `${order} the state is ${state}.`, operations: ids });
    for (const { id, why } of blocked) argument.push({ text: sentence(why), operations: [id] });
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
    facts: { minimal: violation.minimal },
  };
}

function inOrderOfCall(operations: readonly Operation[], members: ReadonlySet<number>): number[] {
  return operations
    .filter(({ index }) => members.has(index))
    .sort((a, b) => a.invokedAt - b.invokedAt || a.index - b.index)
    .map(({ index }) => index);
}
