/**
 * Gets, puts and appends on keys that come and go. What is put or appended is unique, and an append answers the whole new
 * value: one answer names, in order, everything that was appended since the last put, so that an append that was lost or
 * applied twice shows at once.
 */

import type { CommandOutcome } from '../cluster/client.ts';
import type { KvCommand } from '../cluster/replica/client-protocol.ts';
import { below, draws } from '../seed/draw.ts';
import { RotatingKeys } from './rotating-keys.ts';
import type { Completion, Generator, Invocation, Workload, WorkloadShape } from './workload.ts';

const GET_PERCENT = 35;
/** Few: a put makes all earlier appends invisible. */
const PUT_PERCENT = 10;

export const kv: Workload = {
  name: 'kv',
  summary: 'gets, puts and appends of unique values on keys that come and go',
  model: 'kv',
  generator: (shape) => new KvGenerator(shape),
  command,
  completion,
};

function command({ f, key, value }: Invocation): KvCommand {
  if (f === 'get') return { f, key };
  return f === 'put' ? { f, key, value } : { f: 'append', key, value: String(value) };
}

function completion({ f }: Invocation, outcome: CommandOutcome): Completion {
  if (outcome.outcome !== 'ok') return { outcome: outcome.outcome, result: null, error: outcome.error };
  return { outcome: 'ok', result: f === 'put' ? null : outcome.result, error: null };
}

class KvGenerator implements Generator {
  readonly #keys: RotatingKeys;
  readonly #kindDraw;

  constructor(shape: WorkloadShape) {
    this.#keys = new RotatingKeys(shape, draws(shape.seed, 'kv.key'));
    this.#kindDraw = draws(shape.seed, 'kv.f');
  }

  next(client: number, count: number): Invocation {
    const key = this.#keys.next(client, count);
    const drawn = below(this.#kindDraw(client, count), 100);
    if (drawn < GET_PERCENT) return { f: 'get', key, value: null };
    return { f: drawn < GET_PERCENT + PUT_PERCENT ? 'put' : 'append', key, value: `${client}.${count} ` };
  }

  completed(): void {}

  finalReads(): readonly Invocation[] {
    return this.#keys.newestFirst().map((key) => ({ f: 'get', key, value: null }));
  }
}
