/** All that can judge a history of some model, each by itself: searches, fast paths, and looks that find violations only. */

import { check } from '../src/check.ts';
import type { Decision } from '../src/decision.ts';
import { FirstOrder } from '../src/first-order.ts';
import { generalSearch } from '../src/general-search.ts';
import { growOnlySet } from '../src/grow-only-set.ts';
import { impossibleResult } from '../src/impossible-result.ts';
import { ownMemory } from '../src/memory.ts';
import type { Value } from '../src/model.ts';
import { precedes } from '../src/models/queues.ts';
import { encodeElement, type SetInput } from '../src/models/set.ts';
import { attemptNarrow } from '../src/narrow-register.ts';
import { refuteWindow } from '../src/refuter.ts';
import { encodeRegister, type RegisterHistory } from '../src/register-history.ts';
import { registerSearch } from '../src/register-search.ts';
import { repeatedQueueSearch } from '../src/repeated-queue.ts';
import type { Search, SearchStatus } from '../src/search.ts';
import { attemptShort } from '../src/short-register.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { isInOrderOfCall, layOut, type Timeline } from '../src/timeline.ts';
import { decideUnambiguous, type OrderOf } from '../src/unambiguous.ts';
import { priorityQueueOrder } from '../src/unambiguous-priority-queue.ts';
import { queueOrder } from '../src/unambiguous-queue.ts';
import { unambiguousElement } from '../src/unambiguous-set.ts';
import { stackOrder } from '../src/unambiguous-stack.ts';
import { uniqueWriters, zones } from '../src/unique-writes.ts';
import { sameValue } from '../src/value.ts';
import type { AnyModel, AnyOperation, Operations } from './core-rules.ts';
import { encodeRegisterOperation } from './subjects.ts';

export interface Verdict {
  readonly outcome: 'pass' | 'violation';
  /** Of a pass: ids. Null of whoever gives none. */
  readonly order: readonly number[] | null;
  /** Of a violation: operations that have no order, whatever the others did. Null of whoever blames nobody. */
  readonly witness: Operations | null;
}

/**
 * Null if it can't tell.
 * @param operations of one partition, in order of call
 */
export type Judge = (model: AnyModel, operations: Operations, stepsMax: number) => Verdict | null;
export type Judges = { readonly [name: string]: Judge };

const never = (): boolean => false;
const VIOLATION: Verdict = { outcome: 'violation', order: null, witness: null };
const PASS: Verdict = { outcome: 'pass', order: null, witness: null };

/** Plain searches remember much of each step. */
const TEXTBOOK_SHARE = 1 / 10;

/** How the steps of a search are dealt out, and how often it is interrupted in the middle of them. */
interface Dealing {
  readonly slice: number;
  readonly interrupted: () => boolean;
}

const AT_ONCE: Dealing = { slice: Number.POSITIVE_INFINITY, interrupted: never };
const INTERRUPTED_EVERY = 50;

const inPieces = (): Dealing => {
  let polls = 0;
  return { slice: 7, interrupted: () => ++polls % INTERRUPTED_EVERY === 0 };
};

const ofSearch = (
  search: Search | null,
  { operations }: Timeline<unknown, unknown>,
  stepsMax: number,
  { slice, interrupted } = AT_ONCE,
): Verdict | null => {
  if (search === null) return null;
  let status: SearchStatus = 'more';
  for (let spent = 0; status === 'more' && spent < stepsMax; spent += slice)
    status = search.advance(Math.min(slice, stepsMax - spent), interrupted);
  if (status === 'more') return null;
  if (status === 'pass')
    return { ...PASS, order: Array.from(search.linearization(), (index) => operations[index]!.id) };
  return { ...VIOLATION, witness: search.witness?.()?.map((index) => operations[index]!) ?? null };
};

const ofDecision = (decision: Decision | null, { operations }: Timeline<unknown, unknown>): Verdict | null => {
  if (decision === null) return null;
  if (decision.outcome === 'pass') return { ...PASS, order: Array.from(decision.order, (at) => operations[at]!.id) };
  // What a part of the answers shows is a violation by these alone, too, but not without the adds of all that was read.
  return { ...VIOLATION, witness: decision.witness.map((index) => operations[index]!) };
};

const checked =
  (change: (model: AnyModel) => AnyModel): Judge =>
  (model, operations, stepsMax) => {
    const { partitions, outcome } = check(change(model), operations, { explainMax: 0, stepsMax });
    if (outcome === 'unknown') return null;
    return { outcome, order: partitions.length === 1 ? partitions[0]!.linearization : null, witness: null };
  };

const withoutHints = ({ name, init, step, key }: AnyModel): AnyModel => ({ name, init, step, key });

/** Each of the whole history, and of each of its partitions. */
export const CHECKS: Judges = {
  check: checked((model) => model),
  'check without an attempt': checked((model) => ({ ...model, attempt: () => null })),
  'check of all keys at once': checked(({ partition: _, ...model }) => model),
};

export const SEARCHES: Judges = {
  "the model's attempt": (model, operations) => {
    const attempt = model.attempt?.(operations, ownMemory, never) ?? null;
    return attempt && { outcome: attempt.outcome, order: attempt.linearization, witness: null };
  },
  "the model's search": (model, operations, stepsMax) => {
    const timeline = layOut(operations);
    return ofSearch(model.specialised?.(timeline) ?? null, timeline, stepsMax);
  },
  "the model's search, interrupted": (model, operations, stepsMax) => {
    const timeline = layOut(operations);
    return ofSearch(model.specialised?.(timeline) ?? null, timeline, stepsMax, inPieces());
  },
  'the general search': (model, operations, stepsMax) => {
    const timeline = layOut(operations);
    return ofSearch(generalSearch(model, timeline), timeline, stepsMax);
  },
  'the general search without hints': (model, operations, stepsMax) => {
    const timeline = layOut(operations);
    return ofSearch(generalSearch(withoutHints(model), timeline), timeline, stepsMax);
  },
  'the first order': (model, operations, stepsMax) => {
    const timeline = layOut(operations);
    return ofSearch(new FirstOrder(model, timeline), timeline, stepsMax);
  },
  'the first order, interrupted': (model, operations, stepsMax) => {
    const timeline = layOut(operations);
    return ofSearch(new FirstOrder(model, timeline), timeline, stepsMax, inPieces());
  },
  'the textbook search': (model, operations, stepsMax) => {
    const { outcome, linearization } = textbookSearch(model, operations, { stepsMax: stepsMax * TEXTBOOK_SHARE });
    return outcome === 'unknown' ? null : { outcome, order: linearization, witness: null };
  },
  'a look for an impossible result': (model, operations) => {
    const index = impossibleResult(model, layOut(operations));
    return index < 0 ? null : { ...VIOLATION, witness: [operations[index]!] };
  },
  'a look at less': (model, operations) =>
    model.focus !== undefined && model.focus(operations, operations.length - 1, never, true) !== null
      ? VIOLATION
      : null,
  'a look at the last operations': (model, operations, stepsMax) => {
    if (model.cutStates === undefined) return null;
    const timeline = layOut(operations);
    const windows = {
      cutStates: model.cutStates,
      searchPart: (part: Timeline<unknown, unknown>, relaxation: object) =>
        model.specialised?.(part, relaxation) ?? generalSearch(model, part, relaxation),
    };
    const { events } = timeline;
    for (let at = 0; at < events.length; at += 1 + (events.length >> 4))
      if (events[at]! < 0 && refuteWindow(timeline, at, 16, windows, never, stepsMax / 10).refutes) return VIOLATION;
    return null;
  },
};

const byValues = (orderOf: OrderOf): Judges => ({
  'intervals of values': (_, operations) => {
    const timeline = layOut(operations);
    return ofDecision(decideUnambiguous(timeline as never, orderOf), timeline);
  },
});

export const QUEUE_JUDGES: Judges = {
  ...byValues(queueOrder),
  'the search in the order of the queue': (_, operations, stepsMax) => {
    const timeline = layOut(operations);
    return ofSearch(repeatedQueueSearch(timeline as never), timeline, stepsMax);
  },
};
export const STACK_JUDGES = byValues(stackOrder);
export const PRIORITY_QUEUE_JUDGES = byValues(priorityQueueOrder(precedes));

export const SET_JUDGES: Judges = {
  'the chain of reads': (_, operations) => {
    const timeline = layOut(operations);
    return ofDecision(growOnlySet(timeline as never), timeline);
  },
  'stretches of an element': (_, operations) => {
    const inputs = operations.map(({ input }) => input as SetInput);
    const [first] = inputs as readonly { readonly value?: Value }[];
    if (!inputs.every((input) => input.f !== 'read' && sameValue(input.value, first?.value ?? null))) return null;
    const timeline = layOut(operations);
    return ofDecision(unambiguousElement(encodeRegister(timeline as never, false, encodeElement)), timeline);
  },
};

const registerOf = (timeline: Timeline<unknown, unknown>): RegisterHistory =>
  encodeRegister(timeline as never, null, encodeRegisterOperation);

const attempted =
  (attempt: (operations: readonly never[]) => ReturnType<typeof attemptShort>): Judge =>
  (_, operations) => {
    if (!isInOrderOfCall(operations)) return null;
    const found = attempt(operations as readonly never[]);
    return found && { outcome: found.outcome, order: found.linearization, witness: null };
  };

export const REGISTER_JUDGES: Judges = {
  'the short search': attempted((operations) => attemptShort(operations, null, encodeRegisterOperation)),
  'the narrow search': attempted((operations) =>
    attemptNarrow(operations, null, encodeRegisterOperation, ownMemory, never),
  ),
  'the register search': (_, operations, stepsMax) => {
    const timeline = layOut(operations);
    return ofSearch(registerSearch(registerOf(timeline)), timeline, stepsMax);
  },
  zones: (_, operations) => {
    const timeline = layOut(operations);
    const history = registerOf(timeline);
    const writers = uniqueWriters(history);
    return writers === null ? null : ofDecision(zones(history, writers), timeline);
  },
};

/** Whether the operations have an order if the others may take effect or not: null if that can't be told. */
export const isContradiction = (
  model: AnyModel,
  operations: Operations,
  all: Operations,
  stepsMax: number,
): boolean | null => {
  const members = new Set<AnyOperation>(operations);
  const timeline = layOut(all);
  const optional = Uint8Array.from(timeline.operations, (one) => (members.has(one) ? 0 : 1));
  const status = generalSearch(model, timeline, { optional }).advance(stepsMax, never);
  return status === 'more' ? null : status === 'violation';
};
