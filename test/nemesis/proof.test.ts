import { describe, expect, it } from 'vitest';
import { CAPABILITIES, type Evidence, type LinkCounts, type RequestResult, type World } from '../../cluster/world.ts';
import type { Json } from '../../history/operation.ts';
import type { Battlefield } from '../../nemesis/fault.ts';
import { allLinks, LinkTable } from '../../nemesis/links.ts';
import { Losses } from '../../nemesis/losses.ts';
import { FAULTS } from '../../nemesis/registry.ts';
import { draws } from '../../seed/draw.ts';

const NODES = ['n1', 'n2', 'n3', 'n4', 'n5'];
const SECOND = 1_000_000_000;

/** What a world says that was told to do something, and did it not. */
const DEAF: { readonly [what: string]: Evidence } = {
  kill: { pid: 7, gone: false },
  restart: { served: true },
  pause: { processState: 'R', state: 'running' },
  resume: { state: 'running' },
  setClock: { acknowledged: false },
  resetClock: { acknowledged: false },
  setDisk: { acknowledged: false },
  wipe: { wiped: false },
  flipBit: { flipped: false },
};
const REFUSED: RequestResult = {
  kind: 'response',
  response: { id: 0, ok: false, error: 'bad-request', definite: true, message: 'no', leader: null },
};

/** A cluster that goes on as if nothing had been asked of it, on a clock of its own. */
function deafWorld(counted: Partial<LinkCounts> = {}) {
  let now = 0;
  let counts = 0;
  const waiting: { at: number; fire: () => void }[] = [];
  const after = (delayNs: number, fire: () => void): (() => void) => {
    const event = { at: now + delayNs, fire };
    waiting.push(event);
    return () => void waiting.splice(waiting.indexOf(event), 1);
  };
  const acts = Object.entries(DEAF).map(([name, evidence]) => [
    name,
    (...given: unknown[]) => after(0, () => (given.at(-1) as (evidence: Evidence) => void)(evidence)),
  ]);
  const status = { term: 1, voters: NODES, firstIndex: 1, lastIndex: 9, commitIndex: 9, appliedIndex: 9, leader: 'n1' };
  const world = {
    ...Object.fromEntries(acts),
    clock: { now: () => now, after },
    nodes: NODES,
    capabilities: new Set(CAPABILITIES),
    view: (id: string) => ({
      id,
      state: 'running',
      status: { ...status, id, role: id === 'n1' ? 'leader' : 'follower' },
    }),
    request: (...[, , , done]: Parameters<World['request']>) => after(0, () => done(REFUSED)),
    setLinks: (...[, done]: Parameters<World['setLinks']>) => after(0, done),
    linkCounts: (done: (counts: readonly LinkCounts[]) => void) => {
      const none = { sent: 0, delivered: 0, dropped: 0, delayed: 0, duplicated: 0, reordered: 0 };
      // What was counted grows from one look to the next.
      const times = counts++;
      const grown = Object.fromEntries(Object.entries(counted).map(([name, by]) => [name, (by as number) * times]));
      after(0, () => done(allLinks(NODES).map((link) => ({ ...link, ...none, ...grown }))));
    },
  } as unknown as World;
  const run = (untilNs: number): void => {
    for (;;) {
      waiting.sort((a, b) => a.at - b.at);
      const next = waiting[0];
      if (next === undefined || next.at > untilNs) return;
      waiting.shift();
      now = Math.max(now, next.at);
      next.fire();
    }
  };
  return { world, run };
}

/** Has a fault begin, last for a second, and be healed; whether it claims to have had an effect. Null: it did not even begin. */
function claims(name: string, which: number, counted?: Partial<LinkCounts>): boolean | null {
  const fault = FAULTS.get(name);
  if (fault === undefined) throw new Error(`there is no fault ${name}`);
  const { world, run } = deafWorld(counted);
  let id = 0;
  const losses = new Losses();
  const field: Battlefield = { world, founders: NODES, links: new LinkTable(world), losses, nextRequestId: () => ++id };
  const asked = fault.asked.parse(fault.draw(draws(3, name), which, NODES)) as Json;
  let bit: boolean | null | undefined;
  fault.begin(field, asked, (active) => {
    if (active === null) bit = null;
    else
      world.clock.after(SECOND, () =>
        active.heal((effect) => {
          bit = effect.bit;
        }),
      );
  });
  run(100 * SECOND);
  if (bit === undefined) throw new Error(`${name} neither began nor was healed`);
  return bit;
}

describe('what a fault claims', () => {
  it.each([...FAULTS.keys()])('"%s" claims no effect where nothing that it asks for is done', (name) => {
    for (let which = 0; which < 8; which++) expect([which, claims(name, which)]).not.toEqual([which, true]);
  });

  it.each([
    ['lossy', { dropped: 1 }, true],
    ['lossy', { duplicated: 1 }, true],
    ['lossy', { delayed: 1 }, false],
    ['slow', { delayed: 1 }, true],
    ['slow', { dropped: 1 }, false],
    ['partition', { dropped: 1 }, true],
    ['partition', { delivered: 5 }, false],
  ] as const)('"%s" goes by what happened to messages: %j, so %s', (name, counted, bit) => {
    expect(claims(name, 1, counted)).toBe(bit);
  });
});
