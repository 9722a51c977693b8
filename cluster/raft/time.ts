/**
 * Time in the core: what passing ticks do, and for how many of them nothing but counting happens. Up to that many ticks may be
 * passed on late and all at once, so whoever drives the core needs no timer for each tick.
 */

import { tellDeparted, tickChange, ticksUntilChangeDue } from './change.ts';
import type { Core } from './core.ts';
import { checkQuorum, tickElection } from './election.ts';
import { tickReads } from './reading.ts';
import { tickTransfer } from './transfer.ts';

/** `count` ticks of the node's own clock have passed. */
export function passTicks(core: Core, count: number): void {
  core.now += count;
  core.elapsed += count;
  core.sinceLeader += count;
  appendHeldBack(core);
  if (core.role === 'leader') passLeaderTicks(core, count);
  else {
    tickElection(core);
    tickReads(core, count);
  }
}

/**
 * The first of the coming ticks that does more than count, from 1, if nothing else happens before. Passing fewer ticks commutes with
 * passing the rest: `passTicks(a)` then `passTicks(b)` is `passTicks(a + b)` for every a below this.
 */
export function ticksUntilDue(core: Core): number {
  const { heartbeatTicks, electionTicks } = core.options;
  let due: number;
  if (core.role === 'leader') {
    due = Math.min(heartbeatTicks - core.heartbeatElapsed, electionTicks - core.quorumElapsed);
    if (core.transferTo !== null) due = Math.min(due, electionTicks - core.transferElapsed);
    if (core.catchUp !== null) due = Math.min(due, ticksUntilChangeDue(core, core.catchUp));
  } else {
    due = Math.min(core.timeout - core.elapsed, core.forwarded.ticksUntilDue(heartbeatTicks, 2 * electionTicks));
  }
  return core.heldBack.length > 0 ? 1 : Math.max(1, due);
}

function passLeaderTicks(core: Core, count: number): void {
  core.heartbeatElapsed += count;
  if (core.heartbeatElapsed >= core.options.heartbeatTicks) {
    core.heartbeatElapsed = 0;
    core.heartbeatDue = true;
    core.flushNeeded = true;
  }
  tickTransfer(core, count);
  tickChange(core, count);
  core.quorumElapsed += count;
  if (core.quorumElapsed < core.options.electionTicks) return;
  core.quorumElapsed = 0;
  tellDeparted(core);
  checkQuorum(core);
}

/** Only wrong rules hold proposals back; by now the term may be another one. */
function appendHeldBack(core: Core): void {
  if (core.heldBack.length === 0) return;
  for (const { term, data } of core.heldBack)
    core.append([{ index: core.log.lastIndex + 1, term, kind: 'command', data }]);
  core.heldBack = [];
  core.flushNeeded = true;
}
