/** The network process as the world holds it: rules set, counts asked for, child processes put under its watch. */

import type { NodeId } from '../raft/types.ts';
import type { DirectedLink, LinkCounts, LinkRule } from '../world.ts';
import { Child, type ChildEnd } from './child.ts';
import type { FromNetwork, NetworkConfig, ToNetwork } from './control.ts';

export interface NetworkEvents {
  /** It listens for the nodes' links at this port. */
  listening(port: number): void;
  line(level: 'debug' | 'info' | 'warn' | 'error', text: string): void;
  gone(end: ChildEnd): void;
}

export class NetworkProcess {
  readonly #child: Child<ToNetwork, FromNetwork>;
  readonly #waiting = new Map<number, (counts: readonly LinkCounts[]) => void>();
  readonly #onEnded: (() => void)[] = [];
  #requests = 0;
  #lastCounts: readonly LinkCounts[] = [];

  constructor(program: string, config: NetworkConfig, events: NetworkEvents) {
    this.#child = new Child<ToNetwork, FromNetwork>(program, JSON.stringify(config), {
      message: (message) => {
        if (message.type === 'listening') events.listening(message.port);
        else this.#answered(message.id, message.type === 'counts' ? message.counts : this.#lastCounts);
      },
      line: events.line,
      ended: () => {
        for (const done of this.#onEnded) done();
      },
      gone: (end) => {
        for (const id of [...this.#waiting.keys()]) this.#answered(id, this.#lastCounts);
        events.gone(end);
      },
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  setLinks(rules: readonly (DirectedLink & { readonly rule: LinkRule })[], done: () => void): void {
    this.#ask((id) => ({ type: 'links', id, rules }), done);
  }

  /** If the network process is gone, the last counts it gave. */
  counts(done: (counts: readonly LinkCounts[]) => void): void {
    this.#ask((id) => ({ type: 'counts', id }), done);
  }

  watch(pid: number): void {
    this.#child.send({ type: 'watch', pid });
  }

  unwatch(pid: number): void {
    this.#child.send({ type: 'unwatch', pid });
  }

  nodeUp(node: NodeId, port: number): void {
    this.#child.send({ type: 'node-up', node, port });
  }

  nodeDown(node: NodeId): void {
    this.#child.send({ type: 'node-down', node });
  }

  /** Ends it; `done` when it is gone. */
  end(done: () => void): void {
    if (this.#child.ended) {
      setImmediate(done);
      return;
    }
    this.#onEnded.push(done);
    this.#child.signal('SIGKILL');
  }

  #ask(message: (id: number) => ToNetwork, done: (counts: readonly LinkCounts[]) => void): void {
    if (this.#child.ended) {
      setImmediate(done, this.#lastCounts);
      return;
    }
    const id = ++this.#requests;
    this.#waiting.set(id, done);
    this.#child.send(message(id));
  }

  #answered(id: number, counts: readonly LinkCounts[]): void {
    this.#lastCounts = counts;
    const done = this.#waiting.get(id);
    this.#waiting.delete(id);
    done?.(counts);
  }
}
