/** How the values of flags are read. Each error says what was given and what is expected. */

import { InvalidArgumentError } from 'commander';
import type { Json } from '../history/operation.ts';
import { parseDuration } from '../trial/duration.ts';
import { givenJson } from '../trial/history-source.ts';

/** "500ms", "30s", "5m", "1.5h" as milliseconds. */
export function durationFlag(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === null)
    throw new InvalidArgumentError(`"${text}" is no duration; write for example 500ms, 30s, 5m or 1h.`);
  return milliseconds;
}

/** A non-negative integer. */
export function integerFlag(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError(`"${text}" is no whole number.`);
  return Number(text);
}

/** An integer from 1 on: for limits, of which none would let anything through. */
export function positiveFlag(text: string): number {
  const number = integerFlag(text);
  if (number === 0) throw new InvalidArgumentError('a limit of 0 lets nothing through; write 1 or more.');
  return number;
}

/** A duration that is longer than none. */
export function positiveDurationFlag(text: string): number {
  const milliseconds = durationFlag(text);
  if (milliseconds <= 0) throw new InvalidArgumentError('a limit of 0 lets nothing through; write for example 500ms.');
  return milliseconds;
}

/** A value as JSON; a bare word is a string. */
export function jsonFlag(text: string): Json {
  const value = givenJson(text);
  if (value === undefined)
    throw new InvalidArgumentError(`"${text}" is not JSON; write for example 0, "text" or null.`);
  return value;
}

/** "a,b,c" as a list; a flag given twice adds to it. An empty one is an unset variable of a shell, and would change the trial. */
export function listFlag(text: string, before: readonly string[] = []): string[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0) throw new InvalidArgumentError('it is empty; leave the flag out, or name something.');
  return [...before, ...items];
}

export const DEFAULT_STORE = 'ordeal-data';
