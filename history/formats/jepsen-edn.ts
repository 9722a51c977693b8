/**
 * Jepsen's `history.edn`: one event a line as a map or a `#jepsen.history.Op{…}` record, or one vector or list of them; and
 * the same with a :key in each event, as in Porcupine's key-value files.
 *
 * Exported histories of ours carry, beside what Jepsen knows, `:ordeal/key`, `:ordeal/result` and `:ordeal/index`, so that
 * they come back unchanged.
 */

import type { Json } from '../operation.ts';
import { EdnReader, NEED_MORE } from './edn.ts';
import { EventPairing, type EventType } from './event-pairing.ts';
import {
  HistoryError,
  type HistoryFormat,
  type HistoryParser,
  type ParsedHistory,
  type ParserOptions,
  shortJson,
} from './format.ts';

const EXPECTED = 'expected an event like {:process 0, :type :invoke, :f :read, :value nil}';

export const jepsenEdn: HistoryFormat = {
  name: 'jepsen-edn',
  summary: "Jepsen's history.edn: events as EDN maps or records, one a line or in one vector",
  example: '{:index 0, :process 3, :type :invoke, :f :cas, :value [1 2], :time 3291485}',
  initialUnknown: false,
  parser: (options) => new EdnEvents(options, false),
};

export const knossosEdn: HistoryFormat = {
  name: 'knossos-edn',
  summary: "Knossos' test histories: the same without times; the register's first value is not known",
  example: '[{:process 4, :type :invoke, :f :write, :value 2} {:process 4, :type :ok, :f :write, :value 2}]',
  initialUnknown: true,
  parser: (options) => new EdnEvents(options, false),
};

export const porcupineKv: HistoryFormat = {
  name: 'porcupine-kv',
  summary: "Porcupine's key-value files: EDN events with a :key",
  example: '{:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}',
  initialUnknown: false,
  parser: (options) => new EdnEvents(options, true),
};

class EdnEvents implements HistoryParser {
  readonly #reader = new EdnReader();
  readonly #pairing: EventPairing;
  readonly #needsKey: boolean;
  /** What closes the vector or list around the events; 0 outside. */
  #closing = 0;
  #openedAt = 0;
  #start = 0;

  // The event being read.
  #process: Json = null;
  #type: Json = null;
  #f: Json = null;
  #value: Json = null;
  #key: Json | undefined;
  #ownKey: Json | undefined;
  #time: Json = null;
  #error: Json = null;
  #result: Json | undefined;
  #index: Json = null;
  #node: Json = null;

  readonly #line = (): number => this.#reader.lineOf(this.#start);

  constructor(options: ParserOptions, needsKey: boolean) {
    this.#pairing = new EventPairing(options);
    this.#needsKey = needsKey;
  }

  push(text: string): void {
    this.#reader.push(text);
    this.#readAll();
  }

  end(): ParsedHistory {
    this.#reader.finish();
    this.#readAll();
    if (this.#closing !== 0)
      throw this.#reader.error(
        `the file ends inside the ${this.#closing === 93 ? 'vector' : 'list'} that began on line ${this.#openedAt}: it is cut off`,
      );
    return this.#pairing.end();
  }

  #readAll(): void {
    const reader = this.#reader;
    for (;;) {
      this.#start = reader.position;
      try {
        const c = reader.next();
        this.#start = reader.position;
        if (c === -1) return;
        if ((c === 91 || c === 40) && this.#closing === 0) {
          this.#closing = c === 91 ? 93 : 41;
          this.#openedAt = this.#line();
          reader.skip();
        } else if (c === this.#closing) {
          this.#closing = 0;
          reader.skip();
        } else {
          if (c === 35) reader.tag();
          if (reader.next() !== 123) throw reader.error(`${EXPECTED}, not ${reader.here()}`);
          reader.skip();
          this.#readFields();
          this.#add();
        }
      } catch (thrown) {
        if (thrown !== NEED_MORE) throw this.#sayingWhere(thrown);
        reader.rewind(this.#start);
        return;
      }
    }
  }

  /** A bracket or quote that is missing shows lines later: then the line on which the event began is named, too. */
  #sayingWhere(thrown: unknown): unknown {
    const began = this.#line();
    if (!(thrown instanceof HistoryError) || thrown.line === null || thrown.line <= began) return thrown;
    const what = thrown.message.replace(/^line \d+: /, '');
    return new HistoryError(`${what} (in the event that began on line ${began})`, thrown.line);
  }

  #readFields(): void {
    this.#process = this.#type = this.#f = this.#value = this.#time = this.#error = this.#index = this.#node = null;
    this.#key = this.#ownKey = this.#result = undefined;
    const reader = this.#reader;
    for (;;) {
      const c = reader.next();
      if (c === 125) {
        reader.skip();
        return;
      }
      if (c === -1) {
        reader.rewind(this.#start);
        throw reader.error('the file ends inside this event: it is cut off');
      }
      const name = reader.mapKey(1);
      const value = reader.value(1);
      switch (name) {
        case 'process':
          this.#process = value;
          break;
        case 'type':
          this.#type = value;
          break;
        case 'f':
          this.#f = value;
          break;
        case 'value':
          this.#value = value;
          break;
        case 'key':
          this.#key = value;
          break;
        case 'time':
          this.#time = value;
          break;
        case 'error':
          this.#error = value;
          break;
        case 'node':
          this.#node = value;
          break;
        case 'ordeal/key':
          this.#ownKey = value;
          break;
        case 'ordeal/result':
          this.#result = value;
          break;
        case 'ordeal/index':
          this.#index = value;
          break;
      }
    }
  }

  #add(): void {
    const process = this.#process;
    // The nemesis and other bystanders have names for process numbers.
    if (typeof process === 'string') return;
    if (typeof process !== 'number' || !Number.isSafeInteger(process))
      throw this.#wrong(`:process is ${shortJson(process)}`);
    const type = eventType(this.#type);
    if (type === null) throw this.#wrong(`:type is ${shortJson(this.#type)}`);
    if (typeof this.#f !== 'string') throw this.#wrong(`:f is ${shortJson(this.#f)}`);
    const f = this.#f.startsWith(':') ? this.#f.slice(1) : this.#f;
    const time = this.#time;
    if (time !== null && (typeof time !== 'number' || !Number.isSafeInteger(time)))
      throw this.#wrong(`:time is ${shortJson(time)}, not an integer of nanoseconds`);
    let key = this.#key === undefined ? null : textOf(this.#key);
    let value = this.#value;
    if (this.#needsKey && key === null) throw this.#wrong('there is no :key');
    if (this.#ownKey !== undefined) {
      this.#pairing.keepIndexes();
      key = this.#ownKey === null ? null : textOf(this.#ownKey);
      if (key !== null) {
        if (!Array.isArray(value) || value.length !== 2) throw this.#wrong(':value is no [key value] tuple');
        value = value[1] as Json;
      }
    }
    if (type === 'invoke') {
      const operation = this.#pairing.invoke(process, f, key, argumentOf(f, value), time, this.#line);
      if (typeof this.#index === 'number') operation.index = this.#index;
      if (typeof this.#node === 'string') operation.node = this.#node;
    } else {
      const error = this.#error === null ? null : textOf(this.#error);
      this.#pairing.complete(type, process, f, value, error, this.#result, time, this.#line);
    }
  }

  #wrong(what: string): Error {
    this.#reader.rewind(this.#start);
    return this.#reader.error(`${what}; ${EXPECTED}`);
  }
}

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

/** A read asks for nothing, whatever the file fills in (completed histories carry the result already); a tuple has its key. */
export function argumentOf(f: string, value: Json): Json {
  if (f !== 'read' && f !== 'get') return value;
  return Array.isArray(value) ? value : null;
}

function textOf(value: Json): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return value;
}
