/** Reads a history from a file or stream: unpacks it, recognises its format, parses it as it comes. */

import { isAscii } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
import { expandDrains } from './formats/drains.ts';
import { excerpt, HistoryError, type HistoryFormat, type HistoryParser } from './formats/format.ts';
import { FORMATS } from './formats/registry.ts';
import type { Operation } from './operation.ts';
import { looksLikeHistory, SNIFF_CHARS, SNIFF_CHARS_MAX, sniff } from './sniff.ts';
import { unreadJson } from './unread-json.ts';

export interface ReadHistoryOptions {
  /** A name from FORMATS, or "auto". */
  readonly format?: string;
  /** Whether values are `[key value]` tuples; recognised by default. */
  readonly tuples?: boolean;
  /** Told of each operation, by its index, and of the line on which it begins. */
  readonly onOperation?: (index: number, line: number) => void;
}

export interface ReadHistory {
  readonly operations: Operation[];
  /** Name of the format. */
  readonly format: string;
  /** The model that the functions of the operations suggest, or null. */
  readonly model: string | null;
  /** The file does not say what registers hold at first, and `nil` read may stand for "anything" (Knossos' files). */
  readonly initialUnknown: boolean;
  readonly notes: readonly string[];
}

const CHUNK_BYTES = 1 << 20;
/** A gzip file may unpack to no more than this. */
const UNPACKED_BYTES_MAX = 16 * 2 ** 30;

/**
 * Reads a whole history. Throws HistoryError for whatever is wrong with its content, with the file's name in front where
 * there is one, and for a file that can't be read.
 */
export async function readHistory(source: string | Readable, options: ReadHistoryOptions = {}): Promise<ReadHistory> {
  const wanted = formatNamed(options.format ?? 'auto');
  const stream = typeof source === 'string' ? createReadStream(source, { highWaterMark: CHUNK_BYTES }) : source;
  try {
    return await parse(stream, wanted, options);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!(error instanceof HistoryError) && !/^(E[A-Z]+|Z_.*|ERR_ENCODING.*)$/.test(code)) throw error;
    const message = error instanceof HistoryError ? error.message : systemMessage(code, error as Error);
    const where = typeof source === 'string' ? `${source}: ` : '';
    const line = error instanceof HistoryError ? error.line : null;
    const told =
      error instanceof UnrecognisedError
        ? new UnrecognisedError(where + message, error.holds)
        : new HistoryError(where + message);
    throw Object.assign(told, { line });
  } finally {
    stream.destroy();
  }
}

function systemMessage(code: string, error: Error): string {
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'is a directory, not a history';
  if (code === 'Z_BUF_ERROR') return 'the gzip file is cut off';
  if (code.startsWith('Z_')) return `the gzip file is damaged (${error.message})`;
  if (code.startsWith('ERR_ENCODING')) return 'is not text in UTF-8, so no history in any known format';
  return `can not be read (${code})`;
}

function formatNamed(name: string): HistoryFormat | null {
  if (name === 'auto') return null;
  const found = FORMATS.find((format) => format.name === name);
  if (found === undefined)
    throw new HistoryError(`no format is called "${name}": there are auto, ${FORMATS.map((f) => f.name).join(', ')}`);
  return found;
}

async function parse(
  stream: Readable,
  wanted: HistoryFormat | null,
  options: ReadHistoryOptions,
): Promise<ReadHistory> {
  let format = wanted;
  let parser: HistoryParser | null = null;
  let head = '';
  let enough = wanted === null ? SNIFF_CHARS : 0;
  const tryToStart = (final: boolean): void => {
    const found = format ?? sniff(head, final || head.length >= SNIFF_CHARS_MAX);
    if (found === 'more') enough = head.length * 2;
    else if (found === null) throw unrecognised(head);
    else {
      format = found;
      parser = found.parser(options);
      parser.push(head);
      head = '';
    }
  };
  for await (const text of texts(await unpacked(stream))) {
    if (parser !== null) (parser as HistoryParser).push(text);
    else {
      head += text;
      if (head.length >= enough) tryToStart(false);
    }
  }
  if (parser === null) tryToStart(true);
  const parsed = (parser as unknown as HistoryParser).end();
  const { name, initialUnknown } = parsed.format ?? (format as unknown as HistoryFormat);
  const { operations, notes } = expandDrains(parsed);
  return { operations, format: name, model: modelHint(operations), initialUnknown, notes };
}

/** What an unrecognised file holds: nothing that could be read, what only histories hold, or something else. */
export type Unrecognised = 'nothing' | 'like a history' | 'other';

/** No format begins like this file: found in a folder it may be something else. */
export class UnrecognisedError extends HistoryError {
  readonly holds: Unrecognised;

  constructor(message: string, holds: Unrecognised) {
    super(message);
    this.holds = holds;
  }
}

function unrecognised(head: string): HistoryError {
  if (head.trim() === '') return new UnrecognisedError('the file is empty', 'nothing');
  return new UnrecognisedError(
    unreadJson(head) ??
      `no known history format begins with ${excerpt(head.trimStart())}: there are ${FORMATS.map((f) => f.name).join(', ')}`,
    looksLikeHistory(head) ? 'like a history' : 'other',
  );
}

/** Unpacks gzip, recognised by its first two bytes. */
async function unpacked(stream: Readable): Promise<AsyncIterable<Buffer>> {
  const chunks = (stream as AsyncIterable<Buffer | string>)[Symbol.asyncIterator]();
  const first = await chunks.next();
  const bytes = first.done === true ? Buffer.alloc(0) : Buffer.from(first.value);
  async function* all(): AsyncGenerator<Buffer> {
    if (bytes.length > 0) yield bytes;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield Buffer.from(next.value);
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return all();
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // Errors reach the reader through its iteration of what was unpacked.
  pipeline(all(), gunzip, () => {});
  return limited(gunzip);
}

async function* limited(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > UNPACKED_BYTES_MAX)
      throw new HistoryError(`the gzip file unpacks to more than ${UNPACKED_BYTES_MAX} bytes`);
    yield chunk;
  }
}

/** Decodes UTF-8, strictly; pure ASCII, which most histories are, the quick way. */
async function* texts(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null;
  for await (const chunk of chunks) {
    if (decoder === null && isAscii(chunk)) yield chunk.toString('latin1');
    else {
      decoder ??= new TextDecoder('utf-8', { fatal: true });
      yield decode(decoder, chunk);
    }
  }
  if (decoder !== null) yield decode(decoder, null);
}

function decode(decoder: TextDecoder, chunk: Buffer | null): string {
  try {
    return chunk === null ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw new UnrecognisedError('is not text in UTF-8, so no history in any known format', 'nothing');
  }
}

/** Guesses the model by what the operations are called. */
function modelHint(operations: readonly Operation[]): string | null {
  const names = new Set<string>();
  for (const operation of operations) names.add(operation.f);
  const only = (...known: string[]): boolean => [...names].every((name) => known.includes(name));
  if (names.size === 0) return null;
  if (only('read', 'write', 'cas')) return 'cas-register';
  if (only('get', 'put', 'append', 'cas', 'delete', 'txn')) return 'kv';
  return null;
}
