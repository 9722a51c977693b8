/** Which nodes could reach each other at a moment, as far as the evidence of a partition proves it. */

import type { Json } from '../history/operation.ts';
import type { FaultRecord } from '../history/trial-records.ts';
import { showsNoEffect } from './circumstances.ts';
import { field } from './json-field.ts';
import type { TrialData } from './trial-data.ts';

/** A partition that splits all nodes into groups, none of which hears another. */
export interface Sides {
  readonly fault: FaultRecord;
  readonly sides: readonly (readonly string[])[];
}

/** Null where there was none, where two partitions overlap, or where links were cut in a way that leaves no clean sides. */
export function sidesAt(data: TrialData, at: number): Sides | null {
  const active = data.faults.filter(
    (fault) => fault.kind === 'partition' && fault.startedAt <= at && (fault.endedAt === null || at <= fault.endedAt),
  );
  const fault = active[0];
  if (fault === undefined || active.length > 1 || showsNoEffect(fault)) return null;
  const { nodes } = data.trial;
  const sides = sidesOfLinks(fault.effect, nodes) ?? (hasLinks(fault.effect) ? null : sidesAsked(fault, nodes));
  return sides === null ? null : { fault, sides };
}

function blockedLinks(effect: Json): readonly string[] | null {
  const begin = field(effect, 'atBegin') ?? effect;
  const links = field(begin, 'blockedLinks');
  return Array.isArray(links) ? links.filter((link) => typeof link === 'string') : null;
}

function hasLinks(effect: Json): boolean {
  return blockedLinks(effect) !== null;
}

/** The groups that the blocked links make; null unless every link between two groups is blocked, both ways, and none within. */
function sidesOfLinks(effect: Json, nodes: readonly string[]): readonly (readonly string[])[] | null {
  const links = blockedLinks(effect);
  if (links === null) return null;
  const blocked = new Set(links);
  const cut = (a: string, b: string): boolean => blocked.has(`${a}>${b}`);
  const sides: string[][] = [];
  for (const node of nodes) {
    const side = sides.find((one) => !cut(one[0] as string, node));
    if (side === undefined) sides.push([node]);
    else side.push(node);
  }
  const sideOf = new Map(sides.flatMap((side, i) => side.map((node) => [node, i] as const)));
  const clean = nodes.every((a) => nodes.every((b) => a === b || cut(a, b) === (sideOf.get(a) !== sideOf.get(b))));
  return clean && sides.length > 1 ? sides : null;
}

/** Where the evidence counts messages but names no links: the sides as asked for, if messages were dropped. */
function sidesAsked(fault: FaultRecord, nodes: readonly string[]): readonly (readonly string[])[] | null {
  const summary = field(fault.asked, 'summary');
  const counted = field(field(fault.effect, 'whileItLasted') ?? fault.effect, 'dropped');
  if (!fault.bit || typeof summary !== 'string' || typeof counted !== 'number' || counted === 0) return null;
  const match = /^\{([^{}]+)\} \| \{([^{}]+)\}(?: \([^()]*\))?$/.exec(summary);
  if (match === null) return null;
  const sides = [match[1] as string, match[2] as string].map((side) => side.split(','));
  const named = sides.flat().sort();
  return named.join() === [...nodes].sort().join() ? sides : null;
}

/** "2 of 4 voters", as the node itself last told who votes; of nodes where it did not. */
export interface Share {
  readonly has: number;
  readonly of: number;
  readonly unit: 'voters' | 'nodes';
  readonly majority: boolean;
}

/** How much of the cluster a side is. */
export function shareOf(data: TrialData, side: readonly string[], at: number): Share {
  let voters: readonly string[] | null = null;
  let told = Number.NEGATIVE_INFINITY;
  for (const event of data.nodeEvents) {
    if (event.at > at || event.at < told || event.kind !== 'status' || !side.includes(event.node)) continue;
    const list = field(event.detail, 'voters');
    if (!Array.isArray(list) || !list.every((one) => typeof one === 'string')) continue;
    voters = list as readonly string[];
    told = event.at;
  }
  const all = voters ?? data.trial.nodes;
  const has = side.filter((node) => all.includes(node)).length;
  return { has, of: all.length, unit: voters === null ? 'nodes' : 'voters', majority: 2 * has > all.length };
}
