/** The live line of a running trial on standard error: rewritten in place on a terminal, a line every five seconds elsewhere. */

import type { Progress } from '../trial/driver.ts';

const PLAIN_INTERVAL_MS = 5000;

export interface ProgressLine {
  update(progress: Progress): void;
  /** Removes the line, so that what follows stands alone. */
  clear(): void;
}

export function progressLine(stream: NodeJS.WriteStream): ProgressLine {
  let lastPrinted = 0;
  let lastOperations = 0;
  let lastElapsedNs = 0;
  let shown = false;
  return {
    update(progress) {
      const now = Date.now();
      if (!stream.isTTY && now - lastPrinted < PLAIN_INTERVAL_MS) return;
      const operations = progress.ok + progress.fail + progress.info;
      const seconds = Math.max(0.001, (progress.elapsedNs - lastElapsedNs) / 1e9);
      const line = describe(progress, Math.round((operations - lastOperations) / seconds));
      lastPrinted = now;
      lastOperations = operations;
      lastElapsedNs = progress.elapsedNs;
      shown = true;
      if (stream.isTTY) stream.write(`\r\x1b[2K${line.slice(0, (stream.columns || 80) - 1)}`);
      else stream.write(`${line}\n`);
    },
    clear() {
      if (shown && stream.isTTY) stream.write('\r\x1b[2K');
    },
  };
}

function describe(progress: Progress, perSecond: number): string {
  const elapsed = `${(progress.elapsedNs / 1e9).toFixed(1).padStart(5)} s`;
  const counts = `${progress.ok} ok, ${progress.fail} fail, ${progress.info} info`;
  const faults = progress.faults.length === 0 ? 'no fault' : progress.faults.join('; ');
  const phase = progress.phase === 'ordeal' ? faults : progress.phase;
  return `${elapsed}  ${perSecond} ops/s  ${counts}  leader ${progress.leader ?? '—'}  ${phase}`;
}

/** A line for work without a trial of its own: rewritten in place on a terminal, now and then elsewhere, not at all if `quiet`. */
export interface PassingLine {
  show(text: () => string): void;
  clear(): void;
}

export function passingLine(stream: NodeJS.WriteStream, quiet: boolean): PassingLine {
  let last = Date.now();
  return {
    show(text) {
      const now = Date.now();
      if (quiet || now - last < (stream.isTTY ? 100 : PLAIN_INTERVAL_MS)) return;
      last = now;
      stream.write(stream.isTTY ? `\r\x1b[2K${text().slice(0, Math.max(20, stream.columns - 1))}` : `${text()}\n`);
    },
    clear() {
      if (!quiet && stream.isTTY) stream.write('\r\x1b[2K');
    },
  };
}
