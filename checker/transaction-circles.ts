/** A circle in the order that transactions demand, as a finding: what it is called, and its argument step by step. */

import type { Operation } from '../history/operation.ts';
import { named, shown, stepOn } from './accesses.ts';
import { type Finding, RESTS_MAX } from './shapes.ts';
import { keyWords, onlySteps, readOf, type Transaction } from './transaction-accesses.ts';
import type { Edge, Why } from './transaction-order.ts';
import type { Anomaly, AnomalyShape } from './verdict.ts';

export interface CircleFinding {
  readonly finding: Finding;
  /** The lower, the sooner it is told. */
  readonly rank: number;
}

/** Null for one that takes too many operations. */
export function circleFinding(circle: readonly Edge[]): CircleFinding | null {
  const { shape, turn } = classified(circle);
  const edges = [...circle.slice(turn), ...circle.slice(0, turn)];
  const first = edges[0] as Edge;
  const say = sayer(edges);
  const argument: Anomaly['argument'][number][] = [];
  const used = new Set<Edge>();
  const told = new Set<string>();
  const tell = (edge: Edge): void => {
    for (const premise of edge.premise) tell(premise);
    used.add(edge);
    const step = edgeStep(edge, say);
    if (told.has(step.text)) return;
    told.add(step.text);
    argument.push(step);
  };
  for (const edge of edges) tell(edge);
  const operations = new Set<Operation>();
  const keys = new Set<string>();
  const reads = new Set<string>();
  for (const { from, to, key, why, reader, writer } of used) {
    operations.add(from.operation).add(to.operation);
    if (key === null) continue;
    keys.add(key);
    const seer = why === 'wr' ? to : reader;
    if (seer !== null) reads.add(readOf(seer.operation.index, key));
    for (const one of [reader, writer]) if (one !== null) operations.add(one.operation);
  }
  if (operations.size > RESTS_MAX) return null;
  const names = edges.map(({ from }) => from.operation);
  argument.push(
    stepOn(
      edges.length === 2
        ? 'so each of the two must come before the other: there is no such order'
        : `so these ${edges.length} must come one before the next, and the last before the first: there is no such order`,
      ...names,
    ),
  );
  const culprit = first.from.isSure
    ? first.from.operation
    : (edges.find(({ from }) => from.isSure) ?? first).from.operation;
  return {
    rank: argument.length + operations.size + (shape === 'circular-dependencies' ? 4 : 0),
    finding: {
      shape,
      culprit,
      rests: [...operations],
      also: [],
      failed: null,
      facts: { read: culprit.index, ...rolesOf(shape, edges) },
      argument,
      weaker: onlySteps(keys, reads),
      about: [...keys].sort().join(' and '),
    },
  };
}

/** "the transaction by process 2"; with what it did where a process has several of them. */
function sayer(circle: readonly Edge[]): (operation: Operation) => string {
  const all = new Set<Operation>();
  const note = ({ from, to, reader, writer, premise }: Edge): void => {
    for (const one of [from, to, reader, writer]) if (one !== null) all.add(one.operation);
    premise.forEach(note);
  };
  circle.forEach(note);
  const count = (operation: Operation): number =>
    [...all].filter(({ process, f }) => process === operation.process && f === operation.f).length;
  return (operation) => {
    const { f, key, process } = operation;
    if (f === 'txn') return count(operation) === 1 ? `the transaction by process ${process}` : named(operation);
    return key === null ? named(operation) : named(operation).replace(/ by process \d+$/, ` at ${key}$&`);
  };
}

/** Whether an edge follows from when operations ran, and not only from what was read. */
function restsOnTime({ why, premise }: Edge): boolean {
  return why === 'earlier' || premise.some(restsOnTime);
}

/** What the operations of the first edges are to the sentence. */
function rolesOf(shape: AnomalyShape, edges: readonly Edge[]): Anomaly['facts'] {
  const [first, second, third, fourth] = edges;
  if (first === undefined || second === undefined) return {};
  const wr = shape === 'from-the-future' ? second : null;
  const seenIn = edges.find((edge) => edge !== first && edge.why === 'wr');
  return {
    ...(shape === 'circular-dependencies' || shape === 'circular-reads'
      ? {
          circle: edges.map(({ from }) => from.operation.index),
          byTime: edges.some(restsOnTime),
        }
      : {}),
    other: first.to.operation.index,
    ...(first.key === null
      ? {}
      : {
          of: first.key,
          found: shown(readBy(first) ?? 'null'),
          wrote: shown(first.to.writes.get(first.key) ?? 'null'),
        }),
    ...(wr?.key == null ? {} : { of: wr.key, found: shown(wr.from.writes.get(wr.key) ?? 'null') }),
    ...(third === undefined ? {} : { newer: second.to.operation.index }),
    ...(fourth === undefined ? {} : { newest: third?.to.operation.index ?? null }),
    ...(seenIn?.key == null ? {} : { sawOf: seenIn.key, saw: shown(seenIn.from.writes.get(seenIn.key) ?? 'null') }),
    ...(second.why === 'rw' && second.key !== null
      ? { otherOf: second.key, otherFound: shown(readBy(second) ?? 'null') }
      : {}),
  };
}

function readBy({ reader, key }: Edge): string | undefined {
  return key === null ? undefined : reader?.reads.get(key);
}

/** What a circle is called, and which of its edges the tale begins with. */
function classified(circle: readonly Edge[]): { readonly shape: AnomalyShape; readonly turn: number } {
  const turnTo = (...whys: readonly Why[]): number =>
    circle.length === whys.length
      ? circle.findIndex((_, at) => whys.every((why, i) => circle[(at + i) % circle.length]?.why === why))
      : -1;
  const as = (shape: AnomalyShape, turn: number): { shape: AnomalyShape; turn: number } => ({ shape, turn });
  if (circle.every(({ why }) => why === 'wr')) return as('circular-reads', 0);
  const future = turnTo('earlier', 'wr');
  if (future >= 0) return as('from-the-future', future);
  const stale = turnTo('rw', 'earlier');
  if (stale >= 0) return as(writesWhatItRead(circle[stale]) ? 'lost-update' : 'stale-read', stale);
  const fractured = turnTo('rw', 'wr');
  if (fractured >= 0) return as('fractured-read', fractured);
  if (turnTo('rw', 'rw') >= 0) {
    // The one that came later is told first.
    const turn = (circle[0]?.from.call ?? 0) >= (circle[1]?.from.call ?? 0) ? 0 : 1;
    const isSame = circle[0]?.key === circle[1]?.key;
    return as(isSame ? 'lost-update' : 'write-skew', turn);
  }
  const older = turnTo('rw', 'wr', 'earlier');
  if (older >= 0) return as('newer-then-older', older);
  const fork = turnTo('rw', 'wr', 'rw', 'wr');
  if (fork >= 0 && !circle.some(({ why, from }) => why === 'rw' && from.writes.size > 0)) return as('long-fork', fork);
  const missing = circle.filter(({ why }) => why === 'rw');
  const at = circle.indexOf(missing[0] as Edge);
  const before = circle[(at + circle.length - 1) % circle.length];
  if (missing.length === 1 && before?.why === 'wr') return as('cause-unseen', at);
  return as('circular-dependencies', Math.max(0, at));
}

function writesWhatItRead(edge: Edge | undefined): boolean {
  return edge?.key != null && edge.from.writes.has(edge.key);
}

function edgeStep(
  { from, to, why, key, reader, writer }: Edge,
  say: (operation: Operation) => string,
): Anomaly['argument'][number] {
  const [a, b] = [from.operation, to.operation];
  const at = keyWords(key ?? '');
  const value = (of: Transaction | null, by: 'reads' | 'writes'): string => shown(of?.[by].get(key ?? '') ?? 'null');
  switch (why) {
    case 'earlier':
      return stepOn(`${say(a)} was over before ${say(b)} began`, a, b);
    case 'wr':
      return stepOn(`${say(b)} read ${at} = ${value(to, 'reads')}, which ${say(a)} wrote: so that came first`, a, b);
    case 'rw': {
      const read = `${say(a)} read ${at} = ${value(from, 'reads')}`;
      const replaced = `the ${value(to, 'writes')} that ${say(b)}`;
      return writer === null
        ? stepOn(`${read}, as it was at first, and not yet ${replaced} wrote: so it came first`, a, b)
        : stepOn(`${read}, and not yet ${replaced} put in its place: so it came first`, a, writer.operation, b);
    }
    case 'ww':
      return stepOn(
        `${say(a)} wrote ${at} := ${value(from, 'writes')} before ${reader === null ? 'somebody' : say(reader.operation)} read ${value(reader, 'reads')}, so it came before ${say(b)}, which wrote that`,
        a,
        ...(reader === null ? [] : [reader.operation]),
        b,
      );
  }
}
