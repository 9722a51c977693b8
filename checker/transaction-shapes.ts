/**
 * Shapes of anomalies of transactions on several keys: by what one of them read, and by circles in the order that what they read
 * demands (transaction-order.ts), by the names that the frequent ones have in the field (Adya, Weak consistency, 1999; Berenson and
 * others, A critique of ANSI SQL isolation levels, SIGMOD 1995).
 */

import type { Json, Operation } from '../history/operation.ts';
import { named, shown, stepOn } from './accesses.ts';
import { canonical } from './porcupine-ts/src/value.ts';
import { type Finding, type Part, RESTS_MAX } from './shapes.ts';
import {
  keyWords,
  onlySteps,
  readOf,
  sourceOf,
  type Transaction,
  type Transactions,
  transactionsOf,
  versionOf,
} from './transaction-accesses.ts';
import { circleFinding } from './transaction-circles.ts';
import { circlesAmong } from './transaction-order.ts';

export function* transactionFindings(
  part: Part,
  operations: readonly Operation[],
  initial: Json,
  isOver: () => boolean,
): Generator<Finding> {
  const transactions = transactionsOf(part, operations, initial);
  const failed = failedWrites(operations);
  for (const transaction of transactions.all) {
    if (isOver()) return;
    const finding = inItself(transaction, transactions) ?? impossibleRead(transaction, transactions, failed);
    if (finding !== null) yield finding;
  }
  yield* replacedReads(transactions, isOver);
  const circles = [...circlesAmong(transactions, isOver)].flatMap((circle) => circleFinding(circle) ?? []);
  yield* circles
    .sort((a, b) => a.rank - b.rank || a.finding.culprit.invokedAt - b.finding.culprit.invokedAt)
    .map(({ finding }) => finding);
}

/** Values that operations would have written that surely failed. */
function failedWrites(operations: readonly Operation[]): Map<string, Operation> {
  const writes = new Map<string, Operation>();
  for (const operation of operations) {
    if (operation.outcome !== 'fail') continue;
    const { f, key, value } = operation;
    if (f === 'put' && key !== null) writes.set(versionOf(key, canonical(value)), operation);
    if (f !== 'txn' || !Array.isArray(value)) continue;
    for (const step of value as readonly Json[]) {
      if (!Array.isArray(step)) continue;
      const [name, of, to = null] = step as readonly Json[];
      if (/^:?(w|write|put)$/.test(String(name)))
        writes.set(versionOf(typeof of === 'string' ? of : JSON.stringify(of ?? null), canonical(to)), operation);
    }
  }
  return writes;
}

/** A read that contradicts what its own transaction did before it. */
function inItself(transaction: Transaction, transactions: Transactions): Finding | null {
  const { operation, steps } = transaction;
  const held = new Map<string, { readonly value: string; readonly isOwn: boolean }>();
  for (const { isRead, key, value } of steps) {
    const before = held.get(key);
    if (!isRead || before === undefined) {
      held.set(key, { value, isOwn: !isRead });
      continue;
    }
    if (before.value === value) continue;
    // Whoever wrote what it read first is shown, so that this alone is no contradiction.
    const sources = [transaction.reads.get(key), value].flatMap((each) => {
      const source = each === undefined ? null : sourceOf(transactions, transaction, key, each);
      return source === null || source === 'at first' || source === transaction ? [] : [source.operation];
    });
    return {
      shape: before.isOwn ? 'internal-inconsistency' : 'non-repeatable-read',
      culprit: operation,
      rests: [...new Set([...sources, operation])],
      also: [],
      failed: null,
      facts: { read: operation.index, of: key, expected: shown(before.value), found: shown(value) },
      argument: [
        stepOn(
          `${named(operation)} ${before.isOwn ? 'wrote' : 'read'} ${keyWords(key)} ${before.isOwn ? ':=' : '='} ${shown(before.value)}`,
          operation,
        ),
        stepOn(`after that it read ${keyWords(key)} = ${shown(value)}, without having written that`, operation),
        stepOn('a transaction takes effect at one instant, so nothing can have come between', operation),
      ],
      weaker: onlySteps(new Set([key]), new Set([readOf(operation.index, key)])),
      about: key,
    };
  }
  return null;
}

/** A value that nobody wrote, that only a failed transaction wrote, or that was replaced by its own writer. */
function impossibleRead(
  { operation, reads }: Transaction,
  transactions: Transactions,
  failed: ReadonlyMap<string, Operation>,
): Finding | null {
  for (const [key, value] of reads) {
    const version = versionOf(key, value);
    if (value === transactions.initial) continue;
    const writers = (transactions.writersOf.get(version) ?? []).filter((one) => one.operation !== operation);
    if (writers.length > 0) continue;
    const saw = stepOn(`${named(operation)} read ${keyWords(key)} = ${shown(value)}`, operation);
    const replacers = (transactions.replacedBy.get(version) ?? []).filter((one) => one.operation !== operation);
    const common = { culprit: operation, also: [], ...onlyRead(operation, key) };
    const facts = { read: operation.index, of: key, found: shown(value) };
    const [replacer] = replacers;
    if (replacer !== undefined) {
      if (replacers.length > RESTS_MAX) continue;
      const by = replacer.operation;
      return {
        ...common,
        shape: 'intermediate-read',
        rests: [...replacers.map((one) => one.operation), operation],
        failed: null,
        facts: { ...facts, other: by.index, left: shown(replacer.writes.get(key) ?? '') },
        argument: [
          saw,
          stepOn(`${named(by)} wrote that, and then ${keyWords(key)} := ${shown(replacer.writes.get(key) ?? '')}`, by),
          stepOn(
            replacers.length === 1 ? 'nobody else wrote that value' : 'so did all others that wrote that value',
            ...replacers.map((one) => one.operation),
          ),
        ],
      };
    }
    const of = failed.get(version);
    const nobody = `wrote ${keyWords(key)} := ${shown(value)}, and it was not there at first`;
    if (of === undefined)
      return {
        ...common,
        shape: 'never-written',
        rests: [operation],
        failed: null,
        facts,
        argument: [saw, stepOn(`no operation ${nobody}`)],
      };
    // That it failed says nothing of a read that was over before it began.
    const isLater = of.invokedAt > (operation.completedAt ?? of.invokedAt);
    return {
      ...common,
      shape: isLater ? 'from-the-future' : 'aborted-read',
      rests: [operation],
      failed: of,
      facts: { ...facts, other: of.index },
      argument: [
        saw,
        stepOn(
          `${named(of)} ${isLater ? 'began only after that, and failed' : 'failed'} for sure${of.error === null ? '' : ` (${of.error})`}`,
          of,
        ),
        stepOn(`no other operation ${nobody}`),
      ],
    };
  }
  return null;
}

/** Writers that are looked at for one that had replaced what was read: those that ended last before the read began. */
const REPLACERS_MAX = 16;

/**
 * Reads of a value that had been replaced for sure: whoever may have written it was over before another write of the key began, and
 * that was acknowledged before the read began. The values need not be unique.
 */
function* replacedReads(transactions: Transactions, isOver: () => boolean): Generator<Finding> {
  const writers = new Map<string, Transaction[]>();
  for (const one of [...transactions.all].sort((a, b) => a.done - b.done))
    for (const key of one.isSure ? one.writes.keys() : []) {
      const known = writers.get(key);
      if (known === undefined) writers.set(key, [one]);
      else known.push(one);
    }
  for (const reader of transactions.all) {
    if (isOver()) return;
    for (const [key, value] of reader.isSure ? reader.reads : []) {
      const version = versionOf(key, value);
      const others = (list: readonly Transaction[] | undefined): Transaction[] =>
        (list ?? []).filter((one) => one !== reader && one.call <= reader.done);
      if (others(transactions.replacedBy.get(version)).length > 0) continue;
      const sources = others(transactions.writersOf.get(version));
      const isFirst = value === transactions.initial;
      if (sources.length + 2 > RESTS_MAX || (sources.length === 0 && !isFirst)) continue;
      const replacer = latestWriter(writers.get(key) ?? [], reader, key, value);
      if (replacer === null || sources.some(({ done }) => done >= replacer.call)) continue;
      yield replacedRead(reader, key, value, sources, replacer, isFirst);
    }
  }
}

/** Of those that wrote another value and were over before the reader began, the one that began last. */
function latestWriter(
  byDone: readonly Transaction[],
  reader: Transaction,
  key: string,
  value: string,
): Transaction | null {
  let low = 0;
  let high = byDone.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((byDone[middle] as Transaction).done < reader.call) low = middle + 1;
    else high = middle;
  }
  let latest: Transaction | null = null;
  for (const one of byDone.slice(Math.max(0, low - REPLACERS_MAX), low))
    if (one.writes.get(key) !== value && (latest === null || one.call > latest.call)) latest = one;
  return latest;
}

function replacedRead(
  { operation, writes }: Transaction,
  key: string,
  value: string,
  sources: readonly Transaction[],
  replacer: Transaction,
  isFirst: boolean,
): Finding {
  const by = replacer.operation;
  const of = sources.map((one) => one.operation);
  const wrote = shown(replacer.writes.get(key) ?? 'null');
  const [only, ...more] = of;
  const first = isFirst ? ', and it was there at first' : '';
  return {
    shape: writes.has(key) ? 'lost-update' : 'stale-read',
    culprit: operation,
    rests: [...of, by, operation],
    also: [],
    failed: null,
    facts: { read: operation.index, other: by.index, of: key, found: shown(value), wrote },
    argument: [
      only === undefined
        ? stepOn(
            `${keyWords(key)} = ${shown(value)} was there at first, and nobody who began before ${named(operation)} ended wrote it`,
          )
        : more.length === 0
          ? stepOn(
              `${named(only)} wrote ${keyWords(key)} := ${shown(value)}, and was over before ${named(by)} began${first}`,
              only,
              by,
            )
          : stepOn(
              `all ${of.length} that may have written ${keyWords(key)} := ${shown(value)} were over before ${named(by)} began${first}`,
              ...of,
              by,
            ),
      stepOn(
        `${named(by)} wrote ${keyWords(key)} := ${wrote}, and was over before ${named(operation)} began`,
        by,
        operation,
      ),
      stepOn(
        `so ${keyWords(key)} = ${shown(value)} had been replaced by then; yet ${named(operation)} read it`,
        operation,
      ),
    ],
    ...onlyRead(operation, key),
  };
}

function onlyRead({ index }: Operation, key: string): Pick<Finding, 'weaker' | 'about'> {
  return { weaker: onlySteps(new Set([key]), new Set([readOf(index, key)])), about: key };
}
