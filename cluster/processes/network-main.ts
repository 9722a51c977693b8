/**
 * The program of the network process: `node network.cjs <NetworkConfig as JSON>`. Every message between two nodes passes
 * through it, so it alone decides what a partition is. A node connects once for each peer; for each such link there is one
 * connection on to the receiver. It reads the bounds of frames, never their content.
 *
 * It is also the watchdog: it is never paused, and when the trial's process goes, however it goes, it kills every process
 * of the trial (a stopped one could not notice by itself) and ends.
 */

import net from 'node:net';
import type { NodeId } from '../raft/types.ts';
import { type FromNetwork, type Hello, type NetworkConfig, parseHello, type ToNetwork } from './control.ts';
import { encodeFrame, FrameSplitter, frameEnd, frameValue } from './frames.ts';
import { Link } from './link.ts';
import { stallText, watchForStalls } from './stall-watch.ts';
import { trialClock } from './trial-clock.ts';

const NS_PER_MS = 1_000_000;
/** How soon a broken connection to a node that is up is tried again. */
const RETRY_MS = 10;
/** Bytes that a node may leave unread (a paused one does) before further messages to it are lost. */
const BACKLOG_BYTES_MAX = 16 * 1024 * 1024;

const config = JSON.parse(process.argv[2] ?? '') as NetworkConfig;
const { now } = trialClock(config.origin);
const watched = new Set<number>();

// Ctrl-C is sent to the whole terminal; when the network ends is for the trial to say.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

process.on('disconnect', () => {
  for (const pid of watched) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  process.exit(0);
});

watchForStalls((ms) => process.stdout.write(`[warn] ${stallText(ms)}\n`));

function tell(message: FromNetwork): void {
  if (process.connected) process.send?.(message);
}

/** One direction of one link, with its connection from the sender and its connection to the receiver. */
class Line {
  readonly link: Link;
  #source: net.Socket | null = null;
  #target: net.Socket | null = null;
  #ready = false;
  #port: number | null = null;

  constructor(from: NodeId, to: NodeId) {
    this.link = new Link(from, to, config.seed, (frames) => this.#deliver(frames));
  }

  /** Where the receiver listens, or null while it is down. */
  setPort(port: number | null): void {
    this.#port = port;
    this.#target?.destroy();
    this.#target = null;
    this.#ready = false;
    this.connect();
  }

  /** Connects to the receiver unless that is done, cut, or impossible. */
  connect(): void {
    if (this.#target !== null || this.#port === null || this.link.rule.cut) return;
    const target = net.connect({ host: '127.0.0.1', port: this.#port, noDelay: true });
    this.#target = target;
    const { from, to } = this.link;
    const hello: Hello = { hello: 'peer', token: config.token, from, to };
    target.on('connect', () => {
      target.write(encodeFrame(JSON.stringify(hello)));
      if (this.#target === target) this.#ready = true;
    });
    target.resume();
    target.on('error', () => {});
    target.on('close', () => {
      if (this.#target !== target) return;
      this.#target = null;
      this.#ready = false;
      setTimeout(() => this.connect(), RETRY_MS);
    });
  }

  attach(source: net.Socket): void {
    this.#source?.destroy();
    this.#source = source;
  }

  /** Closes both connections. */
  close(): void {
    const target = this.#target;
    this.#target = null;
    this.#ready = false;
    target?.destroy();
    this.#source?.destroy();
    this.#source = null;
  }

  #deliver(frames: Buffer): boolean {
    const target = this.#target;
    if (target === null || !this.#ready || target.writableLength > BACKLOG_BYTES_MAX) return false;
    target.write(frames);
    return true;
  }

  cork(): void {
    this.#target?.cork();
  }

  uncork(): void {
    this.#target?.uncork();
  }
}

const lines = new Map<string, Line>();
for (const from of config.nodes)
  for (const to of config.nodes) if (from !== to) lines.set(`${from}>${to}`, new Line(from, to));

/** Delivers what is due and sees to it that the rest is delivered in time. */
let timer: NodeJS.Timeout | null = null;
let timerAt = Number.POSITIVE_INFINITY;

function arm(): void {
  let next = Number.POSITIVE_INFINITY;
  for (const line of lines.values()) next = Math.min(next, line.link.nextDueAt);
  if (next >= timerAt) return;
  if (timer !== null) clearTimeout(timer);
  timerAt = next;
  timer = setTimeout(
    () => {
      timer = null;
      timerAt = Number.POSITIVE_INFINITY;
      const time = now();
      for (const line of lines.values()) {
        if (line.link.nextDueAt > time) continue;
        line.cork();
        line.link.deliverDue(time);
        line.uncork();
      }
      arm();
    },
    Math.max(1, Math.ceil((next - now()) / NS_PER_MS)),
  );
}

const listener = net.createServer({ noDelay: true }, (socket) => {
  const splitter = new FrameSplitter();
  let line: Line | null = null;

  /** The first frame of a connection; null if it is none of ours. */
  const introduced = (batch: Buffer): Line | null => {
    let first: unknown = null;
    try {
      first = frameValue(batch, 0, frameEnd(batch, 0));
    } catch {
      return null;
    }
    const hello = parseHello(first, config.token);
    return hello?.hello === 'link' ? (lines.get(`${hello.from}>${hello.to}`) ?? null) : null;
  };

  const take = (batch: Buffer, count: number): void => {
    let frames = batch;
    let left = count;
    if (line === null) {
      line = introduced(batch);
      if (line === null) {
        socket.destroy();
        return;
      }
      frames = batch.subarray(frameEnd(batch, 0));
      left--;
      // A cut link refuses connections. What was sent into this one is counted as dropped, and so shows that the cut bit.
      if (line.link.rule.cut) socket.destroy();
      else line.attach(socket);
    }
    if (left === 0) return;
    line.link.offer(frames, left, now());
    if (line.link.nextDueAt < timerAt) arm();
  };

  socket.on('data', (chunk: Buffer) => {
    try {
      const batch = splitter.push(chunk);
      if (batch !== null) take(batch, splitter.count);
    } catch {
      socket.destroy();
    }
  });
  socket.on('error', () => {});
});

process.on('message', (message: ToNetwork) => {
  switch (message.type) {
    case 'watch':
      watched.add(message.pid);
      break;
    case 'unwatch':
      watched.delete(message.pid);
      break;
    case 'node-up':
    case 'node-down': {
      const port = message.type === 'node-up' ? message.port : null;
      for (const line of lines.values()) if (line.link.to === message.node) line.setPort(port);
      break;
    }
    case 'links': {
      for (const { from, to, rule } of message.rules) {
        const line = lines.get(`${from}>${to}`);
        if (line === undefined) continue;
        line.link.setRule(rule, now());
        if (rule.cut) line.close();
        else line.connect();
      }
      arm();
      tell({ type: 'ack', id: message.id });
      break;
    }
    case 'counts':
      tell({ type: 'counts', id: message.id, counts: [...lines.values()].map((line) => line.link.counts()) });
      break;
  }
});

listener.on('error', (error) => {
  throw new Error(`the network process can't listen on 127.0.0.1: ${error.message}`);
});
listener.listen(0, '127.0.0.1', () => {
  tell({ type: 'listening', port: (listener.address() as net.AddressInfo).port });
});
