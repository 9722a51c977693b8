/** Random small histories of one register, and the plainest possible judge of them, to compare with. */

import fc from 'fast-check';
import type { Json, Operation } from '../../history/operation.ts';

export interface Drawn {
  readonly kind: 'read' | 'write' | 'cas';
  /** Written value, or expected and new of a cas, among few. */
  readonly a: number;
  readonly b: number;
  readonly start: number;
  readonly length: number;
  /** Where in the interval it takes effect, in thousandths. */
  readonly when: number;
  readonly fate: 'ok' | 'info' | 'fail';
  /** Replaces what was answered by this value, to make violations. */
  readonly lie: number | null;
}

export const drawnOperation = (values: number): fc.Arbitrary<Drawn> =>
  fc.record({
    kind: fc.constantFrom('read' as const, 'read' as const, 'write' as const, 'cas' as const),
    a: fc.nat(values),
    b: fc.nat(values),
    start: fc.nat(40),
    length: fc.nat(15),
    when: fc.nat(999),
    fate: fc.constantFrom('ok' as const, 'ok' as const, 'ok' as const, 'info' as const, 'fail' as const),
    lie: fc.option(fc.nat(values), { freq: 8 }),
  });

/**
 * Lets a real register carry out the operations at their moments, and writes down what a client sees. Without lies the history
 * is linearizable by construction.
 */
export function carriedOut(drawn: readonly Drawn[], initial: Json = null): Operation[] {
  const moments = drawn.map(({ start, length, when }, i) => ({ i, at: start + (length * when) / 1000 }));
  moments.sort((x, y) => x.at - y.at || x.i - y.i);
  let register: Json = initial;
  const answers = new Map<number, Json>();
  for (const { i } of moments) {
    const { kind, a, b, fate, lie } = drawn[i] as Drawn;
    const value = valueNumbered(a);
    if (kind === 'read') answers.set(i, lie === null ? register : valueNumbered(lie));
    else if (kind === 'write' && fate !== 'fail') register = value;
    else if (kind === 'cas') {
      const matched = JSON.stringify(register) === JSON.stringify(value);
      if (matched && fate !== 'fail') register = valueNumbered(b);
      answers.set(i, lie === null ? matched : lie % 2 === 0);
    }
  }
  return drawn
    .map((operation, i) => ({ operation, i }))
    .sort((x, y) => x.operation.start - y.operation.start || x.i - y.i)
    .map(({ operation, i }, index) => recorded(operation, index, answers.get(i) ?? null));
}

const valueNumbered = (n: number): Json => (n === 0 ? null : n);

function recorded({ kind, a, b, start, length, fate }: Drawn, index: number, answer: Json): Operation {
  const value = kind === 'read' ? null : kind === 'write' ? valueNumbered(a) : [valueNumbered(a), valueNumbered(b)];
  // A cas that did not match is a definite failure that was observed.
  const mismatch = kind === 'cas' && fate === 'ok' && answer !== true;
  return {
    index,
    process: index,
    f: kind,
    key: 'k',
    value,
    outcome: mismatch ? 'fail' : fate,
    result: fate !== 'ok' || mismatch || kind === 'write' ? null : answer,
    error: mismatch ? 'mismatch' : fate === 'ok' ? null : 'connection lost',
    invokedAt: start,
    completedAt: fate === 'info' && length % 2 === 0 ? null : start + length,
    node: null,
  };
}

/**
 * The same with written values that are all different, as our workloads write them, and with compare-and-sets that often
 * expect what is there. More than 40 moments, so that long histories are not all at once.
 */
export function uniquelyCarriedOut(drawn: readonly Drawn[]): Operation[] {
  const spread = drawn.map((one, i) => ({ ...one, start: one.start + 4 * i, lie: null }));
  const moments = spread.map(({ start, length, when }, i) => ({ i, at: start + (length * when) / 1000 }));
  moments.sort((x, y) => x.at - y.at || x.i - y.i);
  const unique: Drawn[] = [...spread];
  let present = 0;
  for (const { i } of moments) {
    const one = spread[i] as Drawn;
    const expected = one.a % 4 === 0 ? one.b : present;
    const [a, b] = one.kind === 'cas' ? [expected, i + 1] : [i + 1, 0];
    unique[i] = { ...one, a, b };
    if (one.fate === 'fail' || one.kind === 'read') continue;
    if (one.kind === 'write' || expected === present) present = i + 1;
  }
  return carriedOut(unique);
}

/** Tries every order. Straight from the definition (Herlihy and Wing 1990), with nothing shared with the checker. */
export function hasOrder(operations: readonly Operation[], initial: Json = null): boolean {
  const relevant = operations.filter(
    ({ f, outcome, error }) => outcome !== 'fail' || (f === 'cas' && error === 'mismatch'),
  );
  const same = (x: Json, y: Json): boolean => JSON.stringify(x) === JSON.stringify(y);
  const must = (o: Operation): boolean => o.outcome !== 'info';
  const explore = (register: Json, rest: readonly Operation[]): boolean => {
    if (!rest.some(must)) return true;
    return rest.some((o) => {
      if (rest.some((p) => p !== o && must(p) && (p.completedAt ?? 0) < o.invokedAt)) return false;
      const others = rest.filter((p) => p !== o);
      if (o.f === 'read') return (o.outcome === 'info' || same(register, o.result)) && explore(register, others);
      if (o.f === 'write') return explore(o.value, others);
      const [expected, replacement] = o.value as [Json, Json];
      const matches = same(register, expected);
      if (o.outcome === 'ok' && !matches) return false;
      if (o.outcome === 'fail' && matches) return false;
      return explore(matches ? replacement : register, others);
    });
  };
  return explore(initial, relevant);
}
