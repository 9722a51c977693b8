/**
 * The state machine that Raft replicates: a key-value store with client sessions. It takes committed entries in order and
 * answers each; its whole state travels as text in snapshots.
 */

import type { Json } from '../../history/operation.ts';
import type { KvCommand, KvResult } from '../replica/client-protocol.ts';
import { CORRECT_SESSION_RULES, type SessionRecord, type SessionRules, Sessions } from './sessions.ts';
import { type KvOutcome, KvStore } from './store.ts';

/**
 * What a log entry asks of the machine. Short names: every entry is written to disk and sent to every node. `sessionsMax`
 * travels with the request so that nodes with unlike options still agree.
 */
export type LoggedCommand =
  | { readonly op: 'open'; readonly nonce: string; readonly sessionsMax: number }
  | { readonly op: 'run'; readonly session: number; readonly sequence: number; readonly command: KvCommand };

/**
 * Answer to a logged command. stale: the session has applied a later command, so this one was applied before and its outcome is
 * forgotten, or it never will be. bad-session: the session is not open, nothing was done.
 */
export type MachineOutcome =
  | KvOutcome
  | { readonly done: false; readonly error: 'stale' | 'bad-session'; readonly message: string };

const FORMAT = 'ordeal-kv-1';

interface Serialized {
  readonly format: typeof FORMAT;
  readonly values: readonly (readonly [string, Json])[];
  readonly sessions: readonly SessionRecord[];
}

export class KvMachine {
  readonly #rules: SessionRules;
  #store = new KvStore();
  #sessions = new Sessions();

  constructor(rules: SessionRules = CORRECT_SESSION_RULES) {
    this.#rules = rules;
  }

  /** Applies the committed entry at `index`; indexes only ever rise. */
  apply(index: number, logged: LoggedCommand): MachineOutcome {
    if (logged.op === 'open') {
      return { done: true, result: this.#sessions.open(index, logged.nonce, logged.sessionsMax) };
    }
    const { session, sequence, command } = logged;
    const known = this.#answerKnown(session, sequence);
    if (known !== null) {
      this.#sessions.touch(session, index);
      return known;
    }
    const outcome = this.#store.execute(command);
    this.#sessions.remember(session, index, sequence, outcome);
    return outcome;
  }

  /**
   * The answer to a command that was applied before, or can never be any more; null if it would have to go through the log.
   * True for good once it is given: safe to tell a client on any node, however far behind.
   */
  answerAgain(session: number, sequence: number): MachineOutcome | null {
    return this.#sessions.has(session) ? this.#answerKnown(session, sequence) : null;
  }

  /** A read of the current state: a get, or a txn of gets. */
  read(command: KvCommand): KvResult {
    if (command.f === 'get') return this.#store.get(command.key);
    if (command.f === 'txn') return command.steps.map((step) => this.#store.get(step.key));
    throw new TypeError(`${command.f} is not a read`);
  }

  /** What a command would be answered now, without applying it. */
  preview(command: KvCommand): KvOutcome {
    return this.#store.preview(command);
  }

  get keyCount(): number {
    return this.#store.size;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** 32 hexadecimal digits over values and sessions: equal for equal states, whatever the history. Kept up to date as it goes. */
  hash(): string {
    return this.#store.hash() + this.#sessions.hash();
  }

  serialize(): string {
    const state: Serialized = { format: FORMAT, values: this.#store.entries(), sessions: this.#sessions.records() };
    return JSON.stringify(state);
  }

  /** Replaces the whole state. Throws SyntaxError for a text that `serialize` did not write; the state is then unchanged. */
  restore(text: string): void {
    const state = JSON.parse(text) as Partial<Serialized> | null;
    if (state?.format !== FORMAT || !Array.isArray(state.values) || !Array.isArray(state.sessions)) {
      throw new SyntaxError(`not a snapshot of the key-value machine in format ${FORMAT}`);
    }
    const store = new KvStore();
    const sessions = new Sessions();
    for (const [key, value] of state.values) store.load(key, value);
    for (const record of state.sessions) sessions.load(record);
    this.#store = store;
    this.#sessions = sessions;
  }

  #answerKnown(session: number, sequence: number): MachineOutcome | null {
    const last = this.#sessions.last(session);
    if (last === undefined) {
      return { done: false, error: 'bad-session', message: `session ${session} is not open: open a new one` };
    }
    const verdict = this.#rules.judgeSequence(last.sequence, sequence);
    if (verdict === 'new') return null;
    if (verdict === 'repeat' && last.outcome !== null) return last.outcome;
    const message = `sequence ${sequence} of session ${session} comes after ${last.sequence} was applied: its answer is gone`;
    return { done: false, error: 'stale', message };
  }
}
