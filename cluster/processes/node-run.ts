/**
 * One node process: a listener for clients and for frames of other nodes, connections to the network process, and a replica
 * on a Host. It ends when the trial's process does, when its replica halts, and on any exception: a replica that went wrong
 * must not go on.
 */

import net from 'node:net';
import type { NodeId, ReplicaStatus } from '../raft/types.ts';
import type { ClientRequest } from '../replica/client-protocol.ts';
import type { Host, PeerFrame } from '../replica/host.ts';
import type { ReplicaOptions } from '../replica/options.ts';
import type { Evidence } from '../world.ts';
import type { FromNode, HaltCode, NodeConfig, ToNode } from './control.ts';
import type { FrameWriter } from './frames.ts';
import { receive } from './incoming.ts';
import { readClock } from './node-clock.ts';
import { NodeDisk } from './node-disk.ts';
import { NodeHost } from './node-host.ts';
import { Peer } from './peers.ts';
import { slowSyncText, stallText, watchForStalls } from './stall-watch.ts';
import { trialClock } from './trial-clock.ts';

const STATUS_POLL_MS = 100;
/** How long a halting node tries to say why. */
const LAST_WORDS_MS = 500;

export const CRASH_EXIT_CODE = 19;
export const HALT_EXIT_CODES: { readonly [code in HaltCode]: number } = {
  corrupt: 20,
  'disk-full': 21,
  removed: 22,
  unsupported: 23,
};

/** What this program needs of a replica. */
export interface RunningReplica {
  onFrame(from: NodeId, frame: PeerFrame): void;
  onRequest(connection: number, request: ClientRequest): void;
  status(): ReplicaStatus;
}

function tell(message: FromNode, sent?: () => void): void {
  if (process.connected) process.send?.(message, undefined, {}, () => sent?.());
  else sent?.();
}

/** Runs until the process ends. */
export function runNode(config: NodeConfig, create: (host: Host, options: ReplicaOptions) => RunningReplica): void {
  const { id } = config.replica;
  process.on('uncaughtException', (error) => {
    // What went wrong comes last, where the trial looks for it.
    process.stderr.write(`${error.stack}\ncrashed: ${error.message.replaceAll('\n', ' | ')}\n`);
    process.exit(CRASH_EXIT_CODE);
  });
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C is sent to the whole terminal; when a node ends is for the trial to say.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  if (!process.connected) process.exit(0);
  process.stdout.on('error', () => process.exit(1));

  const trialNow = trialClock(config.origin).now;
  const clients = new Map<number, FrameWriter>();
  const peers = new Map<NodeId, Peer>();
  let polled: ReplicaStatus | null = null;

  const diskFailed = ({ code, message }: NodeJS.ErrnoException): void => {
    const reason = `the disk failed (${code ?? 'unknown'}): ${message}`;
    host.log('error', `halts (disk-full): ${reason}`);
    host.halt('disk-full', reason);
  };
  const disk = new NodeDisk(config.directory, config.diskFault, diskFailed, (ms) => host.log('warn', slowSyncText(ms)));
  const host = new NodeHost({ id, seed: config.seed, starts: config.starts, clock: config.clock }, disk, {
    trialNow,
    sendToPeer: (to, text) => peers.get(to)?.send(text),
    respond: (connection, response) => clients.get(connection)?.write(JSON.stringify(response)),
    statusChanged: (status) => {
      polled = status;
      tell({ type: 'status', at: trialNow(), changed: true, status });
    },
    halted: (code, reason) => {
      disk.stop();
      const end = (): void => process.exit(HALT_EXIT_CODES[code]);
      tell({ type: 'halt', code, reason }, end);
      setTimeout(end, LAST_WORDS_MS);
    },
  });

  let replica: RunningReplica;
  try {
    replica = create(host, config.replica);
  } catch (error) {
    // A file system that can't be read or written names the call that failed; anything else is a bug of the replica.
    const problem = error as NodeJS.ErrnoException;
    if (problem.syscall === undefined) throw error;
    diskFailed(problem);
    return;
  }

  const listener = net.createServer({ noDelay: true });
  let connections = 0;
  listener.on('connection', (socket) => {
    const connection = ++connections;
    receive(socket, config, {
      onFrame: (from, frame) => host.stopped || replica.onFrame(from, frame),
      onRequest: (request) => host.stopped || replica.onRequest(connection, request),
      onClient: (writer) => clients.set(connection, writer),
      onClosed: (problem) => {
        clients.delete(connection);
        if (problem !== null) host.log('warn', `closed connection ${connection}: ${problem}`);
      },
    });
  });
  listener.on('error', (error) => {
    throw new Error(`${id} can't listen on 127.0.0.1: ${error.message}`);
  });
  listener.listen(0, '127.0.0.1', () => {
    if (host.stopped) return;
    for (const peer of config.nodes)
      if (peer !== id) peers.set(peer, new Peer(id, peer, config.networkPort, config.token));
    tell({ type: 'listening', port: (listener.address() as net.AddressInfo).port });
  });

  watchForStalls((ms) => host.log('warn', stallText(ms)));

  setInterval(() => {
    if (host.stopped) return;
    const status = replica.status();
    if (polled !== null && samePosition(polled, status)) return;
    polled = status;
    tell({ type: 'status', at: trialNow(), changed: false, status });
  }, STATUS_POLL_MS);

  process.on('message', (message: ToNode) => {
    const acknowledge = (evidence: Evidence): void => tell({ type: 'ack', id: message.id, evidence });
    if (message.type === 'clock') {
      host.setClock(message.piece);
      const at = trialNow();
      const reading = readClock(message.piece, at);
      acknowledge({ trialNs: at, nodeNs: reading, aheadNs: reading - at, ratePpm: message.piece.ratePpm });
    } else {
      disk.setFault(message.fault);
      disk.probe((result) => acknowledge({ ...message.fault, probe: result }));
    }
  });
}

function samePosition(a: ReplicaStatus, b: ReplicaStatus): boolean {
  return (
    a.commitIndex === b.commitIndex &&
    a.appliedIndex === b.appliedIndex &&
    a.lastIndex === b.lastIndex &&
    a.firstIndex === b.firstIndex &&
    a.term === b.term &&
    a.role === b.role &&
    a.leader === b.leader
  );
}
