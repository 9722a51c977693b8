/** Several leaders at once, as the nodes told it themselves. In Raft that alone is no error, but it is where to look. */

import type { NodeSpan } from './circumstances.ts';

/** A stretch of time with two or more nodes that each think to lead. */
export interface Rivalry {
  readonly from: number;
  readonly to: number;
  readonly leaders: readonly NodeSpan[];
  /** "n2 t4, n1 t5". */
  readonly words: string;
}

/** Stretches in which several nodes are up, not paused, and think to lead, from what they reported. */
export function rivalriesOf(spans: ReadonlyMap<string, readonly NodeSpan[]>): Rivalry[] {
  const reigns = [...spans.values()]
    .flat()
    .filter((span) => span.up && !span.paused && span.role === 'leader' && span.to > span.from);
  const cuts = [...new Set(reigns.flatMap((span) => [span.from, span.to]))].sort((a, b) => a - b);
  const out: Rivalry[] = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const from = cuts[i] as number;
    const to = cuts[i + 1] as number;
    const ruling = reigns.filter((span) => span.from <= from && span.to >= to);
    if (ruling.length < 2) continue;
    const words = ruling.map((span) => `${span.node} t${span.term ?? '?'}`).join(', ');
    const before = out.at(-1);
    if (before !== undefined && before.to === from && before.words === words) out[out.length - 1] = { ...before, to };
    else out.push({ from, to, leaders: ruling, words });
  }
  return out;
}
