/** The safety properties of Raft (the paper, figure 3) and a few more, checked as a cluster of cores runs. */

import type { Message } from '../../cluster/raft/messages.ts';
import type { Entry, Ready, Snapshot } from '../../cluster/raft/ready.ts';
import type { NodeId } from '../../cluster/raft/types.ts';
import { type Cluster, type Member, mixHash, type Read } from './cluster.ts';

interface Chosen {
  readonly text: string;
  readonly term: number;
  /** The term in which it was first seen to be committed: leaders of later terms must have it, a belated one of earlier terms need not. */
  readonly committedIn: number;
  /** The machine's hash after it. */
  readonly hash: number;
}

interface Seen {
  term: number;
  commit: number;
  leading: number;
  lastIndex: number;
  matches: Map<NodeId, number>;
}

export class Invariants {
  readonly #cluster: Cluster;
  readonly #leaders = new Map<number, NodeId>();
  /** What was applied first at each index, anywhere. */
  readonly #chosen: Chosen[] = [];
  /** For each (index, term): the entry and the term before it. Two logs with the same pair must agree on both. */
  readonly #entries = new Map<string, string>();
  readonly #votes = new Map<string, NodeId>();
  readonly #seen = new Map<NodeId, Seen>();
  /** Highest index known to be committed by any node. */
  committed = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  #fail(property: string, detail: string): never {
    throw new Error(`${property}: ${detail} (seed ${this.#cluster.options.seed}, time ${this.#cluster.now})`);
  }

  afterStep(member: Member): void {
    const view = member.raft.inspect();
    const { id } = member;
    let seen = this.#seen.get(id);
    if (seen === undefined) {
      seen = { term: 0, commit: 0, leading: 0, lastIndex: 0, matches: new Map() };
      this.#seen.set(id, seen);
    }
    if (view.term < seen.term) this.#fail('monotone term', `${id} went from ${seen.term} to ${view.term}`);
    if (view.commit < seen.commit) this.#fail('monotone commit', `${id} went from ${seen.commit} to ${view.commit}`);
    if (view.role === 'leader') {
      if (seen.leading === view.term && view.lastIndex < seen.lastIndex)
        this.#fail('leader append-only', `${id} dropped entries after ${view.lastIndex}`);
      if (seen.leading !== view.term) this.#onElected(member);
      for (const [node, { match, next }] of view.progress) {
        if (next <= match) this.#fail('next after match', `${id} has next ${next}, match ${match} for ${node}`);
        const before = seen.leading === view.term ? (seen.matches.get(node) ?? 0) : 0;
        if (match < before) this.#fail('monotone match', `${id} has match ${match} for ${node}, had ${before}`);
      }
      seen.matches = new Map([...view.progress].map(([node, { match }]) => [node, match]));
      seen.leading = view.term;
    } else seen.leading = 0;
    seen.term = view.term;
    seen.commit = view.commit;
    seen.lastIndex = view.lastIndex;
    this.committed = Math.max(this.committed, view.commit);
  }

  #onElected(member: Member): void {
    const view = member.raft.inspect();
    const other = this.#leaders.get(view.term);
    if (other !== undefined && other !== member.id)
      this.#fail('election safety', `${other} and ${member.id} both lead term ${view.term}`);
    this.#leaders.set(view.term, member.id);
    for (let index = this.#chosen.length; index > view.baseIndex; index--) {
      const chosen = this.#chosen[index - 1];
      if (chosen !== undefined && chosen.committedIn < view.term && view.termAt(index) !== chosen.term)
        this.#fail('leader completeness', `${member.id} leads term ${view.term} without the committed entry ${index}`);
    }
  }

  onReady(member: Member, ready: Ready): void {
    const view = member.raft.inspect();
    for (const entry of ready.entries) {
      const key = `${entry.index}@${entry.term}`;
      const text = `${view.termAt(entry.index - 1) ?? '?'} ${JSON.stringify(entry)}`;
      const known = this.#entries.get(key);
      if (known !== undefined && known !== text)
        this.#fail('log matching', `${member.id} has at ${key} after/entry ${text}, elsewhere ${known}`);
      this.#entries.set(key, text);
    }
  }

  onSend(from: NodeId, to: NodeId, message: Message): void {
    if (message.type !== 'vote-reply' || !message.granted) return;
    const key = `${from} in ${message.term}`;
    const before = this.#votes.get(key);
    if (before !== undefined && before !== to) this.#fail('one vote a term', `${key}: ${before} and ${to}`);
    this.#votes.set(key, to);
  }

  onApply(member: Member, entry: Entry): void {
    const text = JSON.stringify(entry);
    const chosen = this.#chosen[entry.index - 1];
    if (chosen === undefined) {
      const before = this.#chosen[entry.index - 2];
      if (entry.index > 1 && before === undefined)
        this.#fail('state-machine safety', `${member.id} skipped to ${text}`);
      const hash = mixHash(before?.hash ?? 0, entry);
      const committedIn = member.raft.inspect().term;
      this.#chosen[entry.index - 1] = { text, term: entry.term, committedIn, hash };
    } else if (chosen.text !== text) {
      this.#fail('state-machine safety', `${member.id} applied ${text}, elsewhere ${chosen.text}`);
    }
    if (this.#chosen[entry.index - 1]?.hash !== member.machine.hash)
      this.#fail('state-machine safety', `${member.id} has another state after ${entry.index}`);
  }

  onInstall(member: Member, snapshot: Snapshot): void {
    if (this.#chosen[snapshot.index - 1]?.hash !== member.machine.hash)
      this.#fail('state-machine safety', `${member.id} installed another state at ${snapshot.index}`);
  }

  onRestart(member: Member): void {
    const seen = this.#seen.get(member.id);
    // The term may fall back to what was durable; nothing that promised more has left the node.
    if (seen !== undefined) this.#seen.set(member.id, { ...seen, term: 0, commit: 0, leading: 0 });
  }

  /** A read index must not lie before anything that was committed when the read began. */
  onRead(read: Read, index: number): void {
    if (index < read.floor)
      this.#fail('linearizable reads', `${read.node} read at ${index}, but ${read.floor} was committed before`);
  }

  /** Applied entries so far, as text. */
  get history(): readonly string[] {
    return this.#chosen.map((chosen) => chosen.text);
  }
}
