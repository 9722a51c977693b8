import { expect, it } from 'vitest';
import { simulateTrial } from '../../trial/simulate.ts';
import { parseSpec } from '../../trial/spec.ts';

const hop = {
  moment: 'committed',
  patienceNs: 500_000_000,
  order: 'none',
  lagNs: 0,
  strike: 'isolate',
  company: 0,
  turn: 0,
};

async function chased(hops: readonly Partial<Record<keyof typeof hop, string | number>>[], seed = 3) {
  const nodes = ['n1', 'n2', 'n3', 'n4'];
  const asked = { order: nodes, lookNs: 1_000_000, hops: hops.map((given) => ({ ...hop, ...given })) };
  const spec = parseSpec({
    seed,
    world: 'simulator',
    nodes: 3,
    spares: 1,
    faults: ['chase'],
    schedule: [{ kind: 'chase', at: 0, durationNs: 5_000_000_000, asked }],
    timeMs: 6000,
    ratePerSecond: 100,
  });
  const { verdict, recording } = await simulateTrial(spec);
  const [fault] = recording.faults;
  const effect = fault?.effect as {
    whileItLasted: { struck: { node: string; strike: string; at: number }[]; dropped: number };
  };
  return { verdict, recording, bit: fault?.bit, ...effect.whileItLasted };
}

it.each(['isolate', 'narrow', 'deafen', 'mute', 'kill', 'pause', 'bounce'])(
  'whoever leads is struck (%s), one after the other, and the healed cluster serves',
  async (strike) => {
    const { verdict, bit, struck } = await chased([{ strike }]);
    expect(verdict.outcome).toBe('pass');
    expect(bit).toBe(true);
    expect(struck.length).toBeGreaterThan(1);
    // A leader that is struck is let go when the next one is, so the same may be struck again, but not twice in a row.
    for (let i = 1; i < struck.length; i++) expect(struck[i]?.node).not.toBe(struck[i - 1]?.node);
  },
);

it('members that were added or removed on the way are put right again', async () => {
  const { verdict, recording } = await chased([
    { moment: 'settled', order: 'add', strike: 'spare' },
    { moment: 'members', strike: 'isolate', company: 1 },
    { moment: 'elected', order: 'remove', strike: 'isolate' },
  ]);
  expect(verdict.outcome).toBe('pass');
  const voters = recording.nodeEvents
    .filter(({ kind, role }) => kind === 'status' && role === 'leader')
    .map(({ detail }) => [...(detail as { voters: string[] }).voters].sort().join());
  expect(new Set(voters).size).toBeGreaterThan(1);
  expect(voters.at(-1)).toBe('n1,n2,n3');
});

it('that bounces restarts those who follow the leader, and leaves the leader running', async () => {
  const { recording, struck } = await chased([{ moment: 'elected', strike: 'bounce' }]);
  const first = struck[0] as { node: string; at: number };
  const after = recording.nodeEvents.filter(({ at }) => at >= first.at - 1_000_000 && at <= first.at + 500_000_000);
  const gone = after.filter(({ kind }) => kind === 'exited').map(({ node }) => node);
  expect(new Set(gone).size).toBeGreaterThanOrEqual(2);
  expect(gone).not.toContain(first.node);
  for (const node of gone) expect(after.some((event) => event.node === node && event.kind === 'started')).toBe(true);
});

it('a leader with which a majority stays is struck once more', async () => {
  const { struck } = await chased([{ company: 2 }, { company: 0 }]);
  expect(struck[1]?.node).toBe(struck[0]?.node);
});

it('that spares everybody has no effect, and ends', async () => {
  const { bit, struck } = await chased([{ moment: 'elected', patienceNs: 0, strike: 'spare' }]);
  expect(struck).toEqual([]);
  expect(bit).toBe(false);
});
