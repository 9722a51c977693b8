/**
 * Whether a core proves by itself that its history is a violation, whatever the rest did. It shares no code with the searches,
 * nor with the minimising: those who made the core are not asked.
 *
 * The operations of the core must take effect, each once, in an order that their times allow. Between them each operation of the
 * rest that could have an effect then may have it, with the answer that it gave, or not: to leave something out of a core thus
 * never makes a violation. Where the rest is long, it is first allowed to take effect again and again: that allows more than the
 * truth, so if there is no way even then, there is none, and nobody need remember what was used.
 */

import type { Model } from './model.ts';
import type { CheckOperation } from './operation.ts';

export type ContextVerdict = 'violation' | 'legal' | 'unknown';

const NODES_MAX = 2000;
/**
 * Where the rest can make ever new states (of texts, of queues), this does not end. Effort is limited in steps of the model, one
 * more for so many characters of the state, and not in time: whether a core counts as a proof must not depend on how fast, or how
 * busy, a machine is.
 */
const EFFORT_MAX = 20_000;
const CHARACTERS_PER_STEP = 32;
/** So many are used once each, without first looking whether using them often would help. */
const FEW = 10;
const CORE_MAX = 60;
const REST_MAX = 4000;

/**
 * @param rest all other operations of the partition
 * @param isOver whether time has run out
 */
export const checkInContext = <S, I, O>(
  model: Model<S, I, O>,
  core: readonly CheckOperation<I, O>[],
  rest: readonly CheckOperation<I, O>[],
  isOver: () => boolean = () => false,
): ContextVerdict => {
  const end = Math.max(...core.map((operation) => operation.return ?? operation.call));
  const helpers = rest.filter(
    (operation) => operation.call <= end && !model.observes?.(operation.input, operation.output),
  );
  if (core.length > CORE_MAX || helpers.length > REST_MAX) return 'unknown';
  if (helpers.length > FEW && explore(model, core, helpers, false, isOver) === 'violation') return 'violation';
  return explore(model, core, helpers, true, isOver);
};

const bit = (at: number): bigint => 1n << BigInt(at);

interface Node<S> {
  readonly state: S;
  /** Bits of the core's operations that took effect. */
  readonly done: bigint;
  /** Latest call of what took effect: what comes next happens no earlier. */
  readonly since: number;
  /** Positions of helpers that took effect, ascending; empty where they may do so again and again. */
  readonly used: readonly number[];
}

const explore = <S, I, O>(
  model: Model<S, I, O>,
  core: readonly CheckOperation<I, O>[],
  helpers: readonly CheckOperation<I, O>[],
  once: boolean,
  isOver: () => boolean,
): ContextVerdict => {
  let effort = 0;
  const owed = core.reduce((bits, operation, at) => (operation.return === null ? bits : bits | bit(at)), 0n);
  const seen = new Set<string>();
  const waiting: Node<S>[] = [];
  const visit = (node: Node<S>): void => {
    const key = `${node.done} ${node.since} ${node.used.join()} ${model.key(node.state)}`;
    effort += key.length / CHARACTERS_PER_STEP;
    if (seen.has(key)) return;
    seen.add(key);
    waiting.push(node);
  };
  visit({ state: model.init(), done: 0n, since: Number.NEGATIVE_INFINITY, used: [] });
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.size > NODES_MAX || effort > EFFORT_MAX || isOver()) return 'unknown';
    const { state, done, since, used } = node;
    if ((done & owed) === owed) return 'legal';
    let until = Number.POSITIVE_INFINITY;
    for (const [at, operation] of core.entries())
      if ((done & bit(at)) === 0n) until = Math.min(until, operation.return ?? until);
    for (const [at, operation] of helpers.entries()) {
      if (seen.size > NODES_MAX || effort > EFFORT_MAX || isOver()) return 'unknown';
      if (operation.call > until || (operation.return ?? since) < since || (once && used.includes(at))) continue;
      const next = model.step(state, operation.input, operation.output);
      effort++;
      if (next === undefined) continue;
      const latest = Math.max(since, operation.call);
      visit({ state: next, done, since: latest, used: once ? [...used, at].sort((a, b) => a - b) : used });
    }
    for (const [at, { input, output, call }] of core.entries()) {
      if ((done & bit(at)) !== 0n || call > until) continue;
      const next = model.step(state, input, output);
      effort++;
      if (next !== undefined) visit({ state: next, done: done | bit(at), since: Math.max(since, call), used });
    }
  }
  return 'violation';
};
