/** Carries messages between nodes: asks each link what becomes of a message, schedules its arrivals, and keeps its record. */

import type { Json } from '../../history/operation.ts';
import type { NodeId } from '../raft/types.ts';
import type { PeerFrame } from '../replica/host.ts';
import type { LinkCounts } from '../world.ts';
import type { Core } from './core.ts';
import type { Life } from './life.ts';
import { SimulatedLink } from './network.ts';
import type { SimulatedNode } from './node.ts';
import { EVENT } from './trace.ts';

export interface Message {
  readonly link: SimulatedLink;
  readonly from: SimulatedNode;
  /** Number of the message on its link. */
  readonly number: number;
  readonly connection: number;
  readonly frame: PeerFrame;
  readonly sentAt: number;
  readonly id: number;
}

export class Carrier {
  private readonly core: Core;
  private readonly links: SimulatedLink[] = [];
  private messages = 0;

  constructor(core: Core) {
    this.core = core;
    for (const from of core.nodes)
      for (const to of core.nodes) this.links.push(new SimulatedLink(from.id, to.id, core.seed));
  }

  link(from: SimulatedNode, to: SimulatedNode): SimulatedLink {
    return this.links[from.index * this.core.nodes.length + to.index] as SimulatedLink;
  }

  counts(): LinkCounts[] {
    return this.links.filter((link) => link.from !== link.to).map((link) => link.counts());
  }

  unclog(): void {
    for (const link of this.links) link.unclog();
  }

  send(life: Life, to: NodeId, frame: PeerFrame): void {
    const { core } = this;
    const from = life.node;
    const target = core.find(to);
    if (target === undefined) return;
    core.watch?.onSend(from, target, frame);
    const link = this.link(from, target);
    const number = link.sent;
    link.decide(core.now, core.network, frame);
    const id = this.messages++;
    if (link.firstArrival < 0) {
      if (core.options.recordMessages)
        this.record(link, frame, core.now, null, id, { loss: link.loss, lostAt: core.now });
      return;
    }
    const carried = core.options.frames === 'copy' ? (JSON.parse(JSON.stringify(frame)) as PeerFrame) : frame;
    const { connection } = link;
    const message: Message = { link, from, number, connection, frame: carried, sentAt: core.now, id };
    core.heap.push(link.firstArrival, EVENT.message, target.index, message);
    if (link.secondArrival >= 0) core.heap.push(link.secondArrival, EVENT.message, target.index, message);
  }

  /** A message reaches the far end of its link; true if there is a node to take it. */
  arrive(node: SimulatedNode, message: Message): boolean {
    const { link, frame, sentAt, id } = message;
    const open = link.arrive(message.number, message.connection);
    const arrived = open && node.up;
    if (arrived) link.delivered++;
    if (this.core.options.recordMessages) {
      const lost = arrived
        ? null
        : { loss: open ? `${node.id} is ${node.state}` : 'link closed', lostAt: this.core.now };
      this.record(link, frame, sentAt, arrived ? this.core.now : null, id, lost);
    }
    return arrived;
  }

  /** The world ends: what is still under way is kept as such. */
  end(): void {
    const { core } = this;
    if (!core.options.recordMessages) return;
    for (const message of core.heap.waiting(EVENT.message) as Message[]) {
      const { link, frame, sentAt, id } = message;
      this.record(link, frame, sentAt, null, id, { loss: 'under way when the trial ended', lostAt: core.now });
    }
  }

  private record(
    link: SimulatedLink,
    frame: PeerFrame,
    sentAt: number,
    arrivedAt: number | null,
    id: number,
    lost: { readonly loss: string | null; readonly lostAt: number } | null,
  ): void {
    const { from, to } = link;
    const { type, term } = frame;
    const detail = { ...summaryOfFrame(frame), ...lost };
    this.core.observer.message({ id, from, to, type, term, sentAt, arrivedAt, detail });
  }
}

/** Scalars of a frame as they are, lists by their length: small enough to keep for every message. */
function summaryOfFrame(frame: PeerFrame): { readonly [name: string]: Json } {
  const summary: { [name: string]: Json } = {};
  for (const [name, value] of Object.entries(frame)) {
    if (name === 'type' || name === 'term') continue;
    if (Array.isArray(value)) summary[name] = value.length;
    else if (typeof value === 'string' && value.length > 40) summary[name] = value.length;
    else if (typeof value !== 'object') summary[name] = value as Json;
  }
  return summary;
}
