import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Anomaly } from '../../checker/verdict.ts';
import type { Json, Operation } from '../../history/operation.ts';
import type { FaultRecord, NodeEvent } from '../../history/trial-records.ts';
import { circumstanceOf } from '../../reports/circumstance-title.ts';
import { curveBetween, placeLabels } from '../../reports/core-labels.ts';
import { anomaliesInOrder } from '../../reports/exhibit.ts';
import { minorityLeaderWords } from '../../reports/minority-leaders.ts';
import { splitBrainOf } from '../../reports/nodes-then.ts';
import { scaleFor } from '../../reports/precision.ts';
import { renderReport } from '../../reports/report.ts';
import { verdictSentence } from '../../reports/sentence.ts';
import { sidesAt } from '../../reports/sides.ts';
import { situationOf } from '../../reports/situation.ts';
import { SECONDS } from '../../reports/times.ts';
import { type TrialData, trialOfHistory } from '../../reports/trial-data.ts';
import { tellingOf } from '../../reports/witness.ts';
import { judged } from './fixtures.ts';

const NODES = ['n1', 'n2', 'n3', 'n4'];

/** [client, f, value, result, node, from ns, to ns] of one key. */
type Row = readonly [number, string, Json, Json, string, number, number];

function ofKey(key: string, rows: readonly Row[]): Omit<Operation, 'index'>[] {
  return rows.map(([process, f, value, result, node, invokedAt, completedAt]) => ({
    process,
    f,
    key,
    value,
    outcome: 'ok',
    result,
    error: null,
    invokedAt,
    completedAt,
    node,
  }));
}

async function trial(
  drafts: readonly Omit<Operation, 'index'>[],
  faults: readonly FaultRecord[],
  nodeEvents: readonly NodeEvent[] = [],
): Promise<TrialData> {
  const operations = [...drafts].sort((a, b) => a.invokedAt - b.invokedAt).map((one, index) => ({ index, ...one }));
  const data = trialOfHistory('t', operations, await judged(operations), {}, []);
  return { ...data, faults, nodeEvents, trial: { ...data.trial, nodes: NODES, durationNs: 20e9 } };
}

function partition(from: number, to: number | null, blockedLinks: readonly string[], bit = true): FaultRecord {
  return {
    index: 0,
    kind: 'partition',
    targets: ['n2', 'n3'],
    startedAt: from,
    endedAt: to,
    asked: { summary: '{n2,n3} | {n1,n4}' },
    effect: { atBegin: { blockedLinks } },
    bit,
  };
}

/** All links between two groups, both ways. */
function between(a: readonly string[], b: readonly string[]): string[] {
  return a.flatMap((one) => b.flatMap((other) => [`${one}>${other}`, `${other}>${one}`]));
}

const HALVES = between(['n2', 'n3'], ['n1', 'n4']);

function kill(from: number, to: number | null, served: boolean): FaultRecord {
  return {
    index: 0,
    kind: 'kill',
    targets: NODES,
    startedAt: from,
    endedAt: to,
    asked: { summary: 'all' },
    effect: { whileItLasted: { restarted: NODES.map(() => ({ served })) } },
    bit: true,
  };
}

function status(node: string, at: number, role: string, term: number): NodeEvent {
  return {
    at,
    node,
    kind: 'status',
    role,
    term,
    commitIndex: null,
    appliedIndex: null,
    detail: { voters: ['n1', 'n3', 'n4'] },
  };
}

function facts(data: TrialData): readonly string[] {
  const anomaly = anomaliesInOrder(data)[0] as Anomaly;
  return situationOf(tellingOf(data, anomaly), scaleFor(data, anomaly));
}

function titled(data: TrialData): string | null {
  return circumstanceOf(tellingOf(data, anomaliesInOrder(data)[0] as Anomaly));
}

const MISSED: readonly Row[] = [
  [1, 'write', 14, null, 'n3', 1.0e9, 1.1e9],
  [2, 'read', null, null, 'n4', 1.3e9, 1.4e9],
];

describe('the line of facts', () => {
  test('tells on which side of a partition each node was, and whether that side is a majority of who votes', async () => {
    const plain = await trial(ofKey('k', MISSED), [partition(0.5e9, 2e9, HALVES)]);
    expect(facts(plain)).toEqual([
      'n3, which acknowledged the write, was on the side {n2,n3}: 2 of 4 nodes, no majority.',
      'n4, which answered the read, was on the side {n1,n4}: 2 of 4 nodes, no majority.',
    ]);
    const told = await trial(
      ofKey('k', MISSED),
      [partition(0.5e9, 2e9, HALVES)],
      [status('n3', 0.9e9, 'leader', 2), status('n4', 0.9e9, 'follower', 3)],
    );
    expect(facts(told)).toEqual([
      'n3, which acknowledged the write, was in term 2, on the side {n2,n3}: 1 of 3 voters, no majority.',
      'n4, which answered the read, was in term 3, on the side {n1,n4}: 2 of 3 voters, a majority.',
    ]);
  });

  test('tells of a leader that no majority could hear when it became that, unless it may have been one before', async () => {
    const before = status('n3', 0.4e9, 'follower', 1);
    const elected = async (...events: readonly NodeEvent[]): Promise<readonly string[]> => {
      const data = await trial(ofKey('k', MISSED), [partition(0.5e9, 2e9, HALVES)], events);
      return splitBrainOf(tellingOf(data, anomaliesInOrder(data)[0] as Anomaly)).map((one) =>
        minorityLeaderWords(one, SECONDS),
      );
    };
    const leads = status('n3', 0.9e9, 'leader', 2);
    expect(await elected(before, leads)).toEqual([
      'n3 became leader of term 2 at 0.900 s with at most 1 of 3 voters in reach; 2 are needed (split brain). It acknowledged 1 change in the next 1.1 s.',
    ]);
    expect(await elected(leads)).toEqual([]);
    expect(await elected(before, status('n3', 0.55e9, 'leader', 2))).toEqual([]);
    expect(await elected(before, leads, status('n3', 1.05e9, 'follower', 3))).toEqual([]);
    expect(await elected(before, status('n4', 0.9e9, 'leader', 2))).toEqual([]);
  });

  test('stands in bold on the page, where nothing soothes: two leaders are not always the old and the new one', async () => {
    const events = [
      status('n4', 0.3e9, 'leader', 1),
      status('n3', 0.4e9, 'follower', 1),
      status('n3', 0.9e9, 'leader', 2),
    ];
    const page = renderReport(await trial(ofKey('k', MISSED), [partition(0.5e9, 2e9, HALVES)], events));
    expect(page).toContain('<strong class="grave">n3 became leader of term 2 at 0.900 s with at most 1 of 3 voters in');
    expect(page).toContain('Two leaders at once: n3 (term 2) and n4 (term 1).</span>');
    expect(page).toContain('<span class="circumstance">, acknowledged by a leader without a majority</span>');
  });

  test('says nothing of sides that the evidence does not prove', async () => {
    const ring = ['n1>n2', 'n2>n1', 'n3>n4', 'n4>n3'];
    for (const fault of [
      partition(0.5e9, 2e9, ring),
      partition(0.5e9, 2e9, HALVES.slice(1)),
      partition(0.5e9, 2e9, HALVES, false),
    ])
      expect(facts(await trial(ofKey('k', MISSED), [fault]))).toEqual([]);
    // It began while the read was under way: the answer may be from before.
    expect(facts(await trial(ofKey('k', MISSED), [partition(1.35e9, 2e9, HALVES)]))).toEqual([]);
  });

  test('finds the sides that any clean partition has, and none where one link is different', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }), fc.nat(11), (groups, wrong) => {
        const all = NODES.flatMap((a) => NODES.filter((b) => a !== b).map((b) => `${a}>${b}`));
        const side = (node: string): number => groups[NODES.indexOf(node)] ?? 0;
        const links = all.filter((link) => side(link.slice(0, 2)) !== side(link.slice(3)));
        const data = trialOfHistory('t', [], { anomalies: [] } as never, {}, []);
        const of = (blocked: readonly string[]): readonly (readonly string[])[] | null =>
          sidesAt({ ...data, faults: [partition(0, null, blocked)], trial: { ...data.trial, nodes: NODES } }, 1)
            ?.sides ?? null;
        const expected = [...new Set(groups)].map((group) => NODES.filter((node) => side(node) === group));
        expect(of(links)).toEqual(expected.length > 1 ? expected : null);
        const other = all[wrong] as string;
        expect(of(links.includes(other) ? links.filter((link) => link !== other) : [...links, other])).toBeNull();
      }),
    );
  });

  test('tells a kill of all nodes after the write in order, with as many digits as that needs', async () => {
    const rows: readonly Row[] = [
      [1, 'write', 35, null, 'n3', 5.6e9, 5_747_123_282],
      [2, 'read', null, null, 'n4', 8_860_099_951, 9_640_337_187],
    ];
    expect(facts(await trial(ofKey('k', rows), [kill(5_747_357_220, 9_562_721_173, true)]))).toEqual([
      'All four nodes were killed after the write was acknowledged (acknowledged at 5.7471 s, kill at 5.7474 s), and served again by 9.5627 s.',
    ]);
    expect(titled(await trial(ofKey('k', rows), [kill(5_747_357_220, 9_562_721_173, true)]))).toBe(
      'after every node had been killed',
    );
    const unserved = await trial(ofKey('k', rows), [kill(5_747_357_220, 9_562_721_173, false)]);
    expect(facts(unserved).join()).not.toContain('served again');
    // Disks that hang first kill nobody yet: what was acknowledged in between came before the kill, too.
    const hung = kill(5.7e9, 9_562_721_173, true);
    const held = { ...hung, asked: { summary: 'all', drawn: { holdNs: 100e6 } } };
    const exits = NODES.map((node, i) => ({ ...status(node, 5.81e9 + i, 'follower', 1), kind: 'exited' as const }));
    const told = facts(await trial(ofKey('k', rows), [held], exits));
    expect(told[0]).toContain(
      '(acknowledged at 5.747 s; disks hung from 5.700 s, dead by 5.810 s), and served again by',
    );
    // Killed before the acknowledgement: there is nothing of that kind to say.
    expect(facts(await trial(ofKey('k', rows), [kill(5.7e9, 9e9, true)]))).toEqual([]);
  });
});

describe('the times of a sentence', () => {
  test('are exact enough to compute again what it says was in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2e9 }), fc.integer({ min: 1, max: 1e6 }), async (gap, length) => {
        const acknowledged = 6_006_088_711;
        const from = acknowledged + gap;
        const data = await trial(
          ofKey('k', [
            [1, 'write', 91, null, 'n3', 5.4e9, acknowledged],
            [2, 'read', null, null, 'n4', from, from + length],
          ]),
          [],
        );
        const match = /from ([\d.]+) to ([\d.]+) s /.exec(verdictSentence(data));
        expect(match?.[1]).not.toBe(match?.[2]);
        const scale = scaleFor(data, data.verdict.anomalies[0] as Anomaly);
        const shown = Number(match?.[1]) - Number((acknowledged / 1e9).toFixed(scale.decimals));
        expect(Math.abs(shown * 1e9 - gap)).toBeLessThanOrEqual(gap / 100 + 1);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the exhibit among several anomalies', () => {
  const missing = (key: string, acknowledged: number, from: number, node: string): Omit<Operation, 'index'>[] =>
    ofKey(key, [
      [key.charCodeAt(1), 'write', 7, null, 'n3', acknowledged - 1e6, acknowledged],
      [key.charCodeAt(1) + 20, 'read', null, null, node, from, from + 1e6],
    ]);
  const keyOf = (data: TrialData): string | null | undefined => anomaliesInOrder(data)[0]?.key;

  test('is the one whose write was acknowledged well before the fault, then the longest ago, then answered by a leader', async () => {
    const events = [status('n1', 0, 'follower', 3), status('n4', 0, 'leader', 3)];
    const late = missing('k1', 4.99e9, 12.9e9, 'n4');
    const early = missing('k2', 2e9, 4e9, 'n1');
    expect(keyOf(await trial([...late, ...early], [kill(5e9, 9e9, true)]))).toBe('k2');
    expect(keyOf(await trial([...late, ...early], []))).toBe('k1');
    const byFollower = missing('k1', 2e9, 4.1e9, 'n1');
    const byLeader = missing('k2', 2e9, 4e9, 'n4');
    expect(keyOf(await trial([...byFollower, ...byLeader], [], events))).toBe('k2');
  });

  test('is rather one whose node was at the answer what it had been at the call', async () => {
    const events = [
      status('n1', 0, 'leader', 3),
      status('n1', 9.0005e9, 'follower', 4),
      status('n4', 0, 'follower', 3),
    ];
    const woken = missing('k1', 2e9, 9e9, 'n1');
    const steady = missing('k2', 2e9, 4e9, 'n4');
    expect(keyOf(await trial([...woken, ...steady], [], events))).toBe('k2');
    expect(keyOf(await trial([...woken, ...steady], [], events.slice(2)))).toBe('k1');
  });

  test('leaves out none of the others, whose kinds the page counts', async () => {
    const data = await trial([...missing('k1', 2e9, 2.1e9, 'n1'), ...missing('k2', 2e9, 4e9, 'n1')], []);
    expect(anomaliesInOrder(data).map(({ key }) => key)).toEqual(['k2', 'k1']);
    expect(renderReport(data)).toContain('One other anomaly in this history</a>: 1 × Acknowledged write not found');
  });
});

describe('labels of the picture', () => {
  test('stay inside the plot and off each other where there is room', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ x: fc.integer({ min: 100, max: 850 }), width: fc.integer({ min: 4, max: 60 }) }), {
          minLength: 1,
          maxLength: 5,
        }),
        (drawn) => {
          const bars = drawn.map(({ x, width }, i) => ({ x, end: x + width, y: 40 + i * 56 }));
          const curves = bars.slice(1).flatMap((bar, i) => {
            const from = bars[i] as (typeof bars)[number];
            return from.end < bar.x ? [curveBetween(from, bar)] : [];
          });
          const sizes = bars.map((bar) => ({ bar, full: 240, short: 140 }));
          placeLabels(sizes, curves, [], 84, 940).forEach((place, i) => {
            expect(place.x).toBeGreaterThanOrEqual(84);
            expect(place.x + ({ full: 240, short: 140, letter: 17 } as const)[place.form]).toBeLessThanOrEqual(940);
            expect(Math.abs(place.baseline - ((bars[i]?.y ?? 0) + 9))).toBeLessThan(24);
          });
        },
      ),
    );
  });

  test('lie on no other and on no other bar however many there are, and the answer that cannot be keeps its words', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ gap: fc.integer({ min: 18, max: 60 }), width: fc.integer({ min: 20, max: 60 }) }), {
          minLength: 6,
          maxLength: 10,
        }),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(),
        (drawn, rows, which) => {
          const bars = Array.from({ length: rows }, (_, row) => {
            let x = 92;
            return drawn.map(({ gap, width }) => {
              const bar = { x: x + gap, end: x + gap + width, y: 29 + row * 56 };
              x = bar.end;
              return bar;
            });
          })
            .flat()
            .filter(({ end }) => end <= 900);
          const first = which % bars.length;
          const widths = { full: 240, short: 110, letter: 17 } as const;
          const cut = { x: 300, y: 29 + (rows - 1) * 56 + 26, width: 70, height: 13 };
          const places = placeLabels(
            bars.map((bar) => ({ bar, full: 240, short: 110 })),
            [],
            [cut],
            84,
            940,
            first,
          );
          expect(places[first]?.form).not.toBe('letter');
          const boxes = places.map(({ x, baseline, form }) => ({
            x,
            y: baseline - 12,
            width: widths[form],
            height: 15,
          }));
          const overlaps = (a: typeof cut, b: typeof cut): boolean =>
            a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
          boxes.forEach((box, i) => {
            expect(boxes.some((other, j) => j !== i && overlaps(box, other))).toBe(false);
            expect(overlaps(box, cut)).toBe(false);
            const others = bars
              .filter((_, j) => j !== i)
              .map(({ x, end, y }) => ({ x, y, width: end - x, height: 18 }));
            expect(others.some((other) => overlaps(box, other))).toBe(false);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  test('make way for an arrow that comes down to a bar at the right edge', () => {
    const bars = [
      { x: 500, end: 840, y: 40 },
      { x: 905, end: 920, y: 96 },
    ] as const;
    const [, label] = placeLabels(
      bars.map((bar) => ({ bar, full: 200, short: 160 })),
      [curveBetween(bars[0], bars[1])],
      [],
      84,
      940,
    );
    expect(label?.baseline).toBeGreaterThan(96);
  });

  test('show that time is left out on the bar too', async () => {
    const data = await trial(
      ofKey('k', [
        [3, 'write', 13, null, 'n3', 0.98e9, 0.99e9],
        [1, 'write', 14, null, 'n3', 1.0e9, 5e9],
        [2, 'read', null, 13, 'n4', 5.01e9, 5.02e9],
      ]),
      [partition(0.5e9, null, HALVES)],
    );
    const page = renderReport(data);
    expect(page).toContain('s left out</text>');
    expect(page.match(/<path class="gap"/g)).toHaveLength(1);
    expect(page).toContain('partition {n2,n3} | {n1,n4}, from 0.500 s to the end →');
    // The ground of a lane lies below the tint of a fault.
    expect(page.indexOf('class="row alt"')).toBeLessThan(page.indexOf('class="fault-ground"'));
  });
});
