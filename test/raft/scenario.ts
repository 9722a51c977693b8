/**
 * Scenarios: scripts that a person can read beside the paper. A block is a few commands, a line of dashes, and what must come of
 * them; blank lines separate blocks, # begins a comment. Nothing happens by itself: messages wait until they are delivered or
 * dropped, time passes where a command says so, disks sync at once unless slow.
 *
 *   cluster A B C [joining D E] [lease PPM] [chunk N] [batch N]   begin: the founders, those who may join, and options: lease
 *                                reads, characters in a chunk of a snapshot, entries in a message
 *   given A 1 1 2                A starts with a log of entries of these terms
 *   elect A [by B C]             time passes, A campaigns; votes between these nodes (all, if none are named) arrive, other votes
 *                                are lost, and what is no vote waits
 *   timeout A                    A's election timer fires          wait A B [N]    N ticks pass (10: the minimum election timeout)
 *   tick A [N]                   N ticks pass (2: a heartbeat)
 *   propose A TEXT               read A                            transfer A B    compact A
 *   members A: B C [learners D]  A proposes a membership
 *   deliver [FILTER]             messages arrive, and those they cause, until none is left; each is shown
 *   settle [FILTER]              the same, not shown               deliver-one [FILTER]   only the first
 *   copy [FILTER]                the first message is set aside, and also stays
 *   keep [FILTER]                messages are set aside            release [FILTER]   those set aside arrive
 *   drop [FILTER]                messages are lost
 *   cut A B | C D                only nodes of one group hear each other, from now on     heal
 *   crash A   restart A          disk A slow|fast                  sync A
 *   show [A B]                   role, term, commit index and the terms of the log
 *
 * A FILTER is any of: A->B, A->, ->B, a type of message; all given must fit.
 */

import type { Message } from '../../cluster/raft/messages.ts';
import type { RaftRules } from '../../cluster/raft/rules.ts';
import type { NodeId } from '../../cluster/raft/types.ts';
import { Cluster, describe, type Read } from './cluster.ts';

const NEVER = 1_000_000;
const HEARTBEAT_TICKS = 2;
const ELECTION_TICKS = 10;
const MESSAGES_MAX = 10_000;

interface Waiting {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: Message;
}

export interface ScenarioResult {
  /** The script with the output it produced. */
  readonly text: string;
  /** The invariant that broke, if one did; the script ends there. */
  readonly violation: string | null;
}

/** Runs a script and returns it with its output filled in. */
export function play(script: string, rules?: RaftRules): ScenarioResult {
  const stage = new Stage(rules);
  const blocks: string[] = [];
  let violation: string | null = null;
  for (const block of script.trimEnd().split(/\n\n+/)) {
    const commands = (block.split(/^----$/m)[0] as string).trimEnd();
    const isCommand = (line: string): boolean => line.trim() !== '' && !line.startsWith('#');
    if (violation !== null || !commands.split('\n').some(isCommand)) {
      blocks.push(commands);
      continue;
    }
    const output: string[] = [];
    try {
      for (const line of commands.split('\n').filter(isCommand)) output.push(...stage.perform(line.trim()));
    } catch (error) {
      if (!(error instanceof Error) || !/^[a-z -]+: .* \(seed/.test(error.message)) throw error;
      violation = error.message.replace(/ \(seed.*/, '');
      output.push(`VIOLATION ${violation}`);
    }
    blocks.push(`${commands}\n----\n${output.length === 0 ? 'nothing' : output.join('\n')}`);
  }
  return { text: `${blocks.join('\n\n')}\n`, violation };
}

class Stage {
  #cluster: Cluster | null = null;
  #aside: Waiting[] = [];
  #before = new Map<NodeId, string[]>();
  readonly #readsShown = new Set<Read>();
  readonly #rules: RaftRules | undefined;
  #output: string[] = [];

  constructor(rules: RaftRules | undefined) {
    this.#rules = rules;
  }

  get #it(): Cluster {
    if (this.#cluster === null) throw new Error('a scenario begins with: cluster A B C');
    return this.#cluster;
  }

  /** Carries out one command and returns the lines it leads to. */
  perform(line: string): string[] {
    this.#output = [];
    const [command = '', ...words] = line.split(/\s+/);
    this.#dispatch(command, words, line);
    this.#changes();
    return this.#output;
  }

  #dispatch(command: string, words: string[], line: string): void {
    if (command === 'cluster') this.#begin(words);
    else this.#act(this.#it, command, words, line);
  }

  #act(cluster: Cluster, command: string, words: string[], line: string): void {
    const node = words[0] ?? '';
    switch (command) {
      case 'given':
        this.#given(node, words.slice(1).map(Number));
        break;
      case 'elect':
        this.#elect(node, words.slice(2));
        break;
      case 'timeout':
        cluster.tick(node, NEVER);
        break;
      case 'wait':
      case 'tick':
        this.#pass(words, command === 'wait' ? ELECTION_TICKS : HEARTBEAT_TICKS);
        break;
      case 'propose':
        if (!cluster.propose(node, words[1])) this.#output.push(`${node} refuses the proposal`);
        break;
      case 'read':
        if (cluster.read(node) === null) this.#output.push(`${node} is down`);
        break;
      case 'transfer':
        this.#proposed(
          node,
          cluster.after(node, (raft) => raft.transferLeadership(words[1] ?? '')),
        );
        break;
      case 'members':
        this.#members(line);
        break;
      case 'compact':
        cluster.compact(node);
        break;
      case 'deliver':
        this.#deliver(words, true);
        break;
      case 'settle':
        this.#deliver(words, false);
        break;
      case 'deliver-one':
        this.#deliverOne(words);
        break;
      case 'copy':
        this.#copy(words);
        break;
      case 'keep':
        this.#aside.push(...this.#take(words));
        break;
      case 'drop':
        this.#take(words);
        break;
      case 'release':
        this.#release(words);
        break;
      case 'cut':
        cluster.partition(
          ...words
            .join(' ')
            .split('|')
            .map((group) => group.trim().split(' ')),
        );
        break;
      case 'heal':
        cluster.heal();
        break;
      case 'crash':
        cluster.crash(node);
        break;
      case 'restart':
        cluster.restart(node);
        break;
      case 'disk':
        if (words[1] === 'slow') cluster.slowDisks.add(node);
        else cluster.slowDisks.delete(node);
        break;
      case 'sync':
        cluster.sync(node);
        break;
      case 'show':
        for (const id of words.length > 0 ? words : cluster.members.keys()) this.#output.push(this.#line(id));
        break;
      default:
        throw new Error(`unknown command: ${line}`);
    }
  }

  #begin(words: string[]): void {
    const at = (name: string): number => (words.includes(name) ? words.indexOf(name) : words.length);
    const option = (name: string, usual: number): number =>
      words.includes(name) ? Number(words[at(name) + 1]) : usual;
    const joinersEnd = Math.min(at('lease'), at('chunk'), at('batch'));
    const end = Math.min(at('joining'), joinersEnd);
    const lease = words.includes('lease');
    this.#cluster = new Cluster({
      founders: words.slice(0, end),
      joiners: words.slice(end + 1, joinersEnd),
      timeoutTicks: NEVER,
      manual: true,
      electionTicks: ELECTION_TICKS,
      heartbeatTicks: HEARTBEAT_TICKS,
      reads: lease ? 'lease' : 'read-index',
      maxClockDriftPpm: option('lease', 0),
      limits: { appendEntriesMax: option('batch', 512) },
      snapshotChunkBytes: option('chunk', 1),
      ...(this.#rules === undefined ? {} : { rules: this.#rules }),
    });
    for (const id of this.#it.members.keys()) this.#before.set(id, this.#facts(id));
  }

  #elect(node: NodeId, by: readonly NodeId[]): void {
    const cluster = this.#it;
    const party = by.length > 0 ? new Set([node, ...by]) : new Set(cluster.members.keys());
    for (const id of party) if (id !== node && cluster.member(id).alive) cluster.tick(id, ELECTION_TICKS);
    cluster.tick(node, NEVER);
    const isVote = ({ message }: Waiting): boolean => /vote/.test(message.type);
    for (let i = 0; i < MESSAGES_MAX; i++) {
      const at = cluster.pool.findIndex(isVote);
      if (at < 0) return;
      const [next] = cluster.pool.splice(at, 1) as [Waiting];
      if (party.has(next.from) && party.has(next.to)) cluster.deliver(next.from, next.to, next.message, 0);
    }
  }

  /** A node that has been there before, with a log: its entries are the same wherever index and term are. */
  #given(node: NodeId, terms: readonly number[]): void {
    const cluster = this.#it;
    cluster.crash(node);
    const { durable } = cluster.member(node);
    durable.entries = terms.map((term, i) => ({ index: i + 1, term, kind: 'command', data: `entry of term ${term}` }));
    durable.hardState = { term: terms[terms.length - 1] ?? 0, vote: null, commit: 0 };
    cluster.restart(node);
  }

  #pass(words: string[], usual: number): void {
    const last = words[words.length - 1] ?? '';
    const count = /^\d+$/.test(last) ? Number(last) : usual;
    for (const id of words) if (id !== last || !/^\d+$/.test(id)) this.#it.tick(id, count);
  }

  #members(line: string): void {
    const [, node = '', voters = '', learners = ''] = /^members (\S+): (.*?)(?: learners (.*))?$/.exec(line) ?? [];
    const list = (text: string): string[] => text.split(' ').filter((word) => word !== '');
    const wanted = { voters: list(voters), learners: list(learners) };
    this.#proposed(
      node,
      this.#it.after(node, (raft) => raft.proposeMembership(wanted)),
    );
  }

  #proposed(node: NodeId, proposed: { accepted: boolean; refusal?: string }): void {
    if (!proposed.accepted) this.#output.push(`${node} refuses: ${proposed.refusal}`);
  }

  #fits(words: readonly string[]): (waiting: Waiting) => boolean {
    return ({ from, to, message }) =>
      words.every((word) => {
        const link = /^(\S*)->(\S*)$/.exec(word);
        if (link === null) return message.type === word;
        return (link[1] === '' || link[1] === from) && (link[2] === '' || link[2] === to);
      });
  }

  #take(words: readonly string[]): Waiting[] {
    const fits = this.#fits(words);
    const taken = this.#it.pool.filter(fits);
    this.#it.pool = this.#it.pool.filter((waiting) => !fits(waiting));
    return taken;
  }

  #arrive({ from, to, message }: Waiting, shown: boolean): void {
    if (shown) this.#output.push(`${from}->${to} ${describe(message)}`);
    this.#it.deliver(from, to, message, 0);
  }

  #deliver(words: readonly string[], shown: boolean): void {
    const fits = this.#fits(words);
    for (let i = 0; i < MESSAGES_MAX; i++) {
      const at = this.#it.pool.findIndex(fits);
      if (at < 0) return;
      const [next] = this.#it.pool.splice(at, 1);
      this.#arrive(next as Waiting, shown);
      if (shown) this.#changes();
    }
    throw new Error('messages never come to an end');
  }

  #deliverOne(words: readonly string[]): void {
    const at = this.#it.pool.findIndex(this.#fits(words));
    if (at >= 0) this.#arrive(this.#it.pool.splice(at, 1)[0] as Waiting, true);
  }

  #copy(words: readonly string[]): void {
    const found = this.#it.pool.find(this.#fits(words));
    if (found !== undefined) this.#aside.push(found);
  }

  #release(words: readonly string[]): void {
    const fits = this.#fits(words);
    const released = this.#aside.filter(fits);
    this.#aside = this.#aside.filter((waiting) => !fits(waiting));
    for (const waiting of released) this.#arrive(waiting, true);
  }

  /** What is worth a line when it changes: role, log, commit index, members. */
  #facts(id: NodeId): string[] {
    const member = this.#it.member(id);
    const view = member.raft.inspect();
    const { voters, outgoing, learners } = view.membership;
    const list = (nodes: readonly NodeId[]): string => nodes.join(' ') || 'nobody';
    return [
      member.alive ? `${member.ended ? 'removed, ' : ''}${view.role}, term ${view.term}` : 'down',
      `log ${this.#terms(id)}`,
      `commit ${view.commit}`,
      `voters ${list(voters)}${outgoing === null ? '' : ` and ${list(outgoing)}`}${learners.length > 0 ? `, learners ${list(learners)}` : ''}`,
    ];
  }

  #terms(id: NodeId): string {
    const view = this.#it.raft(id).inspect();
    const terms: number[] = [];
    for (let index = view.baseIndex + 1; index <= view.lastIndex; index++) terms.push(view.termAt(index) as number);
    const base = view.baseIndex > 0 ? `(${view.baseIndex} compacted) ` : '';
    return `${base}${terms.join(' ') || '-'}`;
  }

  #line(id: NodeId): string {
    return `${id}: ${this.#facts(id).slice(0, 3).join('; ')}`;
  }

  #changes(): void {
    for (const id of this.#cluster?.members.keys() ?? []) {
      const now = this.#facts(id);
      const before = this.#before.get(id) ?? [];
      const changed = now.filter((fact, i) => fact !== before[i]);
      if (changed.length > 0) this.#output.push(`  ${id}: ${changed.join('; ')}`);
      this.#before.set(id, now);
    }
    const reads = this.#cluster?.reads ?? [];
    for (const read of reads) {
      if (read.outcome === 'waiting' || this.#readsShown.has(read)) continue;
      this.#readsShown.add(read);
      this.#output.push(
        read.outcome === 'refused' ? `  ${read.node}: read refused` : `  ${read.node}: reads at index ${read.outcome}`,
      );
    }
  }
}
