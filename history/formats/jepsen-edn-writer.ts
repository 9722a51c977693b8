/**
 * Writes a history as Jepsen's EDN, which Knossos and Elle read, with what is needed to read it back unchanged. Fields of ours:
 *
 * - `:ordeal/key` of each invocation: the key, or nil. It says that the file is ours, so that its times are kept as they are.
 * - `:ordeal/index` where it is not the position among the invocations; `:ordeal/process` where the client goes by another
 *   number (events-in-order.ts says why).
 * - `:ordeal/value` where what was asked is written otherwise for the others (jepsen-values.ts).
 * - `:ordeal/result` where the value of the completion does not say it.
 * - `:ordeal/outcome` of a completion that is :fail to the others: it is :ok, and the result says that it changed nothing.
 * - `:ordeal/outcome`, `:ordeal/error` and `:ordeal/result` of an invocation without a completion.
 */

import type { Json, Operation } from '../operation.ts';
import { edn } from './edn-text.ts';
import { isRead } from './event.ts';
import { eventsInOrder } from './events-in-order.ts';
import { completionOf, elementsOf, readsSets, valueAsked } from './jepsen-values.ts';
import { canonical } from './map-name.ts';

/** A key makes the value a `[key value]` tuple, as in Jepsen's independent tests. Yields some thousand characters at a time. */
export function* writeJepsenEdn(operations: readonly Operation[]): Generator<string> {
  let text = '';
  let event = 0;
  let position = 0;
  const sets = readsSets(operations);
  for (const { operation, invokes, process } of eventsInOrder(operations)) {
    text += invokes
      ? invocationText(operation, process, event++, position++)
      : completionText(operation, process, event++, sets);
    if (text.length > 65_536) {
      yield text;
      text = '';
    }
  }
  if (text !== '') yield text;
}

function invocationText(o: Operation, process: number, event: number, position: number): string {
  const value = valueAsked(o);
  const fields = [common(o, process, event, 'invoke', o.invokedAt, edn(value)), `:ordeal/key ${edn(o.key)}`];
  if (value !== o.value) fields.push(`:ordeal/value ${edn(o.value)}`);
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

function completionText(o: Operation, process: number, event: number, sets: boolean): string {
  const { type, value } = completionOf(o);
  const elements = sets && o.f === 'read' && type === 'ok' && Array.isArray(value) ? elementsOf(value) : null;
  const text = elements === null ? edn(value) : `#{${elements.map(edn).join(' ')}}`;
  const fields = [common(o, process, event, type, o.completedAt ?? 0, text)];
  if (type !== o.outcome) fields.push(`:ordeal/outcome :${o.outcome}`);
  if (o.error !== null) fields.push(`:error ${edn(o.error)}`);
  if (elements === null ? !tells(o, value) : !inOrder(elements, value)) fields.push(`:ordeal/result ${edn(o.result)}`);
  return `{${fields.join(', ')}}\n`;
}

/** Whether a reader derives the result from this value of the completion. */
function tells(o: Operation, value: Json): boolean {
  if (o.outcome !== 'ok') return o.result === null;
  if (valueAsked(o) !== o.value) return false;
  const repeatsAsked = !isRead(o.f) && (value === o.value || canonical(value) === canonical(o.value));
  return (repeatsAsked ? null : value) === o.result;
}

function inOrder(elements: readonly Json[], list: Json): boolean {
  return Array.isArray(list) && elements.every((element, at) => element === list[at]);
}

function common(o: Operation, process: number, event: number, type: string, time: number, value: string): string {
  const tuple = o.key === null ? value : `[${edn(o.key)} ${value}]`;
  const f = /^[A-Za-z][A-Za-z0-9*+!_?<>=.-]*$/.test(o.f) ? `:${o.f}` : JSON.stringify(o.f);
  return `:index ${event}, :type :${type}, :process ${process}, :f ${f}, :value ${tuple}, :time ${time}`;
}
