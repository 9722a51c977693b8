/** Sets, queues and stacks as Jepsen and Knossos record them. */

import type { Json, Operation } from '../history/operation.ts';
import { type HistoryModel, type Meaning, perKey, shortJson, wrongOperation } from './history-model.ts';
import type { Value } from './porcupine-ts/src/model.ts';
import { priorityQueue, type QueueModel, queue, stack } from './porcupine-ts/src/models/queues.ts';
import { set } from './porcupine-ts/src/models/set.ts';

export const setModel: HistoryModel = {
  name: 'set',
  summary: 'a set: elements are added and removed, one is looked for, or all are read',
  conventions:
    'add v, remove v (result true or false: whether it changed anything, if told), contains v → true or false, read → list',
  functions: ['add', 'remove', 'contains', 'read'],
  recognises: (operations) =>
    operations.every(({ f, outcome, result }) => f !== 'read' || outcome !== 'ok' || Array.isArray(result)),
  initial: null,
  byKey: false,
  checked: () => perKey(set()),
  meaning(operation): Meaning {
    const { f, key, value, result, outcome } = operation;
    if (f === 'read') {
      if (outcome === 'ok' && !Array.isArray(result))
        throw wrongOperation(operation, `answered ${shortJson(result)}`, 'a list of all elements');
      return { input: { f, key }, output: outcome === 'ok' ? result : undefined };
    }
    if (value === null) throw wrongOperation(operation, 'has no value', 'the element');
    if (value === null) throw wrongOperation(operation, 'has no value', 'the element that it is about');
    const input = { f, key, value };
    if (outcome !== 'ok') return { input, output: undefined };
    const answer = Array.isArray(result) ? (result.at(-1) ?? null) : result;
    if (typeof answer === 'boolean') return { input, output: answer };
    if (f === 'contains') throw wrongOperation(operation, `answered ${shortJson(result)}`, 'true or false');
    return { input, output: null };
  },
};

/** What the model calls put, take and peek, as histories name them. */
interface Names {
  readonly put: readonly string[];
  readonly take: readonly string[];
  readonly peek: readonly string[];
}

const queueLike = (name: string, summary: string, model: () => QueueModel, names: Names): HistoryModel => {
  const [put, take, peek] = [names.put, names.take, names.peek].map((list) => list.join(' or '));
  return {
    name,
    summary,
    conventions: `${put} v, ${take} → v, ${peek} → v; null where it found nothing${names.take.includes('dequeue') ? '; drain → [v, …], read as that many dequeues' : ''}`,
    functions: [...names.put, ...names.take, ...names.peek],
    initial: null,
    byKey: true,
    checked: () => perKey(model()),
    meaning(operation): Meaning {
      const { f, key, value, result, outcome } = operation;
      if (names.put.includes(f)) {
        if (value === null) throw wrongOperation(operation, 'has no value', 'the value that it puts there');
        return { input: { f: 'put', key, value }, output: outcome === 'ok' ? null : undefined };
      }
      const input = { f: names.take.includes(f) ? 'take' : 'peek', key };
      return { input, output: outcome === 'ok' ? found(operation, result) : undefined };
    },
  };
};

/** Histories that were completed beforehand give the answer as the argument, too. */
function found(operation: Operation, result: Json): Value {
  return result ?? operation.value;
}

export const queueModel = queueLike('queue', 'a queue: first in, first out', queue, {
  put: ['enqueue'],
  take: ['dequeue'],
  peek: ['peek'],
});

export const stackModel = queueLike('stack', 'a stack: last in, first out', stack, {
  put: ['push'],
  take: ['pop'],
  peek: ['peek', 'top'],
});

export const priorityQueueModel = queueLike(
  'priority-queue',
  'a priority queue: the smallest first, by number or else by text',
  priorityQueue,
  { put: ['insert', 'enqueue'], take: ['delete-min', 'dequeue'], peek: ['peek'] },
);
