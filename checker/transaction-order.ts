/**
 * Which transaction must come before which, and why. Where each value of a key has one writer:
 *
 * - it answered before the other began;
 * - the other read what it wrote (wr);
 * - it read what the other replaced (rw): the other wrote the key after what was read had been written;
 * - the other's write was read by one that came after it (ww): so it was replaced by the other, not the other by it.
 *
 * The last two follow from an order that is already known, so they are derived round by round (saturation: Biswas and Enea, On the
 * complexity of checking transactional consistency, OOPSLA 2019). A circle proves that there is no order (Adya, Weak consistency,
 * 1999). Only transactions that surely took effect are looked at: those that were acknowledged, or whose write was read.
 */

import { sourceOf, type Transaction, type Transactions } from './transaction-accesses.ts';

export type Why = 'earlier' | 'wr' | 'rw' | 'ww';

export interface Edge {
  readonly from: Transaction;
  readonly to: Transaction;
  readonly why: Why;
  /** Null for one that was over before the other began. */
  readonly key: string | null;
  /** Of rw and ww: who read, and whose value (null: what was there at first). */
  readonly reader: Transaction | null;
  readonly writer: Transaction | null;
  /** Of rw and ww: the order it follows from. */
  readonly premise: readonly Edge[];
}

/** One who read a key, and who had written it. */
interface Reading {
  readonly reader: number;
  readonly writer: number;
  readonly key: string;
}

/** There at first. */
const START = -1;
/** Transactions that are looked at together; a longer history is looked at in stretches of so many. */
const WINDOW = 600;
const ROUNDS_MAX = 12;
/** Circles of one round that are weighed. */
const CIRCLES_MAX = 60;
/** Orders that are derived in one stretch. */
const EDGES_MAX = 100_000;

/** Circles among transactions, few at a time: those that follow with the least derivation. */
export function* circlesAmong(transactions: Transactions, isOver: () => boolean): Generator<readonly Edge[]> {
  const seen = new Set<Transaction>();
  for (const reader of transactions.all)
    for (const [key, value] of reader.isSure ? reader.reads : []) {
      const source = sourceOf(transactions, reader, key, value);
      if (source !== null && source !== 'at first') seen.add(source);
    }
  const sure = transactions.all.filter((one) => one.isSure || seen.has(one)).sort((a, b) => a.call - b.call);
  for (let from = 0; ; from += WINDOW / 2) {
    if (isOver()) return;
    yield* circlesIn(sure.slice(from, from + WINDOW), transactions, isOver);
    if (from + WINDOW >= sure.length) return;
  }
}

function* circlesIn(
  nodes: readonly Transaction[],
  transactions: Transactions,
  isOver: () => boolean,
): Generator<readonly Edge[]> {
  const order = new Order(nodes);
  const place = new Map(nodes.map((node, i) => [node, i]));
  const readings: Reading[] = [];
  for (const [reader, node] of nodes.entries())
    for (const [key, value] of node.isSure ? node.reads : []) {
      const source = sourceOf(transactions, node, key, value);
      const writer = source === 'at first' ? START : source === null ? undefined : place.get(source);
      if (writer === undefined || writer === reader) continue;
      readings.push({ reader, writer, key });
      if (writer !== START) order.add(writer, reader, 'wr', key, null);
    }
  const writersOf = new Map<string, number[]>();
  for (const [i, node] of nodes.entries())
    for (const key of node.writes.keys()) writersOf.set(key, [...(writersOf.get(key) ?? []), i]);
  for (let round = 0; round < ROUNDS_MAX && !isOver(); round++) {
    order.close();
    const circles = order.circles(isOver);
    if (circles.length > 0) {
      yield* circles;
      return;
    }
    if (!derive(order, readings, writersOf, isOver)) return;
  }
}

/** Adds what follows from what is known; false if that is nothing new. */
function derive(
  order: Order,
  readings: readonly Reading[],
  writersOf: ReadonlyMap<string, readonly number[]>,
  isOver: () => boolean,
): boolean {
  let isNew = false;
  for (const reading of readings) {
    if (isOver()) return false;
    const { reader, writer, key } = reading;
    for (const other of writersOf.get(key) ?? []) {
      if (other === writer || other === reader) continue;
      if (writer === START || order.isBefore(writer, other))
        isNew = order.add(reader, other, 'rw', key, reading) || isNew;
      else if (order.isBefore(other, reader)) isNew = order.add(other, writer, 'ww', key, reading) || isNew;
      if (order.size > EDGES_MAX) return false;
    }
  }
  return isNew;
}

interface Arc {
  readonly from: number;
  readonly to: number;
  readonly why: Why;
  readonly key: string;
  readonly reading: Reading | null;
  readonly round: number;
}

class Order {
  readonly #nodes: readonly Transaction[];
  readonly #words: number;
  readonly #reach: Uint32Array;
  readonly #arcs: Arc[] = [];
  readonly #arcsFrom: Arc[][];
  readonly #known = new Set<string>();
  #round = 0;

  constructor(nodes: readonly Transaction[]) {
    this.#nodes = nodes;
    this.#words = Math.ceil(nodes.length / 32);
    this.#reach = new Uint32Array(nodes.length * this.#words);
    this.#arcsFrom = nodes.map(() => []);
    for (const [i, a] of nodes.entries()) for (const [j, b] of nodes.entries()) if (a.done < b.call) this.#mark(i, j);
  }

  get size(): number {
    return this.#arcs.length;
  }

  /** By what had been added when it was last closed. */
  isBefore(a: number, b: number): boolean {
    return (((this.#reach[a * this.#words + (b >>> 5)] as number) >>> (b & 31)) & 1) === 1;
  }

  /** False if it is known already. */
  add(from: number, to: number, why: Why, key: string, reading: Reading | null): boolean {
    const name = `${from} ${to}`;
    // What is known otherwise needs no other reason, but that a circle is told best by what was read.
    if (this.#known.has(name) || (why === 'ww' && this.isBefore(from, to))) return false;
    this.#known.add(name);
    const arc = { from, to, why, key, reading, round: this.#round };
    this.#arcs.push(arc);
    this.#arcsFrom[from]?.push(arc);
    return true;
  }

  /** Warshall's algorithm, row by row of bits. */
  close(): void {
    for (const { from, to } of this.#arcs) this.#mark(from, to);
    const { length } = this.#nodes;
    const words = this.#words;
    for (let via = 0; via < length; via++)
      for (let from = 0; from < length; from++) {
        if (from === via || !this.isBefore(from, via)) continue;
        for (let word = 0; word < words; word++)
          this.#reach[from * words + word] =
            (this.#reach[from * words + word] as number) | (this.#reach[via * words + word] as number);
      }
    this.#round++;
  }

  circles(isOver: () => boolean): Edge[][] {
    const found: Edge[][] = [];
    for (const arc of this.#arcs) {
      if (found.length >= CIRCLES_MAX || isOver()) break;
      if (!this.isBefore(arc.to, arc.from)) continue;
      const back = this.#path(arc.to, arc.from, this.#round);
      if (back !== null) found.push([this.#edge(arc), ...back]);
    }
    return found;
  }

  #mark(a: number, b: number): void {
    const word = a * this.#words + (b >>> 5);
    this.#reach[word] = (this.#reach[word] as number) | (1 << (b & 31));
  }

  /** A shortest way by what was added before the round. */
  #path(from: number, to: number, round: number): Edge[] | null {
    const { length } = this.#nodes;
    const cameBy = new Array<Arc | number | null>(length).fill(null);
    const isSeen = new Uint8Array(length);
    isSeen[from] = 1;
    let layer = [from];
    while (layer.length > 0 && isSeen[to] === 0) {
      const next: number[] = [];
      const reach = (node: number, by: Arc | number): void => {
        if (isSeen[node] === 1) return;
        isSeen[node] = 1;
        cameBy[node] = by;
        next.push(node);
      };
      for (const at of layer) {
        for (const arc of this.#arcsFrom[at] ?? []) if (arc.round < round) reach(arc.to, arc);
        const done = this.#nodes[at]?.done ?? Number.POSITIVE_INFINITY;
        for (let node = 0; node < length; node++)
          if (isSeen[node] === 0 && done < (this.#nodes[node] as Transaction).call) reach(node, at);
      }
      layer = next;
    }
    if (isSeen[to] === 0) return null;
    const path: Edge[] = [];
    for (let at = to; at !== from; ) {
      const by = cameBy[at];
      if (by === null || by === undefined) return null;
      if (typeof by === 'number') path.unshift(this.#earlier(by, at));
      else path.unshift(this.#edge(by));
      at = typeof by === 'number' ? by : by.from;
    }
    return path;
  }

  #earlier(from: number, to: number): Edge {
    const [a, b] = [this.#nodes[from] as Transaction, this.#nodes[to] as Transaction];
    return { from: a, to: b, why: 'earlier', key: null, reader: null, writer: null, premise: [] };
  }

  #edge({ from, to, why, key, reading, round }: Arc): Edge {
    const node = (i: number): Transaction => this.#nodes[i] as Transaction;
    const premise = (): Edge[] => {
      if (reading === null || (why === 'rw' && reading.writer === START)) return [];
      const way = why === 'rw' ? this.#path(reading.writer, to, round) : this.#path(from, reading.reader, round);
      return way ?? [];
    };
    return {
      from: node(from),
      to: node(to),
      why,
      key,
      reader: reading === null ? null : node(reading.reader),
      writer: reading === null || reading.writer === START ? null : node(reading.writer),
      premise: premise(),
    };
  }
}
