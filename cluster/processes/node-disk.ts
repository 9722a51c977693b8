/**
 * A node's directory on a real file system. Appends wait in user space until `sync`, because a SIGKILL does not empty the
 * kernel's page cache: so what was not synced dies with a killed process, as it would with a machine.
 *
 * All operations run one after another, in the order of their calls: at any moment the directory holds the effect of a prefix
 * of them. Syncs of one file that wait are merged into one (group commit).
 */

import fs from 'node:fs';
import path from 'node:path';
import type { Disk } from '../replica/host.ts';
import type { DiskFault } from '../world.ts';
import { isSlowSync } from './stall-watch.ts';
import { atTurnEnd } from './turn.ts';

const NS_PER_MS = 1_000_000;
const TEMPORARY = '.new';
/** Written and removed to see what a fault does; never listed. */
const PROBE = `probe${TEMPORARY}`;

type Operation =
  | { readonly kind: 'sync'; readonly name: string; readonly bytes: Uint8Array[]; readonly done: (() => void)[] }
  | { readonly kind: 'replace'; readonly name: string; readonly bytes: Uint8Array; readonly done: () => void }
  | { readonly kind: 'remove'; readonly name: string };

export type DiskErrorHandler = (error: NodeJS.ErrnoException) => void;

export class NodeDisk implements Disk {
  readonly #directory: string;
  readonly #onError: DiskErrorHandler;
  readonly #onSlowSync: (ms: number) => void;
  #fault: DiskFault;
  readonly #appended = new Map<string, Uint8Array[]>();
  readonly #open = new Map<string, number>();
  readonly #queue: Operation[] = [];
  #busy = false;
  #awaitsTurnEnd = false;
  /** A file was created or removed and the directory not yet synced. */
  #directoryDirty = false;
  #stopped = false;

  /**
   * Opens the directory, creating it. `onError` is called once, for the first operation that fails; nothing is done after it.
   * `onSlowSync` hears of each sync that took unusually long, injected delays included.
   * Throws the file system's error if the directory can't be used.
   */
  constructor(
    directory: string,
    fault: DiskFault,
    onError: DiskErrorHandler,
    onSlowSync: (ms: number) => void = () => {},
  ) {
    this.#onSlowSync = onSlowSync;
    this.#directory = directory;
    this.#fault = fault;
    this.#onError = onError;
    fs.mkdirSync(directory, { recursive: true });
    for (const name of fs.readdirSync(directory))
      if (name.endsWith(TEMPORARY)) fs.rmSync(path.join(directory, name), { force: true });
  }

  setFault(fault: DiskFault): void {
    this.#fault = fault;
  }

  /** No operation starts and no callback comes after this. */
  stop(): void {
    this.#stopped = true;
  }

  list(): readonly string[] {
    return fs.readdirSync(this.#directory).filter((name) => !name.endsWith(TEMPORARY));
  }

  read(name: string): Uint8Array | null {
    try {
      return fs.readFileSync(this.#path(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  truncate(name: string, length: number): void {
    const fd = fs.openSync(this.#path(name), 'r+');
    fs.ftruncateSync(fd, length);
    fs.fsyncSync(fd);
    fs.closeSync(fd);
  }

  append(name: string, bytes: Uint8Array): void {
    const waiting = this.#appended.get(name);
    const copy = bytes.slice();
    if (waiting === undefined) this.#appended.set(name, [copy]);
    else waiting.push(copy);
  }

  sync(name: string, done: () => void): void {
    const bytes = this.#appended.get(name) ?? [];
    this.#appended.delete(name);
    const last = this.#queue.at(-1);
    if (last?.kind === 'sync' && last.name === name) {
      last.bytes.push(...bytes);
      last.done.push(done);
    } else this.#enqueue({ kind: 'sync', name, bytes, done: [done] });
  }

  replace(name: string, bytes: Uint8Array, done: () => void): void {
    this.#appended.delete(name);
    this.#enqueue({ kind: 'replace', name, bytes, done });
  }

  remove(name: string): void {
    this.#appended.delete(name);
    this.#enqueue({ kind: 'remove', name });
  }

  /** Writes and syncs a small file under the fault in force, and reports how long it took, or why it failed. */
  probe(done: (result: { readonly syncNs: number } | { readonly error: string }) => void): void {
    const [seconds, nanoseconds] = process.hrtime();
    const file = path.join(this.#directory, PROBE);
    const finish = (error: NodeJS.ErrnoException | null): void => {
      fs.rmSync(file, { force: true });
      if (error !== null) done({ error: error.code ?? error.message });
      else {
        const [s, ns] = process.hrtime([seconds, nanoseconds]);
        done({ syncNs: s * 1_000_000_000 + ns });
      }
    };
    attempt(finish, () => {
      this.#refuseIfFull();
      const fd = fs.openSync(file, 'w');
      const write = (): void => writeFully(fd, Buffer.from('probe'));
      this.#syncFile(fd, true, write, (error) => {
        fs.closeSync(fd);
        finish(error);
      });
    });
  }

  #path(name: string): string {
    if (path.basename(name) !== name || name.endsWith(TEMPORARY)) throw new Error(`"${name}" is not a plain file name`);
    return path.join(this.#directory, name);
  }

  #enqueue(operation: Operation): void {
    this.#queue.push(operation);
    this.#beginAtTurnEnd();
  }

  /** A turn's appends and syncs go to disk together. */
  #beginAtTurnEnd(): void {
    if (this.#busy || this.#awaitsTurnEnd || this.#stopped) return;
    this.#awaitsTurnEnd = true;
    atTurnEnd(this);
  }

  turnEnded(): void {
    this.#awaitsTurnEnd = false;
    const operation = this.#queue.shift();
    if (operation === undefined || this.#stopped) return;
    this.#busy = true;
    const finish = (error: NodeJS.ErrnoException | null): void => {
      if (this.#stopped) return;
      if (error !== null) {
        this.#stopped = true;
        this.#onError(error);
        return;
      }
      this.#busy = false;
      if (operation.kind === 'sync') for (const done of operation.done) done();
      else if (operation.kind === 'replace') operation.done();
      if (this.#queue.length > 0) this.#beginAtTurnEnd();
    };
    attempt(finish, () => this.#carryOut(operation, finish));
  }

  #carryOut(operation: Operation, finish: (error: NodeJS.ErrnoException | null) => void): void {
    const { name } = operation;
    switch (operation.kind) {
      case 'sync': {
        this.#refuseIfFull();
        const fd = this.#descriptor(name);
        const { bytes } = operation;
        // Written only when the sync is about to be: a kill during an injected delay finds nothing on disk.
        const write = (): void => {
          // The copy into the page cache is a matter of microseconds; only the sync is worth a thread.
          const only = bytes[0];
          if (only !== undefined) writeFully(fd, bytes.length === 1 ? only : Buffer.concat(bytes));
        };
        this.#syncFile(fd, true, write, (error) => {
          if (error !== null || !this.#directoryDirty) finish(error);
          else this.#syncDirectory(finish);
        });
        break;
      }
      case 'replace': {
        this.#refuseIfFull();
        this.#close(name);
        const temporary = this.#path(name) + TEMPORARY;
        const fd = fs.openSync(temporary, 'w');
        const write = (): void => writeFully(fd, operation.bytes);
        this.#syncFile(fd, false, write, (error) => {
          fs.closeSync(fd);
          if (error !== null) {
            finish(error);
            return;
          }
          attempt(finish, () => {
            fs.renameSync(temporary, this.#path(name));
            this.#syncDirectory(finish);
          });
        });
        break;
      }
      case 'remove':
        this.#close(name);
        fs.rmSync(this.#path(name), { force: true });
        this.#directoryDirty = true;
        finish(null);
        break;
    }
  }

  /** The open file to append to. */
  #descriptor(name: string): number {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const file = this.#path(name);
    if (!fs.existsSync(file)) this.#directoryDirty = true;
    const fd = fs.openSync(file, 'a');
    this.#open.set(name, fd);
    return fd;
  }

  #close(name: string): void {
    const fd = this.#open.get(name);
    if (fd === undefined) return;
    fs.closeSync(fd);
    this.#open.delete(name);
  }

  /** Writes and syncs, after the delay that a slow disk adds. */
  #syncFile(
    fd: number,
    dataOnly: boolean,
    write: () => void,
    done: (error: NodeJS.ErrnoException | null) => void,
  ): void {
    const began = performance.now();
    const finish = (error: NodeJS.ErrnoException | null): void => {
      const ms = Math.round(performance.now() - began);
      if (isSlowSync(ms)) this.#onSlowSync(ms);
      done(error);
    };
    const sync = (): void =>
      attempt(finish, () => {
        write();
        if (dataOnly) fs.fdatasync(fd, finish);
        else fs.fsync(fd, finish);
      });
    if (this.#fault.disk === 'slow') setTimeout(sync, Math.ceil(this.#fault.delayNs / NS_PER_MS));
    else sync();
  }

  #syncDirectory(finish: (error: NodeJS.ErrnoException | null) => void): void {
    this.#directoryDirty = false;
    const fd = fs.openSync(this.#directory, 'r');
    fs.fsync(fd, (error) => {
      fs.closeSync(fd);
      finish(error);
    });
  }

  #refuseIfFull(): void {
    if (this.#fault.disk !== 'full') return;
    throw Object.assign(new Error('ENOSPC: no space left on device (injected)'), { code: 'ENOSPC' });
  }
}

/** Runs `action`; what it throws goes to `finish`, like what fails later. */
function attempt(finish: (error: NodeJS.ErrnoException) => void, action: () => void): void {
  try {
    action();
  } catch (error) {
    finish(error as NodeJS.ErrnoException);
  }
}

function writeFully(fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += fs.writeSync(fd, bytes, written);
}
