/** What an answer from an old state lacks: which committed changes of its key, and what it would have been with them. */

import type { Json } from '../../../history/operation.ts';
import type { LoggedCommand } from '../../kv/machine.ts';
import { KvStore } from '../../kv/store.ts';
import type { KvCommand } from '../../replica/client-protocol.ts';
import type { Observed } from './observed.ts';

export interface MissedChange {
  readonly index: number;
  readonly command: KvCommand;
}

export interface Missed {
  /** In order of the log; commands that did not change the key, such as a compare-and-set that did not match, are none. */
  readonly changes: readonly MissedChange[];
  /** The answer from a state with all of them. */
  readonly wouldBe: Json;
}

/**
 * The entries after `from` up to `to`, applied to the value that a get of `key` was answered. Null where that cannot be told: an
 * entry that no running node holds any more, or one that looks at other keys as well.
 */
export function missedChanges(
  nodes: readonly Observed[],
  key: string,
  answer: Json,
  from: number,
  to: number,
): Missed | null {
  const store = new KvStore();
  if (answer !== null) store.execute({ f: 'put', key, value: answer });
  const changes: MissedChange[] = [];
  const applied = new Set<string>();
  for (let index = from + 1; index <= to; index++) {
    const entry = committedEntry(nodes, index);
    if (entry === null) return null;
    const logged = entry.kind === 'command' ? (entry.data as unknown as LoggedCommand) : null;
    if (logged === null || logged.op !== 'run') continue;
    const { command, session, sequence } = logged;
    if (command.f === 'txn') return null;
    // A command that was sent twice is in the log twice, and takes effect once.
    const name = `${session} ${sequence}`;
    if (command.key !== key || applied.has(name)) continue;
    applied.add(name);
    const before = JSON.stringify(store.get(key));
    store.execute(command);
    if (JSON.stringify(store.get(key)) !== before) changes.push({ index, command });
  }
  return { changes, wouldBe: store.get(key) };
}

function committedEntry(nodes: readonly Observed[], index: number) {
  for (const { replica, view } of nodes) {
    if (replica === null || view.commit < index) continue;
    const entry = view.entryAt(index);
    if (entry !== null) return entry;
  }
  return null;
}
