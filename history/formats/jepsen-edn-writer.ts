/**
 * Writes a history as Jepsen's EDN, which Knossos and Elle read, with what is needed to read it back unchanged. Fields of ours:
 *
 * - `:ordeal/key` of each invocation: the key, or nil. It says that the file is ours, so that its times are kept as they are.
 * - `:ordeal/index` where it is not the position among the invocations; `:ordeal/process` where the client goes by another
 *   number (events-in-order.ts says why).
 * - `:ordeal/result` where the value of the completion does not say it.
 * - `:ordeal/outcome`, `:ordeal/error` and `:ordeal/result` of an invocation without a completion.
 */

import type { Json, Operation } from '../operation.ts';
import { edn } from './edn-text.ts';
import { isRead } from './event.ts';
import { eventsInOrder } from './events-in-order.ts';

/** A key makes the value a `[key value]` tuple, as in Jepsen's independent tests. Yields some thousand characters at a time. */
export function* writeJepsenEdn(operations: readonly Operation[]): Generator<string> {
  let text = '';
  let event = 0;
  let position = 0;
  for (const { operation, invokes, process } of eventsInOrder(operations)) {
    text += invokes
      ? invocationText(operation, process, event++, position++)
      : completionText(operation, process, event++);
    if (text.length > 65_536) {
      yield text;
      text = '';
    }
  }
  if (text !== '') yield text;
}

function invocationText(o: Operation, process: number, event: number, position: number): string {
  const fields = [common(o, process, event, 'invoke', o.invokedAt, o.value), `:ordeal/key ${edn(o.key)}`];
  if (o.index !== position) fields.push(`:ordeal/index ${o.index}`);
  if (o.process !== process) fields.push(`:ordeal/process ${o.process}`);
  if (o.completedAt === null) {
    if (o.outcome !== 'info') fields.push(`:ordeal/outcome :${o.outcome}`);
    if (o.error !== null) fields.push(`:ordeal/error ${edn(o.error)}`);
    if (o.result !== null) fields.push(`:ordeal/result ${edn(o.result)}`);
  }
  if (o.node !== null) fields.push(`:node ${edn(o.node)}`);
  return `{${fields.join(', ')}}\n`;
}

function completionText(o: Operation, process: number, event: number): string {
  const readAnswer = isRead(o.f) && o.outcome === 'ok';
  const value = readAnswer ? o.result : o.value;
  const told = readAnswer ? o.result : null;
  const fields = [common(o, process, event, o.outcome, o.completedAt ?? 0, value)];
  if (o.error !== null) fields.push(`:error ${edn(o.error)}`);
  if (told !== o.result) fields.push(`:ordeal/result ${edn(o.result)}`);
  return `{${fields.join(', ')}}\n`;
}

function common(o: Operation, process: number, event: number, type: string, time: number, value: Json): string {
  const tuple = o.key === null ? edn(value) : `[${edn(o.key)} ${edn(value)}]`;
  const f = /^[A-Za-z][A-Za-z0-9*+!_?<>=.-]*$/.test(o.f) ? `:${o.f}` : JSON.stringify(o.f);
  return `:index ${event}, :type :${type}, :process ${process}, :f ${f}, :value ${tuple}, :time ${time}`;
}
