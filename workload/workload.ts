/** A workload: what clients do, how an operation becomes a command, and which model judges the history. One file each. */

import type { CommandOutcome } from '../cluster/client.ts';
import type { KvCommand } from '../cluster/replica/client-protocol.ts';
import type { Json, OperationOutcome } from '../history/operation.ts';

/** What a client is about to do, before its outcome is known. */
export interface Invocation {
  readonly f: string;
  readonly key: string;
  readonly value: Json;
}

export interface Completion {
  readonly outcome: OperationOutcome;
  readonly result: Json;
  readonly error: string | null;
}

/** Sizes that a workload is told; all from the spec. */
export interface WorkloadShape {
  readonly seed: number;
  /** Clients that run at the same time. */
  readonly clients: number;
  /** Keys in use at the same time. */
  readonly keys: number;
  /** Operations after which a key is retired and a new one takes its place, so that each key's history stays judgeable. */
  readonly operationsPerKey: number;
}

/** The state of one run of a workload. */
export interface Generator {
  /** The `count`-th operation (from 0) of a client. Depends on the seed, the two numbers, and what was completed so far. */
  next(client: number, count: number): Invocation;
  /** Tells what came of an invocation, so that later operations can aim at values that exist. */
  completed(client: number, invocation: Invocation, completion: Completion): void;
  /** Reads that end the trial, after everything is healed. */
  finalReads(): readonly Invocation[];
}

export interface Workload {
  readonly name: string;
  readonly summary: string;
  /** Name of the model in checker/models.ts that judges its history. */
  readonly model: string;
  generator(shape: WorkloadShape): Generator;
  command(invocation: Invocation): KvCommand;
  completion(invocation: Invocation, outcome: CommandOutcome): Completion;
}
