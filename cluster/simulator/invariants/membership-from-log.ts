/**
 * A node uses the latest membership in its log, committed or not (Raft paper, section 6): that of its last membership entry, or
 * of the snapshot the log continues.
 */

import type { Json } from '../../../history/operation.ts';
import type { Membership } from '../../raft/ready.ts';
import type { Invariant, Shared } from './invariant.ts';
import type { Observed } from './observed.ts';

export function membershipFromLog(shared: Shared): Invariant {
  const wrong = ({ id, view }: Observed, why: string): void =>
    shared.broken(
      'membership from the log',
      `the membership that ${id} uses is not the latest of its log: ${why}`,
      [id],
      {
        uses: view.membership as unknown as Json,
        membershipIndex: view.membershipIndex,
        baseIndex: view.baseIndex,
        lastIndex: view.lastIndex,
      },
    );

  const check = (node: Observed, from: number): void => {
    const { view } = node;
    if (view.membershipIndex > view.lastIndex)
      wrong(node, `it is that of entry ${view.membershipIndex}, which the log does not hold`);
    if (view.membershipIndex > view.baseIndex) {
      const entry = view.entryAt(view.membershipIndex);
      if (entry === null || entry.kind !== 'membership')
        wrong(node, `entry ${view.membershipIndex} is none of membership`);
      else if (!sameMembership(entry.membership, view.membership))
        wrong(node, `entry ${view.membershipIndex} says otherwise`);
    }
    for (let index = Math.max(from, view.membershipIndex + 1); index <= view.lastIndex; index++)
      if (view.entryAt(index)?.kind === 'membership')
        wrong(node, `entry ${index} is newer than the one in use, ${view.membershipIndex}`);
  };

  return {
    name: 'membership from the log',
    started: (node) => check(node, node.view.baseIndex + 1),
    logChanged: check,
    changed(node) {
      if (node.view.membershipIndex !== node.membershipIndex) check(node, node.view.membershipIndex + 1);
    },
  };
}

function sameMembership(a: Membership, b: Membership): boolean {
  return (
    a === b || JSON.stringify([a.voters, a.outgoing, a.learners]) === JSON.stringify([b.voters, b.outgoing, b.learners])
  );
}
