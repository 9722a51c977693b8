/**
 * The end of a turn of the event loop: after the callbacks of all sockets that had something to read. What is collected until
 * then (frames to send, bytes to sync) leaves together, which is where the throughput of a node comes from.
 */

export interface TurnEnd {
  /** Called once at the end of the turn in which it was registered. */
  turnEnded(): void;
}

let waiting: TurnEnd[] = [];
let early: (() => void)[] = [];
let scheduled = false;

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(endTurn);
}

function endTurn(): void {
  scheduled = false;
  // What these callbacks send still belongs to this turn; what they register for later belongs to the next.
  const first = early;
  early = [];
  for (const fire of first) fire();
  const parties = waiting;
  waiting = [];
  for (const party of parties) party.turnEnded();
}

/** Registers `party` for the end of this turn. The caller sees to it that it registers once a turn. */
export function atTurnEnd(party: TurnEnd): void {
  waiting.push(party);
  schedule();
}

/** Calls `fire` when all input of this turn has been handled, before anything collected in it leaves. */
export function beforeTurnEnd(fire: () => void): void {
  early.push(fire);
  schedule();
}
