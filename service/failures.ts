/** What goes wrong again and again: the trials that are no pass, grouped by fingerprint. */

import type { Fingerprint } from '../history/night-records.ts';
import type { Store } from '../history/store.ts';
import type { TrialLine, TrialListing } from '../history/trial-listing.ts';
import { INTERRUPTED } from '../trial/conclude.ts';
import { fingerprintOf } from '../trial/nightly/fingerprint.ts';
import { asVerdict } from './work/verdict-schema.ts';

export interface FailureGroup {
  readonly fingerprint: Fingerprint;
  readonly count: number;
  /** How many of them had a bug planted. */
  readonly planted: number;
  /** The latest and the first of them. */
  readonly last: TrialLine;
  readonly first: TrialLine;
  /** The latest few, newest first. */
  readonly trials: readonly TrialLine[];
}

export interface FailureGroups {
  readonly groups: readonly FailureGroup[];
  /** False while some were left out, to be grouped by the next request. */
  readonly complete: boolean;
}

const FRESH_MS = 1000;
/** Failed trials that are looked back on, and fingerprints that one request may work out anew. */
const LOOKED_BACK = 2000;
const NEW_MAX = 500;
const SHOWN = 5;

export class Failures {
  readonly #store: Store;
  readonly #listing: TrialListing;
  readonly #known = new Map<string, Fingerprint | null>();
  #last: FailureGroups | null = null;
  #lastAt = 0;

  constructor(store: Store, listing: TrialListing) {
    this.#store = store;
    this.#listing = listing;
  }

  /** Groups of the latest failed trials, the one seen last first; at most a second old. */
  groups(): FailureGroups {
    const now = performance.now();
    if (this.#last === null || now - this.#lastAt > FRESH_MS) {
      this.#last = this.#grouped();
      this.#lastAt = now;
    }
    return this.#last;
  }

  #grouped(): FailureGroups {
    const lines = (['violation', 'broken', 'unknown', 'vacuous'] as const)
      .flatMap((outcome) => this.#listing.page({ outcome }, LOOKED_BACK).trials)
      .sort((a, b) => b.number - a.number)
      .slice(0, LOOKED_BACK);
    const byId = new Map<string, { readonly fingerprint: Fingerprint; readonly lines: TrialLine[] }>();
    let budget = NEW_MAX;
    let complete = true;
    for (const line of lines) {
      const key = `${line.id} ${line.outcome}`;
      if (!this.#known.has(key)) {
        if (budget-- <= 0) {
          complete = false;
          continue;
        }
        this.#known.set(key, this.#fingerprint(line));
      }
      const fingerprint = this.#known.get(key) ?? null;
      if (fingerprint === null) continue;
      const group = byId.get(fingerprint.id);
      if (group === undefined) byId.set(fingerprint.id, { fingerprint, lines: [line] });
      else group.lines.push(line);
    }
    this.#forget(lines.length);
    const groups = [...byId.values()].map(({ fingerprint, lines: all }) => ({
      fingerprint,
      count: all.length,
      planted: all.filter(({ bugs }) => bugs.length > 0).length,
      last: all[0] as TrialLine,
      first: all.at(-1) as TrialLine,
      trials: all.slice(0, SHOWN),
    }));
    return { groups, complete };
  }

  /** The fingerprint of one trial was worked out from a verdict that has changed. */
  changed(trial: string): void {
    this.#last = null;
    for (const key of this.#known.keys()) if (key.startsWith(`${trial} `)) this.#known.delete(key);
  }

  #fingerprint(line: TrialLine): Fingerprint | null {
    const verdict = asVerdict(this.#store.getTrial(line.id).verdict);
    // What somebody ended early failed for no reason of its own.
    if (verdict === null || (verdict.outcome === 'unknown' && verdict.reasons.includes(INTERRUPTED))) return null;
    const operation = (index: number) => this.#listing.operations(line.id, {}, 1, index - 1).operations[0];
    return fingerprintOf(verdict, { system: line.system, operation });
  }

  #forget(wanted: number): void {
    for (const key of this.#known.keys()) {
      if (this.#known.size <= Math.max(LOOKED_BACK, wanted) * 2) break;
      this.#known.delete(key);
    }
  }
}
