/** A child of the service as its keeper holds it: one process, one task, limits on both, and no way to outlive either. */

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bornOf } from '../../history/writer-identity.ts';
import type { JobProcess } from './jobs.ts';
import { type FromChild, laneOf, type Task, type ToChild } from './tasks.ts';

const PROGRAM = fileURLToPath(new URL('./child-start.mjs', import.meta.url));
/** A history that needs more than this is one to be judged on the command line of a larger machine. */
const HEAP_MB_MAX = { trials: 3072, checks: 1536 } as const;
const LAST_WORDS_CHARS = 4000;

export interface ChildObserver {
  message(message: FromChild): void;
  /** Called once. `words`: the end of what it said on standard error. */
  gone(code: number | null, signal: string | null, words: string): void;
}

export class TaskProcess {
  readonly #child: ChildProcess;
  readonly #timer: NodeJS.Timeout;
  #words = '';
  #gone = false;

  constructor(store: string, mark: string, task: Task, limitMs: number, observer: ChildObserver) {
    this.#child = spawn(
      process.execPath,
      [`--max-old-space-size=${HEAP_MB_MAX[laneOf(task)]}`, '--no-warnings', PROGRAM],
      {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        // A group of its own, that can be ended as a whole, and that Ctrl-C in the service's terminal does not reach.
        detached: true,
        env: environment(),
      },
    );
    const gone = (code: number | null, signal: string | null): void => {
      if (this.#gone) return;
      this.#gone = true;
      clearTimeout(this.#timer);
      observer.gone(code, signal, this.#words.trim());
    };
    this.#child.on('message', (message: FromChild) => {
      if (message.type === 'ready') this.#send({ type: 'task', store, mark, task });
      else if (!this.#gone) observer.message(message);
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#words = (this.#words + text).slice(-LAST_WORDS_CHARS);
    });
    this.#child.on('error', (error) => {
      if (this.#child.pid !== undefined) return;
      this.#words = `could not be started: ${error.message}`;
      gone(null, null);
    });
    this.#child.on('exit', gone);
    this.#timer = setTimeout(() => {
      this.#words = `it took longer than ${Math.round(limitMs / 1000)} s`;
      this.kill();
    }, limitMs);
  }

  /** Null if it could not be started. */
  get process(): JobProcess | null {
    const { pid } = this.#child;
    return pid === undefined ? null : { pid, born: bornOf(pid) };
  }

  /** Asks it to conclude with what it has, and ends it when it takes longer than that. */
  stop(graceMs: number): void {
    this.#send({ type: 'stop' });
    setTimeout(() => this.kill(), graceMs).unref();
  }

  kill(): void {
    const { pid } = this.#child;
    if (!this.#gone && pid !== undefined) killGroup(pid);
  }

  #send(message: ToChild): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }
}

/** Ends what a service before this one has left behind, if it still is the process that it was. */
export function killLeftover({ pid, born }: JobProcess): void {
  if (born !== null && bornOf(pid) === born) killGroup(pid);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

function environment(): NodeJS.ProcessEnv {
  // The token is for the service; a debugger's or a coverage tool's options are not for its children.
  const { ORDEAL_TOKEN: _token, NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...rest } = process.env;
  return { ...rest, ORDEAL_SERVICE_PID: String(process.pid), ESBUILD_WORKER_THREADS: '0' };
}
