/**
 * Who writes a trial, so that a later reader can tell a running trial from one whose process died. A process id alone is
 * reused sooner or later; with the moment the process was born it is not.
 */

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

export interface WriterIdentity {
  readonly host: string;
  readonly pid: number;
  /** When the kernel started the process, in its own unit, with the boot it belongs to; null where the system does not say. */
  readonly born: string | null;
}

/** A heartbeat older than this, where nothing better is known, means that the writer died. */
const SILENT_MS = 30_000;

export function ownIdentity(): WriterIdentity {
  return { host: hostname(), pid: process.pid, born: bornOf(process.pid) };
}

/** Whether the writer of a trial may still be running. `heartbeatAt` and `now` are milliseconds since 1970. */
export function mayBeAlive(writer: WriterIdentity, heartbeatAt: number, now: number): boolean {
  if (writer.host !== hostname()) return now - heartbeatAt < SILENT_MS;
  if (!exists(writer.pid)) return false;
  const born = bornOf(writer.pid);
  if (born !== null && writer.born !== null) return born === writer.born;
  return now - heartbeatAt < SILENT_MS;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Linux: field 22 of /proc/PID/stat (start time in ticks since boot), counted after the command name, which may hold spaces. */
export function bornOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return 'zombie';
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${fields[19]}`;
  } catch {
    return null;
  }
}
