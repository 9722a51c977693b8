/**
 * Operations as columns of bytes: a list of records repeats every field's name and compresses badly; a column of like numbers
 * compresses well and is read without building strings. The same file writes (in Node) and reads (in the browser).
 */

import type { Json, Operation, OperationOutcome } from '../history/operation.ts';

const OUTCOMES: readonly OperationOutcome[] = ['ok', 'fail', 'info'];
const COLUMNS = 12;
/** Values last written to a key that an answer is looked for in. */
const RECENT_MAX = 12;

/** Appends integers of up to 53 bits as LEB128: seven bits a byte, low ones first. */
class ByteWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  varint(value: number): void {
    if (this.#length + 8 > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Small magnitudes of either sign stay small: 0, -1, 1, -2, … become 0, 1, 2, 3, … */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

class ByteReader {
  readonly #bytes: Uint8Array;
  #position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = bytes;
    this.#position = position;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#position++];
      if (byte === undefined) throw new RangeError('the packed operations end too early');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  take(length: number): Uint8Array {
    const part = this.#bytes.subarray(this.#position, this.#position + length);
    this.#position += length;
    return part;
  }
}

/** Numbers strings in order of first appearance. 0 is null. */
class Dictionary {
  readonly strings: string[] = [];
  readonly #numbers = new Map<string, number>();

  number(text: string | null): number {
    if (text === null) return 0;
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.strings.push(text);
    this.#numbers.set(text, this.strings.length);
    return this.strings.length;
  }
}

/** Packs operations; `unpackOperations` gives back the same, field for field. */
export function packOperations(operations: readonly Operation[]): Uint8Array {
  const dictionary = new Dictionary();
  const columns = Array.from({ length: COLUMNS }, () => new ByteWriter());
  const [index, process, f, key, valueKind, value, outcome, resultKind, result, error, invokedAt, completedAt] =
    columns as [
      ByteWriter,
      ByteWriter,
      ByteWriter,
      ByteWriter,
      ByteWriter,
      ByteWriter,
      ByteWriter,
      ByteWriter,
      ByteWriter,
      ByteWriter,
      ByteWriter,
      ByteWriter,
    ];
  const node = new ByteWriter();
  const memory = new Memory();
  let lastIndex = -1;
  let lastInvokedAt = 0;
  for (const operation of operations) {
    index.signed(operation.index - lastIndex - 1);
    lastIndex = operation.index;
    process.signed(operation.process);
    f.varint(dictionary.number(operation.f));
    key.varint(dictionary.number(operation.key));
    packArgument(operation, memory, valueKind, value, dictionary);
    outcome.varint(OUTCOMES.indexOf(operation.outcome));
    packJson(operation.result, memory.recent(operation.key), resultKind, result, dictionary);
    memory.learn(operation);
    error.varint(dictionary.number(operation.error));
    invokedAt.signed(operation.invokedAt - lastInvokedAt);
    lastInvokedAt = operation.invokedAt;
    if (operation.completedAt === null) completedAt.varint(0);
    else completedAt.varint(1 + zigzag(operation.completedAt - operation.invokedAt));
    node.varint(dictionary.number(operation.node));
  }
  const strings = new TextEncoder().encode(JSON.stringify(dictionary.strings));
  const head = new ByteWriter();
  head.varint(operations.length);
  const parts = [strings, ...columns.map((column) => column.bytes()), node.bytes()];
  for (const part of parts) head.varint(part.length);
  return joined([head.bytes(), ...parts]);
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/**
 * What both sides remember while they walk through the operations, to write values as small numbers: an answer is mostly one of
 * the values last written to its key, and a client's arguments grow in small steps.
 */
class Memory {
  readonly #recent = new Map<string | null, number[]>();
  readonly #lastArgument = new Map<number, number>();

  /** Integers lately written to the key, the latest first. */
  recent(key: string | null): readonly number[] {
    return this.#recent.get(key) ?? [];
  }

  lastArgument(process: number): number {
    return this.#lastArgument.get(process) ?? 0;
  }

  learn({ process, key, value }: Pick<Operation, 'process' | 'key' | 'value'>): void {
    const written = isPair(value) ? value[1] : value;
    if (!isSmall(written)) return;
    this.#lastArgument.set(process, written);
    const list = this.#recent.get(key);
    if (list === undefined) this.#recent.set(key, [written]);
    else {
      list.unshift(written);
      if (list.length > RECENT_MAX) list.pop();
    }
  }
}

function isSmall(json: Json): json is number {
  return typeof json === 'number' && Number.isSafeInteger(json) && Math.abs(json) < 2 ** 50 && !Object.is(json, -0);
}

function isPair(json: Json): json is readonly [Json, number] {
  return (
    Array.isArray(json) &&
    json.length === 2 &&
    isSmall(json[1] as Json) &&
    (json[0] === null || isSmall(json[0] as Json))
  );
}

/** 0 null; 1 integer; 2 JSON text; 3 one of the recent values of the key. */
function packJson(
  json: Json,
  recent: readonly number[],
  kinds: ByteWriter,
  values: ByteWriter,
  dictionary: Dictionary,
): void {
  if (json === null) kinds.varint(0);
  else if (isSmall(json)) {
    const position = recent.indexOf(json);
    kinds.varint(position < 0 ? 1 : 3);
    if (position < 0) values.signed(json);
    else values.varint(position);
  } else {
    kinds.varint(2);
    values.varint(dictionary.number(JSON.stringify(json)));
  }
}

/** 0 null; 1 integer as a step from the client's last; 2 JSON text; 4 and more: [expected, new], 4 + the kind of expected. */
function packArgument(
  operation: Operation,
  memory: Memory,
  kinds: ByteWriter,
  values: ByteWriter,
  dictionary: Dictionary,
): void {
  const { value, process, key } = operation;
  if (isSmall(value)) {
    kinds.varint(1);
    values.signed(value - memory.lastArgument(process));
  } else if (isPair(value)) {
    const inner = new ByteWriter();
    packJson(value[0], memory.recent(key), inner, values, dictionary);
    kinds.varint(4 + (inner.bytes()[0] ?? 0));
    values.signed(value[1] - memory.lastArgument(process));
  } else packJson(value, [], kinds, values, dictionary);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The reverse of `packOperations`. Throws RangeError when bytes are missing. */
export function unpackOperations(bytes: Uint8Array): Operation[] {
  const start = new ByteReader(bytes);
  const count = start.varint();
  const lengths = Array.from({ length: COLUMNS + 2 }, () => start.varint());
  const strings = JSON.parse(new TextDecoder().decode(start.take(lengths[0] ?? 0))) as string[];
  const [index, process, f, key, valueKind, value, outcome, resultKind, result, error, invokedAt, completedAt, node] =
    lengths.slice(1).map((length) => new ByteReader(start.take(length))) as [
      ByteReader,
      ByteReader,
      ByteReader,
      ByteReader,
      ByteReader,
      ByteReader,
      ByteReader,
      ByteReader,
      ByteReader,
      ByteReader,
      ByteReader,
      ByteReader,
      ByteReader,
    ];
  const text = (number: number): string | null => (number === 0 ? null : (strings[number - 1] ?? null));
  const json = (kind: number, values: ByteReader, recent: readonly number[]): Json => {
    if (kind === 0) return null;
    if (kind === 1) return values.signed();
    const number = values.varint();
    return kind === 3 ? (recent[number] ?? null) : (JSON.parse(text(number) ?? 'null') as Json);
  };
  const memory = new Memory();
  const argument = (by: number, of: string | null): Json => {
    const kind = valueKind.varint();
    if (kind === 1) return memory.lastArgument(by) + value.signed();
    if (kind < 4) return json(kind, value, []);
    const expected = json(kind - 4, value, memory.recent(of));
    return [expected, memory.lastArgument(by) + value.signed()];
  };
  const operations: Operation[] = [];
  let lastIndex = -1;
  let lastInvokedAt = 0;
  for (let i = 0; i < count; i++) {
    lastIndex += 1 + index.signed();
    lastInvokedAt += invokedAt.signed();
    const after = completedAt.varint();
    const elapsed = after === 0 ? null : after - 1;
    const head = { index: lastIndex, process: process.signed(), f: text(f.varint()) ?? '', key: text(key.varint()) };
    const given = argument(head.process, head.key);
    const became = OUTCOMES[outcome.varint()] ?? 'info';
    const answer = json(resultKind.varint(), result, memory.recent(head.key));
    memory.learn({ ...head, value: given });
    operations.push({
      ...head,
      value: given,
      outcome: became,
      result: answer,
      error: text(error.varint()),
      invokedAt: lastInvokedAt,
      completedAt: elapsed === null ? null : lastInvokedAt + (elapsed % 2 === 1 ? -(elapsed + 1) / 2 : elapsed / 2),
      node: text(node.varint()),
    });
  }
  return operations;
}
