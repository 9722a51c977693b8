/** Operator's requests of the nemesis: sent to the leader, again and again until it says yes or the time is over. */

import type { NodeId } from '../cluster/raft/types.ts';
import type { AdminRequest } from '../cluster/replica/client-protocol.ts';
import type { Battlefield } from './fault.ts';
import { currentLeader } from './targets.ts';

const ATTEMPT_NS = 2_000_000_000;
const PAUSE_NS = 50_000_000;

export interface AdminAnswer {
  readonly accepted: boolean;
  /** The node that said so. */
  readonly node: NodeId | null;
  readonly message: string;
}

/** Asks the leader (or, without one, any running node) until it accepts, for at most `timeoutNs`. */
export function askLeader(
  field: Battlefield,
  request: AdminRequest,
  timeoutNs: number,
  done: (answer: AdminAnswer) => void,
): void {
  const { clock } = field.world;
  const deadline = clock.now() + timeoutNs;
  let hint: NodeId | null = null;
  const attempt = (message: string): void => {
    const left = deadline - clock.now();
    if (left <= 0) {
      done({ accepted: false, node: null, message });
      return;
    }
    const running = field.world.nodes.find((node) => field.world.view(node).state === 'running');
    const node = hint ?? currentLeader(field.world) ?? running;
    const again = (why: string): void => void clock.after(PAUSE_NS, () => attempt(why));
    if (node === undefined) {
      again('no node is running');
      return;
    }
    askNode(field, node, request, Math.min(left, ATTEMPT_NS), (answer, leader) => {
      hint = leader;
      if (answer.accepted) done(answer);
      else again(answer.message);
    });
  };
  attempt('no time to ask');
}

/** Asks one node once. `done` is told whom that node takes for the leader, if it refused and knows one. */
export function askNode(
  field: Battlefield,
  node: NodeId,
  request: AdminRequest,
  timeoutNs: number,
  done: (answer: AdminAnswer, leader: NodeId | null) => void,
): void {
  const id = field.nextRequestId();
  field.world.request(node, { kind: 'admin', id, request }, timeoutNs, (result) => {
    if (result.kind !== 'response') done({ accepted: false, node, message: result.reason }, null);
    else if (result.response.ok) done({ accepted: true, node, message: 'accepted' }, null);
    else done({ accepted: false, node, message: result.response.message }, result.response.leader);
  });
}
