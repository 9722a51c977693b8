/**
 * Shapes of anomalies of texts that grow by append, where each text that was read is put together from pieces in one way only. Each
 * proof is of one piece or two and holds whatever became of the others, so that it takes a handful of operations however long the
 * texts are. An operation of unknown outcome may have taken effect once, at any time after its call, or never.
 */

import type { Json, Operation } from '../history/operation.ts';
import { named, stepOn } from './accesses.ts';
import { behind, missing } from './append-missing.ts';
import {
  excerpt,
  onlyPieces,
  type Piece,
  quoted,
  type Sighting,
  saw,
  type Texts,
  textsOf,
  wholeOf,
  writerOf,
} from './append-texts.ts';
import { type Finding, RESTS_MAX } from './shapes.ts';

/** Findings of one kind that are handed on to be confirmed: the first ones nearly always are. */
const FINDINGS_MAX = 4;

/** Contradictions, those that are told most plainly first. */
export function* appendFindings(
  operations: readonly Operation[],
  initial: Json,
  isOver: () => boolean,
): Generator<Finding> {
  if (initial !== null && initial !== '') return;
  const happened = operations.filter(({ outcome, f }) => outcome !== 'fail' && f === 'append');
  if (happened.length === 0) return;
  const texts = textsOf(operations, initial, isOver);
  if (texts === null) return;
  for (const ofOne of [outOfNowhere, withoutItself, tooOften, inTwoTexts, outOfOrder, missing, behind]) {
    let found = 0;
    for (const sighting of texts.sightings) {
      if (isOver()) return;
      const finding = ofOne(texts, sighting);
      if (finding === null) continue;
      yield finding;
      if (++found === FINDINGS_MAX) break;
    }
  }
  yield* contradicting(texts);
}

/** A piece that nobody wrote, or whose writers all failed, or began only after it was read. */
function outOfNowhere(texts: Texts, sighting: Sighting): Finding | null {
  const { operation, foreign } = sighting;
  const common = { culprit: operation, rests: [operation], also: [] };
  if (foreign !== null)
    return {
      ...common,
      shape: 'never-appended',
      failed: null,
      facts: { read: operation.index, piece: foreign },
      argument: [
        returned(sighting, foreign),
        stepOn('it is not put together from texts that were written: nobody asked to append that part'),
      ],
      ...onlyPieces(texts, []),
    };
  for (const piece of sighting.counts.keys()) {
    if (piece.writers.some(({ invokedAt }) => invokedAt <= sighting.done)) continue;
    const failed = piece.failed.find(({ invokedAt }) => invokedAt <= sighting.done) ?? null;
    const later = piece.writers[0] ?? piece.failed[0];
    const shape = failed !== null ? 'failed-write-read' : 'from-the-future';
    const writer = failed ?? later;
    if (writer === undefined) continue;
    const hasFailed = piece.failed.includes(writer);
    const how = writer.f === 'cas' && writer.outcome === 'ok' ? 'did not match' : 'failed for sure';
    const why = failed === null || failed.error === null ? '' : ` (${failed.error})`;
    return {
      ...common,
      shape,
      rests: hasFailed ? [operation] : [operation, writer],
      failed: hasFailed ? writer : null,
      facts: { read: operation.index, write: writer.index, piece: piece.text },
      argument: [
        returned(sighting, piece.text),
        stepOn(failed === null ? `${named(writer)} began only after that` : `${named(writer)} ${how}${why}`, writer),
        stepOn(`no other operation wrote ${quoted(piece.text)} by then`),
      ],
      ...onlyPieces(texts, [piece]),
    };
  }
  return null;
}

/** An append that was answered with a text that does not end with what it appended. */
function withoutItself(texts: Texts, sighting: Sighting): Finding | null {
  const { operation, foreign, pieces } = sighting;
  const own = operation.f === 'append' ? texts.pieceOf.get(operation.index) : undefined;
  if (own === undefined || foreign !== null || pieces.at(-1) === own) return null;
  return {
    shape: 'internal-inconsistency',
    culprit: operation,
    rests: [operation],
    also: [],
    failed: null,
    facts: { read: operation.index, piece: own.text, meaning: 'What an append answers ends with what it appended.' },
    argument: [
      stepOn(`${named(operation)} answers the text that it made, so that ends with ${quoted(own.text)}`, operation),
      stepOn(`yet it returned ${excerpt(sighting, null)}`, operation),
    ],
    weaker: (part) => part,
  };
}

/** A piece that is in a text more often than operations can have appended it. */
function tooOften(texts: Texts, sighting: Sighting): Finding | null {
  for (const [piece, times] of sighting.counts) {
    if (times < 2 || piece.isWhole) continue;
    const writers = piece.writers.filter(({ invokedAt }) => invokedAt <= sighting.done);
    if (writers.length === 0 || writers.length >= times || writers.length > RESTS_MAX) continue;
    const [one] = writers as [Operation];
    const { operation } = sighting;
    const failed = piece.failed[0] ?? null;
    const once = one.outcome === 'ok' ? 'and did so once' : 'once at most';
    return {
      shape: 'appended-twice',
      culprit: operation,
      rests: [...new Set([...writers, operation])],
      also: [],
      failed,
      facts: {
        read: operation.index,
        piece: piece.text,
        times,
        writers: writers.length,
        ...(one === operation ? {} : { other: one.index }),
      },
      argument: [
        stepOn(
          writers.length === 1
            ? `of the operations that began by then, only ${named(one)} can have appended ${quoted(piece.text)}, ${once}`
            : `${writers.length} operations that began by then can have appended ${quoted(piece.text)}, each once at most`,
          ...writers,
        ),
        ...(failed === null ? [] : [stepOn(`${named(failed)} failed for sure`, failed)]),
        stepOn(`${saw(sighting)} ${excerpt(sighting, piece.text)}, in which it stands ${times} times`, operation),
      ],
      ...onlyPieces(texts, [piece], true),
    };
  }
  return null;
}

/** A piece that only one operation can have appended, seen after a text was put there, and again after another was. */
function inTwoTexts(texts: Texts, sighting: Sighting): Finding | null {
  const { since, operation } = sighting;
  if (since === null) return null;
  for (const piece of sighting.counts.keys()) {
    const writer = writerOf(piece);
    if (piece.isWhole || writer === null) continue;
    const [[before, first] = []] = texts.firstSeen.get(piece) ?? [];
    if (before === undefined || first === undefined || before === since) continue;
    const puts = [before, since].filter((one) => one !== 'nothing');
    const behind = (one: Operation | 'nothing'): string =>
      one === 'nothing' ? 'where no text had been put' : `behind ${quoted(wholeOf(texts, one))}`;
    return {
      shape: 'appended-twice',
      culprit: operation,
      rests: [...new Set([...puts, writer, first.operation, operation])],
      also: [],
      failed: null,
      facts: { read: operation.index, other: first.operation.index, piece: piece.text, by: writer.index },
      argument: [
        stepOn(`only ${named(writer)} can have appended ${quoted(piece.text)}, once at most`, writer),
        returned(first, piece.text, `, ${behind(before)}`),
        returned(sighting, piece.text, `, ${behind(since)}`),
        stepOn(
          'each time another write of a whole text was the last one, so it was appended after each of them',
          ...puts,
        ),
      ],
      ...onlyPieces(texts, [piece, ...puts.flatMap((one) => texts.pieceOf.get(one.index) ?? [])]),
    };
  }
  return null;
}

/** Of two pieces the one that was acknowledged before the other was asked for stands behind it. */
function outOfOrder(texts: Texts, sighting: Sighting): Finding | null {
  const { operation, pieces } = sighting;
  let earliest: { piece: Piece; writer: Operation; done: number } | null = null;
  for (let at = pieces.length - 1; at >= 0; at--) {
    const piece = pieces[at] as Piece;
    const writer = writerOf(piece);
    if (writer === null || (sighting.counts.get(piece) ?? 0) > 1) continue;
    if (earliest !== null && earliest.done < writer.invokedAt) {
      const [one, two] = [quoted(piece.text), quoted(earliest.piece.text)];
      return {
        shape: 'append-out-of-order',
        culprit: operation,
        rests: [...new Set([earliest.writer, writer, operation])],
        also: [],
        failed: null,
        facts: {
          read: operation.index,
          other: earliest.writer.index,
          by: writer.index,
          piece: piece.text,
          behind: earliest.piece.text,
        },
        argument: [
          stepOn(`${named(earliest.writer)} was acknowledged before ${named(writer)} began`, earliest.writer, writer),
          stepOn(
            piece.isWhole
              ? `so ${two} had been replaced by ${one}`
              : `each of the two was appended once at most, so no text has ${one} before ${two}`,
          ),
          stepOn(`${saw(sighting)} ${excerpt(sighting, piece.text)}, in which ${one} stands first`, operation),
        ],
        ...onlyPieces(texts, [piece, earliest.piece]),
      };
    }
    const done = writer.outcome === 'ok' ? writer.completedAt : null;
    if (done !== null && done < (earliest?.done ?? Number.POSITIVE_INFINITY)) earliest = { piece, writer, done };
  }
  return null;
}

/** Of two texts since the same replacement one begins with the other, and the shorter one was not asked for after the longer. */
function* contradicting(texts: Texts): Generator<Finding> {
  const groups = new Map<Operation | 'nothing', Sighting[]>();
  for (const sighting of texts.sightings) {
    if (sighting.since === null || sighting.foreign !== null) continue;
    const group = groups.get(sighting.since);
    if (group === undefined) groups.set(sighting.since, [sighting]);
    else group.push(sighting);
  }
  for (const [since, group] of groups) {
    const puts = since === 'nothing' ? [] : [since];
    const whole = puts.flatMap((one) => texts.pieceOf.get(one.index) ?? []);
    // The one that ended first of those that are as long, so that a shorter one can have begun after it.
    group.sort((a, b) => a.text.length - b.text.length || b.done - a.done);
    let earliest: Sighting | null = null;
    for (let at = group.length - 1; at > 0; at--) {
      const longer = group[at] as Sighting;
      const shorter = group[at - 1] as Sighting;
      if (earliest === null || longer.done < earliest.done) earliest = longer;
      const isApart = !longer.text.startsWith(shorter.text);
      const newer = isApart ? longer : earliest;
      const isOlder = newer.done < shorter.start && newer.text !== shorter.text && newer.text.startsWith(shorter.text);
      if (!isApart && !isOlder) continue;
      const differAt = newer.pieces.findIndex((piece, i) => piece !== shorter.pieces[i]);
      const [one, other] = [newer.pieces[differAt], isApart ? shorter.pieces[differAt] : undefined];
      if (one === undefined || (isApart && other === undefined)) continue;
      const kept = [one, other].flatMap((piece) => piece ?? []);
      const writers = kept.flatMap((piece) => piece.writers);
      if (writers.length > RESTS_MAX) continue;
      const [first, second] = !isApart || newer.start <= shorter.start ? [newer, shorter] : [shorter, newer];
      const [mine, its] = second === shorter ? [other, one] : [one, other];
      yield {
        shape: isApart ? 'contradicting-reads' : 'newer-then-older',
        culprit: second.operation,
        rests: [...new Set([...puts, ...writers, first.operation, second.operation])],
        also: [],
        failed: null,
        facts: {
          read: second.operation.index,
          ...(isApart ? { other: first.operation.index, diverged: true } : { newer: first.operation.index }),
          piece: its?.text ?? '',
          ...(mine === undefined ? {} : { mine: mine.text }),
        },
        argument: [
          stepOn(`${saw(first)} ${excerpt(first, its?.text ?? null)}`, first.operation),
          stepOn(
            since === 'nothing'
              ? 'the key was only appended to, so of two texts one begins with the other'
              : `both begin with the text of ${named(since)}, so between the two there were appends at most, and one begins with the other`,
            ...puts,
          ),
          mine === undefined
            ? stepOn(
                `${named(second.operation)} began after that; yet it ${second.operation.f === 'cas' ? 'matched' : 'returned'} ${excerpt(second, null)}, without ${quoted(its?.text ?? '')}`,
                first.operation,
                second.operation,
              )
            : stepOn(
                `${saw(second)} ${excerpt(second, mine.text)}: where the one has ${quoted(its?.text ?? '')}, it has ${quoted(mine.text)}`,
                second.operation,
              ),
        ],
        ...onlyPieces(texts, [...kept, ...whole], isApart),
      };
    }
  }
}

function returned(sighting: Sighting, piece: string, aside = ''): Finding['argument'][number] {
  const { operation } = sighting;
  return stepOn(`${saw(sighting)} ${excerpt(sighting, piece)}, with ${quoted(piece)} in it${aside}`, operation);
}
