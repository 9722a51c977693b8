/**
 * QuickXplain (Junker, AAAI 2004): from suspects that are a contradiction together to a smallest part found of which none can
 * be left out. With a predicate that stays true when suspects are added, k of n are found in O(k log (n / k)) questions.
 */

/**
 * @param isContradiction asked of parts of the suspects; true of all of them together
 * @param isOver whether to ask no more: what is left then stays in
 */
export const minimalWitness = <T>(
  suspects: readonly T[],
  isContradiction: (part: readonly T[]) => boolean,
  isOver: () => boolean = () => false,
): readonly T[] => {
  const explain = (background: readonly T[], grew: boolean, candidates: readonly T[]): readonly T[] => {
    if (grew && !isOver() && isContradiction(background)) return [];
    if (candidates.length <= 1 || isOver()) return candidates;
    const middle = candidates.length >>> 1;
    const [first, second] = [candidates.slice(0, middle), candidates.slice(middle)];
    const fromSecond = explain([...background, ...first], first.length > 0, second);
    const fromFirst = explain([...background, ...fromSecond], fromSecond.length > 0, first);
    return [...fromFirst, ...fromSecond];
  };
  return explain([], false, suspects);
};
