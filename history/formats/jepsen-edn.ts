/**
 * Jepsen's `history.edn`: one event a line as a map or a `#jepsen.history.Op{…}` record, or one vector or list of them; and
 * the same with a :key in each event, as in Porcupine's key-value files.
 *
 * Exported histories of ours carry, beside what Jepsen knows, fields named `:ordeal/…` (jepsen-edn-writer.ts), so that they come
 * back unchanged.
 */

import type { Json } from '../operation.ts';
import { EdnReader, NEED_MORE, stringMeantBy } from './edn.ts';
import { argumentOf, type EventTime, eventType, type GrowingOperation } from './event.ts';
import { EventPairing } from './event-pairing.ts';
import {
  HistoryError,
  type HistoryFormat,
  type HistoryParser,
  type ParsedHistory,
  type ParserOptions,
  shortJson,
} from './format.ts';
import { canonical } from './map-name.ts';

const EXPECTED = 'expected an event like {:process 0, :type :invoke, :f :read, :value nil}';

export const jepsenEdn: HistoryFormat = {
  name: 'jepsen-edn',
  summary: "Jepsen's history.edn: events as EDN maps or records, one a line or in one vector",
  example: '{:index 0, :process 3, :type :invoke, :f :cas, :value [1 2], :time 3291485}',
  initialUnknown: false,
  parser: (options) => new EdnEvents(options, 'jepsen-edn'),
};

export const knossosEdn: HistoryFormat = {
  name: 'knossos-edn',
  summary: "Knossos' test histories: one vector without times; the register may hold 0 at first, not nil",
  example: '[{:process 4, :type :invoke, :f :write, :value 2} {:process 4, :type :ok, :f :write, :value 2}]',
  initialUnknown: true,
  parser: (options) => new EdnEvents(options, 'knossos-edn'),
};

export const porcupineKv: HistoryFormat = {
  name: 'porcupine-kv',
  summary: "Porcupine's key-value files: EDN events with a :key",
  example: '{:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}',
  initialUnknown: false,
  parser: (options) => new EdnEvents(options, 'porcupine-kv'),
};

/** Any of the three. What the file shows says which: its first event has a :key, or it is one vector without times. */
export const ednHistory: HistoryFormat = {
  ...jepsenEdn,
  parser: (options) => new EdnEvents(options, 'auto'),
};

type Flavour = 'auto' | 'jepsen-edn' | 'knossos-edn' | 'porcupine-kv';

/** What is read of an event. */
const FIELDS: ReadonlySet<string> = new Set([
  'process',
  'type',
  'f',
  'value',
  'key',
  'time',
  'error',
  'node',
  'index',
  'ordeal/key',
  'ordeal/value',
  'ordeal/result',
  'ordeal/index',
  'ordeal/process',
  'ordeal/outcome',
  'ordeal/error',
]);

class EdnEvents implements HistoryParser {
  readonly #reader = new EdnReader();
  readonly #pairing: EventPairing;
  #flavour: Flavour;
  /** What closes the vector or list around the events; 0 outside. */
  #closing = 0;
  #openedAt = 0;
  #start = 0;
  /** Whether the file is of our own writing. */
  #own = false;
  #events = 0;
  #indexed = false;

  // The event being read.
  #process: Json | undefined;
  #type: Json | undefined;
  #f: Json | undefined;
  #value: Json | undefined;
  #key: Json | undefined;
  #time: Json | undefined;
  #error: Json | undefined;
  #index: Json | undefined;
  #node: Json | undefined;
  #ownKey: Json | undefined;
  #ownValue: Json | undefined;
  #ownResult: Json | undefined;
  #ownIndex: Json | undefined;
  #ownProcess: Json | undefined;
  #ownOutcome: Json | undefined;
  #ownError: Json | undefined;

  readonly #line = (): number => this.#reader.lineOf(this.#start);

  constructor(options: ParserOptions, flavour: Flavour) {
    this.#pairing = new EventPairing(options);
    this.#flavour = flavour;
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
    const parsed = this.#pairing.end();
    if (this.#flavour !== 'auto') return { ...parsed, format: FLAVOURS[this.#flavour] };
    const likeKnossos = this.#openedAt > 0 && this.#pairing.timeless && !this.#indexed;
    return { ...parsed, format: likeKnossos ? knossosEdn : jepsenEdn };
  }

  #readAll(): void {
    const reader = this.#reader;
    for (;;) {
      this.#start = reader.position;
      try {
        let c = reader.next();
        this.#start = reader.position;
        if (c === -1) return;
        if (c === 35) {
          reader.tag();
          c = reader.next();
        }
        if ((c === 91 || c === 40) && this.#closing === 0) {
          this.#closing = c === 91 ? 93 : 41;
          this.#openedAt = this.#line();
          reader.skip();
        } else if (c === this.#closing) {
          this.#closing = 0;
          reader.skip();
        } else {
          if (c !== 123) throw reader.error(`${EXPECTED}, not ${reader.here()}`);
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
    this.#process = this.#type = this.#f = this.#value = this.#key = this.#time = this.#error = undefined;
    this.#index = this.#node = this.#ownKey = this.#ownResult = this.#ownIndex = this.#ownProcess = undefined;
    this.#ownOutcome = this.#ownError = this.#ownValue = undefined;
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
      const value = this.#valueOf(name);
      switch (name) {
        case 'process':
          this.#process = this.#once(this.#process, value, name);
          break;
        case 'type':
          this.#type = this.#once(this.#type, value, name);
          break;
        case 'f':
          this.#f = this.#once(this.#f, value, name);
          break;
        case 'value':
          this.#value = this.#once(this.#value, value, name);
          break;
        case 'key':
          this.#key = this.#once(this.#key, value, name);
          break;
        case 'time':
          this.#time = this.#once(this.#time, value, name);
          break;
        case 'error':
          this.#error = this.#once(this.#error, value, name);
          break;
        case 'node':
          this.#node = this.#once(this.#node, value, name);
          break;
        case 'index':
          this.#index = this.#once(this.#index, value, name);
          break;
        case 'ordeal/key':
          this.#ownKey = this.#once(this.#ownKey, value, name);
          break;
        case 'ordeal/value':
          this.#ownValue = this.#once(this.#ownValue, value, name);
          break;
        case 'ordeal/result':
          this.#ownResult = this.#once(this.#ownResult, value, name);
          break;
        case 'ordeal/index':
          this.#ownIndex = this.#once(this.#ownIndex, value, name);
          break;
        case 'ordeal/process':
          this.#ownProcess = this.#once(this.#ownProcess, value, name);
          break;
        case 'ordeal/outcome':
          this.#ownOutcome = this.#once(this.#ownOutcome, value, name);
          break;
        case 'ordeal/error':
          this.#ownError = this.#once(this.#ownError, value, name);
          break;
      }
    }
  }

  /** A field that counts for nothing may hold whatever was printed there: it costs no history. */
  #valueOf(name: string): Json {
    const reader = this.#reader;
    const at = reader.position;
    try {
      return reader.value(1);
    } catch (thrown) {
      if (!(thrown instanceof HistoryError) || FIELDS.has(name)) throw thrown;
      reader.rewind(at);
      return reader.passOver(1);
    }
  }

  /** Clojure refuses a map that has a key twice. */
  #once(before: Json | undefined, value: Json, name: string): Json {
    if (before !== undefined) throw this.#reader.error(`:${name} stands twice in this event`);
    return value;
  }

  #add(): void {
    const who = this.#process;
    if (typeof who !== 'string' && (typeof who !== 'number' || !Number.isSafeInteger(who)))
      throw this.#wrong(`:process is ${shortJson(who)}`);
    const type = eventType(this.#type ?? null);
    if (type === null) throw this.#wrong(`:type is ${shortJson(this.#type)}`);
    if (!this.#pairing.isClients(who, type, this.#line)) return;
    if (typeof this.#f !== 'string') throw this.#wrong(`:f is ${shortJson(this.#f)}`);
    const f = functionName(this.#f);
    const time = this.#timeGiven();
    if (this.#flavour === 'auto' && this.#events === 0 && this.#key !== undefined && this.#ownKey === undefined)
      this.#flavour = 'porcupine-kv';
    this.#events++;
    if ((this.#index ?? null) !== null) this.#indexed = true;
    if (this.#flavour === 'porcupine-kv' && (this.#key ?? null) === null) throw this.#wrong('there is no :key');
    if (type === 'invoke') {
      if (this.#ownKey !== undefined && !this.#own) {
        this.#own = true;
        this.#pairing.readExactly();
      }
      const value = this.#own
        ? (this.#ownValue ?? this.#withoutKey(this.#ownKey ?? null) ?? null)
        : argumentOf(f, this.#value ?? null);
      const key = this.#own ? (this.#ownKey ?? null) : (this.#key ?? null);
      const operation = this.#pairing.invoke(who, f, key, value, time, this.#line);
      if (typeof this.#node === 'string') operation.node = this.#node;
      if (this.#own) this.#complement(operation);
    } else {
      const open = this.#own ? this.#pairing.openOperation(who) : undefined;
      const error = textOf(this.#error ?? null);
      // To others, what changed nothing is :fail, and where the result is told, the value is for them.
      const outcome = open !== undefined && this.#ownOutcome === ':ok' ? 'ok' : type;
      const given =
        open !== undefined && open.f === 'txn' && this.#ownResult !== undefined
          ? open.value
          : this.#withoutKey(open?.key ?? null);
      this.#pairing.complete(outcome, who, f, given, error, this.#ownResult, time, this.#line);
    }
  }

  /** What an invocation of our own says of its operation, as no completion will. */
  #complement(operation: GrowingOperation): void {
    if (typeof this.#ownIndex === 'number') operation.index = this.#ownIndex;
    if (typeof this.#ownProcess === 'number') operation.process = this.#ownProcess;
    if (typeof this.#ownError === 'string') operation.error = this.#ownError;
    if (this.#ownOutcome === ':fail' || this.#ownOutcome === ':ok') operation.outcome = outcomeOf(this.#ownOutcome);
    if (this.#ownResult !== undefined) operation.result = this.#ownResult;
  }

  #withoutKey(key: Json): Json | undefined {
    if (key === null) return this.#value;
    if (!Array.isArray(this.#value) || this.#value.length !== 2) throw this.#wrong(':value is no [key value] tuple');
    return this.#value[1] as Json;
  }

  #timeGiven(): EventTime {
    const time = this.#time ?? null;
    if (time === null || (typeof time === 'number' && Number.isSafeInteger(time))) return time;
    if (typeof time === 'string' && /^-?\d{1,30}N$/.test(time)) return BigInt(time.slice(0, -1));
    throw this.#wrong(`:time is ${shortJson(time)}, not an integer of nanoseconds`);
  }

  #wrong(what: string): Error {
    this.#reader.rewind(this.#start);
    return this.#reader.error(`${what}; ${EXPECTED}`);
  }
}

const FLAVOURS = { 'jepsen-edn': jepsenEdn, 'knossos-edn': knossosEdn, 'porcupine-kv': porcupineKv } as const;

function outcomeOf(keyword: ':ok' | ':fail'): 'ok' | 'fail' {
  return keyword === ':ok' ? 'ok' : 'fail';
}

/** :read, "read" and read are one function. */
function functionName(f: string): string {
  return f.startsWith(':') || f.startsWith("'") ? f.slice(1) : stringMeantBy(f);
}

function textOf(value: Json): string | null {
  return value === null || typeof value === 'string' ? value : canonical(value);
}
