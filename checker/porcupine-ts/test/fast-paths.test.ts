import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision } from '../src/decision.ts';
import { ENUMERATION_MAX, enumerate } from '../src/enumerate.ts';
import { generalSearch } from '../src/general-search.ts';
import { growOnlySet } from '../src/grow-only-set.ts';
import type { Value } from '../src/model.ts';
import { type MultiRegisterInput, type MultiRegisterOutput, readTransactions } from '../src/models/multi-register.ts';
import { precedes, type QueueInput, type QueueOutput } from '../src/models/queues.ts';
import { encodeElement } from '../src/models/set.ts';
import type { CheckOperation } from '../src/operation.ts';
import { encodeRegister, type RegisterHistory, SILENT, WRITE } from '../src/register-history.ts';
import { repeatedQueueSearch } from '../src/repeated-queue.ts';
import { NONE, type Spans, type Step } from '../src/spans.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { layOut, type Timeline } from '../src/timeline.ts';
import { type TransactionHistory, transactionHistory } from '../src/transaction-history.ts';
import { decideTransactions } from '../src/transaction-search.ts';
import { decideUnambiguous, type OrderOf } from '../src/unambiguous.ts';
import { priorityQueueOrder } from '../src/unambiguous-priority-queue.ts';
import { queueOrder } from '../src/unambiguous-queue.ts';
import { unambiguousElement } from '../src/unambiguous-set.ts';
import { stackOrder } from '../src/unambiguous-stack.ts';
import { uniqueWriters, zones } from '../src/unique-writes.ts';
import { verify } from '../src/verify.ts';
import { drawnHistory } from './drawn-histories.ts';
import type { Subject } from './histories.ts';
import * as subjects from './subjects.ts';
import { uniqueTransactionSubject } from './transaction-subjects.ts';

/** More, and others, in the long run. */
const HISTORIES = Number(process.env.PORCUPINE_HISTORIES ?? 300);
const SEED = process.env.PORCUPINE_HISTORIES === undefined ? { seed: 1997 } : {};
const LENGTH_MAX = 12;
/** So many decided for each path at least, of each outcome, per hundred histories. */
const DECIDED_MIN = 3;

type Decide<I, O> = (timeline: Timeline<I, O>) => Decision | null;

/** Why the decision is wrong; null if it is right, or the path can't tell. */
const objection = <S, I, O>(
  { model }: Subject<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  decision: Decision | null,
): string | null => {
  if (decision === null) return null;
  const { outcome } = textbookSearch(model, operations);
  if (decision.outcome !== outcome) return `it is a ${outcome}`;
  if (operations.length <= ENUMERATION_MAX && enumerate(model, operations).outcome !== outcome)
    return 'enumeration sees it otherwise';
  if (decision.outcome === 'pass')
    return verify(
      model,
      operations,
      Array.from(decision.order, (index) => operations[index]!.id),
    );
  const witness = new Set(decision.witness);
  const alone = operations.filter((_, index) => witness.has(index));
  if (textbookSearch(model, alone).outcome !== 'violation') return 'the witness has an order by itself';
  // Others may take effect or not: leaving a write out never makes the violation.
  const optional = Uint8Array.from(operations, (_, index) => (witness.has(index) ? 0 : 1));
  const search = generalSearch(model, layOut(operations), { optional });
  for (let status = search.advance(10_000, () => false); ; status = search.advance(10_000, () => false))
    if (status !== 'more') return status === 'violation' ? null : 'the witness has an order if others help';
};

/** Whether some history shows that the decision is wrong. */
const isCaught = <S, I, O>(subject: Subject<S, I, O>, decide: Decide<I, O>): boolean =>
  fc.check(
    fc.property(
      drawnHistory(subject, LENGTH_MAX),
      (operations) => objection(subject, operations, decide(layOut(operations))) === null,
    ),
    { numRuns: 4000, seed: 1, endOnFailure: true },
  ).failed;

const path = <S, I, O>(
  name: string,
  subject: Subject<S, I, O>,
  decide: Decide<I, O>,
  unsound: { readonly [what: string]: Decide<I, O> },
): void => {
  describe(name, () => {
    it('decides as the textbook search and enumeration do, with certificates', () => {
      const decided = { pass: 0, violation: 0 };
      fc.assert(
        fc.property(drawnHistory(subject, LENGTH_MAX), (operations) => {
          const decision = decide(layOut(operations));
          if (decision !== null) decided[decision.outcome]++;
          expect(objection(subject, operations, decision)).toBeNull();
        }),
        { numRuns: HISTORIES, ...SEED },
      );
      expect(Math.min(decided.pass, decided.violation)).toBeGreaterThan((HISTORIES / 100) * DECIDED_MIN);
    });
    for (const [what, variant] of Object.entries(unsound))
      it(`would not be believed with ${what}`, () => expect(isCaught(subject, variant)).toBe(true));
  });
};

const byZones =
  (change: (history: RegisterHistory) => RegisterHistory = (history) => history): Decide<never, never> =>
  (timeline) => {
    const history = change(
      encodeRegister<{ f: string; value: Value; expected: Value }, Value>(
        timeline as never,
        null,
        ({ input, output }, encoder) => {
          if (input.f === 'write') encoder.write(input.value);
          else if (input.f === 'cas') encoder.cas(input.expected, input.value, output);
          else if (output !== undefined) encoder.read(output);
        },
      ),
    );
    const writers = uniqueWriters(history);
    return writers === null ? null : zones(history, writers);
  };

const withKinds =
  (kindOf: (kind: number, isOpen: boolean) => number) =>
  (history: RegisterHistory): RegisterHistory => {
    const { returns, events } = history.timeline;
    return { ...history, kinds: history.kinds.map((kind, index) => kindOf(kind, returns[index] === events.length)) };
  };

path('zones of unique writes', subjects.chainSubject(), byZones() as never, {
  'cas taken for blind writes': byZones(withKinds((kind) => (kind === 3 ? WRITE : kind))) as never,
  'open operations that never happened': byZones(withKinds((kind, isOpen) => (isOpen ? SILENT : kind))) as never,
});

const by =
  (orderOf: OrderOf) =>
  (timeline: Timeline<never, Value>): Decision | null =>
    decideUnambiguous(timeline as never, orderOf);

const withoutEmpties =
  (orderOf: OrderOf): OrderOf =>
  (spans, ids, empties) => {
    const result = orderOf(spans, ids, []);
    return 'order' in result ? { order: [...result.order, ...empties] } : result;
  };
const takenOnly =
  (orderOf: OrderOf): OrderOf =>
  (spans, ids, empties) => {
    const result = orderOf(
      spans,
      ids.filter((id) => spans.take[id] !== NONE),
      empties,
    );
    const rest = ids.filter((id) => spans.take[id] === NONE).map((id) => spans.put[id]!);
    return 'order' in result ? { order: [...result.order, ...rest] } : result;
  };
/** As if a value's put were known to be over only when it returns. */
const unhurried =
  (orderOf: OrderOf): OrderOf =>
  (spans, ids, empties) => {
    const first = spans.first.map((_, id) => spans.timeline.returns[spans.put[id]!]!);
    return orderOf({ ...spans, first } satisfies Spans, ids, empties);
  };

const smallestFirst = priorityQueueOrder(precedes);
for (const [name, subject, orderOf, other] of [
  ['queue', subjects.uniqueQueueSubject(), queueOrder, stackOrder],
  ['stack', subjects.uniqueStackSubject(), stackOrder, queueOrder],
  ['priority queue', subjects.uniquePriorityQueueSubject(), smallestFirst, stackOrder],
] as const)
  path(`intervals of values (${name})`, subject, by(orderOf) as never, {
    'empty answers left out': by(withoutEmpties(orderOf)) as never,
    'values left out that nobody took': by(takenOnly(orderOf)) as never,
    'puts that may come after what saw their value': by(unhurried(orderOf)) as never,
    'the order of another collection': by(other) as never,
  });

const byStretches =
  (change: (history: RegisterHistory) => RegisterHistory = (history) => history): Decide<never, never> =>
  (timeline) =>
    unambiguousElement(change(encodeRegister(timeline as never, false, encodeElement)));

path('stretches of an element', subjects.elementSubject(), byStretches() as never, {
  'open operations that never happened': byStretches(withKinds((kind, isOpen) => (isOpen ? SILENT : kind))) as never,
  'what found it absent left out': byStretches((history) => ({
    ...history,
    kinds: history.kinds.map((kind, index) => (history.from[index] === history.initial && kind === 1 ? SILENT : kind)),
  })) as never,
});

path('chain of reads', subjects.wholeSetSubject(true), growOnlySet as never, {
  'adds of unknown outcome that added something else': ((timeline: Timeline<{ f: string; value: Value }, Value>) =>
    growOnlySet(
      layOut(
        timeline.operations.map((one) =>
          one.return === null ? { ...one, input: { ...one.input, value: `other ${one.id}` } } : one,
        ),
      ) as never,
    )) as never,
});

type QueueStep = CheckOperation<QueueInput, QueueOutput>;

/** In the order of the queue; it is told another answer, or another time, where the history is changed for it. */
const inQueueOrder =
  (change: (operation: QueueStep) => QueueStep = (operation) => operation): Decide<QueueInput, QueueOutput> =>
  ({ operations }) => {
    const search = repeatedQueueSearch(layOut(operations.map(change)) as Timeline<Step, Value>);
    if (search === null) return null;
    const outcome = search.advance(Number.POSITIVE_INFINITY, () => false);
    return outcome === 'pass'
      ? { outcome, order: search.linearization() }
      : { outcome: 'violation', witness: [...operations.keys()] };
  };

path('a queue whose values repeat', subjects.queueSubject(), inQueueOrder(), {
  'returns that come too late': inQueueOrder((one) => (one.return === null ? one : { ...one, return: one.return + 3 })),
  'takes from an empty queue that say nothing': inQueueOrder((one) =>
    one.output === null && one.input.f === 'take' ? { ...one, output: undefined } : one,
  ),
  'takes that never returned, and so took nothing': inQueueOrder((one) =>
    one.return === null && one.input.f === 'take' ? { ...one, input: { f: 'peek' } } : one,
  ),
});

type Transactions = Timeline<MultiRegisterInput, MultiRegisterOutput>;

const byDependence =
  (change: (history: TransactionHistory, timeline: Transactions) => TransactionHistory = (history) => history) =>
  (timeline: Transactions): Decision | null =>
    decideTransactions(timeline, (part, optional) => change(readTransactions(part, optional, null), part));

/** As if each had found what it reads where it has written, too. */
const readTwice = ({ timeline }: TransactionHistory, { operations }: Transactions): TransactionHistory =>
  transactionHistory(
    timeline,
    (index) => {
      const { input, output } = operations[index]!;
      const found = input.steps.flatMap((step, at) =>
        step.f === 'read' && output?.[at] !== undefined ? [[step.key, output[at]] as const] : [],
      );
      const left = new Map(input.steps.flatMap((step) => (step.f === 'write' ? [[step.key, step.value]] : [])));
      return { found, left: [...left], contradictsItself: false };
    },
    null,
    null,
  );

for (const [name, subject] of [
  ['values written once', uniqueTransactionSubject()],
  ['values that repeat', subjects.multiRegisterSubject()],
] as const)
  path(`what holds in every order of transactions (${name})`, subject, byDependence(), {
    'transactions that never returned, and took effect all the same': byDependence((history) => ({
      ...history,
      isBound: history.isBound.map((_, index) => (index < history.initial ? 1 : 0)),
    })),
    'what was there at first forgotten': byDependence((history) => ({
      ...history,
      reads: history.reads.map((read) => ({ ...read, found: { ...read.found, isInitial: false } })),
    })),
    'writers forgotten that could have left what was found': byDependence((history) => ({
      ...history,
      reads: history.reads.map((read) => {
        const writers = read.found.writers.slice(0, -1);
        return { ...read, found: { ...read.found, writers } };
      }),
    })),
    'writers forgotten that overwrite what was found': byDependence((history) => ({
      ...history,
      writers: history.writers.map((all) => all.slice(0, -1)),
    })),
    'returns that come too early': byDependence((history) => ({
      ...history,
      timeline: {
        ...history.timeline,
        returns: history.timeline.returns.map((at, index) => Math.max(at - 3, history.calls[index]!)),
      },
    })),
    'returns that come too late': byDependence((history) => ({
      ...history,
      timeline: { ...history.timeline, returns: history.timeline.returns.map((at) => at + 3) },
    })),
    'reads of what they wrote themselves taken for finds': byDependence(readTwice),
  });
