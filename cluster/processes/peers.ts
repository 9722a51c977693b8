/**
 * A node's way to the other nodes: one connection for each of them, to the network process, which passes the frames on. A
 * connection that ends is tried again every RETRY_MS, so that a healed link carries messages within a heartbeat. Frames for
 * a peer that can't be reached are dropped, oldest first: Raft sends again.
 */

import net from 'node:net';
import type { NodeId } from '../raft/types.ts';
import type { Hello } from './control.ts';
import { FrameWriter } from './frames.ts';

export const RETRY_MS = 25;
/** Frames kept for a peer while there is no connection: what it said last. */
const KEPT_FRAMES_MAX = 64;
/** A connection that has not taken this much yet gets nothing more. */
const BACKLOG_BYTES_MAX = 8 * 1024 * 1024;

export class Peer {
  readonly #networkPort: number;
  readonly #hello: string;
  #writer: FrameWriter | null = null;
  #kept: string[] = [];

  constructor(from: NodeId, to: NodeId, networkPort: number, token: string) {
    this.#networkPort = networkPort;
    const hello: Hello = { hello: 'link', token, from, to };
    this.#hello = JSON.stringify(hello);
    this.#connect();
  }

  /** Sends the text of a frame, or drops it. Throws FrameError if it is larger than a frame may be. */
  send(text: string): void {
    if (this.#writer === null) {
      if (this.#kept.length >= KEPT_FRAMES_MAX) this.#kept.shift();
      this.#kept.push(text);
    } else if (this.#writer.backlogBytes < BACKLOG_BYTES_MAX) this.#writer.write(text);
  }

  #connect(): void {
    const socket = net.connect({ host: '127.0.0.1', port: this.#networkPort, noDelay: true });
    socket.on('connect', () => {
      const writer = new FrameWriter(socket);
      writer.write(this.#hello);
      for (const text of this.#kept) writer.write(text);
      this.#kept = [];
      this.#writer = writer;
    });
    // The network process says nothing; reading is how we learn that it has closed the link.
    socket.resume();
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#writer = null;
      setTimeout(() => this.#connect(), RETRY_MS);
    });
  }
}
