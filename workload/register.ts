/**
 * Reads, writes and compare-and-set on registers. Every written value is unique within its key, so a value that is read names
 * the operation that wrote it. Keys come and go: a key retires after so many operations.
 */

import type { CommandOutcome } from '../cluster/client.ts';
import type { KvCommand } from '../cluster/replica/client-protocol.ts';
import type { Json } from '../history/operation.ts';
import { below, draws } from '../seed/draw.ts';
import { RotatingKeys } from './rotating-keys.ts';
import type { Completion, Generator, Invocation, Workload, WorkloadShape } from './workload.ts';

const READ_PERCENT = 50;
const WRITE_PERCENT = 30;

export const register: Workload = {
  name: 'register',
  summary: 'reads, unique writes and compare-and-set on registers that come and go',
  model: 'cas-register',
  generator: (shape) => new RegisterGenerator(shape),
  command,
  completion,
};

function command(invocation: Invocation): KvCommand {
  const { f, key, value } = invocation;
  if (f === 'read') return { f: 'get', key };
  if (f === 'write') return { f: 'put', key, value };
  const [expected = null, replacement = null] = value as readonly Json[];
  return { f: 'cas', key, expected, value: replacement };
}

function completion(invocation: Invocation, outcome: CommandOutcome): Completion {
  if (outcome.outcome !== 'ok') return { outcome: outcome.outcome, result: null, error: outcome.error };
  if (invocation.f === 'read') return { outcome: 'ok', result: outcome.result, error: null };
  if (invocation.f === 'write') return { outcome: 'ok', result: null, error: null };
  if (outcome.result === true) return { outcome: 'ok', result: true, error: null };
  return { outcome: 'fail', result: null, error: 'mismatch' };
}

class RegisterGenerator implements Generator {
  readonly #keys: RotatingKeys;
  readonly #kindDraw;
  /** The last value written to a key, and the last one each client saw. */
  readonly #lastValue = new Map<string, number>();
  readonly #seen = new Map<string, Json>();

  constructor(shape: WorkloadShape) {
    this.#keys = new RotatingKeys(shape, draws(shape.seed, 'register.key'));
    this.#kindDraw = draws(shape.seed, 'register.f');
  }

  next(client: number, count: number): Invocation {
    const key = this.#keys.next(client, count);
    const drawn = below(this.#kindDraw(client, count), 100);
    if (drawn < READ_PERCENT) return { f: 'read', key, value: null };
    const value = (this.#lastValue.get(key) ?? 0) + 1;
    this.#lastValue.set(key, value);
    if (drawn < READ_PERCENT + WRITE_PERCENT) return { f: 'write', key, value };
    return { f: 'cas', key, value: [this.#seen.get(key) ?? null, value] };
  }

  completed(_client: number, invocation: Invocation, completion: Completion): void {
    if (completion.outcome !== 'ok') return;
    // The newest value anybody saw: a compare-and-set that expects it has a fair chance to match.
    const { f, key, value } = invocation;
    const now = f === 'read' ? completion.result : f === 'write' ? value : ((value as readonly Json[])[1] ?? null);
    this.#seen.set(key, now);
  }

  finalReads(): readonly Invocation[] {
    return this.#keys.newestFirst().map((key) => ({ f: 'read', key, value: null }));
  }
}
