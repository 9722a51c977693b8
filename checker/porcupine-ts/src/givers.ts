/** Who is to blame is looked at with others that may have given it what it found. */

import type { Model } from './model.ts';
import type { CheckOperation } from './operation.ts';

/** So many others are added that may have given the same. */
const GIVERS_MAX = 8;

/**
 * With those who are blamed, the last few that may have given each of them what it found: without these, one that found something
 * would be to blame for that alone. What the givers answered does not count, for it is not known who gave them that.
 */
export const withGivers = <S, I, O>(
  model: Model<S, I, O>,
  operations: readonly CheckOperation<I, O>[],
  blamed: readonly CheckOperation<I, O>[],
): readonly CheckOperation<I, O>[] => {
  const all = new Map(blamed.map((one) => [one.id, one]));
  for (const reader of blamed) {
    const counts = new Map<string, number>();
    for (let at = operations.length - 1; at >= 0; at--) {
      const writer = operations[at]!;
      if (writer === reader || writer.call > (reader.return ?? writer.call)) continue;
      const given = model.provides?.(writer, reader);
      const count = given === undefined ? GIVERS_MAX : (counts.get(given) ?? 0);
      if (given === undefined || count === GIVERS_MAX) continue;
      counts.set(given, count + 1);
      if (!all.has(writer.id)) all.set(writer.id, { ...writer, output: undefined });
    }
  }
  return [...all.values()].sort((a, b) => a.call - b.call);
};
