/**
 * A recorder without a thread, for the simulator: it keeps a trial's record in memory, and `batch` hands it to the store
 * afterwards, if it is worth keeping. Nothing in it waits or reads a clock, so it can't disturb a repeatable run.
 */

import { type Batch, emptyBatch, pushOperation } from './batch.ts';
import type { Operation } from './operation.ts';
import {
  type CompletionRecord,
  type FaultUpdate,
  type InvocationRecord,
  type OpenOperation,
  opened,
  type Recorder,
} from './recorder.ts';
import type { FaultRecord, LogLine, MessageRecord, NodeEvent } from './trial-records.ts';

/** The record so far; `Recorder.operations` is their number. */
export interface Recording {
  readonly operations: readonly Operation[];
  readonly faults: readonly FaultRecord[];
  readonly nodeEvents: readonly NodeEvent[];
  readonly logLines: readonly LogLine[];
  readonly messages: readonly MessageRecord[];
}

export class MemoryRecorder implements Recorder {
  readonly #operations: OpenOperation[] = [];
  readonly #completed: boolean[] = [];
  readonly #faults = new Map<number, FaultRecord>();
  readonly #nodeEvents: NodeEvent[] = [];
  readonly #logLines: LogLine[] = [];
  readonly #messages: MessageRecord[] = [];
  readonly overloaded = false;
  readonly error = null;
  readonly busyNs = 0;

  get operations(): number {
    return this.#operations.length;
  }

  invoke(invocation: InvocationRecord): number {
    const index = this.#operations.length;
    this.#operations.push(opened(index, invocation));
    this.#completed.push(false);
    return index;
  }

  complete(index: number, completion: CompletionRecord): void {
    const operation = this.#operations[index];
    if (operation === undefined || this.#completed[index] === true)
      throw new RangeError(`operation ${index} is not open`);
    this.#completed[index] = true;
    operation.outcome = completion.outcome;
    operation.result = completion.result;
    operation.error = completion.error;
    operation.completedAt = completion.completedAt;
    if (completion.node !== undefined) operation.node = completion.node;
  }

  fault(fault: FaultRecord): void {
    this.#faults.set(fault.index, fault);
  }

  faultUpdate(index: number, update: FaultUpdate): void {
    const known = this.#faults.get(index);
    if (known === undefined) throw new RangeError(`there is no fault ${index}`);
    this.#faults.set(index, { ...known, ...update });
  }

  nodeEvent(event: NodeEvent): void {
    this.#nodeEvents.push(event);
  }

  logLine(line: LogLine): void {
    this.#logLines.push(line);
  }

  message(message: MessageRecord): void {
    this.#messages.push(message);
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** What was recorded so far. The lists are the recorder's own. */
  recording(): Recording {
    return {
      operations: this.#operations,
      faults: [...this.#faults.values()],
      nodeEvents: this.#nodeEvents,
      logLines: this.#logLines,
      messages: this.#messages,
    };
  }

  /** The record for `Store.writeBatch`. */
  batch(): Batch {
    const batch = emptyBatch();
    for (const operation of this.#operations) pushOperation(batch.operations, operation);
    batch.faults.push(...this.#faults.values());
    for (const event of this.#nodeEvents) batch.nodeEvents.push(event);
    for (const line of this.#logLines) batch.logLines.push(line);
    for (const message of this.#messages) batch.messages.push(message);
    return batch;
  }
}
