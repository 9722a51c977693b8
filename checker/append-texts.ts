/**
 * What texts that were read say, piece by piece. Where no text that anybody wrote is a prefix of another, each text that was read is
 * put together from them in one way at most: a whole text that was put there, and what was appended since, in that order.
 */

import type { Operation } from '../history/operation.ts';
import { named, shown } from './accesses.ts';
import type { Value } from './porcupine-ts/src/model.ts';
import type { CheckOperation } from './porcupine-ts/src/operation.ts';
import type { Finding } from './shapes.ts';

/** A text that somebody asked to append, or to put there whole. */
export interface Piece {
  readonly text: string;
  /** Whether it replaces what was there, rather than go on behind it. */
  readonly isWhole: boolean;
  /** Operations that can have written it, acknowledged or of unknown outcome, by their call. */
  readonly writers: Operation[];
  /** Operations that would have written it, but failed for sure. */
  readonly failed: Operation[];
}

/** An operation that was answered with the whole text. */
export interface Sighting {
  readonly operation: Operation;
  readonly text: string;
  readonly start: number;
  readonly done: number;
  /** In the order of the text; empty if it is not put together from pieces. */
  readonly pieces: readonly Piece[];
  /** The part of the text that nobody ever wrote, or not there; null if there is none. */
  readonly foreign: string | null;
  /** How often each piece is in it. */
  readonly counts: ReadonlyMap<Piece, number>;
  /**
   * What replaced the whole text last before it was seen: the one operation that wrote its first piece, or "nothing" where nobody can
   * have done so. Null where that is not known.
   */
  readonly since: Operation | 'nothing' | null;
}

/** More pieces in all texts together take too much memory to keep. */
const PIECES_MAX = 3_000_000;

export interface Texts {
  /** By their end. */
  readonly sightings: readonly Sighting[];
  readonly sightingOf: ReadonlyMap<number, Sighting>;
  readonly pieceOf: ReadonlyMap<number, Piece>;
  readonly appended: readonly Piece[];
  /** Of each piece: by what the text was replaced last, and who was the first to see it since. */
  readonly firstSeen: ReadonlyMap<Piece, ReadonlyMap<Operation | 'nothing', Sighting>>;
  /** What a key without text reads as. */
  readonly empty: '' | null;
}

/** Null where texts can be put together in several ways, or are too many. */
export function textsOf(operations: readonly Operation[], empty: '' | null, isOver: () => boolean): Texts | null {
  const pieces = new Map<string, Piece>();
  const pieceOf = new Map<number, Piece>();
  let isClear = true;
  let canEmpty = false;
  const inOrder = [...operations].sort((a, b) => a.invokedAt - b.invokedAt);
  for (const operation of inOrder) {
    const { f, value, outcome, result, index } = operation;
    if (f === 'get') continue;
    const isWhole = f !== 'append';
    const text = f === 'delete' ? null : f === 'cas' && Array.isArray(value) ? value[1] : value;
    const fails = outcome === 'fail' || (f === 'cas' && result === false);
    if (text === null || text === '') {
      if (isWhole && !fails) canEmpty = true;
      continue;
    }
    // What is no text can't be appended to, nor is it in one.
    if (typeof text !== 'string') continue;
    const known = pieces.get(text);
    if (known !== undefined && known.isWhole !== isWhole) isClear = false;
    const piece = known ?? { text, isWhole, writers: [], failed: [] };
    pieces.set(text, piece);
    pieceOf.set(index, piece);
    (fails ? piece.failed : piece.writers).push(operation);
  }
  if (!isClear || !isPrefixFree([...pieces.keys()])) return null;
  const lengths = [...new Set([...pieces.keys()].map((text) => text.length))];
  const sightings: Sighting[] = [];
  let kept = 0;
  let last: { text: string; pieces: readonly Piece[] } = { text: '', pieces: [] };
  for (const operation of [...inOrder].sort((a, b) => (a.completedAt ?? 0) - (b.completedAt ?? 0))) {
    if (isOver()) return null;
    const { completedAt, invokedAt: start } = operation;
    const text = textSeenBy(operation);
    if (text === null || completedAt === null) continue;
    const read = piecesIn(text, pieces, lengths, last.text !== '' && text.startsWith(last.text) ? last : null);
    if (read.foreign === null) last = { text, pieces: read.pieces };
    kept += read.pieces.length;
    if (kept > PIECES_MAX) return null;
    const first = read.pieces[0];
    const [replacer, another] = first?.isWhole === true ? first.writers : [];
    const nothing = first?.isWhole !== true && !canEmpty ? 'nothing' : null;
    sightings.push({
      operation,
      text,
      start,
      done: completedAt,
      ...read,
      counts: countsOf(read.pieces),
      since: read.foreign !== null || another !== undefined ? null : (replacer ?? nothing),
    });
  }
  return {
    sightings,
    sightingOf: new Map(sightings.map((one) => [one.operation.index, one])),
    pieceOf,
    appended: [...pieces.values()].filter(({ isWhole }) => !isWhole),
    firstSeen: firstSeenOf(sightings),
    empty,
  };
}

/** What it was answered, "" for nothing: of a compare-and-set that matched, what it expected. Null if it saw no text. */
function textSeenBy({ f, outcome, value, result }: Operation): string | null {
  if (outcome !== 'ok') return null;
  if (f === 'append') return typeof result === 'string' ? result : null;
  const isCas = f === 'cas' && Array.isArray(value) && result !== false;
  if (f !== 'get' && !isCas) return null;
  const seen = isCas ? (value[0] ?? null) : result;
  return typeof seen === 'string' ? seen : seen === null ? '' : null;
}

function isPrefixFree(texts: string[]): boolean {
  texts.sort();
  return texts.every((text, at) => texts[at + 1]?.startsWith(text) !== true);
}

function piecesIn(
  text: string,
  known: ReadonlyMap<string, Piece>,
  lengths: readonly number[],
  prefix: { text: string; pieces: readonly Piece[] } | null,
): Pick<Sighting, 'pieces' | 'foreign'> {
  const from = (start: number, pieces: Piece[]): number => {
    let at = start;
    while (at < text.length) {
      const length = lengths.find((one) => {
        const piece = known.get(text.slice(at, at + one));
        return piece !== undefined && piece.text.length === one && (at === 0 || !piece.isWhole);
      });
      if (length === undefined) return at;
      pieces.push(known.get(text.slice(at, at + length)) as Piece);
      at += length;
    }
    return at;
  };
  const pieces = [...(prefix?.pieces ?? [])];
  const stuck = from(prefix?.text.length ?? 0, pieces);
  if (stuck === text.length) return { pieces, foreign: null };
  let end = stuck + 1;
  while (end < text.length && from(end, []) < text.length) end++;
  return { pieces: [], foreign: text.slice(stuck, end) };
}

function countsOf(pieces: readonly Piece[]): Map<Piece, number> {
  const counts = new Map<Piece, number>();
  for (const piece of pieces) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  return counts;
}

function firstSeenOf(sightings: readonly Sighting[]): Texts['firstSeen'] {
  const first = new Map<Piece, Map<Operation | 'nothing', Sighting>>();
  for (const sighting of sightings) {
    if (sighting.since === null) continue;
    for (const piece of sighting.counts.keys()) {
      const bySince = first.get(piece) ?? new Map<Operation | 'nothing', Sighting>();
      if (!bySince.has(sighting.since)) bySince.set(sighting.since, sighting);
      first.set(piece, bySince);
    }
  }
  return first;
}

/** The one operation that can have written it; null if there are several. */
export function writerOf(piece: Piece): Operation | null {
  return piece.writers.length === 1 ? (piece.writers[0] ?? null) : null;
}

/**
 * What operations say of these pieces alone: all other pieces are left out of the texts. As each text is put together in one way only,
 * an order that explains the whole texts explains what is left of them.
 * @param isOptional whether an append may as well have had no effect: where its text may have been replaced
 */
export function onlyPieces(
  { sightingOf, pieceOf, empty }: Texts,
  pieces: readonly Piece[],
  isOptional = false,
): Pick<Finding, 'weaker' | 'about'> {
  const kept = new Set(pieces);
  const left = (sighting: Sighting): Value =>
    sighting.foreign ?? (sighting.pieces.flatMap((piece) => (kept.has(piece) ? [piece.text] : [])).join('') || empty);
  return {
    ...(pieces.length === 0 ? {} : { about: pieces.map(({ text }) => JSON.stringify(text)).join(' and ') }),
    weaker: (part) =>
      part.flatMap((one): CheckOperation<unknown, Value>[] => {
        const { key } = one.input as { readonly key: string };
        const sighting = sightingOf.get(one.id);
        const piece = pieceOf.get(one.id);
        const sees = sighting === undefined ? undefined : left(sighting);
        if (piece === undefined || !kept.has(piece))
          return sees === undefined ? [] : [{ ...one, input: { f: 'get', key }, output: sees }];
        if (sees !== undefined && piece.isWhole)
          return [{ ...one, input: { f: 'cas', key, expected: sees, value: piece.text }, output: true }];
        const input = { f: piece.isWhole ? 'put' : 'append', key, value: piece.text };
        if (sees !== undefined) return [{ ...one, input, output: sees }];
        const silent = { ...one, input, output: undefined };
        return [isOptional && !piece.isWhole ? { ...silent, return: null } : silent];
      }),
  };
}

/** "the read by process 3 returned", "the compare-and-set … matched". */
export function saw({ operation }: Sighting): string {
  return `${named(operation)} ${operation.f === 'cas' ? 'matched' : 'returned'}`;
}

/** The text that an operation put there. */
export function wholeOf({ pieceOf }: Texts, { index }: Operation): string {
  return pieceOf.get(index)?.text ?? '';
}

export function quoted(text: string): string {
  return shown(JSON.stringify(text));
}

/** The text; of a long one the part around the last place of the piece, or its end. */
export function excerpt({ text }: Sighting, piece: string | null): string {
  if (text === '') return 'nothing';
  if (text.length <= 48) return JSON.stringify(text);
  const found = piece === null ? -1 : text.lastIndexOf(piece);
  const end = found < 0 ? text.length : Math.min(text.length, found + (piece ?? '').length + 12);
  const start = Math.max(0, end - 44);
  return `"${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}"`;
}
