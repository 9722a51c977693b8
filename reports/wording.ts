/** How the report writes numbers, values and operations. Shared by page, picture, text and browser. */

import type { Json, Operation } from '../history/operation.ts';
import { visible } from './escape.ts';
import { withoutZeros } from './times.ts';

/** Longest rendering of a recorded value in running text, in characters. */
const VALUE_CHARACTERS_MAX = 48;

/** Longest list of keys, and of the steps of a transaction, before the rest is counted. */
const KEYS_CHARACTERS_MAX = 40;
const STEPS_CHARACTERS_MAX = 72;
const BAR_CHARACTERS_MAX = 30;

/** Longest step of an argument, in characters: one that lists dozens of operations is read by nobody. */
export const STEP_MAX = 480;

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/** "two", "nine"; "10" and above in digits. */
export function inWords(value: number): string {
  return NUMBERS[value] ?? count(value);
}

/** "12,345". */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** "1 operation", "3 operations"; "2 entries" with both forms given. */
export function plural(value: number, noun: string, many = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : many}`;
}

/** A share as "12%", "0.4%"; never "0%" for something and never "100%" for less than all. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '–';
  if (part === 0) return '0%';
  if (part === whole) return '100%';
  const share = (100 * part) / whole;
  if (share < 0.1) return '<0.1%';
  if (share > 99.9) return '>99.9%';
  return `${withoutZeros(share.toFixed(1))}%`;
}

/** A recorded value in running text: JSON, shortened, with hidden characters written out. Null is "nothing". */
export function value(recorded: Json): string {
  if (recorded === null) return 'nothing';
  // A text of digits is no number: "10" comes before "9".
  const isPlain = typeof recorded === 'string' && /^[\w.:-]+$/.test(recorded) && !/^-?\d+(\.\d+)?$/.test(recorded);
  return shortened(isPlain ? recorded : JSON.stringify(recorded));
}

export function shortened(text: string, max: number = VALUE_CHARACTERS_MAX): string {
  const shown = visible(text).replace(/\n/g, '\\n');
  return shown.length <= max ? shown : `${[...shown].slice(0, max - 1).join('')}…`;
}

/** A text whose beginning and end both matter, without its middle. */
export function withoutMiddle(text: string, max: number): string {
  const shown = visible(text).replace(/\n/g, '\\n');
  if (shown.length <= max) return shown;
  const tail = Math.floor(max / 3);
  return `${[...shown].slice(0, max - tail - 3).join('')} … ${[...shown].slice(-tail).join('')}`;
}

function pair(recorded: Json): readonly [Json, Json] | null {
  return Array.isArray(recorded) && recorded.length === 2 ? [recorded[0] ?? null, recorded[1] ?? null] : null;
}

/** The name of a key in running text; a history without keys is one whole. One of blanks alone is quoted, to be seen at all. */
export function keyName(key: string | null): string {
  if (key === null) return 'the whole history';
  return key.trim() === '' ? shortened(`“${key}”`, 32) : shortened(key, 32);
}

/** A key beside values, in running text: a number is told to be a key. */
export function keyWords(key: string | null): string {
  return key !== null && /^[-+]?\d[\d.]*$/.test(key) ? `key ${keyName(key)}` : keyName(key);
}

/** As many of them as fit into so many characters, but at least one; the last tells of the rest: "12 more". */
function withMore(items: readonly string[], max: number): readonly string[] {
  let shown = items.length;
  while (shown > 1 && items.slice(0, shown).join(', ').length > max) shown--;
  return shown === items.length ? items : [...items.slice(0, shown), `${items.length - shown} more`];
}

/** "keys account-0, account-1 and 12 more": keys that transactions touch together, whose names the checker joins. */
export function keyNames(joined: string): string {
  const names = joined.split(', ').map(keyName);
  return `keys ${listed(withMore(names, KEYS_CHARACTERS_MAX))}`;
}

/** One word for one thing, whatever a workload or a file calls it: a get is a read, a put is a write. */
const VERBS: { readonly [f: string]: string } = {
  get: 'read',
  put: 'write',
  cas: 'compare-and-set',
  txn: 'transaction',
};

/** The steps of a transaction, [name, key, …arguments] each, and what they found: "w x 1", "get y → 2"; null for anything else. */
function stepsOf({ f, value: given, outcome, result }: Operation, answered: boolean): readonly string[] | null {
  if (f !== 'txn' || !Array.isArray(given) || given.length === 0) return null;
  const steps: string[] = [];
  for (const [i, step] of given.entries()) {
    if (!Array.isArray(step) || typeof step[0] !== 'string' || step.length < 2) return null;
    const [named, key = null, ...rest] = step;
    // Keywords of EDN keep their colon when they are read.
    const name = named.replace(/^:/, '');
    const reads = name === 'r' || name === 'read' || name === 'get';
    const words = [name, shortValue(key), ...(reads ? [] : rest.map(shortValue))].join(' ');
    const answer = answered && outcome === 'ok' && Array.isArray(result) ? (result[i] ?? null) : undefined;
    // Where a transaction answers with its own steps, what was found stands in the place of the argument.
    const found = name !== 'get' && Array.isArray(answer) ? (answer[2] ?? null) : answer;
    steps.push(reads && found !== undefined ? `${words} → ${shortened(nilOr(found), 20)}` : words);
  }
  return steps;
}

/** "read", "compare-and-set", "enqueue": what an operation does, as a noun. */
export function verb(f: string): string {
  return VERBS[f] ?? shortened(f, 24);
}

/**
 * "read of k7", "write of 15 to k7", "compare-and-set of k7 from 3 to 4", "enqueue of 5", "dequeue": what was asked, without who
 * and when. A history without keys acts on one thing, which needs no name.
 */
export function asked(operation: Operation): string {
  const { f, key, value: given } = operation;
  const of = key === null ? '' : ` of ${keyWords(key)}`;
  const cas = pair(given);
  switch (f) {
    case 'read':
    case 'get':
    case 'delete':
      return `${verb(f)}${of}`;
    case 'write':
    case 'put':
    case 'append':
      return `${verb(f)} of ${value(given)}${key === null ? '' : ` to ${keyWords(key)}`}`;
    case 'cas':
      if (cas !== null) return `${verb(f)}${of} from ${nilOr(cas[0])} to ${nilOr(cas[1])}`;
      break;
  }
  const steps = stepsOf(operation, false);
  if (steps !== null) return `${verb(f)} (${withMore(steps, STEPS_CHARACTERS_MAX).join('; ')})`;
  // Of a lock, whom it is for: it is no part of what is locked.
  const argument = given === null ? '' : ` ${f === 'acquire' || f === 'release' ? 'for' : 'of'} ${value(given)}`;
  return `${verb(f)}${argument}${key === null ? '' : ` on ${keyWords(key)}`}`;
}

/** Whether an operation asks for a value rather than change one. */
export function isRead(operation: Operation): boolean {
  return operation.f === 'read' || operation.f === 'get';
}

/** "read → 12", "write 15", "cas 3→4 ✗", "write 7 ?": a label for a bar. */
export function label(operation: Operation): string {
  const cas = operation.f === 'cas' ? pair(operation.value) : null;
  // A bar is short: what it calls cas is explained below it.
  let text = operation.f === 'cas' || operation.f === 'txn' ? operation.f : shortened(verb(operation.f), 16);
  const steps = stepsOf(operation, true);
  if (cas !== null) text += ` ${shortened(nilOr(cas[0]), 20)}→${shortened(nilOr(cas[1]), 20)}`;
  else if (steps !== null) text += ` ${withMore(steps, BAR_CHARACTERS_MAX).join('; ')}`;
  else if (operation.value !== null) text += ` ${shortValue(operation.value)}`;
  if (operation.outcome === 'fail') return `${text} ✗`;
  if (operation.outcome === 'info') return `${text} ?`;
  if (
    isRead(operation) ||
    (ALWAYS_ANSWERED.has(operation.f) && (operation.result !== null || operation.value === null)) ||
    (operation.result !== null &&
      steps === null &&
      cas === null &&
      operation.result !== operation.value &&
      operation.result !== true)
  )
    text += ` → ${shortValue(operation.result)}`;
  return text;
}

/** What asks for something: that it found nothing, or what it was given, is an answer, too. Some histories have it as the argument. */
const ALWAYS_ANSWERED = new Set([...['contains', 'add-and-get'], ...['dequeue', 'pop', 'delete-min', 'peek', 'top']]);

/** What a compare-and-set expects or leaves: "nil" stands where a value would. */
export function nilOr(recorded: Json): string {
  return recorded === null ? 'nil' : value(recorded);
}

function shortValue(recorded: Json): string {
  return shortened(value(recorded), 20);
}

/** "client 3". Process numbers are what the record has; one is retired by each unknown outcome. */
export function client(operation: Operation): string {
  return `client ${operation.process}`;
}

/** "A", "B", …, "Z", "AA": the letter of the n-th operation of a core, from 0. */
export function letter(n: number): string {
  const last = String.fromCharCode(65 + (n % 26));
  return n < 26 ? last : letter(Math.floor(n / 26) - 1) + last;
}

/** "a", "a and b", "a, b and c". */
export function listed(items: readonly string[]): string {
  if (items.length <= 1) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** The first letter in upper case, but for a name such as n1, which is written as it is. */
export function capital(text: string): string {
  if (/^[\w-]*\d/.test(text)) return text;
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** The checker says "process 3" for what the page calls client 3. */
export function asClients(text: string): string {
  return text.replace(/\b([Pp])rocess (?=\d+\b)/g, (_, first: string) => (first === 'P' ? 'Client ' : 'client '));
}
