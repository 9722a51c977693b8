/** Draws that the swarm's configurations share: numbers whose order of magnitude matters. */

import { below } from '../../seed/draw.ts';
import type { NetworkOptions, Range } from './options.ts';

/** Beyond this share, being reordered is the usual thing for a message. */
export const USUAL_PPM = 200_000;

/** What most messages take at most. */
export function usualLatencyMaxNs({ latencyNs, reorderPpm, reorderNs }: NetworkOptions): number {
  return latencyNs.max + (reorderPpm > USUAL_PPM ? reorderNs.max : 0);
}

/** There and back, both ends writing to disk on the way. */
export function roundTripNs(latencyMaxNs: number, syncMaxNs: number): number {
  return 2 * (latencyMaxNs + syncMaxNs);
}

/**
 * How long a client has to wait for an attempt at least: a write may find another one under way on both disks that it needs.
 * Clients that give up sooner are never served, which says nothing of the cluster.
 */
export function leastPatienceMs(roundNs: number): number {
  return Math.ceil((2 * roundNs) / 1_000_000);
}

/** An integer from min to max of which every order of magnitude is as likely as the next. */
export function magnitude(drawn: number, min: number, max: number): number {
  // Counted, not calculated: a logarithm may be rounded differently on another machine.
  let doublings = 0;
  while (min * 2 ** (doublings + 1) <= max) doublings++;
  const step = below(drawn, doublings + 1);
  const low = min * 2 ** step;
  const high = step === doublings ? max : Math.min(max, low * 2);
  return low + below(Math.imul(drawn, 0x9e3779b1) >>> 0, high - low + 1);
}

/** A range within limits: both its ends drawn. */
export function range(drawn: number, min: number, max: number): Range {
  const end = magnitude(drawn, min, max);
  return { min: min + below(Math.imul(drawn, 0x85ebca6b) >>> 0, end - min + 1), max: end };
}
