/** What a reader of a format is, what it yields, and the one kind of error it raises. */

import type { Operation } from '../operation.ts';

/** What a bad file gets: which file, which line, what is wrong there and what was expected. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
  readonly line: number | null;

  constructor(message: string, line: number | null = null) {
    super(line === null ? message : `line ${line}: ${message}`);
    this.line = line;
  }
}

/** Limits on what is read, against files that are not what they seem. */
export const READ_LIMITS = {
  operationsMax: 20_000_000,
  /** Characters of one line of text, or of one EDN value. */
  itemCharsMax: 16 << 20,
  nestingMax: 200,
} as const;

export interface ParsedHistory {
  readonly operations: Operation[];
  /** What a reader should know of how the file was read, e.g. that times were missing. */
  readonly notes: string[];
  /** What the file turned out to be, of several formats that begin alike. */
  readonly format?: HistoryFormat;
}

/** Takes a file's text in pieces, as it is read. Both throw HistoryError. */
export interface HistoryParser {
  push(text: string): void;
  end(): ParsedHistory;
}

export interface ParserOptions {
  /** Whether values are `[key value]` tuples of Jepsen's independent tests; by default that is recognised. */
  readonly tuples?: boolean;
  /** Told of each operation, by its index, and of the line on which it begins. */
  readonly onOperation?: (index: number, line: number) => void;
}

export interface HistoryFormat {
  /** As given to --format. */
  readonly name: string;
  /** One line for --help. */
  readonly summary: string;
  /** A line or two as they may stand in a file. */
  readonly example: string;
  /** Knossos' test histories do not say what a register held at first. */
  readonly initialUnknown: boolean;
  parser(options: ParserOptions): HistoryParser;
}

/** Part of a line for an error message: short, and printable. */
export function excerpt(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 57)}…` : text;
  return JSON.stringify(short);
}

/** A value for an error message, as JSON. */
export function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
