/**
 * Operations as columns of bytes: a list of records repeats every field's name and compresses badly; a column of like numbers
 * compresses well and is read without building strings. The same file writes (in Node) and reads (in the browser).
 */

import type { Json, Operation, OperationOutcome } from '../history/operation.ts';

const OUTCOMES: readonly OperationOutcome[] = ['ok', 'fail', 'info'];
const COLUMNS = 12;

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
  let lastIndex = -1;
  let lastInvokedAt = 0;
  for (const operation of operations) {
    index.signed(operation.index - lastIndex - 1);
    lastIndex = operation.index;
    process.signed(operation.process);
    f.varint(dictionary.number(operation.f));
    key.varint(dictionary.number(operation.key));
    packJson(operation.value, valueKind, value, dictionary);
    outcome.varint(OUTCOMES.indexOf(operation.outcome));
    packJson(operation.result, resultKind, result, dictionary);
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

function packJson(json: Json, kinds: ByteWriter, values: ByteWriter, dictionary: Dictionary): void {
  if (json === null) kinds.varint(0);
  else if (typeof json === 'number' && Number.isSafeInteger(json) && Math.abs(json) < 2 ** 51 && !Object.is(json, -0)) {
    kinds.varint(1);
    values.signed(json);
  } else {
    kinds.varint(2);
    values.varint(dictionary.number(JSON.stringify(json)));
  }
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
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
  const head = new ByteReader(bytes);
  const count = head.varint();
  const lengths = Array.from({ length: COLUMNS + 2 }, () => head.varint());
  const strings = JSON.parse(new TextDecoder().decode(head.take(lengths[0] ?? 0))) as string[];
  const [index, process, f, key, valueKind, value, outcome, resultKind, result, error, invokedAt, completedAt, node] =
    lengths.slice(1).map((length) => new ByteReader(head.take(length))) as [
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
  const json = (kinds: ByteReader, values: ByteReader): Json => {
    const kind = kinds.varint();
    if (kind === 0) return null;
    return kind === 1 ? values.signed() : (JSON.parse(text(values.varint()) ?? 'null') as Json);
  };
  const operations: Operation[] = [];
  let lastIndex = -1;
  let lastInvokedAt = 0;
  for (let i = 0; i < count; i++) {
    lastIndex += 1 + index.signed();
    lastInvokedAt += invokedAt.signed();
    const after = completedAt.varint();
    const elapsed = after === 0 ? null : after - 1;
    operations.push({
      index: lastIndex,
      process: process.signed(),
      f: text(f.varint()) ?? '',
      key: text(key.varint()),
      value: json(valueKind, value),
      outcome: OUTCOMES[outcome.varint()] ?? 'info',
      result: json(resultKind, result),
      error: text(error.varint()),
      invokedAt: lastInvokedAt,
      completedAt: elapsed === null ? null : lastInvokedAt + (elapsed % 2 === 1 ? -(elapsed + 1) / 2 : elapsed / 2),
      node: text(node.varint()),
    });
  }
  return operations;
}
