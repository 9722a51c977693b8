/** The invariants, and besides counts of what the nodes send each other and of how long their logs get. */

import type { AppendReply } from '../../cluster/raft/messages.ts';
import type { PeerFrame } from '../../cluster/replica/host.ts';
import { SNAPSHOT_FILE } from '../../cluster/replica/snapshot-file.ts';
import { InvariantChecker } from '../../cluster/simulator/invariants/checker.ts';
import { frameBytes } from '../../cluster/simulator/network.ts';
import type { SimulatedNode } from '../../cluster/simulator/node.ts';

export class CountingChecker extends InvariantChecker {
  requests = 0;
  rejections = 0;
  bytes = 0;
  measuresBytes = false;
  logBytesMax = 0;

  override onSend(from: SimulatedNode, to: SimulatedNode, frame: PeerFrame): void {
    if (!frame.type.endsWith('-reply')) this.requests++;
    if (frame.type === 'append-reply' && !(frame as AppendReply).accepted) this.rejections++;
    if (this.measuresBytes) this.bytes += frameBytes(frame);
    super.onSend(from, to, frame);
  }

  override onDurable(node: SimulatedNode, file: string): void {
    this.logBytesMax = Math.max(this.logBytesMax, logBytes(node));
    super.onDurable(node, file);
  }
}

function logBytes(node: SimulatedNode): number {
  return node.files.totalBytes - node.files.lengths(SNAPSHOT_FILE).length;
}
