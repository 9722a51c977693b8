/**
 * Numbers of JSON that JSON.parse would change, so that two of them would look like one: these are refused. And how numbers are
 * written that it would not: JSON.stringify prints 2^53 and above as integers that are not always the number's own, and -0
 * without its sign.
 */

import type { Json } from '../operation.ts';

/** Digits with which every double can be told from all others. */
const DOUBLE_DIGITS_MAX = 17;
/** Nearly no line has such a number: the others need no closer look. */
const SUSPICIOUS = /\d{16}|[\d.]{17}|\d[eE]/;

/** The numbers of a line of JSON that are not held exactly, by what they became. Null if there are none. */
export function inexactNumbers(line: string): ReadonlyMap<number, string> | null {
  if (!SUSPICIOUS.test(line)) return null;
  const withoutStrings = line.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  if (!SUSPICIOUS.test(withoutStrings)) return null;
  const found = new Map<number, string>();
  for (const [literal] of withoutStrings.matchAll(/-?\d[\d.eE+-]*/g))
    if (!isExact(literal)) found.set(Number(literal), literal);
  return found.size === 0 ? null : found;
}

/** Whether a number of the line may have become a small integer without being one: quick, as nearly all values are such. */
export function mayRoundToInteger(line: string): boolean {
  return line.includes('.') || line.includes('e-') || line.includes('E-');
}

/**
 * An integer must be the double's own value; a fraction must be what the double prints, in as many digits or by itself: half-way
 * between two of 17 digits, these differ in the last one.
 */
function isExact(literal: string): boolean {
  const number = Number(literal);
  if (!Number.isFinite(number)) return false;
  if (/^-?\d+$/.test(literal)) return Number.isSafeInteger(number) || BigInt(number) === BigInt(literal);
  const digits = significantDigits(literal);
  if (digits.length === 0) return true;
  if (digits.length > DOUBLE_DIGITS_MAX || number === 0) return false;
  return (
    significantDigits(number.toPrecision(digits.length)) === digits || significantDigits(String(number)) === digits
  );
}

function significantDigits(literal: string): string {
  return literal
    .replace(/[eE].*$/, '')
    .replace(/[-+.]/g, '')
    .replace(/^0+|0+$/g, '');
}

/** Whether JSON.stringify prints all numbers of this value as they are read back. */
export function isPlain(value: Json): boolean {
  if (typeof value === 'number')
    return value === 0 ? !Object.is(value, -0) : Number.isSafeInteger(value) || value % 1 !== 0;
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(isPlain);
}

/** JSON in which large integers have an exponent, and -0 its sign. */
export function exactJson(value: Json): string {
  if (isPlain(value)) return JSON.stringify(value);
  if (typeof value === 'number') return value === 0 ? '-0' : value.toExponential();
  if (Array.isArray(value)) return `[${value.map(exactJson).join(',')}]`;
  const fields = Object.entries(value as { readonly [name: string]: Json });
  return `{${fields.map(([name, item]) => `${JSON.stringify(name)}:${exactJson(item)}`).join(',')}}`;
}
