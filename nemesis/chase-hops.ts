/**
 * The hops of a chase: each a moment to wait for, an operator's request, and a strike. Some are drawn one by one; others belong
 * together as plots, so that the second meets what the first began.
 */

import { z } from 'zod';
import { between, type Draw, pick } from '../seed/draw.ts';

const US = 1_000;
const MS = 1_000_000;

/** What a new leader is waited for to have done. */
const MOMENTS = ['elected', 'appended', 'committed', 'settled', 'members', 'behind'] as const;
/** What it is asked for then. */
const ORDERS = ['none', 'compact', 'transfer', 'add', 'remove'] as const;
/** What is done to it. 'bounce': it is cut off, and who follows it dies and is started again. 'spare': nothing, but the one before it is let go. */
const STRIKES = ['isolate', 'narrow', 'deafen', 'mute', 'kill', 'pause', 'bounce', 'spare'] as const;

export const hopSchema = z.object({
  moment: z.enum(MOMENTS),
  /** After so long without that moment it is struck all the same. */
  patienceNs: z.number().int().min(0),
  order: z.enum(ORDERS),
  /** From the request (or the moment) to the strike. */
  lagNs: z.number().int().min(0),
  strike: z.enum(STRIKES),
  /** How many nodes a leader that is cut off still reaches. */
  company: z.number().int().min(0),
  /** Where in `order` to begin when nodes are chosen. */
  turn: z.number().int().min(0),
});
export type Hop = z.infer<typeof hopSchema>;

/** Hops that belong together, so that the second meets what the first began. Which ones come, and in which order, is drawn. */
const PLOTS: readonly (readonly Partial<Hop>[])[] = [
  [{}],
  // Cut off with entries of its own, which the next leader overtakes.
  [{ moment: 'appended', order: 'none', strike: 'isolate' }],
  [
    { moment: 'appended', order: 'none', strike: 'isolate', company: 0 },
    { moment: 'committed', order: 'none', strike: 'isolate' },
  ],
  // The same, and what it lacks is compacted before it is back.
  [
    { moment: 'appended', order: 'none', strike: 'isolate', company: 0 },
    { moment: 'committed', order: 'compact', lagNs: 10 * MS, strike: 'spare' },
  ],
  // Handing over, without hearing what comes of it.
  [{ moment: 'settled', order: 'transfer', lagNs: 0, strike: 'deafen' }],
  // A change of members that only its leader and the newcomer know of, and another one by the next leader.
  [
    { moment: 'settled', order: 'add', lagNs: 0, strike: 'spare' },
    { moment: 'members', order: 'none', lagNs: 0, strike: 'isolate', company: 1 },
    { moment: 'elected', order: 'remove', strike: 'isolate' },
  ],
  // The same, and one member only hears of the second change before the first leader is back.
  [
    { moment: 'settled', order: 'add', lagNs: 0, strike: 'spare' },
    { moment: 'members', order: 'none', lagNs: 0, strike: 'isolate', company: 1 },
    { moment: 'elected', order: 'remove', lagNs: 0, strike: 'isolate', company: 1 },
  ],
  [{ moment: 'elected', order: 'remove', strike: 'isolate' }],
  // Who has just voted for it forgets what was not synced, before it hears of the leader.
  [{ moment: 'elected', order: 'none', lagNs: 0, strike: 'bounce' }],
  // Who needed a snapshot counts for a majority as soon as it is back, while another is away; then that one counts.
  [
    { moment: 'appended', order: 'none', strike: 'isolate', company: 0 },
    { moment: 'behind', patienceNs: 100 * MS, order: 'none', strike: 'spare' },
    { moment: 'committed', order: 'none', strike: 'isolate', company: 1 },
    { moment: 'committed', order: 'none', lagNs: 0, strike: 'isolate', company: 0 },
  ],
];
const PLOTS_MAX = 3;

export function drawHops(draw: Draw, which: number): Hop[] {
  const hops: Hop[] = [];
  const plots = between(draw(which, 100, 1), 1, PLOTS_MAX);
  for (let at = 0; at < plots; at++)
    for (const fixed of pick(draw(which, 100, 2 + at), PLOTS))
      hops.push({ ...drawHop(draw, which, 101 + hops.length), ...fixed });
  return hops;
}

function drawHop(draw: Draw, which: number, at: number): Hop {
  const of = (what: number): number => draw(which, at, what);
  return {
    moment: pick(of(0), ['elected', 'appended', 'committed', 'settled', 'members', 'behind'] as const),
    patienceNs: pick(of(1), [20, 100, 500]) * MS,
    order: pick(of(2), ['none', 'none', 'none', 'compact', 'transfer', 'add', 'remove'] as const),
    lagNs: pick(of(3), [0, 0, 200 * US, MS, 3 * MS, 10 * MS]),
    strike: pick(of(4), [
      'isolate',
      'isolate',
      'narrow',
      'deafen',
      'mute',
      'kill',
      'pause',
      'bounce',
      'spare',
    ] as const),
    company: pick(of(5), [0, 0, 0, 1, 1, 2]),
    turn: between(of(6), 0, 30),
  };
}

export function describeHop({ moment, order, strike, company }: Hop): string {
  const asked = order === 'none' ? '' : `, asked to ${order}`;
  const left = company > 0 && ['isolate', 'narrow', 'bounce'].includes(strike) ? ` but for ${company}` : '';
  return `${moment}${asked}, ${strike}${left}`;
}
