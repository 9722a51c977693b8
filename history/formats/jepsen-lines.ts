/**
 * Events as Jepsen prints them, fields separated by tabs: in its log, after a prefix of the logging framework, and alone in
 * `history.txt`. Other lines of a log are passed over, unless they look like an event that was spoilt; a history.txt has none.
 */

import type { Json } from '../operation.ts';
import { EdnReader } from './edn.ts';
import { argumentOf, type EventType, eventType, isRead } from './event.ts';
import { EventPairing } from './event-pairing.ts';
import { excerpt, HistoryError, type HistoryFormat, type HistoryParser, type ParsedHistory } from './format.ts';
import { LineSplitter } from './line-splitter.ts';

export const jepsenLog: HistoryFormat = {
  name: 'jepsen-log',
  summary: "Jepsen's log: lines of jepsen.util with process, type, function and value; other lines are passed over",
  example: 'INFO  jepsen.util - 0\t:invoke\t:read\tnil',
  initialUnknown: false,
  parser: (options) => new EventLines(new EventPairing(options), true),
};

export const jepsenTxt: HistoryFormat = {
  name: 'jepsen-txt',
  summary: "Jepsen's history.txt: process, type, function and value on each line",
  example: '0\t:invoke\t:cas\t[1 2]',
  initialUnknown: false,
  parser: (options) => new EventLines(new EventPairing(options), false),
};

const EVENT = /(?:^|\s)(:?[^\s:]+)[ \t]+(:(?:invoke|ok|fail|info))[ \t]+(:[^\s]+)(?:[ \t]+(.*))?$/s;
/**
 * An event that was spoilt or cut off: a type after a tab; a process and, after it and a tab, a keyword in one of the next two
 * fields; or what jepsen.util logs, with whatever blanks between the fields.
 */
const LIKE_EVENT = new RegExp(
  [
    /\t:(?:invoke|ok|fail|info)\b/,
    /(?:^|\s)(?:\d+|:[^\s:]+)\t(?::|[^\t]*\t:)/,
    /jepsen\.util\s*[-:]?\s+(?:(?:\d+|:[^\s:]+)[ \t]+:|\d+\s*$)/,
  ]
    .map(({ source }) => source)
    .join('|'),
);
const EXPECTED = 'expected process, :type, :f and value separated by tabs, like "0\\t:invoke\\t:read\\tnil"';

class EventLines implements HistoryParser {
  readonly #pairing: EventPairing;
  readonly #prefixed: boolean;
  readonly #lines = new LineSplitter();
  #events = 0;

  constructor(pairing: EventPairing, prefixed: boolean) {
    this.#pairing = pairing;
    this.#prefixed = prefixed;
  }

  push(text: string): void {
    this.#lines.push(text, (line, number) => this.#add(line, number));
  }

  end(): ParsedHistory {
    this.#lines.end((line, number) => this.#add(line, number));
    if (this.#events === 0) throw new HistoryError(`there is no event in this file; ${EXPECTED}`);
    return this.#pairing.end();
  }

  #add(text: string, number: number): void {
    const line = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (line.trim() === '') return;
    const match = EVENT.exec(line);
    // In a log the process stands last before the type; in a history.txt it begins the line.
    if (match === null || (!this.#prefixed && !line.trimStart().startsWith(match[1] ?? ''))) {
      if (this.#prefixed && !LIKE_EVENT.test(line)) return;
      throw new HistoryError(`${excerpt(line)}; ${EXPECTED}`, number);
    }
    const [, who = '', typeText = '', fText = '', rest = ''] = match;
    const process = /^\d+$/.test(who) ? Number(who) : who;
    // Other programs log such words, too; Jepsen puts tabs between them.
    if (this.#prefixed && typeof process === 'string' && !LIKE_EVENT.test(line)) return;
    this.#events++;
    const type = eventType(typeText) ?? 'info';
    const lineNumber = (): number => number;
    if (!this.#pairing.isClients(process, type, lineNumber)) return;
    const f = fText.slice(1);
    if (rest.trim() === '' && mustHaveValue(type, f))
      throw new HistoryError(
        `${excerpt(line)} has no value, which would be nil if there were none; ${EXPECTED}`,
        number,
      );
    const [value, after] = readValue(rest, number);
    if (type === 'invoke') this.#pairing.invoke(process, f, null, argumentOf(f, value), null, lineNumber);
    else {
      // What stands after the value is the error; older logs print it in place of the value: `:info :cas :timed-out`.
      const named = type !== 'ok' && typeof value === 'string' && value.startsWith(':');
      const error = after !== '' ? after : named ? value.slice(1) : null;
      this.#pairing.complete(type, process, f, named ? null : value, error, undefined, null, lineNumber);
    }
  }
}

/** Jepsen prints the value of every event. Where it can be told without, a line may do without. */
function mustHaveValue(type: EventType, f: string): boolean {
  return type === 'ok' || (type === 'invoke' && !isRead(f));
}

/** The EDN value at the start of the text, and what is left of it. */
function readValue(text: string, line: number): [Json, string] {
  if (text.trim() === '') return [null, ''];
  const reader = new EdnReader();
  reader.push(text);
  reader.finish();
  try {
    const value = reader.value(0);
    return [value, text.slice(reader.position).trim()];
  } catch (error) {
    if (error instanceof HistoryError)
      throw new HistoryError(
        `the value ${excerpt(text)} is not EDN (${error.message.replace(/^line \d+: /, '')})`,
        line,
      );
    throw error;
  }
}
