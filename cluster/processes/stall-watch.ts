/**
 * Notices when this process stood still: paused, starved of the processor, or busy for too long. An election after that is no
 * fault of the cluster, and nobody could tell without this evidence.
 */

const LOOK_EVERY_MS = 50;
/** Shorter delays are the daily life of a busy machine. */
const STALL_MIN_MS = 100;

/** How a stall, and a sync that took as long, is told in a process's log. */
export const stallText = (ms: number): string => `stood still for ${ms} ms`;
export const slowSyncText = (ms: number): string => `a sync took ${ms} ms`;

/** Milliseconds that a line of the log says were lost in a stall or a slow sync; 0 for any other line. */
export function lostMs(text: string): number {
  return Number(/^(?:stood still for|a sync took) (\d+) ms$/.exec(text)?.[1] ?? 0);
}

/** Calls back after each stall of this process with its length in milliseconds. Keeps no process alive. */
export function watchForStalls(stalled: (ms: number) => void): void {
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    const lost = now - last - LOOK_EVERY_MS;
    last = now;
    if (lost >= STALL_MIN_MS) stalled(Math.round(lost));
  }, LOOK_EVERY_MS).unref();
}

/** Whether a sync that took so long is worth a line. */
export function isSlowSync(ms: number): boolean {
  return ms >= STALL_MIN_MS;
}
