/**
 * A read is answered from a state that holds everything that was committed anywhere when the read reached its node. ReadIndex
 * and leases promise that (dissertation, section 6.4), and linearizability follows: what was acknowledged had committed.
 * Clients see a stale read only if somebody happened to write what it missed; here it shows at once.
 */

import type { Invariant, Shared } from './invariant.ts';

export function currentReads(shared: Shared): Invariant {
  return {
    name: 'current reads',
    responded({ id, view, replica }, { request, committedBefore }, response) {
      if (request.kind !== 'read' || !response.ok || replica === null) return;
      const { appliedIndex } = replica.inspect();
      if (appliedIndex >= committedBefore) return;
      shared.broken(
        'current reads',
        `${id} answered a read from its state at index ${appliedIndex}, but ${committedBefore} was committed before it was asked`,
        [id],
        { appliedIndex, committedBefore, role: view.role, term: view.term, command: JSON.stringify(request.command) },
      );
    },
  };
}
