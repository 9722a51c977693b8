/**
 * Clients that get, put and append on a cluster while a story happens to it, and the judgement on what they saw. Clients go on
 * with an operation until it is answered, as the lab's do, so a history holds hardly any unknown outcome.
 */

import { expect } from 'vitest';
import { judge } from '../../checker/judge.ts';
import { MemoryRecorder } from '../../history/memory-recorder.ts';
import { type DriveResult, Driver } from '../../trial/driver.ts';
import { parseSpec } from '../../trial/spec.ts';
import { kv } from '../../workload/kv.ts';
import { ELECTION_MS, type LabCluster } from './cluster.ts';

export interface LoadOptions {
  readonly clients: number;
  /** Keys in use at a time. */
  readonly keys: number;
  /** Operations a second by all clients together; 0: as fast as they are answered. */
  readonly ratePerSecond: number;
}

export class Load {
  readonly #cluster: LabCluster;
  readonly #recorder = new MemoryRecorder();
  readonly #driver: Driver;
  #result: DriveResult | null = null;

  constructor(cluster: LabCluster, options: LoadOptions) {
    this.#cluster = cluster;
    const spec = parseSpec({
      ...options,
      seed: cluster.seed,
      world: 'simulator',
      workload: kv.name,
      nodes: cluster.nodes.length,
      faults: [],
      // The story says when it is over.
      timeMs: 3_600_000,
      operationTimeoutMs: 600_000,
      attemptTimeoutMs: 500,
      operationsPerKey: 1_000_000,
    });
    this.#driver = new Driver(cluster.world, spec, kv, this.#recorder, (result) => {
      this.#result = result;
    });
    this.#driver.start();
    cluster.until('all clients have begun', () => this.#driver.progress().phase === 'ordeal', 20_000);
  }

  /** Operations answered so far. */
  get ok(): number {
    return this.#driver.progress().ok;
  }

  /** Ends the load, has every key read, and demands that the whole history is linearizable. */
  async expectLinearizable(atLeast: number): Promise<void> {
    this.#driver.stop();
    this.#cluster.until('the last operations are answered', () => this.#result !== null, 60_000);
    expect(this.#result?.recoveredAfterNs).not.toBeNull();
    const { operations } = this.#recorder.recording();
    const verdict = await judge(operations, { model: kv.model });
    expect([verdict.outcome, ...verdict.reasons, ...verdict.anomalies.map(({ shape }) => shape)]).toEqual(['pass']);
    expect(verdict.statistics.ok).toBeGreaterThanOrEqual(atLeast);
  }
}

export interface Ordeal extends LoadOptions {
  /** Cut the cluster into two random parts again and again while clients work. */
  readonly partitions?: boolean;
  /** All nodes go down and come back at the end of each round. */
  readonly restarts?: boolean;
  readonly rounds?: number;
  /** Operations that have to be answered, or too little happened. */
  readonly atLeast: number;
}

/** Three rounds of five seconds under load; then everybody must have seen one order of all that happened. */
export async function endure(cluster: LabCluster, ordeal: Ordeal): Promise<void> {
  const { clients, keys, ratePerSecond } = ordeal;
  const load = new Load(cluster, { clients, keys, ratePerSecond });
  for (let round = 0; round < (ordeal.rounds ?? 3); round++) {
    const end = cluster.now + 5000;
    while (end - cluster.now >= 1) {
      if (ordeal.partitions === true) splitAtRandom(cluster);
      cluster.run(Math.min(1000 + cluster.drawn(200), end - cluster.now));
    }
    cluster.heal();
    if (ordeal.restarts === true) {
      cluster.kill(...cluster.nodes);
      cluster.run(ELECTION_MS);
      cluster.start(...cluster.nodes);
    }
    const before = load.ok;
    cluster.until('the healed cluster serves', () => load.ok > before);
  }
  await load.expectLinearizable(ordeal.atLeast);
}

/** Each node is in the one part or the other, as drawn. */
function splitAtRandom(cluster: LabCluster): void {
  const left = cluster.nodes.filter(() => cluster.drawn(2) === 0);
  cluster.split(left, cluster.others(...left));
}

/** Puts one after the other, each of which must be done within `ms`. */
export function expectFastPuts(cluster: LabCluster, count: number, ms: number): void {
  const client = cluster.client();
  cluster.done(client, { f: 'put', key: 'x', value: 'first' });
  let slowest = 0;
  for (let at = 0; at < count; at++) {
    const call = cluster.call(client, { f: 'put', key: 'x', value: at });
    cluster.answer(call);
    slowest = Math.max(slowest, call.tookMs);
  }
  expect(slowest).toBeLessThanOrEqual(ms);
  expect(cluster.done(client, { f: 'get', key: 'x' })).toBe(count - 1);
}
