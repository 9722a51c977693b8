/**
 * Recording a trial without ever making a client wait: calls append to a buffer in memory; every tenth of a second, or sooner
 * when much has gathered, the buffer goes to a thread of its own, which writes it to the store in one transaction.
 *
 * Why a record stays checkable when its process is killed: one recorder sees all events of a trial, in the order in which they
 * happened. `invoke` is called before the request is handed to a node, `complete` after its answer was received. A batch is
 * everything since the batch before, and batches are written one by one, each whole or not at all. So whatever was written
 * is a prefix of the trial in real time: it ends at some moment T and holds exactly what happened before T, and operations
 * that were open at T are open to the end, i.e. info. No effect is recorded without its cause: a read that was answered
 * before T saw only writes that had been invoked before T. And every prefix of a linearizable history is linearizable
 * (Herlihy and Wing 1990, section 3.2), so what was lost can hide a violation but not make one up.
 */

import { Worker } from 'node:worker_threads';
import { type Batch, batchRows, emptyBatch, pushCompletion, pushOperation } from './batch.ts';
import type { Json, Operation, OperationOutcome } from './operation.ts';
import { StoreError } from './store-error.ts';
import type { FaultRecord, LogLine, MessageRecord, NodeEvent } from './trial-records.ts';

/** An operation as it starts. */
export interface InvocationRecord {
  readonly process: number;
  readonly f: string;
  readonly key: string | null;
  readonly value: Json;
  readonly invokedAt: number;
  readonly node?: string | null;
}

export interface CompletionRecord {
  readonly outcome: OperationOutcome;
  readonly result: Json;
  readonly error: string | null;
  readonly completedAt: number;
  readonly node?: string | null;
}

/** What changes of a fault while it lasts and when it ends. */
export type FaultUpdate = Partial<Pick<FaultRecord, 'endedAt' | 'effect' | 'bit' | 'asked' | 'targets'>>;

export interface Recorder {
  /** Records the start of an operation and returns its index. To be called before the request is sent. */
  invoke(invocation: InvocationRecord): number;
  /** Records the end of an operation. Throws RangeError for an index that is not open. */
  complete(index: number, completion: CompletionRecord): void;
  fault(fault: FaultRecord): void;
  faultUpdate(index: number, update: FaultUpdate): void;
  nodeEvent(event: NodeEvent): void;
  logLine(line: LogLine): void;
  message(message: MessageRecord): void;
  /** True while the store can't keep up: start no new operations until it is false again. */
  readonly overloaded: boolean;
  /** Set once when recording failed (no room, store gone): the trial is broken. What was written before is kept. */
  readonly error: Error | null;
  /** Nanoseconds spent inside the calls above, on the caller's thread. */
  readonly busyNs: number;
  /** Operations invoked so far. */
  readonly operations: number;
  /** Resolves when all that was recorded before the call is in the store; rejects with `error`. */
  flush(): Promise<void>;
  /** Flushes and ends; rejects with `error` if anything could not be written. Operations still open stay info. */
  close(): Promise<void>;
}

export interface RecorderOptions {
  readonly onError?: (error: Error) => void;
  readonly flushEveryMs?: number;
  /** Rows that make a batch go at once. */
  readonly batchRowsMax?: number;
  /** Rows not yet written above which `overloaded` is true. */
  readonly backlogRowsMax?: number;
  /** Size that the store's file may grow to; beyond it recording fails as on a full disk. No limit by default. */
  readonly storeBytesMax?: number;
}

const FLUSH_EVERY_MS = 100;
const BATCH_ROWS_MAX = 4096;
const BACKLOG_ROWS_MAX = 200_000;
/** Beyond this many times the backlog the recorder gives up rather than fill the memory. */
const BACKLOG_GIVE_UP = 10;

/** An operation in memory: like Operation, but growing. */
export type OpenOperation = { -readonly [field in keyof Operation]: Operation[field] };

/** An operation at its start: info, until something better is known. */
export function opened(index: number, invocation: InvocationRecord): OpenOperation {
  return {
    index,
    process: invocation.process,
    f: invocation.f,
    key: invocation.key,
    value: invocation.value,
    outcome: 'info',
    result: null,
    error: null,
    invokedAt: invocation.invokedAt,
    completedAt: null,
    node: invocation.node ?? null,
  };
}

/** Starts recording a trial of the store at `file` (Store.file) on a thread of its own. */
export function startRecorder(file: string, trialId: string, options: RecorderOptions = {}): Recorder {
  return new ThreadRecorder(file, trialId, options);
}

type FromThread =
  | { readonly kind: 'written'; readonly rows: number }
  | { readonly kind: 'failed'; readonly code: StoreError['code']; readonly message: string };

class ThreadRecorder implements Recorder {
  readonly #options: RecorderOptions;
  readonly #worker: Worker;
  readonly #timer: NodeJS.Timeout;
  readonly #batchRowsMax: number;
  /** Operations invoked since the last batch; they travel with whatever became of them by then. */
  #fresh: OpenOperation[] = [];
  /** Operations of earlier batches that ended since. */
  #ended: OpenOperation[] = [];
  readonly #open = new Map<number, OpenOperation>();
  readonly #faults = new Map<number, FaultRecord>();
  #rest: Batch = emptyBatch();
  #freshFrom = 0;
  #count = 0;
  #rowsWaiting = 0;
  #backlog = 0;
  #busyMs = 0;
  #error: Error | null = null;
  #closing = false;
  #exited = false;
  #waiters: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  constructor(file: string, trialId: string, options: RecorderOptions) {
    this.#options = options;
    this.#batchRowsMax = options.batchRowsMax ?? BATCH_ROWS_MAX;
    this.#worker = new Worker(new URL('./recording-thread-start.mjs', import.meta.url), {
      workerData: { file, trialId, storeBytesMax: options.storeBytesMax ?? null },
    });
    this.#worker.unref();
    this.#worker.on('message', (message: FromThread) => this.#heard(message));
    this.#worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', (code) => {
      this.#exited = true;
      if (!this.#closing) this.#fail(new StoreError('io', `the recording thread ended by itself (exit code ${code})`));
      this.#settle();
    });
    this.#timer = setInterval(() => this.#timed(() => this.#send()), options.flushEveryMs ?? FLUSH_EVERY_MS);
    this.#timer.unref();
  }

  get overloaded(): boolean {
    return this.#backlog + this.#rowsWaiting > (this.#options.backlogRowsMax ?? BACKLOG_ROWS_MAX);
  }

  get error(): Error | null {
    return this.#error;
  }

  get busyNs(): number {
    return Math.round(this.#busyMs * 1e6);
  }

  get operations(): number {
    return this.#count;
  }

  invoke(invocation: InvocationRecord): number {
    const start = performance.now();
    const index = this.#count++;
    const operation = opened(index, invocation);
    this.#fresh.push(operation);
    this.#open.set(index, operation);
    this.#added();
    this.#busyMs += performance.now() - start;
    return index;
  }

  complete(index: number, completion: CompletionRecord): void {
    const start = performance.now();
    const operation = this.#open.get(index);
    if (operation === undefined) throw new RangeError(`operation ${index} is not open`);
    this.#open.delete(index);
    operation.outcome = completion.outcome;
    operation.result = completion.result;
    operation.error = completion.error;
    operation.completedAt = completion.completedAt;
    if (completion.node !== undefined) operation.node = completion.node;
    if (index < this.#freshFrom) {
      this.#ended.push(operation);
      this.#added();
    }
    this.#busyMs += performance.now() - start;
  }

  fault(fault: FaultRecord): void {
    this.#timed(() => {
      this.#faults.set(fault.index, fault);
      this.#rest.faults.push(fault);
      this.#added();
    });
  }

  faultUpdate(index: number, update: FaultUpdate): void {
    const known = this.#faults.get(index);
    if (known === undefined) throw new RangeError(`there is no fault ${index}`);
    this.fault({ ...known, ...update });
  }

  nodeEvent(event: NodeEvent): void {
    this.#timed(() => {
      this.#rest.nodeEvents.push(event);
      this.#added();
    });
  }

  logLine(line: LogLine): void {
    this.#timed(() => {
      this.#rest.logLines.push(line);
      this.#added();
    });
  }

  message(message: MessageRecord): void {
    this.#timed(() => {
      this.#rest.messages.push(message);
      this.#added();
    });
  }

  flush(): Promise<void> {
    this.#timed(() => this.#send());
    return this.#drained();
  }

  async close(): Promise<void> {
    if (this.#closing) return this.#drained();
    clearInterval(this.#timer);
    this.#timed(() => this.#send());
    this.#closing = true;
    if (!this.#exited) {
      this.#worker.ref();
      this.#worker.postMessage('close');
      await new Promise<void>((resolve) => {
        if (this.#exited) resolve();
        else this.#worker.once('exit', () => resolve());
      });
    }
    if (this.#error !== null) throw this.#error;
    if (this.#backlog > 0) throw new StoreError('io', `${this.#backlog} rows of the record were not written`);
  }

  #drained(): Promise<void> {
    if (this.#error !== null) return Promise.reject(this.#error);
    if (this.#backlog === 0) return Promise.resolve();
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  #added(): void {
    if (++this.#rowsWaiting >= this.#batchRowsMax) this.#send();
  }

  /** Hands everything since the last batch to the thread: one message, one transaction. */
  #send(): void {
    if (this.#rowsWaiting === 0 || this.#closing) return;
    const batch = this.#rest;
    for (const operation of this.#fresh) pushOperation(batch.operations, operation);
    for (const operation of this.#ended) pushCompletion(batch.completions, operation);
    const rows = batchRows(batch);
    this.#rest = emptyBatch();
    this.#fresh = [];
    this.#ended = [];
    this.#freshFrom = this.#count;
    this.#rowsWaiting = 0;
    // After an error later batches are not written: they would leave a hole, and the record no prefix.
    if (this.#error !== null || this.#exited) return;
    this.#backlog += rows;
    this.#worker.postMessage(batch);
    const limit = (this.#options.backlogRowsMax ?? BACKLOG_ROWS_MAX) * BACKLOG_GIVE_UP;
    if (this.#backlog > limit)
      this.#fail(
        new StoreError('io', `the store fell ${this.#backlog} rows behind: use a faster disk or a lower rate`),
      );
  }

  #heard(message: FromThread): void {
    if (message.kind === 'failed') {
      this.#fail(new StoreError(message.code, message.message));
      return;
    }
    this.#backlog -= message.rows;
    if (this.#backlog === 0) this.#settle();
  }

  #fail(error: Error): void {
    if (this.#error !== null) return;
    this.#error = error;
    this.#settle();
    this.#options.onError?.(error);
  }

  #settle(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    if (waiters.length > 0 && !this.#closing) this.#worker.unref();
    for (const waiter of waiters) {
      if (this.#error !== null) waiter.reject(this.#error);
      else waiter.resolve();
    }
  }

  #timed(work: () => void): void {
    const start = performance.now();
    work();
    this.#busyMs += performance.now() - start;
  }
}
