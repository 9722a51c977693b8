/**
 * Nothing is sent or answered before what it promises is durable: votes and requests for votes (term and vote), acknowledged
 * entries and snapshots; an entry is committed only when a majority of every voting set holds it on disk; and what was
 * durable is there again after a restart. Judged by the bytes on disk, not by what the replica believes (durable-state.ts).
 */

import type { Membership } from '../../raft/ready.ts';
import type { NodeId } from '../../raft/types.ts';
import type { PeerFrame } from '../../replica/host.ts';
import type { Invariant, Shared } from './invariant.ts';
import type { Observed } from './observed.ts';

const NAME = 'durable before visible';

/** Fields of the frames that promise something; see cluster/raft/messages.ts. */
interface Promising extends PeerFrame {
  readonly granted?: boolean;
  readonly accepted?: boolean;
  readonly index?: number;
  readonly match?: number;
}

export function durableBeforeVisible(shared: Shared): Invariant {
  const early = (node: Observed, to: NodeId, frame: PeerFrame, what: string): void => {
    const { term, vote, lastIndex, snapshotIndex } = node.durable;
    shared.broken(
      NAME,
      `${node.id} sent ${/^[aeiou]/i.test(frame.type) ? 'an' : 'a'} ${frame.type} of term ${frame.term} to ${to} before ${what} was durable`,
      [node.id, to],
      {
        frame: frame.type,
        frameTerm: frame.term,
        durableTerm: term,
        durableVote: vote,
        durableLastIndex: lastIndex,
        durableSnapshotIndex: snapshotIndex,
      },
    );
  };

  const votedDurably = (node: Observed, term: number, candidate: NodeId): boolean =>
    node.durable.term > term || (node.durable.term === term && node.durable.vote === candidate);

  const holds = (id: NodeId, index: number, term: number): boolean => {
    const node = shared.find(id);
    // A node whose disk was damaged on purpose did hold it when it said so.
    return node !== undefined && (node.excused || node.durable.holds(index, term));
  };
  const quorumHolds = (membership: Membership, index: number, term: number): boolean =>
    [membership.voters, ...(membership.outgoing === null ? [] : [membership.outgoing])].every(
      (voters) => voters.filter((id) => holds(id, index, term)).length > voters.length / 2,
    );

  return {
    name: NAME,
    sent(node, to, frame: Promising) {
      switch (frame.type) {
        case 'vote':
          // A request may leave late, after the candidate took back its vote to follow another.
          if (node.gaveUpIn !== frame.term && !votedDurably(node, frame.term, node.id))
            early(node, to, frame, 'its vote for itself');
          return;
        case 'vote-reply':
          if (frame.granted === true && !votedDurably(node, frame.term, to)) early(node, to, frame, 'the vote');
          return;
        case 'append-reply': {
          if (frame.accepted !== true) return;
          if (node.durable.term < frame.term) early(node, to, frame, 'the term');
          // An acknowledgement of an earlier term may leave late; the log may have been cut since, and rightly so.
          if (node.view.term !== frame.term) return;
          const index = frame.index ?? 0;
          if (!node.durable.holds(index, node.view.termAt(index))) early(node, to, frame, `entry ${index}`);
          return;
        }
        case 'snapshot-reply':
          if ((frame.match ?? 0) > 0 && node.view.term === frame.term && !node.durable.holds(frame.match ?? 0, null))
            early(node, to, frame, `the snapshot up to ${frame.match}`);
      }
    },
    committed(node) {
      const { id, view } = node;
      if (view.role !== 'leader') return;
      const index = view.commit;
      const term = view.termAt(index);
      if (term === null || quorumHolds(view.membership, index, term)) return;
      // A change of members may have been appended in the same event, after the commit.
      if (view.membership !== node.membership && quorumHolds(node.membership, index, term)) return;
      const holders = shared.nodes.filter((other) => holds(other.id, index, term)).map((other) => other.id);
      shared.broken(
        NAME,
        `${id} committed entry ${index} of term ${term}, which only ${holders.join(', ') || 'nobody'} held on disk`,
        [id],
        { index, term, holders, voters: [...view.membership.voters] },
      );
    },
    started(node) {
      if (!node.started || node.excused) return;
      const { id, view, durable } = node;
      const lost = (what: string, facts: { readonly [name: string]: number | string | null }): void =>
        shared.broken(NAME, `${id} restarted without ${what}, which had been durable`, [id], facts);
      if (view.term < durable.term) lost(`term ${durable.term}`, { durableTerm: durable.term, term: view.term });
      else if (view.term === durable.term && durable.vote !== null && view.vote !== durable.vote && !givenUp(node))
        lost(`its vote for ${durable.vote}`, { term: view.term, durableVote: durable.vote, vote: view.vote });
      const { lastIndex } = durable;
      if (lastIndex > view.baseIndex && view.termAt(lastIndex) !== durable.termAt(lastIndex)) {
        // A later batch that was not synced may have survived the crash, and may rightly replace entries: by ones of a later leader,
        // whose own terms may be the lower ones (Raft paper, Figure 7). What ends in the same entry was only cut short.
        const replaced = durable.termAt(view.lastIndex);
        if (view.lastIndex < lastIndex && (replaced === null || replaced === view.termAt(view.lastIndex)))
          lost(`entry ${lastIndex}`, { durableLastIndex: lastIndex, lastIndex: view.lastIndex });
      }
    },
  };
}

/**
 * The node had taken back its vote before it ended: then the restart did not lose it. Whether that was right is for "one vote per
 * term" to say, once somebody gets the vote a second time.
 */
function givenUp({ view, gaveUpIn }: Observed): boolean {
  return view.vote === null && gaveUpIn === view.term;
}
