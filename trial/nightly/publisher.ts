/**
 * Keeps what is written of a night up to date while it goes on: its directory and its row in the memory. At most once a second, so
 * that many quick items don't spend the night on files; what a SIGKILL loses is that second.
 */

import type { Night } from '../../history/night-records.ts';
import type { NightLog } from '../../history/nights.ts';
import { type NightPage, nightPage } from '../../reports/nightly/night-page.ts';
import { writeNight } from './out-directory.ts';

const EVERY_MS = 1000;

export interface PublishOptions {
  readonly out: string;
  /** Nights before this one, oldest first. */
  readonly earlier: readonly Night[];
  /** How many of them are looked back on. */
  readonly nights: number;
  /** Where the night is remembered; null for a shard, whose merge is the night. */
  readonly memory: NightLog | null;
}

export interface Publisher {
  /** The night as it is now; written soon. */
  changed(night: Night): void;
  /** Writes the night as it ended, at once. */
  ended(night: Night): NightPage;
}

export function startPublisher({ out, earlier, nights, memory }: PublishOptions): Publisher {
  let latest: Night | null = null;
  let waiting: NodeJS.Timeout | null = null;
  let writtenAt = Number.NEGATIVE_INFINITY;
  const write = (night: Night): NightPage => {
    const page = nightPage(night, earlier, nights);
    writeNight(out, page);
    memory?.save(night);
    writtenAt = performance.now();
    return page;
  };
  const flush = (): void => {
    waiting = null;
    if (latest !== null) write(latest);
  };
  return {
    changed(night) {
      latest = night;
      const wait = writtenAt + EVERY_MS - performance.now();
      if (waiting !== null) return;
      if (wait <= 0) flush();
      else waiting = setTimeout(flush, wait);
    },
    ended(night) {
      if (waiting !== null) clearTimeout(waiting);
      waiting = null;
      return write(night);
    },
  };
}
