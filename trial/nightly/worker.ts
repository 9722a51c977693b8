/** The child process that does items, as the night holds it: given one item at a time, watched, and ended when it hangs. */

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PlanItem } from './plan.ts';
import type { FromWorker, ItemResult, Places, ToWorker } from './worker-messages.ts';

/**
 * How long an item may take to judge and store what there is, once the night is interrupted: CI systems wait hardly longer
 * before they kill.
 */
const INTERRUPT_GRACE_MS = 6000;
/** The same once its own time is over: half of that time again, as a long trial on a slow machine is no hang, up to this. */
const GRACE_MS_MAX = 30_000;
const START_MS = 60_000;
/** How long the words of a worker that has ended are waited for. */
const DRAIN_MS = 2000;
const LAST_WORDS_CHARS = 1500;
const PROGRAM = fileURLToPath(new URL('./worker-start.mjs', import.meta.url));

/** What became of an item: its results, or why there are none. */
export type Done =
  | { readonly results: readonly ItemResult[]; readonly problem: null }
  | { readonly results: null; readonly problem: string };

export interface RunOptions {
  readonly places: Places;
  /** For a hunt: how long. */
  readonly budgetMs: number;
  /** Wall time after which the item is told to stop, and killed if it does not. */
  readonly limitMs: number;
  readonly onProgress: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface Worker {
  /** Resolves, whatever happens to the process. */
  run(item: PlanItem, options: RunOptions): Promise<Done>;
  /** False once it has ended or was told to. */
  readonly alive: boolean;
  /** Ends it at once; with the channel its nodes end too. */
  kill(): void;
}

export function startWorker(): Worker {
  const child = spawn(process.execPath, ['--no-warnings', PROGRAM], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A process group of its own: Ctrl-C is for the night, which then ends its items in order.
    detached: true,
  });
  return new ChildWorker(child);
}

class ChildWorker implements Worker {
  readonly #child: ChildProcess;
  readonly #ready: Promise<void>;
  #lastWords = '';
  #ended: string | null = null;
  #killed = false;
  #onEnd: () => void = () => {};
  #onMessage: (message: FromWorker) => void = () => {};

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#ready = new Promise((resolve) => {
      this.#onMessage = (message) => message.type === 'ready' && resolve();
      this.#onEnd = resolve;
    });
    const listen = (chunk: Buffer): void => {
      this.#lastWords = (this.#lastWords + chunk.toString('utf8')).slice(-LAST_WORDS_CHARS);
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.on('message', (message) => this.#onMessage(message as FromWorker));
    child.on('error', (error) => this.#end(`could not be started: ${error.message}`));
    // Its words may come after it: 'close' waits for them, but not for ever, as a child of its own may hold the pipe.
    child.on('exit', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      setTimeout(() => this.#end(how), DRAIN_MS).unref();
    });
    child.on('close', (code, signal) => this.#end(signal === null ? `exit code ${code}` : `signal ${signal}`));
  }

  get alive(): boolean {
    return this.#ended === null && !this.#killed;
  }

  async run(item: PlanItem, { places, budgetMs, limitMs, onProgress, signal }: RunOptions): Promise<Done> {
    const starting = setTimeout(() => this.kill(), START_MS);
    await this.#ready;
    clearTimeout(starting);
    if (this.#ended !== null) return this.#without();
    return new Promise((resolve) => {
      let killing: NodeJS.Timeout | undefined;
      let hung = false;
      const stopWithin = (ms: number): void => {
        this.#send({ type: 'stop' });
        clearTimeout(killing);
        killing = setTimeout(() => {
          hung = true;
          this.kill();
        }, ms);
      };
      const interrupt = (): void => stopWithin(INTERRUPT_GRACE_MS);
      const graceMs = Math.min(Math.max(limitMs / 2, INTERRUPT_GRACE_MS), GRACE_MS_MAX);
      const limit = setTimeout(() => stopWithin(graceMs), Math.min(limitMs, 2 ** 31 - 1));
      const finish = (done: Done): void => {
        clearTimeout(limit);
        clearTimeout(killing);
        signal.removeEventListener('abort', interrupt);
        resolve(done);
      };
      this.#onMessage = (message) => {
        if (message.type === 'progress') onProgress(message.text);
        if (message.type === 'done') finish({ results: message.results, problem: null });
      };
      this.#onEnd = () => {
        const why = signal.aborted
          ? 'the night was interrupted'
          : `its time of ${Math.round(limitMs / 1000)} s was over`;
        finish(hung ? { results: null, problem: `it was killed: ${why}, and it did not stop` } : this.#without());
      };
      signal.addEventListener('abort', interrupt, { once: true });
      if (signal.aborted) interrupt();
      this.#send({ type: 'run', item, places, budgetMs });
    });
  }

  kill(): void {
    this.#killed = true;
    this.#child.kill('SIGKILL');
  }

  #send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #end(how: string): void {
    if (this.#ended !== null) return;
    this.#ended = how;
    this.#onEnd();
  }

  #without(): Done {
    const words = this.#lastWords.trim();
    return {
      results: null,
      problem: `its process ended (${this.#ended})${words === '' ? ', and said nothing' : `: ${words}`}`,
    };
  }
}
