/** Carries clients' requests to nodes and their answers back, and sees to it that each ends in exactly one result. */

import { chance, type Draw, draws } from '../../seed/draw.ts';
import type { ClientRequest, ClientResponse } from '../replica/client-protocol.ts';
import type { RequestResult } from '../world.ts';
import type { Core } from './core.ts';
import type { Life, OpenRequest } from './life.ts';
import { within } from './network.ts';
import type { SimulatedNode } from './node.ts';
import { digestOfData, EVENT } from './trace.ts';

const REQUEST_LATENCY = 0;
const REQUEST_LOSS = 1;
const RESPONSE_LOSS = 2;
const RESPONSE_LATENCY = 3;
const BREAK_LATENCY = 4;

export class ClientLines {
  private readonly core: Core;
  private readonly draw: Draw;
  private connections = 0;

  constructor(core: Core) {
    this.core = core;
    this.draw = draws(core.seed, 'simulator.client');
  }

  request(node: SimulatedNode, request: ClientRequest, timeoutNs: number, done: (result: RequestResult) => void): void {
    const { core } = this;
    const connection = ++this.connections;
    const latency = within(core.network.clientLatencyNs, this.draw(connection, REQUEST_LATENCY));
    const { life } = node;
    if (life === null) {
      const reason = `${node.id} refuses connections: it is ${node.state}`;
      core.after(latency, () => done({ kind: 'not-sent', reason }));
      return;
    }
    const open: OpenRequest = {
      connection,
      node,
      request,
      done,
      life,
      response: null,
      settled: false,
      committedBefore: 0,
    };
    core.heap.push(core.now + timeoutNs, EVENT.requestTimeout, node.index, open);
    if (!this.lost(connection, REQUEST_LOSS)) core.heap.push(core.now + latency, EVENT.request, node.index, open);
  }

  respond(request: OpenRequest, response: ClientResponse): void {
    const { core } = this;
    core.watch?.onRespond(request, response);
    request.response = response;
    if (this.lost(request.connection, RESPONSE_LOSS)) return;
    const latency = within(core.network.clientLatencyNs, this.draw(request.connection, RESPONSE_LATENCY));
    core.heap.push(core.now + latency, EVENT.response, request.node.index, request);
  }

  /** A response reaches its client. */
  arrived(open: OpenRequest): void {
    if (open.settled) return;
    const response = open.response as ClientResponse;
    this.core.handling(EVENT.response, open.node.index, digestOfData(response));
    settle(open, { kind: 'response', response });
  }

  timedOut(open: OpenRequest): void {
    if (open.settled) return;
    this.core.handling(EVENT.requestTimeout, open.node.index, open.connection);
    settle(open, { kind: 'no-answer', reason: 'the time is over' });
  }

  /** The node's end of the connection is gone; a response that has left still arrives. */
  broken(open: OpenRequest): void {
    if (open.settled || open.response !== null) return;
    const latency = within(this.core.network.clientLatencyNs, this.draw(open.connection, BREAK_LATENCY));
    const reason = `the connection to ${open.node.id} broke`;
    this.core.after(latency, () => settle(open, { kind: 'no-answer', reason }));
  }

  /** All connections of a life that has ended. */
  allBroken(life: Life): void {
    for (const open of life.requests.values()) this.broken(open);
    life.requests.clear();
  }

  private lost(connection: number, purpose: number): boolean {
    const { clientLossPpm } = this.core.network;
    return clientLossPpm > 0 && chance(this.draw(connection, purpose), clientLossPpm);
  }
}

function settle(open: OpenRequest, result: RequestResult): void {
  if (open.settled) return;
  open.settled = true;
  open.life.requests.delete(open.connection);
  open.done(result);
}
