/**
 * A read is answered from a state that holds everything that was committed anywhere when the read reached its node. ReadIndex
 * and leases promise that (dissertation, section 6.4), and linearizability follows: what was acknowledged had committed.
 * Clients see a stale read only if somebody happened to write what it missed; here it shows at once.
 */

import type { Json } from '../../../history/operation.ts';
import type { KvCommand } from '../../replica/client-protocol.ts';
import type { CommittedHistory } from './committed-history.ts';
import type { Invariant, Shared } from './invariant.ts';
import { missedChanges } from './missed-changes.ts';

export function currentReads(shared: Shared, history: CommittedHistory): Invariant {
  /** What the answer means for the client: what it was told, what it should have been told, and whose change is missing. */
  const told = (command: KvCommand, answer: Json, from: number, to: number): { readonly [name: string]: Json } => {
    if (command.f !== 'get') return {};
    const missed = missedChanges(shared.nodes, command.key, answer, from, to);
    const last = missed?.changes.at(-1);
    return {
      key: command.key,
      answer,
      ...(missed === null ? {} : { wouldBe: missed.wouldBe, missed: missed.changes.length }),
      ...(last === undefined ? {} : { change: last.command as unknown as Json, changeIndex: last.index }),
      ...(last === undefined
        ? {}
        : { changeBy: history.at(last.index).node, changeTerm: history.at(last.index).commitTerm }),
    };
  };

  return {
    name: 'current reads',
    responded({ id, view, replica }, { request, committedBefore }, response) {
      if (request.kind !== 'read' || !response.ok || replica === null || !('result' in response)) return;
      const { appliedIndex } = replica.inspect();
      if (appliedIndex >= committedBefore) return;
      shared.broken(
        'current reads',
        `${id} answered a read from its state at index ${appliedIndex}, but ${committedBefore} was committed before it was asked`,
        [id],
        {
          appliedIndex,
          committedBefore,
          role: view.role,
          term: view.term,
          command: JSON.stringify(request.command),
          request: request.id,
          ...told(request.command, response.result, appliedIndex, committedBefore),
        },
      );
    },
  };
}
