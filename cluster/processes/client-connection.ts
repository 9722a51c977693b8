/**
 * The trial's connection to one node, shared by all clients: requests are told apart by their ids. A request gets exactly one
 * result. What was surely not sent is told apart from what may have arrived.
 */

import net from 'node:net';
import type { NodeId } from '../raft/types.ts';
import type { ClientRequest, ClientResponse } from '../replica/client-protocol.ts';
import type { RequestResult } from '../world.ts';
import type { Hello } from './control.ts';
import { eachFrame, FrameError, FrameSplitter, FrameWriter, frameValue } from './frames.ts';

const NS_PER_MS = 1_000_000;
/** How soon a broken connection to a node that runs is tried again. */
const RETRY_MS = 10;
/** Bytes that a node may leave unread; beyond it requests are not sent. */
const BACKLOG_BYTES_MAX = 16 * 1024 * 1024;

interface Waiting {
  readonly done: (result: RequestResult) => void;
  readonly timer: NodeJS.Timeout;
}

export class ClientConnection {
  readonly #node: NodeId;
  readonly #hello: string;
  #port: number | null = null;
  #socket: net.Socket | null = null;
  #writer: FrameWriter | null = null;
  readonly #waiting = new Map<number, Waiting>();
  #onConnected: (() => void) | null = null;

  constructor(node: NodeId, token: string) {
    this.#node = node;
    const hello: Hello = { hello: 'client', token, to: node };
    this.#hello = JSON.stringify(hello);
  }

  /** The node listens at this port: connects, and again whenever the connection breaks. */
  open(port: number, connected: () => void): void {
    this.close('the node was restarted');
    this.#port = port;
    this.#onConnected = connected;
    this.#connect(port);
  }

  /** No further connection; what waits for an answer gets none. */
  close(reason: string): void {
    this.#port = null;
    this.#onConnected = null;
    this.#socket?.destroy();
    this.#drop(reason);
  }

  /** `request.id` must differ from those of the requests to this node that are still waiting. */
  request(request: ClientRequest, timeoutNs: number, done: (result: RequestResult) => void): void {
    const problem = this.#send(request);
    if (problem !== null) {
      setImmediate(done, { kind: 'not-sent', reason: problem });
      return;
    }
    const { id } = request;
    const timer = setTimeout(
      () => this.#finish(id, { kind: 'no-answer', reason: `${this.#node} did not answer in time` }),
      Math.ceil(timeoutNs / NS_PER_MS),
    );
    this.#waiting.set(id, { done, timer });
  }

  /** Returns why the request was not sent, or null. */
  #send(request: ClientRequest): string | null {
    if (this.#writer === null) return `no connection to ${this.#node}`;
    if (this.#waiting.has(request.id)) return `request id ${request.id} is still in use`;
    if (this.#writer.backlogBytes > BACKLOG_BYTES_MAX) return `${this.#node} does not read its requests`;
    try {
      this.#writer.write(JSON.stringify(request));
      return null;
    } catch (error) {
      if (error instanceof FrameError) return `the request is too large: ${error.message}`;
      throw error;
    }
  }

  #finish(id: number, result: RequestResult): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.done(result);
  }

  #connect(port: number): void {
    const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket = socket;
    socket.on('connect', () => {
      if (this.#socket !== socket) return;
      this.#writer = new FrameWriter(socket);
      this.#writer.write(this.#hello);
      const connected = this.#onConnected;
      this.#onConnected = null;
      connected?.();
    });
    const splitter = new FrameSplitter();
    socket.on('data', (chunk: Buffer) => this.#receive(socket, splitter, chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#drop(`the connection to ${this.#node} broke`);
      setTimeout(() => {
        if (this.#port === port && this.#socket === null) this.#connect(port);
      }, RETRY_MS);
    });
  }

  #receive(socket: net.Socket, splitter: FrameSplitter, chunk: Buffer): void {
    const responses: ClientResponse[] = [];
    try {
      const batch = splitter.push(chunk);
      if (batch !== null)
        eachFrame(batch, (start, end) => {
          const value = frameValue(batch, start, end);
          if (!isResponse(value)) throw new FrameError(`${this.#node} sent something that is no response`);
          responses.push(value);
        });
    } catch (error) {
      socket.destroy(error as Error);
    }
    // An answer to nothing that waits came too late.
    for (const response of responses) this.#finish(response.id, { kind: 'response', response });
  }

  #drop(reason: string): void {
    this.#writer = null;
    this.#socket = null;
    const ids = [...this.#waiting.keys()];
    for (const id of ids) this.#finish(id, { kind: 'no-answer', reason });
  }
}

function isResponse(value: unknown): value is ClientResponse {
  if (typeof value !== 'object' || value === null) return false;
  const { id, ok } = value as { [name: string]: unknown };
  return typeof id === 'number' && typeof ok === 'boolean';
}
