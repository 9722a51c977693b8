import { describe, expect, it } from 'vitest';
import { clock } from '../../nemesis/clock.ts';
import type { ActiveFault, Battlefield } from '../../nemesis/fault.ts';
import { calmOptions, SECOND, standInWorld } from '../simulator/stand-in.ts';

/** What n1's clock gains in the moment in which a clock fault that lasted ten seconds is healed, and what it is ahead by then. */
function healed(offsetNs: number, ratePpm: number): { readonly jumpNs: number; readonly aheadNs: number } {
  const { world, replica } = standInWorld(calmOptions(2, 10));
  world.run(SECOND);
  const asked = { target: 'one', order: ['n1', 'n2'], offsetNs, ratePpm };
  let fault: ActiveFault | null = null;
  clock.begin({ world } as unknown as Battlefield, asked, (begun) => {
    fault = begun;
  });
  world.run(11 * SECOND);
  const before = replica('n1').host.now();
  (fault as ActiveFault | null)?.heal(() => {});
  const jumpNs = replica('n1').host.now() - before;
  world.run(12 * SECOND);
  expect(replica('n1').host.now() - before - jumpNs).toBe(SECOND);
  return { jumpNs, aheadNs: before - 11 * SECOND };
}

describe('a clock fault that is healed', () => {
  it('leaves a clock that ran fast or slow where it is, as leases need it, and one that jumped jumps back', () => {
    expect(healed(0, 100_000)).toEqual({ jumpNs: 0, aheadNs: SECOND });
    expect(healed(0, -100_000)).toEqual({ jumpNs: 0, aheadNs: -SECOND });
    expect(healed(5 * SECOND, 0)).toEqual({ jumpNs: -5 * SECOND, aheadNs: 5 * SECOND });
  });
});
