/**
 * What the answer to a transaction says of its steps once more: `[[:w 1 2] [:r 3 nil]]` is answered with `[[:w 1 2] [:r 3 4]]`. The
 * steps have the same kinds and keys, and write what was asked for; only what was read is new.
 */

import type { Json } from '../operation.ts';
import { sameJson } from './same-json.ts';

/** Names of one kind of step, by the name that stands for them here. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['r', 'read'],
  ['read', 'read'],
  ['get', 'read'],
  ['w', 'write'],
  ['write', 'write'],
  ['put', 'write'],
  ['append', 'append'],
  ['delete', 'delete'],
  ['cas', 'cas'],
]);

type Step = readonly [f: string, key: Json, ...rest: Json[]];

/** False also where the answer is something else than steps: a list of what each of them answered, for one. */
export function stepsContradict(asked: Json, answered: Json): boolean {
  if (!isSteps(asked) || !isSteps(answered) || asked.length === 0) return false;
  return asked.length !== answered.length || asked.some((step, at) => contradicts(step, answered[at] as Step));
}

function contradicts([f, key, ...rest]: Step, [fAnswered, keyAnswered, ...answered]: Step): boolean {
  const kind = kindOf(f);
  if (kind !== kindOf(fAnswered) || !sameJson(key, keyAnswered)) return true;
  if (kind === 'read' || kind === 'delete') return false;
  if (kind === 'cas') return answered.length === 2 && !sameJson(rest, answered);
  const value = answered[0] ?? null;
  return value !== null && !sameJson(rest[0] ?? null, value);
}

function isSteps(value: Json): value is readonly Step[] {
  return Array.isArray(value) && value.every(isStep);
}

function isStep(step: Json): boolean {
  if (!Array.isArray(step) || step.length < 2) return false;
  const f = step[0] as Json;
  return typeof f === 'string' && kindOf(f) !== undefined;
}

function kindOf(f: string): string | undefined {
  return KINDS.get(f.startsWith(':') ? f.slice(1) : f);
}
