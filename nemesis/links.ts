/** Keeps track of which fault wants what of each link, and sets the sum: two faults on one link add up. */

import type { NodeId } from '../cluster/raft/types.ts';
import { CLEAR_LINK, type DirectedLink, type LinkCounts, type LinkRule, type World } from '../cluster/world.ts';

export type LinkChange = DirectedLink & { readonly rule: Partial<LinkRule> };

export class LinkTable {
  readonly #world: World;
  /** What each running fault contributes, by a number of its own. */
  readonly #contributions = new Map<number, readonly LinkChange[]>();
  #next = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Adds one fault's rules; the returned number removes them again. */
  add(changes: readonly LinkChange[], done: () => void): number {
    const id = this.#next++;
    this.#contributions.set(id, changes);
    this.#apply(changes, done);
    return id;
  }

  remove(id: number, done: () => void): void {
    const changes = this.#contributions.get(id) ?? [];
    this.#contributions.delete(id);
    this.#apply(changes, done);
  }

  /** Sums of what happened to messages on the given links. */
  counts(links: readonly DirectedLink[], done: (sum: LinkSums) => void): void {
    const wanted = new Set(links.map(linkName));
    this.#world.linkCounts((counts) => done(sumOf(counts.filter((link) => wanted.has(linkName(link))))));
  }

  #apply(changed: readonly DirectedLink[], done: () => void): void {
    if (changed.length === 0) {
      this.#world.clock.after(0, done);
      return;
    }
    const rules = changed.map(({ from, to }) => ({ from, to, rule: this.#ruleOf(from, to) }));
    this.#world.setLinks(rules, done);
  }

  #ruleOf(from: NodeId, to: NodeId): LinkRule {
    let rule = CLEAR_LINK;
    for (const changes of this.#contributions.values())
      for (const change of changes) if (change.from === from && change.to === to) rule = combined(rule, change.rule);
    return rule;
  }
}

export interface LinkSums {
  readonly sent: number;
  readonly delivered: number;
  readonly dropped: number;
  readonly delayed: number;
  readonly duplicated: number;
  readonly reordered: number;
}

/** What happened between two readings. */
export function difference(after: LinkSums, before: LinkSums): LinkSums {
  return {
    sent: after.sent - before.sent,
    delivered: after.delivered - before.delivered,
    dropped: after.dropped - before.dropped,
    delayed: after.delayed - before.delayed,
    duplicated: after.duplicated - before.duplicated,
    reordered: after.reordered - before.reordered,
  };
}

/** Every ordered pair of different nodes. */
export function allLinks(nodes: readonly NodeId[]): DirectedLink[] {
  return nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to) => ({ from, to })));
}

function linkName(link: DirectedLink): string {
  return `${link.from}>${link.to}`;
}

function sumOf(counts: readonly LinkCounts[]): LinkSums {
  const sum = { sent: 0, delivered: 0, dropped: 0, delayed: 0, duplicated: 0, reordered: 0 };
  for (const link of counts) {
    sum.sent += link.sent;
    sum.delivered += link.delivered;
    sum.dropped += link.dropped;
    sum.delayed += link.delayed;
    sum.duplicated += link.duplicated;
    sum.reordered += link.reordered;
  }
  return sum;
}

/** The worse of both for everything that blocks, the sum for what slows down. */
function combined(a: LinkRule, b: Partial<LinkRule>): LinkRule {
  return {
    drop: a.drop || (b.drop ?? false),
    cut: a.cut || (b.cut ?? false),
    lossPpm: Math.max(a.lossPpm, b.lossPpm ?? 0),
    duplicatePpm: Math.max(a.duplicatePpm, b.duplicatePpm ?? 0),
    reorderPpm: Math.max(a.reorderPpm, b.reorderPpm ?? 0),
    delayNs: a.delayNs + (b.delayNs ?? 0),
    jitterNs: a.jitterNs + (b.jitterNs ?? 0),
    bytesPerSecond: lowerLimit(a.bytesPerSecond, b.bytesPerSecond ?? 0),
  };
}

/** 0 stands for no limit. */
function lowerLimit(a: number, b: number): number {
  if (a === 0 || b === 0) return a + b;
  return Math.min(a, b);
}
