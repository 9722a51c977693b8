/** Writes a history as Jepsen's EDN, which Knossos and Elle read, with what is needed to read it back unchanged. */

import type { Json, Operation } from '../operation.ts';
import { isRead } from './event-pairing.ts';

/**
 * Events in the order of time; at equal times invocations come before completions, as operations that touch are concurrent. Only
 * a process that goes on in the very moment of its last answer completes before it invokes.
 * A key makes the value a `[key value]` tuple, as in Jepsen's independent tests. Yields some thousand characters at a time.
 */
export function* writeJepsenEdn(operations: readonly Operation[]): Generator<string> {
  const invocations = [...operations].sort((a, b) => a.invokedAt - b.invokedAt || a.index - b.index);
  const completions = operations.filter((o) => o.completedAt !== null);
  completions.sort((a, b) => (a.completedAt ?? 0) - (b.completedAt ?? 0) || a.index - b.index);
  const open = new Set<number>();
  let text = '';
  let event = 0;
  let position = 0;
  let i = 0;
  let c = 0;
  while (i < invocations.length || c < completions.length) {
    const invocation = invocations[i];
    const completion = completions[c];
    if (
      invocation !== undefined &&
      (completion === undefined ||
        invocation.invokedAt < (completion.completedAt ?? 0) ||
        (invocation.invokedAt === completion.completedAt && !open.has(invocation.process)))
    ) {
      open.add(invocation.process);
      text += invocationText(invocation, event++, position++);
      i++;
    } else if (completion !== undefined) {
      open.delete(completion.process);
      text += completionText(completion, event++);
      c++;
    }
    if (text.length > 65_536) {
      yield text;
      text = '';
    }
  }
  if (text !== '') yield text;
}

function invocationText(o: Operation, event: number, position: number): string {
  const index = o.index === position ? '' : `, :ordeal/index ${o.index}`;
  const node = o.node === null ? '' : `, :node ${JSON.stringify(o.node)}`;
  return `{${common(o, event, 'invoke', o.invokedAt, o.value)}${index}${node}}\n`;
}

function completionText(o: Operation, event: number): string {
  const value = isRead(o.f) && o.outcome === 'ok' ? o.result : o.value;
  const derived = isRead(o.f) && o.outcome === 'ok' ? o.result : null;
  const result = JSON.stringify(derived) === JSON.stringify(o.result) ? '' : `, :ordeal/result ${edn(o.result)}`;
  const error = o.error === null ? '' : `, :error ${JSON.stringify(o.error)}`;
  return `{${common(o, event, o.outcome, o.completedAt ?? 0, value)}${error}${result}}\n`;
}

function common(o: Operation, event: number, type: string, time: number, value: Json): string {
  const key = o.key === null ? 'nil' : JSON.stringify(o.key);
  const tuple = o.key === null ? edn(value) : `[${key} ${edn(value)}]`;
  const f = /^[A-Za-z][A-Za-z0-9*+!_?<>=.-]*$/.test(o.f) ? `:${o.f}` : JSON.stringify(`:${o.f}`);
  return `:index ${event}, :type :${type}, :process ${o.process}, :f ${f}, :value ${tuple}, :time ${time}, :ordeal/key ${key}`;
}

/** JSON as EDN: objects are maps with strings as keys. */
export function edn(value: Json): string {
  if (value === null) return 'nil';
  if (Array.isArray(value)) return `[${value.map(edn).join(' ')}]`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([name, item]) => `${JSON.stringify(name)} ${edn(item)}`)
      .join(', ')}}`;
  // Digits alone would be an integer of Clojure's, exact where ours is not.
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return value.toExponential();
  return JSON.stringify(value);
}
