/**
 * The trace of a simulated world: a running hash over all its events, and on request each event by name. Two runs of one seed
 * have one hash; `firstDifference` names the event where two runs part.
 */

/** Kinds of events on the heap; the numbers are part of the trace hash. */
export const EVENT = {
  start: 1,
  message: 2,
  request: 3,
  response: 4,
  nodeTimer: 5,
  diskDone: 6,
  trialTimer: 7,
  callback: 8,
  requestTimeout: 9,
  crash: 10,
  // Not on the heap, but in the trace: effects that happen within another event.
  sent: 20,
  status: 21,
  killed: 22,
  exited: 23,
  paused: 24,
  resumed: 25,
  clock: 26,
  disk: 27,
  links: 28,
  wiped: 29,
} as const;

export type EventKind = keyof typeof EVENT;

const NAME_OF: readonly string[] = (() => {
  const names: string[] = [];
  for (const [name, number] of Object.entries(EVENT)) names[number] = name;
  return names;
})();

/** One event as it is shown to a person or compared with that of another run. */
export interface TraceEvent {
  /** Position in the trace, from 0. */
  readonly number: number;
  /** Virtual nanoseconds. */
  readonly at: number;
  readonly kind: string;
  /** Index of the node it belongs to, or -1. */
  readonly node: number;
  /** Digest of what it carries (message, term, size, …). */
  readonly digest: number;
  readonly text: string;
}

/** Two 32-bit lanes of multiply-and-rotate mixing; not cryptographic, but a changed word changes the outcome. */
export class TraceHash {
  /** Events absorbed so far. */
  count = 0;
  private a = 0x811c9dc5 | 0;
  private b = 0x2545f491 | 0;

  absorb(at: number, kind: number, node: number, digest: number): void {
    this.count++;
    this.word(at | 0);
    this.word(Math.floor(at / 4294967296) ^ (kind << 24) ^ (node << 16));
    this.word(digest);
  }

  private word(word: number): void {
    const a = Math.imul(this.a ^ word, 0x01000193);
    this.a = (a << 13) | (a >>> 19);
    const b = Math.imul(this.b + word, 0x9e3779b1);
    this.b = b ^ (b >>> 15) ^ this.a;
  }

  /** 16 hexadecimal digits. */
  digits(): string {
    return hex(this.a) + hex(this.b);
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

export function nameOfEvent(kind: number): string {
  return NAME_OF[kind] ?? `event ${kind}`;
}

/** FNV-1a over UTF-16 units: cheap, and the same on every machine. */
export function digestOfText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

const digests = new Map<string, number>();

/** `digestOfText`, remembered: for the few names that come again and again (types of frames, fields). */
export function digestOfName(name: string): number {
  let digest = digests.get(name);
  if (digest === undefined) {
    digest = digestOfText(name);
    digests.set(name, digest);
  }
  return digest;
}

/**
 * Digest of plain data two levels deep: scalars by value, lists by length, first and last element. Names of fields are left out,
 * as equal kinds of data have equal names in equal order.
 */
export function digestOfData(value: unknown, depth = 2): number {
  switch (typeof value) {
    case 'number':
      return Math.imul(value | 0, 0x85ebca6b) ^ Math.floor(value / 4294967296);
    case 'string':
      return digestOfText(value);
    case 'boolean':
      return value ? 0x5bd1e995 : 0x1b873593;
    case 'object': {
      if (value === null) return 0x2127599b;
      if (depth === 0) return 0x165667b1;
      let h = 0x27d4eb2f;
      if (Array.isArray(value)) {
        const { length } = value;
        h = Math.imul(h ^ length, 0x01000193);
        if (length > 0) h = Math.imul(h ^ digestOfData(value[0], depth - 1), 0x01000193);
        if (length > 1) h = Math.imul(h ^ digestOfData(value[length - 1], depth - 1), 0x01000193);
        return h;
      }
      const record = value as { readonly [name: string]: unknown };
      for (const name in record) {
        const field = record[name];
        if (field === undefined) continue;
        h = Math.imul(
          h ^ (typeof field === 'number' ? Math.imul(field | 0, 0x85ebca6b) : digestOfData(field, depth - 1)),
          0x01000193,
        );
        h ^= h >>> 13;
      }
      return h;
    }
    default:
      return 0;
  }
}

/** The first event in which two traces differ, as a sentence; null if they are the same. */
export function firstDifference(left: readonly TraceEvent[], right: readonly TraceEvent[]): string | null {
  const shown = (event: TraceEvent | undefined) =>
    event === undefined ? 'nothing' : `${event.kind} at ${event.at} ns of node ${event.node} (${event.text})`;
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const a = left[i];
    const b = right[i];
    if (
      a !== undefined &&
      b !== undefined &&
      a.at === b.at &&
      a.kind === b.kind &&
      a.node === b.node &&
      a.digest === b.digest
    )
      continue;
    return `event ${i} differs: ${shown(a)} against ${shown(b)}`;
  }
  return null;
}
