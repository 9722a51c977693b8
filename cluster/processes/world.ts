/**
 * The world of processes: every node a child process on this machine, with real TCP, real files and real time, and one more
 * child process that is the network between them. Needs no privileges and no fixed ports, so trials can run side by side.
 */

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { NodeId } from '../raft/types.ts';
import type { ReplicaOptions } from '../replica/options.ts';
import { CAPABILITIES, type Capability, type Clock, type Evidence, type World, type WorldObserver } from '../world.ts';
import { type ChildEnd, lastWords } from './child.ts';
import { NetworkProcess } from './network-process.ts';
import { TRUE_CLOCK } from './node-clock.ts';
import { NodeProcess } from './node-process.ts';
import { buildPrograms } from './programs.ts';
import { trialClock } from './trial-clock.ts';

/** Whatever a replica is told that is the same for all nodes and all starts. */
export type ReplicaSettings = Omit<ReplicaOptions, 'id' | 'founders' | 'firstStart'>;

export interface ProcessesWorldOptions {
  /** All nodes that will run, in the order of `World.nodes`. */
  readonly nodes: readonly NodeId[];
  /** The first voters. Nodes that are not among them run and wait to be added. */
  readonly founders: readonly NodeId[];
  readonly replica: ReplicaSettings;
  readonly seed: number;
  /** For the nodes' files and programs; created if it is missing. It must not hold another cluster's. */
  readonly directory: string;
  /** TypeScript file of the node's program, if not our own. */
  readonly nodeSource?: string;
}

const NODES_DIRECTORY = 'nodes';
const PROGRAMS_DIRECTORY = 'program';
const NETWORK = 'network';
const NETWORK_TIMEOUT_MS = 60_000;

/**
 * Starts the network and all nodes; resolves when every node accepts clients (a leader need not have been elected). Rejects with
 * an Error that says what could not be done, with nothing left running. The files of a failed start are left for a look.
 */
export async function startProcessesWorld(
  options: ProcessesWorldOptions,
  observer: WorldObserver,
): Promise<ProcessesWorld> {
  checkOptions(options);
  const { directory, nodes } = options;
  makeDirectory(path.join(directory, NODES_DIRECTORY));
  const programs = buildPrograms(path.join(directory, PROGRAMS_DIRECTORY), options.nodeSource);

  const origin = process.hrtime();
  const clock = trialClock(origin);
  const token = randomBytes(12).toString('hex');
  const ending = { asked: false };
  const { network, port } = await startNetwork(
    programs.network,
    { nodes, seed: options.seed, token, origin },
    { clock, ending, observer },
  );

  const around = {
    program: programs.node,
    nodes,
    seed: options.seed,
    token,
    origin,
    clock,
    network,
    networkPort: port,
    observer,
  };
  const processes = nodes.map((id) => {
    const founders = options.founders.includes(id) ? options.founders : [];
    const nodeDirectory = path.join(directory, NODES_DIRECTORY, id);
    return new NodeProcess({ ...options.replica, id, founders }, nodeDirectory, TRUE_CLOCK, around);
  });
  const world = new ProcessesWorld(clock, processes, network, directory, ending);
  const started = await Promise.all(processes.map((node) => new Promise<Evidence>((resolve) => node.start(resolve))));
  const failed = started.findIndex((evidence) => evidence.served !== true);
  if (failed >= 0) {
    await world.stop();
    throw new Error(`node ${nodes[failed]} did not start: ${JSON.stringify(started[failed])}`);
  }
  return world;
}

function checkOptions({ nodes, founders }: ProcessesWorldOptions): void {
  if (nodes.length === 0) throw new Error('a cluster needs at least one node');
  if (new Set(nodes).size < nodes.length) throw new Error(`a node is named twice: ${nodes.join(', ')}`);
  const odd = nodes.find((id) => !/^[A-Za-z0-9][A-Za-z0-9_-]{0,30}$/.test(id));
  if (odd !== undefined) throw new Error(`"${odd}" can't be a node's name: letters, digits, - and _ only`);
  const stranger = founders.find((id) => !nodes.includes(id));
  if (stranger !== undefined) throw new Error(`the founder ${stranger} is not among the nodes ${nodes.join(', ')}`);
}

function makeDirectory(directory: string): void {
  if (fs.existsSync(directory) && fs.readdirSync(directory).length > 0)
    throw new Error(`${directory} holds the files of another cluster: remove them or choose another directory`);
  try {
    fs.mkdirSync(directory, { recursive: true });
    fs.accessSync(directory, fs.constants.W_OK);
  } catch (error) {
    throw new Error(`the nodes can't keep their files in ${directory}: ${(error as Error).message}`);
  }
}

interface NetworkContext {
  readonly clock: Clock;
  readonly ending: { asked: boolean };
  readonly observer: WorldObserver;
}

function startNetwork(
  program: string,
  config: ConstructorParameters<typeof NetworkProcess>[1],
  { clock, ending, observer }: NetworkContext,
): Promise<{ readonly network: NetworkProcess; readonly port: number }> {
  return new Promise((resolve, reject) => {
    let listening = false;
    const gone = (end: ChildEnd): void => {
      clearTimeout(timer);
      const how = end.signal === null ? `exit code ${end.code}` : `signal ${end.signal}`;
      const reason = `the network process ended (${how}): ${lastWords(end.output)}`;
      if (!listening) reject(new Error(reason));
      else if (!ending.asked) observer.failure(reason, { ...end });
    };
    const network = new NetworkProcess(program, config, {
      listening: (port) => {
        clearTimeout(timer);
        listening = true;
        resolve({ network, port });
      },
      line: (level, text) => observer.logLine({ at: clock.now(), node: NETWORK, level, text }),
      gone,
    });
    const timer = setTimeout(() => {
      network.end(() => {});
      reject(new Error(`the network process did not listen within ${NETWORK_TIMEOUT_MS / 1000} s`));
    }, NETWORK_TIMEOUT_MS);
  });
}

export class ProcessesWorld implements World {
  readonly kind = 'processes';
  readonly clock: Clock;
  readonly capabilities: ReadonlySet<Capability> = new Set(CAPABILITIES);
  readonly nodes: readonly NodeId[];
  readonly #processes: ReadonlyMap<NodeId, NodeProcess>;
  readonly #network: NetworkProcess;
  readonly #directory: string;
  readonly #ending: { asked: boolean };

  constructor(
    clock: Clock,
    processes: readonly NodeProcess[],
    network: NetworkProcess,
    directory: string,
    ending: { asked: boolean },
  ) {
    this.clock = clock;
    this.nodes = processes.map((node) => node.id);
    this.#processes = new Map(processes.map((node) => [node.id, node]));
    this.#network = network;
    this.#directory = directory;
    this.#ending = ending;
  }

  readonly view: World['view'] = (node) => this.#node(node).view;
  readonly request: World['request'] = (node, ...asked) => this.#node(node).request(...asked);
  readonly setLinks: World['setLinks'] = (rules, done) => this.#network.setLinks(rules, done);
  readonly linkCounts: World['linkCounts'] = (done) => this.#network.counts(done);
  readonly kill: World['kill'] = (node, done) => this.#node(node).kill(done);
  readonly restart: World['restart'] = (node, done) => this.#node(node).start(done);
  readonly pause: World['pause'] = (node, done) => this.#node(node).pause(done);
  readonly resume: World['resume'] = (node, done) => this.#node(node).resume(done);
  readonly setClock: World['setClock'] = (node, setting, done) => this.#node(node).setClock(setting, done);
  readonly resetClock: World['resetClock'] = (node, done) => this.#node(node).resetClock(TRUE_CLOCK, done);
  readonly setDisk: World['setDisk'] = (node, fault, done) => this.#node(node).setDisk(fault, done);
  readonly wipe: World['wipe'] = (node, done) => this.#node(node).wipe(done);
  readonly flipBit: World['flipBit'] = (node, choice, done) => this.#node(node).flipBit(choice, done);

  /** Process ids of the nodes that run, and of the network. */
  pids(): readonly number[] {
    const all = [...this.#processes.values()].map((node) => node.pid);
    return [...all, this.#network.pid ?? null].filter((pid) => pid !== null);
  }

  /** Ends everything; what happens from now on is not reported. Files stay unless `removeFiles` is set. */
  async stop(options: { readonly removeFiles?: boolean } = {}): Promise<void> {
    this.#ending.asked = true;
    await Promise.all(
      [...this.#processes.values()].map((node) => new Promise<void>((resolve) => node.dismiss(resolve))),
    );
    await new Promise<void>((resolve) => this.#network.end(resolve));
    if (!options.removeFiles) return;
    for (const name of [NODES_DIRECTORY, PROGRAMS_DIRECTORY])
      fs.rmSync(path.join(this.#directory, name), { recursive: true, force: true });
  }

  #node(id: NodeId): NodeProcess {
    const node = this.#processes.get(id);
    if (node === undefined) throw new Error(`there is no node ${id}; there are: ${this.nodes.join(', ')}`);
    return node;
  }
}
