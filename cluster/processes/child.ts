/** A child process as its parent holds it: started, listened to, and seen to its end with its last words. */

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { LogLevel } from '../replica/host.ts';

const LAST_LINES = 20;
const LINE_CHARS_MAX = 2000;
/** Lines passed on per second; more are counted and left out. */
const LINES_PER_SECOND_MAX = 500;
/** How long output is waited for that is still in the pipes of a process that has ended; a parent that stands still loses none. */
const DRAIN_MS = 2000;

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** Its last lines of output, oldest first. */
  readonly output: readonly string[];
}

export interface ChildObserver<From> {
  message(message: From): void;
  line(level: LogLevel, text: string): void;
  /** It has ended; its output may still be arriving. */
  ended(): void;
  /** Called once, after `ended` and all output; also if it could not be started, with the error as its output. */
  gone(end: ChildEnd): void;
}

export class Child<To, From> {
  readonly #process: ChildProcess;
  readonly #observer: ChildObserver<From>;
  readonly #last: string[] = [];
  #lines = 0;
  #suppressed = 0;
  #second = 0;
  #ended = false;
  #gone = false;

  /** Starts `node <program> <argument>` with an IPC channel. */
  constructor(program: string, argument: string, observer: ChildObserver<From>) {
    this.#observer = observer;
    this.#process = spawn(process.execPath, ['--no-warnings', program, argument], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A process group of its own: Ctrl-C in a terminal is for the trial, which then ends its nodes in order.
      detached: true,
      env: environment(),
    });
    this.#process.on('message', (message) => observer.message(message as From));
    this.#process.on('error', (error) => {
      if (this.#process.pid !== undefined) return;
      this.#last.push(`could not be started: ${error.message}`);
      this.#end(null, null);
    });
    this.#process.stdout?.on(
      'data',
      lineReader((text) => this.#line(text, 'info')),
    );
    this.#process.stderr?.on(
      'data',
      lineReader((text) => this.#line(text, 'error')),
    );
    this.#process.on('exit', (code, signal) => {
      this.#ended = true;
      observer.ended();
      setTimeout(() => this.#end(code, signal), DRAIN_MS).unref();
    });
    this.#process.on('close', (code, signal) => this.#end(code, signal));
  }

  /** Undefined if it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(message: To): void {
    if (this.#process.connected) this.#process.send(message as object, () => {});
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    if (!this.#ended) this.#process.kill(signal);
  }

  #end(code: number | null, signal: string | null): void {
    if (this.#gone) return;
    this.#ended = true;
    this.#gone = true;
    this.#observer.gone({ code, signal, output: [...this.#last] });
  }

  #line(text: string, otherwise: LogLevel): void {
    const [, level, rest] = /^\[(debug|info|warn|error)\] (.*)$/.exec(text) ?? [];
    const shown = (rest ?? text).slice(0, LINE_CHARS_MAX);
    if (this.#last.length >= LAST_LINES) this.#last.shift();
    this.#last.push(shown);
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) {
      if (this.#suppressed > 0) this.#observer.line('warn', `${this.#suppressed} more lines were left out`);
      this.#second = second;
      this.#lines = 0;
      this.#suppressed = 0;
    }
    if (++this.#lines > LINES_PER_SECOND_MAX) this.#suppressed++;
    else this.#observer.line((level as LogLevel | undefined) ?? otherwise, shown);
  }
}

/**
 * Why a process ended, by its last lines of output (oldest first): the last one; where that is the version that Node.js ends an
 * uncaught error with, or a piece of a stack, the line of the error itself.
 */
export function lastWords(output: readonly string[]): string {
  const lines = output.map((line) => line.trimEnd()).filter((line) => line !== '');
  const last = lines.at(-1) ?? 'it said nothing';
  if (!/^Node\.js v\d|^\s+at |^-----|^}$|^\s*\d+: 0x/.test(last)) return last;
  return (
    lines.findLast((line) => /^(?:Uncaught )?(?:[\w$.]*(?:Error|Exception)\b[^:]*|FATAL ERROR): /.test(line)) ?? last
  );
}

/** What a debugger, a coverage tool or a loader puts into the environment of the trial is not for its nodes. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...rest } = process.env;
  return rest;
}

/** Cuts a stream of output into lines. A line that never ends is passed on in pieces. */
function lineReader(line: (text: string) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const parts = (rest + chunk.toString('utf8')).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) line(part);
    if (rest.length > LINE_CHARS_MAX) {
      line(rest);
      rest = '';
    }
  };
}

/**
 * The state letter of a process as Linux shows it ("S" asleep, "R" running, "T" stopped, "Z" ended but not yet collected;
 * proc(5)), or null if there is no such process.
 */
export function processState(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it is in parentheses and may contain anything, parentheses included.
    return text.charAt(text.lastIndexOf(')') + 2);
  } catch {
    return null;
  }
}
