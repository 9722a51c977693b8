/** Leaders that were elected on a side of a partition that is no majority: the split brain itself, by the record alone. */

import { type NodeSpan, nodeStateAt } from './circumstances.ts';
import { type Share, shareOf, sidesAt } from './sides.ts';
import { duration, moment, type TimeScale } from './times.ts';
import type { TrialData } from './trial-data.ts';
import { isRead, plural, shortened } from './wording.ts';

/** A node's word of a change is heard within this time. */
const WORD_TAKES_NS = 100e6;

export interface MinorityLeader {
  readonly node: string;
  readonly term: number;
  readonly electedAt: number;
  /** What could hear it at most. */
  readonly share: Share;
  /** Until when it led and the partition lasted. */
  readonly until: number;
  /** Changes whose clients it answered ok in that time. */
  readonly changes: number;
}

/** Those among the nodes that lead at one of these moments, each term of a node once. */
export function minorityLeaders(
  data: TrialData,
  spans: ReadonlyMap<string, readonly NodeSpan[]>,
  moments: readonly number[],
): readonly MinorityLeader[] {
  const found = new Map<string, MinorityLeader>();
  for (const at of moments)
    for (const node of spans.keys()) {
      const leader = minorityLeader(data, spans, node, at);
      if (leader !== null) found.set(`${leader.node} ${leader.term}`, leader);
    }
  return [...found.values()];
}

function minorityLeader(
  data: TrialData,
  spans: ReadonlyMap<string, readonly NodeSpan[]>,
  node: string,
  at: number,
): MinorityLeader | null {
  const now = nodeStateAt(spans, node, at);
  if (now === null || now.role !== 'leader' || now.paused || now.term === null) return null;
  const own = spans.get(node) ?? [];
  const first = own.findIndex((span) => span.role === 'leader' && span.term === now.term);
  // What came before has to be known: else it may have been leader for long.
  if (first <= 0 || own[first - 1]?.role === null) return null;
  const { from: electedAt } = own[first] as NodeSpan;
  const split = sidesAt(data, electedAt);
  const side = split?.sides.find((one) => one.includes(node));
  if (split === null || side === undefined || electedAt - split.fault.startedAt <= WORD_TAKES_NS) return null;
  const share = shareOf(data, side, electedAt);
  if (share.majority) return null;
  const until = Math.min(split.fault.endedAt ?? data.trial.durationNs, lastOfTerm(own, first, now.term));
  const changes = data.operations.filter(
    (one) =>
      one.node === node &&
      one.outcome === 'ok' &&
      !isRead(one) &&
      one.completedAt !== null &&
      one.completedAt > electedAt &&
      one.completedAt <= until,
  ).length;
  return { node, term: now.term, electedAt, share, until, changes };
}

function lastOfTerm(own: readonly NodeSpan[], first: number, term: number): number {
  let end = own[first]?.to ?? 0;
  for (const span of own.slice(first)) {
    if (span.role !== 'leader' || span.term !== term) break;
    end = span.to;
  }
  return end;
}

/** "n2 became leader of term 3 at 12.976 s with at most 2 of 4 voters in reach; 3 are needed (split brain). It …". */
export function minorityLeaderWords(leader: MinorityLeader, scale: TimeScale): string {
  const { node, term, electedAt, share, until, changes } = leader;
  const needed = Math.floor(share.of / 2) + 1;
  const name = shortened(node, 24);
  const elected = `${name} became leader of term ${term} at ${moment(electedAt, scale)} with at most ${share.has} of ${share.of} ${share.unit} in reach; ${needed} are needed (split brain).`;
  if (changes === 0) return elected;
  return `${elected} It acknowledged ${plural(changes, 'change')} in the next ${duration(until - electedAt)}.`;
}
