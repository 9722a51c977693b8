/** Leadership transfer (dissertation, section 3.10): bring the target up to date, tell it to campaign, refuse proposals meanwhile. */

import type { Core } from './core.ts';
import { campaign } from './election.ts';
import type { TimeoutNow } from './messages.ts';
import type { Proposed } from './ready.ts';
import type { NodeId } from './types.ts';

export function transferLeadership(core: Core, to: NodeId): Proposed {
  if (core.role !== 'leader') return { accepted: false, refusal: 'not-leader', leader: core.leader };
  if (core.transferTo !== null && core.transferTo !== to)
    return { accepted: false, refusal: 'transferring', leader: core.id };
  if (to === core.id || !core.membership.voters.includes(to) || !core.progress.has(to))
    return { accepted: false, refusal: 'invalid', leader: core.id };
  if (core.transferTo === null) {
    core.transferTo = to;
    core.transferElapsed = 0;
    handOverIfReady(core, to);
  }
  return { accepted: true, index: core.log.lastIndex, term: core.term };
}

/** Tells the target to take over once it has the whole log. */
export function handOverIfReady(core: Core, node: NodeId): void {
  if (core.transferTo !== node || core.progress.get(node)?.match !== core.log.lastIndex) return;
  handOver(core, node);
}

/** From here on an election may happen at any time, without regard for this leader: its lease proves nothing any more. */
export function handOver(core: Core, node: NodeId): void {
  core.handedOver = true;
  core.tell(node, { type: 'timeout-now', term: core.term });
}

/** Gives up after an election timeout: the target is dead, or too far behind. */
export function tickTransfer(core: Core, count: number): void {
  if (core.transferTo === null) return;
  core.transferElapsed += count;
  if (core.transferElapsed < core.options.electionTicks) return;
  core.mark('transfer-aborted');
  core.transferTo = null;
}

export function handleTimeoutNow(core: Core, from: NodeId, message: TimeoutNow): void {
  if (message.term !== core.term || core.leader !== from || core.role === 'leader' || !core.isVoter) {
    core.mark('stale-request');
    return;
  }
  core.mark('transfer-done');
  core.restartTimer();
  campaign(core, true);
}
