/** Texts that lack what had been written before they were read: shapes of append-findings.ts. */

import type { Operation } from '../history/operation.ts';
import { named, stepOn } from './accesses.ts';
import {
  excerpt,
  onlyPieces,
  type Piece,
  quoted,
  type Sighting,
  saw,
  type Texts,
  wholeOf,
  writerOf,
} from './append-texts.ts';
import type { Finding } from './shapes.ts';

/** When an operation had taken effect for sure, and who saw that where it was not acknowledged. */
interface Effect {
  readonly by: number;
  readonly seenBy: Sighting | null;
}

function effectOf({ firstSeen }: Texts, piece: Piece, writer: Operation, since: Operation | 'nothing'): Effect | null {
  const seenBy = firstSeen.get(piece)?.get(since) ?? null;
  const acknowledged = writer.outcome === 'ok' ? writer.completedAt : null;
  if (acknowledged !== null && (seenBy === null || acknowledged <= seenBy.done))
    return { by: acknowledged, seenBy: null };
  return seenBy === null ? null : { by: seenBy.done, seenBy };
}

/** What the facts call the operation that is missing. */
const ROLES = {
  'stale-read': 'overwrittenBy',
  'lost-update': 'lost',
  'nil-after-write': 'write',
  'newer-then-older': 'write',
} as const;

/** What is in a later text was not lost; of what nobody has looked for again, nobody knows. */
function missingAs(isSeenLater: boolean, isGone: boolean, { seenBy }: Effect, { text }: Sighting): keyof typeof ROLES {
  if (isGone && !isSeenLater) return 'lost-update';
  if (seenBy !== null) return 'newer-then-older';
  return text === '' && !isSeenLater ? 'nil-after-write' : 'stale-read';
}

/** What was appended after the text was replaced last, and before it was read, is not in it. */
export function missing(texts: Texts, sighting: Sighting): Finding | null {
  const { since, operation, counts } = sighting;
  if (since === null) return null;
  const whole = since === 'nothing' ? null : (texts.pieceOf.get(since.index) ?? null);
  const replaced = since === 'nothing' || whole === null ? null : effectOf(texts, whole, since, since);
  if (since !== 'nothing' && replaced === null) return null;
  for (const piece of texts.appended) {
    const writer = writerOf(piece);
    if (writer === null || counts.has(piece) || writer === operation) continue;
    if (replaced !== null && writer.invokedAt <= replaced.by) continue;
    const effect = effectOf(texts, piece, writer, since);
    if (effect === null || effect.by >= sighting.start) continue;
    const others = texts.sightings.filter((one) => one !== sighting);
    const isSeenLater = others.some((one) => one.done > sighting.start && one.counts.has(piece));
    const goesOn = sighting.pieces.find((one) => (writerOf(one)?.invokedAt ?? 0) > effect.by) ?? null;
    const isGone = goesOn !== null || others.some((one) => one.start > sighting.done && one.since === since);
    const shape = missingAs(isSeenLater, isGone, effect, sighting);
    const role = ROLES[shape];
    const evidence = [effect.seenBy, replaced?.seenBy ?? null].flatMap((one) => (one === null ? [] : [one.operation]));
    const puts = since === 'nothing' ? [] : [since];
    const how = effect.seenBy === null ? 'was acknowledged' : `was seen by ${named(effect.seenBy.operation)}`;
    return {
      shape,
      culprit: operation,
      rests: [...new Set([...puts, writer, ...evidence, operation])],
      also: [],
      failed: null,
      facts: {
        read: operation.index,
        [role]: writer.index,
        staleByNs: sighting.start - effect.by,
        piece: piece.text,
        ...(effect.seenBy === null
          ? {}
          : { [shape === 'lost-update' ? 'seenBy' : 'newer']: effect.seenBy.operation.index }),
      },
      argument: [
        stepOn(
          since === 'nothing'
            ? 'what the read returned begins with no text that was put there whole: until then the key was only appended to'
            : `the read returned ${quoted(wholeOf(texts, since))} and what was appended to it: ${named(since)} was the last that replaced the text, and took effect before ${named(writer)} began`,
          ...puts,
          ...(replaced?.seenBy == null ? [] : [replaced.seenBy.operation]),
        ),
        stepOn(
          `${named(writer)} ${how} before ${named(operation)} began`,
          writer,
          ...(effect.seenBy === null ? [] : [effect.seenBy.operation]),
        ),
        stepOn(`${saw(sighting)} ${excerpt(sighting, null)}, without ${quoted(piece.text)}`, operation),
      ],
      ...onlyPieces(texts, [piece, ...(whole === null ? [] : [whole])]),
    };
  }
  return null;
}

/** The text that was put there before another one, which had taken effect before the read began. */
export function behind(texts: Texts, sighting: Sighting): Finding | null {
  const { since, operation } = sighting;
  if (since === null) return null;
  const whole = since === 'nothing' ? null : (texts.pieceOf.get(since.index) ?? null);
  const first = since === 'nothing' || whole === null ? null : effectOf(texts, whole, since, since);
  if (since !== 'nothing' && first === null) return null;
  for (const [index, piece] of texts.pieceOf) {
    const writer = writerOf(piece);
    if (!piece.isWhole || writer === null || writer.index !== index || writer === since) continue;
    if (first !== null && writer.invokedAt <= first.by) continue;
    const effect = effectOf(texts, piece, writer, writer);
    if (effect === null || effect.by >= sighting.start) continue;
    const evidence = [effect.seenBy, first?.seenBy ?? null].flatMap((one) => (one === null ? [] : [one.operation]));
    const puts = since === 'nothing' ? [] : [since];
    const how = effect.seenBy === null ? 'was acknowledged' : `was seen by ${named(effect.seenBy.operation)}`;
    return {
      shape: sighting.text === '' ? 'nil-after-write' : 'stale-read',
      culprit: operation,
      rests: [...new Set([...puts, writer, ...evidence, operation])],
      also: [],
      failed: null,
      facts: {
        read: operation.index,
        [sighting.text === '' ? 'write' : 'overwrittenBy']: writer.index,
        staleByNs: sighting.start - effect.by,
        piece: piece.text,
        ...(effect.seenBy === null ? {} : { seenBy: effect.seenBy.operation.index }),
      },
      argument: [
        ...(since === 'nothing'
          ? []
          : [
              stepOn(
                `${named(since)} had taken effect before ${named(writer)} began, so it had been replaced by that`,
                ...puts,
                writer,
              ),
            ]),
        stepOn(`${named(writer)} ${how} before ${named(operation)} began`, writer, ...evidence, operation),
        stepOn(`yet ${saw(sighting)} ${excerpt(sighting, null)}, which was there before it`, operation),
      ],
      ...onlyPieces(texts, [piece, ...(whole === null ? [] : [whole])]),
    };
  }
  return null;
}
