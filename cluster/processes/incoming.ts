/** What arrives at a node's listener: a connection's first frame says whether a client or another node speaks. */

import type { Socket } from 'node:net';
import type { NodeId } from '../raft/types.ts';
import type { ClientRequest } from '../replica/client-protocol.ts';
import type { PeerFrame } from '../replica/host.ts';
import { type Hello, type NodeConfig, parseHello } from './control.ts';
import { eachFrame, FrameSplitter, FrameWriter, frameValue } from './frames.ts';

/** A client that does not read its answers is cut off at this backlog. */
const CLIENT_BACKLOG_BYTES_MAX = 64 * 1024 * 1024;

export interface Receiver {
  onFrame(from: NodeId, frame: PeerFrame): void;
  onRequest(request: ClientRequest): void;
  /** A client has introduced itself; the writer leads back to it. */
  onClient(writer: FrameWriter): void;
  /** `problem`: why the connection was closed from this side, or null. */
  onClosed(problem: string | null): void;
}

/** Reads one connection until it ends. Whatever is not of this trial, or not what it announced, closes it. */
export function receive(socket: Socket, config: Pick<NodeConfig, 'token' | 'replica'>, receiver: Receiver): void {
  const splitter = new FrameSplitter();
  let hello: Hello | null = null;
  let writer: FrameWriter | null = null;
  let problem: string | null = null;

  /** Returns what is wrong with the frame, or null. */
  const take = (value: unknown): string | null => {
    if (hello === null) {
      hello = parseHello(value, config.token);
      // Most likely the client or the network of another trial, at a port that was one of its nodes' a moment ago.
      if (hello === null || hello.hello === 'link' || hello.to !== config.replica.id) return 'a stranger';
      if (hello.hello === 'client') {
        writer = new FrameWriter(socket);
        receiver.onClient(writer);
      }
    } else if (hello.hello === 'peer') {
      if (!isPeerFrame(value)) return 'not a message between nodes';
      receiver.onFrame(hello.from, value);
    } else {
      if (!isRequest(value)) return 'not a request';
      if (writer !== null && writer.backlogBytes > CLIENT_BACKLOG_BYTES_MAX) return 'the client reads no answers';
      receiver.onRequest(value);
    }
    return null;
  };

  const refuse = (why: string): void => {
    problem = why;
    socket.destroy();
  };

  socket.on('data', (chunk: Buffer) => {
    let batch: Buffer | null;
    try {
      batch = splitter.push(chunk);
    } catch (error) {
      refuse((error as Error).message);
      return;
    }
    if (batch === null) return;
    const frames = batch;
    eachFrame(frames, (start, end) => {
      if (problem !== null) return;
      let value: unknown;
      try {
        value = frameValue(frames, start, end);
      } catch (error) {
        refuse((error as Error).message);
        return;
      }
      // Outside of any try: an exception of the replica is not the sender's fault and has to end the process.
      const wrong = take(value);
      if (wrong !== null) refuse(wrong);
    });
  });
  socket.on('error', () => {});
  socket.on('close', () => receiver.onClosed(problem));
}

/** The envelope only: the replica checks the rest and answers bad-request. */
function isRequest(value: unknown): value is ClientRequest {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, id } = value as { [name: string]: unknown };
  return typeof kind === 'string' && Number.isSafeInteger(id);
}

function isPeerFrame(value: unknown): value is PeerFrame {
  if (typeof value !== 'object' || value === null) return false;
  const { type, term } = value as { [name: string]: unknown };
  return typeof type === 'string' && Number.isSafeInteger(term);
}
