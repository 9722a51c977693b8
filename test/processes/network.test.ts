import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eachFrame, encodeFrame, FrameSplitter, frameValue } from '../../cluster/processes/frames.ts';
import { NetworkProcess } from '../../cluster/processes/network-process.ts';
import { buildPrograms } from '../../cluster/processes/programs.ts';
import { CLEAR_LINK, type LinkCounts, type LinkRule } from '../../cluster/world.ts';

const TOKEN = 'secret';
const MS = 1_000_000;

/** A receiver that remembers what arrived when, in the manner of a node. */
class Receiver {
  readonly arrived: { readonly value: unknown; readonly at: number }[] = [];
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #watchers = new Set<() => void>();

  constructor() {
    this.#server = net.createServer((socket) => {
      this.#sockets.add(socket);
      const splitter = new FrameSplitter();
      socket.on('data', (chunk: Buffer) => {
        const batch = splitter.push(chunk);
        if (batch === null) return;
        eachFrame(batch, (start, end) =>
          this.arrived.push({ value: frameValue(batch, start, end), at: performance.now() }),
        );
        this.#changed();
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        this.#changed();
      });
    });
  }

  /** Without the hello that opens each connection. */
  get numbers(): number[] {
    return this.arrived.flatMap(({ value }) => (typeof value === 'number' ? [value] : []));
  }

  get connections(): number {
    return this.#sockets.size;
  }

  listen(): Promise<number> {
    return new Promise((resolve) =>
      this.#server.listen(0, '127.0.0.1', () => resolve((this.#server.address() as net.AddressInfo).port)),
    );
  }

  /** Resolves when `holds` does; the test's own time limit is the only one. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #changed(): void {
    for (const look of [...this.#watchers]) look();
  }
}

describe('the network process', () => {
  let directory: string;
  let network: NetworkProcess;
  let port: number;
  let receiver: Receiver;
  let sender: net.Socket;

  beforeAll(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ordeal-network-'));
  });
  afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));

  async function start(): Promise<void> {
    const programs = buildPrograms(directory);
    const config = { nodes: ['a', 'b'], seed: 5, token: TOKEN, origin: process.hrtime() };
    port = await new Promise((resolve) => {
      network = new NetworkProcess(programs.network, config, {
        listening: resolve,
        line: () => {},
        gone: () => {},
      });
    });
    receiver = new Receiver();
    network.nodeUp('b', await receiver.listen());
    await receiver.until(() => receiver.arrived.length === 1);
    sender = await connect();
  }

  afterEach(async () => {
    sender.destroy();
    receiver.close();
    await new Promise<void>((resolve) => network.end(resolve));
  });

  function connect(token = TOKEN): Promise<net.Socket> {
    return new Promise((resolve) => {
      const socket = net.connect({ host: '127.0.0.1', port, noDelay: true }, () => {
        socket.write(encodeFrame(JSON.stringify({ hello: 'link', token, from: 'a', to: 'b' })));
        resolve(socket);
      });
      socket.on('error', () => {});
      socket.resume();
    });
  }

  const rule = (part: Partial<LinkRule>): Promise<void> =>
    new Promise((resolve) => network.setLinks([{ from: 'a', to: 'b', rule: { ...CLEAR_LINK, ...part } }], resolve));
  const counts = async (): Promise<LinkCounts> => {
    const all = await new Promise<readonly LinkCounts[]>((resolve) => network.counts(resolve));
    return all.find(({ from }) => from === 'a') as LinkCounts;
  };
  const countsUntil = async (holds: (counts: LinkCounts) => boolean): Promise<LinkCounts> => {
    for (;;) {
      const seen = await counts();
      if (holds(seen)) return seen;
    }
  };
  const send = (from: number, to: number): boolean =>
    sender.write(Buffer.concat(Array.from({ length: to - from }, (_, i) => encodeFrame(String(from + i)))));
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

  it('drops what a rule says from the moment it is acknowledged, and nothing after the heal, on the same connection', async () => {
    await start();
    send(0, 10);
    await receiver.until(() => receiver.numbers.length === 10);
    await rule({ drop: true });
    send(10, 20);
    expect(await countsUntil(({ sent }) => sent === 20)).toMatchObject({ delivered: 10, dropped: 10 });
    await rule({});
    send(20, 30);
    await receiver.until(() => receiver.numbers.length === 20);
    expect(receiver.numbers).toEqual([...range(0, 10), ...range(20, 30)]);
    expect(sender.destroyed).toBe(false);
  });

  it('closes a cut link at both ends, refuses new connections, counts what is sent into them, and heals', async () => {
    await start();
    const closed = new Promise((resolve) => sender.once('close', resolve));
    await rule({ cut: true });
    await closed;
    await receiver.until(() => receiver.connections === 0);
    const refused = await connect();
    refused.write(encodeFrame('1'));
    await new Promise((resolve) => refused.once('close', resolve));
    const seen = await counts();
    expect(seen.delivered).toBe(0);
    expect(seen.dropped).toBe(seen.sent);
    await rule({});
    sender = await connect();
    await receiver.until(() => receiver.connections === 1);
    const timer = setInterval(() => send(2, 3), 5);
    await receiver.until(() => receiver.numbers.length > 0);
    clearInterval(timer);
  });

  it('delays, and keeps the order under jitter', async () => {
    await start();
    await rule({ delayNs: 60 * MS, jitterNs: 20 * MS });
    const sentAt = performance.now();
    send(0, 50);
    await receiver.until(() => receiver.numbers.length === 50);
    expect(receiver.numbers).toEqual(range(0, 50));
    expect((receiver.arrived[1]?.at ?? 0) - sentAt).toBeGreaterThanOrEqual(58);
    expect(await counts()).toMatchObject({ sent: 50, delivered: 50, delayed: 50, reordered: 0 });
  });

  it('loses, duplicates and reorders by the rules, and its counts say so', async () => {
    await start();
    await rule({ lossPpm: 300_000 });
    send(0, 500);
    const lossy = await countsUntil(({ sent }) => sent === 500);
    expect(lossy.dropped).toBeGreaterThan(100);
    await receiver.until(() => receiver.numbers.length === lossy.delivered);

    await rule({ duplicatePpm: 300_000 });
    send(500, 1000);
    const twice = await countsUntil(({ sent }) => sent === 1000);
    expect(twice.duplicated).toBeGreaterThan(100);
    expect(twice.delivered - lossy.delivered).toBe(500 + twice.duplicated);
    await receiver.until(() => receiver.numbers.length === twice.delivered);

    await rule({ reorderPpm: 100_000, jitterNs: 5 * MS });
    for (let i = 1000; i < 1500; i += 10) {
      send(i, i + 10);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await receiver.until(() => receiver.numbers.length === twice.delivered + 500);
    const last = receiver.numbers.slice(-500);
    expect(last).not.toEqual(range(1000, 1500));
    expect([...last].sort((a, b) => a - b)).toEqual(range(1000, 1500));
    expect((await counts()).reordered).toBeGreaterThan(0);
  });

  it('throttles to a number of bytes a second', async () => {
    await start();
    await rule({ bytesPerSecond: 10_000 });
    const frame = encodeFrame(JSON.stringify('x'.repeat(494)));
    const sentAt = performance.now();
    for (let i = 0; i < 10; i++) sender.write(frame);
    await receiver.until(() => receiver.arrived.length === 11);
    // 5,000 bytes at 10,000 a second.
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(480);
  });

  it('loses what is sent to a node that is down, counts it as sent only, and goes on when the node is back elsewhere', async () => {
    await start();
    network.nodeDown('b');
    // It is told on one connection, and frames come on another: once it answers it has heard of the node.
    await counts();
    send(0, 5);
    expect(await countsUntil(({ sent }) => sent === 5)).toMatchObject({ delivered: 0, dropped: 0 });
    const second = new Receiver();
    network.nodeUp('b', await second.listen());
    await second.until(() => second.arrived.length === 1);
    send(5, 10);
    await second.until(() => second.numbers.length === 5);
    expect(second.numbers).toEqual(range(5, 10));
    second.close();
  });

  it('lets in nobody who does not know the secret of the trial', async () => {
    await start();
    const stranger = await connect('guess');
    stranger.write(encodeFrame('1'));
    await new Promise((resolve) => stranger.once('close', resolve));
    expect((await counts()).sent).toBe(0);
  });
});
