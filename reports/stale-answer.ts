/**
 * An answer from an old state, as the simulator sees it inside a node, told as what it is for clients: who read what and when, via
 * which node, and whose change was missing. The trial ends with such an answer, so that no operation of the record holds it.
 */

import type { Anomaly } from '../checker/verdict.ts';
import type { Json, Operation } from '../history/operation.ts';
import type { TrialData } from './trial-data.ts';

export interface StaleAnswer {
  /** The answering node, with what it was by its own word. */
  readonly node: string;
  readonly role: string | null;
  readonly term: number | null;
  readonly key: string;
  readonly answer: Json;
  /** What an up-to-date state would have answered; undefined where nobody could tell. */
  readonly wouldBe: Json | undefined;
  /** Entries of the log that were committed and that the answering state lacked. */
  readonly lacks: number;
  /** The read as it would stand in the record, had the trial gone on until its client had the answer; null if nobody waited for it. */
  readonly read: Operation | null;
  /** The last change of the key that the answer lacks; null: none did change it. */
  readonly change: MissingChange | null;
}

export interface MissingChange {
  /** Its place in the log. */
  readonly index: number;
  /** Who committed it first, in which term. */
  readonly by: string | null;
  readonly term: number | null;
  /** The operation that asked for it; null if the record has no such, or several. */
  readonly operation: Operation | null;
  /** "put", "cas", …: what the log holds. */
  readonly f: string;
  readonly value: Json;
}

const answers = new WeakMap<Anomaly, StaleAnswer | null>();

/** Null for any other anomaly, and for records that do not tell enough of it. */
export function staleAnswerOf(data: TrialData, anomaly: Anomaly): StaleAnswer | null {
  const known = answers.get(anomaly);
  if (known !== undefined) return known;
  const told = read(data, anomaly);
  answers.set(anomaly, told);
  return told;
}

function read(data: TrialData, { facts, at }: Anomaly): StaleAnswer | null {
  if (facts.invariant !== 'current reads') return null;
  const { key, answer, wouldBe, appliedIndex, committedBefore, nodes, operation } = facts;
  const node = Array.isArray(nodes) ? nodes[0] : undefined;
  if (typeof key !== 'string' || typeof node !== 'string' || answer === undefined) return null;
  if (typeof appliedIndex !== 'number' || typeof committedBefore !== 'number') return null;
  const asked = typeof operation === 'number' ? data.operations.find(({ index }) => index === operation) : undefined;
  return {
    node,
    role: typeof facts.role === 'string' ? facts.role : null,
    term: typeof facts.term === 'number' ? facts.term : null,
    key,
    answer,
    wouldBe,
    lacks: committedBefore - appliedIndex,
    read: asked === undefined ? null : { ...asked, node, outcome: 'ok', result: answer, completedAt: at },
    change: changeOf(data, facts, key),
  };
}

function changeOf(data: TrialData, facts: Anomaly['facts'], key: string): MissingChange | null {
  const { change, changeIndex, changeBy, changeTerm } = facts;
  if (typeof changeIndex !== 'number' || change === null || typeof change !== 'object' || Array.isArray(change))
    return null;
  const { f, expected, value } = change as { readonly [name: string]: Json };
  if (typeof f !== 'string') return null;
  const given = f === 'cas' ? [expected ?? null, value ?? null] : (value ?? null);
  const names = f === 'put' ? ['put', 'write'] : [f];
  const same = JSON.stringify(given);
  const [operation, another] = data.operations.filter(
    (one) => one.key === key && one.outcome !== 'fail' && names.includes(one.f) && JSON.stringify(one.value) === same,
  );
  return {
    index: changeIndex,
    by: typeof changeBy === 'string' && changeBy !== '' ? changeBy : null,
    term: typeof changeTerm === 'number' ? changeTerm : null,
    operation: another === undefined ? (operation ?? null) : null,
    f,
    value: given,
  };
}

/** Whether the client was told another value than an up-to-date node would have told. */
export function isWrong({ answer, wouldBe, change }: StaleAnswer): boolean {
  return change !== null && wouldBe !== undefined && JSON.stringify(answer) !== JSON.stringify(wouldBe);
}

/** The operation whose change is missing, if it had been acknowledged before the read began: then clients can prove it. */
export function acknowledgedBefore({ read, change }: StaleAnswer): Operation | null {
  const write = change?.operation ?? null;
  if (read === null || write?.outcome !== 'ok' || write.completedAt === null) return null;
  return write.completedAt <= read.invokedAt ? write : null;
}

/** What the promise was, and what this breach of it means for clients. */
export function staleAnswerMeaning(stale: StaleAnswer): string {
  const promise =
    'A read must be answered from a state that holds everything that was committed when its node was asked.';
  if (!isWrong(stale))
    return `${promise} This one was not. No client was told anything wrong this time; as soon as somebody writes what is missing, the same defect is a stale read.`;
  if (acknowledgedBefore(stale) !== null)
    return 'A read must see every write that was acknowledged before the read began. This one answered with a value that had been replaced by then.';
  return `${promise} This one answered with a value that had been replaced by then. Nobody had been told of the newer value before the read began, so clients cannot prove it; as soon as somebody has, the same defect is a stale read for them, too.`;
}
