/** What the events of Jepsen's histories are made of. */

import type { Json, Operation } from '../operation.ts';

export type EventType = 'invoke' | 'ok' | 'fail' | 'info';

/** A client by its number; or by a name, as the nemesis and other bystanders have, too. */
export type Who = number | string;

/** Nanoseconds; null in a file without times. */
export type EventTime = number | bigint | null;

export type GrowingOperation = { -readonly [field in keyof Operation]: Operation[field] };

export function eventType(value: Json): EventType | null {
  switch (value) {
    case ':invoke':
    case ':ok':
    case ':fail':
    case ':info':
      return value.slice(1) as EventType;
    default:
      return null;
  }
}

/** Functions whose completion carries what was read rather than the argument. */
export function isRead(f: string): boolean {
  return f === 'read' || f === 'get';
}

/** Functions whose answer is all that they tell: one that is ok must say what it found, which may be nothing. */
const ANSWERS: ReadonlySet<string> = new Set(['read', 'get', 'dequeue', 'pop', 'peek', 'top', 'delete-min']);

export function isAnswered(f: string): boolean {
  return ANSWERS.has(f);
}

/** A read asks for nothing, whatever the file fills in (completed histories carry the result already); a tuple has its key. */
export function argumentOf(f: string, value: Json): Json {
  if (!isRead(f)) return value;
  return Array.isArray(value) ? value : null;
}
