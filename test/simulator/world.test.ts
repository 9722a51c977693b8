import { describe, expect, it } from 'vitest';
import { CALM_NETWORK, CALM_PROCESS } from '../../cluster/simulator/options.ts';
import { firstDifference, type TraceEvent } from '../../cluster/simulator/trace.ts';
import { CLEAR_LINK, type Evidence, type LinkCounts, type RequestResult } from '../../cluster/world.ts';
import { calmOptions, MS, put, SECOND, type StandIn, standInWorld } from './stand-in.ts';

/** Runs an action of the world until it is done, and gives its evidence. */
function done(
  world: { run(untilNs: number): void; now: number },
  action: (done: (evidence: Evidence) => void) => void,
) {
  let evidence: Evidence | null = null;
  action((given) => {
    evidence = given;
  });
  world.run(world.now + SECOND);
  if (evidence === null) throw new Error('the action was not done within a second');
  return evidence as Evidence;
}

function answer(
  world: ReturnType<typeof standInWorld>['world'],
  node: string,
  id: number,
  timeoutNs = SECOND,
): RequestResult[] {
  const results: RequestResult[] = [];
  world.request(node, put(id), timeoutNs, (result) => results.push(result));
  return results;
}

const TROUBLED = {
  ...CALM_NETWORK,
  lossPpm: 20_000,
  duplicatePpm: 20_000,
  reorderPpm: 100_000,
  veryLatePpm: 5_000,
  clogPpm: 2_000,
  clientLossPpm: 20_000,
};

/** A few virtual seconds of all kinds of trouble. */
function ordeal(seed: number, trace?: (event: TraceEvent) => void): string {
  const options = calmOptions(3, seed, {
    network: TROUBLED,
    process: { ...CALM_PROCESS, crashAtDiskPpm: 20_000, crashAtEventPpm: 500 },
    clock: { offsetMaxNs: SECOND, rateMaxPpm: 1000 },
  });
  const { world } = standInWorld(options, trace === undefined ? {} : { trace });
  let id = 0;
  const client = (): void => {
    id++;
    world.request(`n${1 + (id % 3)}`, put(id), 200 * MS, () => world.clock.after(MS, client));
  };
  client();
  world.clock.after(300 * MS, () => world.pause('n1', () => {}));
  world.clock.after(600 * MS, () => world.resume('n1', () => {}));
  world.clock.after(700 * MS, () => world.kill('n2', () => world.restart('n2', () => {})));
  world.run(2 * SECOND);
  return world.traceHash();
}

describe('repeatability', () => {
  it('gives one seed one trace hash, whatever other seeds run between', () => {
    const seeds = Array.from({ length: 50 }, (_, seed) => seed);
    const first = seeds.map((seed) => ordeal(seed));
    const again = seeds.toReversed().map((seed) => ordeal(seed));
    for (const [at, seed] of seeds.entries()) {
      if (first[at] === again[49 - at]) continue;
      const traces: TraceEvent[][] = [[], []];
      for (const trace of traces) ordeal(seed, (event) => trace.push(event));
      throw new Error(`seed ${seed}: ${firstDifference(traces[0] ?? [], traces[1] ?? [])}`);
    }
    expect(new Set(first).size).toBe(50);
  });

  it('is not disturbed by interleaving two worlds in one process', () => {
    const alone = [1, 2].map((seed) => {
      const { world } = standInWorld(calmOptions(3, seed, { network: TROUBLED }));
      world.run(SECOND);
      return world.traceHash();
    });
    const worlds = [1, 2].map((seed) => standInWorld(calmOptions(3, seed, { network: TROUBLED })).world);
    for (let at = 0; at <= SECOND; at += 10 * MS) for (const world of worlds) world.run(at);
    expect(worlds.map((world) => world.traceHash())).toEqual(alone);
  });

  it('names the first event in which two runs differ', () => {
    const trace = (disturbed: boolean): TraceEvent[] => {
      const events: TraceEvent[] = [];
      const { world } = standInWorld(calmOptions(3, 5), { trace: (event) => events.push(event) });
      if (disturbed) world.clock.after(500 * MS, () => world.kill('n3', () => {}));
      world.run(SECOND);
      return events;
    };
    expect(firstDifference(trace(false), trace(false))).toBeNull();
    expect(firstDifference(trace(false), trace(true))).toMatch(/^event \d+ differs: .* trialTimer at 500000000 ns/);
  });

  it('gives the same trace whether frames are shared or copied', () => {
    const hash = (frames: 'share' | 'copy') => {
      const { world } = standInWorld(calmOptions(3, 9, { frames, network: TROUBLED }));
      world.run(SECOND);
      return world.traceHash();
    };
    expect(hash('share')).toBe(hash('copy'));
  });
});

describe('the simulated network', () => {
  const countsOf = (world: ReturnType<typeof standInWorld>['world'], from: string, to: string): LinkCounts => {
    let counts: readonly LinkCounts[] = [];
    world.linkCounts((given) => {
      counts = given;
    });
    world.run(world.now + 1);
    return counts.find((link) => link.from === from && link.to === to) as LinkCounts;
  };
  const link = (rule: Partial<typeof CLEAR_LINK>) => [{ from: 'n1', to: 'n2', rule: { ...CLEAR_LINK, ...rule } }];

  it('drops in one direction only, with counts as evidence, and heals', () => {
    const { world, replica } = standInWorld(calmOptions(3, 1));
    world.run(SECOND);
    world.setLinks(link({ drop: true }), () => {});
    const before = replica('n2').heard.filter((heard) => heard.from === 'n1').length;
    const back = replica('n1').heard.filter((heard) => heard.from === 'n2').length;
    world.run(2 * SECOND);
    expect(replica('n2').heard.filter((heard) => heard.from === 'n1').length).toBe(before);
    expect(replica('n1').heard.filter((heard) => heard.from === 'n2').length).toBeGreaterThan(back + 90);
    const counts = countsOf(world, 'n1', 'n2');
    expect(counts.dropped).toBeGreaterThan(90);
    expect(counts.sent).toBe(counts.delivered + counts.dropped);
    world.setLinks(link({}), () => {});
    world.run(3 * SECOND);
    expect(replica('n2').heard.filter((heard) => heard.from === 'n1').length).toBeGreaterThan(before + 90);
  });

  it('keeps the order of a link, unless reordering is asked for', () => {
    const inversions = (replica: StandIn) => {
      const counts = replica.heard.filter((heard) => heard.from === 'n1').map((heard) => heard.count);
      return counts.filter((count, at) => at > 0 && count < (counts[at - 1] ?? 0)).length;
    };
    const slow = { ...CALM_NETWORK, latencyNs: { min: 0, max: 100 * MS } };
    const ordered = standInWorld(calmOptions(2, 3, { network: slow }));
    ordered.world.run(3 * SECOND);
    expect(inversions(ordered.replica('n2'))).toBe(0);
    expect(countsOf(ordered.world, 'n1', 'n2').reordered).toBe(0);
    ordered.world.setLinks(link({ reorderPpm: 500_000, delayNs: 50 * MS, jitterNs: 50 * MS }), () => {});
    ordered.world.run(6 * SECOND);
    expect(inversions(ordered.replica('n2'))).toBeGreaterThan(10);
    expect(countsOf(ordered.world, 'n1', 'n2').reordered).toBeGreaterThan(10);
  });

  it('loses, duplicates and delays as the rule of a link says', () => {
    const { world, replica } = standInWorld(calmOptions(2, 4));
    world.run(SECOND);
    world.setLinks(link({ lossPpm: 500_000 }), () => {});
    world.run(3 * SECOND);
    const lost = countsOf(world, 'n1', 'n2').dropped;
    expect(lost).toBeGreaterThan(60);
    expect(lost).toBeLessThan(140);
    world.setLinks(link({ duplicatePpm: 1_000_000 }), () => {});
    const heard = replica('n2').heard.length;
    world.run(4 * SECOND);
    expect(replica('n2').heard.length - heard).toBeGreaterThan(190);
    expect(countsOf(world, 'n1', 'n2').duplicated).toBeGreaterThan(95);
    world.setLinks(link({ delayNs: 2 * SECOND }), () => {});
    world.run(5 * SECOND);
    const silent = replica('n2').heard.length;
    world.run(5.9 * SECOND);
    expect(replica('n2').heard.length).toBe(silent);
    world.run(7 * SECOND);
    expect(replica('n2').heard.length).toBeGreaterThan(silent + 90);
  });

  it('throttles to the bytes a second asked for', () => {
    const { world, replica } = standInWorld(calmOptions(2, 6));
    world.run(SECOND);
    const before = replica('n2').heard.length;
    world.setLinks(link({ bytesPerSecond: 400 }), () => {});
    world.run(6 * SECOND);
    // A gossip of about 40 bytes: some ten a second of the hundred sent.
    expect(replica('n2').heard.length - before).toBeGreaterThan(30);
    expect(replica('n2').heard.length - before).toBeLessThan(80);
  });

  it('delivers very late messages to the next life of a node', () => {
    const network = { ...CALM_NETWORK, veryLatePpm: 1_000_000, veryLateNs: { min: SECOND, max: SECOND } };
    const { world, replica } = standInWorld(calmOptions(2, 7, { network }));
    world.run(900 * MS);
    world.kill('n2', () => {});
    world.restart('n2', () => {});
    world.run(1050 * MS);
    expect(replica('n2').heard.length).toBe(0);
    world.run(1600 * MS);
    expect(replica('n2').heard.length).toBeGreaterThan(30);
    expect(replica('n2').heard[0]?.count).toBeLessThan(20);
  });

  it('holds what is sent over a clogged link, then releases it', () => {
    const network = { ...CALM_NETWORK, clogPpm: 10_000, clogNs: { min: 300 * MS, max: 300 * MS } };
    const { world, replica } = standInWorld(calmOptions(2, 8, { network }));
    world.run(5 * SECOND);
    const at = replica('n2').heard.map((heard) => heard.at);
    const gaps = at.map((time, i) => (i === 0 ? 0 : time - (at[i - 1] ?? 0)));
    const clogs = gaps.filter((gap) => gap > 200 * MS).length;
    expect(clogs).toBeGreaterThan(0);
    expect(countsOf(world, 'n1', 'n2').delayed).toBeGreaterThan(20);
    expect(countsOf(world, 'n1', 'n2').dropped).toBe(0);
  });

  it('cuts: what is under way is lost with the connection', () => {
    const network = { ...CALM_NETWORK, latencyNs: { min: 200 * MS, max: 200 * MS } };
    const { world, replica } = standInWorld(calmOptions(2, 9, { network }));
    world.run(SECOND);
    const before = replica('n2').heard.length;
    world.setLinks(link({ cut: true }), () => {});
    world.run(SECOND + MS);
    world.setLinks(link({}), () => {});
    world.run(SECOND + 190 * MS);
    expect(replica('n2').heard.length).toBe(before);
    world.run(2 * SECOND);
    expect(replica('n2').heard.length).toBeGreaterThan(before + 50);
  });

  it('records messages with their fates when asked to', () => {
    const { world, seen } = standInWorld(
      calmOptions(2, 10, { recordMessages: true, network: { ...CALM_NETWORK, lossPpm: 100_000 } }),
    );
    world.run(SECOND);
    expect(seen.messages.length).toBeGreaterThan(150);
    const lost = seen.messages.filter((message) => message.arrivedAt === null);
    expect(lost.length).toBeGreaterThan(5);
    expect(lost.some((message) => JSON.stringify(message.detail).includes('lost'))).toBe(true);
    for (const { sentAt, arrivedAt } of seen.messages)
      if (arrivedAt !== null) expect(arrivedAt).toBeGreaterThanOrEqual(sentAt + 100_000);
  });

  it('keep those that are under way when the world ends, too: each message that was sent has one fate', () => {
    const { world, seen } = standInWorld(
      calmOptions(2, 10, {
        recordMessages: true,
        network: { ...CALM_NETWORK, latencyNs: { min: 95 * MS, max: 95 * MS } },
      }),
    );
    world.run(SECOND);
    const sent = ['n1', 'n2'].flatMap((from) =>
      from === 'n1' ? countsOf(world, 'n1', 'n2') : countsOf(world, 'n2', 'n1'),
    );
    const ended = seen.messages.length;
    world.stop();
    world.stop();
    const underWay = seen.messages.slice(ended);
    expect(underWay.length).toBeGreaterThan(5);
    for (const { arrivedAt, detail } of underWay)
      expect([arrivedAt, detail]).toEqual([null, expect.objectContaining({ lostAt: world.now })]);
    expect(seen.messages.length).toBe(sent.reduce((sum, counts) => sum + counts.sent, 0));
  });
});

describe('simulated processes', () => {
  it('answer requests, and store what is synced over a kill', () => {
    const { world, replica, seen } = standInWorld(calmOptions(3, 1));
    world.run(SECOND);
    const results = answer(world, 'n1', 1);
    world.run(2 * SECOND);
    expect(results).toEqual([{ kind: 'response', response: { id: 1, ok: true, result: 1 } }]);
    const evidence = done(world, (then) => world.kill('n1', then));
    expect(evidence).toMatchObject({ was: 'running', state: 'killed' });
    expect(done(world, (then) => world.restart('n1', then))).toMatchObject({ serving: true });
    expect(replica('n1').lines).toHaveLength(1);
    expect(replica('n1').options.firstStart).toBe(false);
    expect(seen.failures).toEqual([]);
  });

  it('lose unsynced writes when killed, and break the connections of those who wait', () => {
    const { world, replica } = standInWorld(
      calmOptions(1, 2, {
        disk: {
          syncNs: { min: SECOND, max: SECOND },
          slowSyncPpm: 0,
          slowSyncNs: { min: 0, max: 0 },
          keptSectorPpm: 0,
          tornSectorPpm: 0,
        },
      }),
    );
    world.run(SECOND);
    const durable = answer(world, 'n1', 1, 5 * SECOND);
    world.run(2.5 * SECOND);
    expect(durable[0]?.kind).toBe('response');
    const unsynced = answer(world, 'n1', 2, 5 * SECOND);
    world.run(2.6 * SECOND);
    expect(replica('n1').lines).toHaveLength(2);
    let lost = 0;
    // Whether the sync under way got to the disk before the crash is drawn; both happen.
    for (let kill = 0; kill < 12; kill++) {
      const results = kill === 0 ? unsynced : answer(world, 'n1', 10 + kill, 5 * SECOND);
      world.run(world.now + 100 * MS);
      const had = replica('n1').lines.length;
      done(world, (then) => world.kill('n1', then));
      expect(results[0]).toMatchObject({ kind: 'no-answer' });
      done(world, (then) => world.restart('n1', then));
      lost += had - replica('n1').lines.length;
    }
    expect(lost).toBeGreaterThan(2);
    expect(lost).toBeLessThan(12);
  });

  it('refuse requests while down: definitely not sent', () => {
    const { world } = standInWorld(calmOptions(1, 3));
    world.run(SECOND);
    done(world, (then) => world.kill('n1', then));
    const results = answer(world, 'n1', 1);
    world.run(world.now + SECOND);
    expect(results).toMatchObject([{ kind: 'not-sent' }]);
  });

  it('keep everything for later while paused, and time goes on for the clients', () => {
    const { world, replica } = standInWorld(calmOptions(2, 4));
    world.run(SECOND);
    done(world, (then) => world.pause('n1', then));
    const ticks = replica('n1').ticks.length;
    const heard = replica('n1').heard.length;
    const results = answer(world, 'n1', 1, 500 * MS);
    world.run(world.now + SECOND);
    expect(results).toMatchObject([{ kind: 'no-answer' }]);
    expect(replica('n1').ticks.length).toBe(ticks);
    expect(world.view('n1').state).toBe('paused');
    const evidence = done(world, (then) => world.resume('n1', then));
    expect(evidence.waited).toBeGreaterThan(100);
    expect(replica('n1').heard.length).toBeGreaterThan(heard + 200);
    // The request had been received: it takes effect although nobody waits for it any more.
    expect(replica('n1').lines).toHaveLength(1);
    expect(results).toHaveLength(1);
  });

  it('make a failure of an exception, with its stack', () => {
    const { world, replica, seen } = standInWorld(calmOptions(2, 5));
    world.run(SECOND);
    replica('n1').onFrame = () => {
      throw new Error('a bug');
    };
    world.run(2 * SECOND);
    expect(seen.failures).toEqual(['n1 threw: a bug']);
    expect(world.view('n1').state).toBe('exited');
    expect(seen.events.find((event) => event.node === 'n1' && event.kind === 'exited')?.detail).toMatchObject({
      code: 'exception',
      reason: expect.stringContaining('world.test.ts'),
    });
  });

  it('crash between any two writes when told to, and end there', () => {
    const { world, replica } = standInWorld(calmOptions(1, 6));
    world.run(SECOND);
    // Operation 0 is the append, operation 1 the sync.
    world.crashBefore('n1', { diskOperation: 1 });
    const results = answer(world, 'n1', 1);
    world.run(SECOND + 10 * MS);
    expect(world.view('n1').state).toBe('killed');
    world.run(4 * SECOND);
    expect(results).toMatchObject([{ kind: 'no-answer' }]);
    expect(world.view('n1').state).toBe('running');
    expect(replica('n1').host).toMatchObject({ diskOperations: 0, number: 1 });
  });

  it('crash by themselves at drawn points, never more at a time than allowed, and come back', () => {
    const process = { ...CALM_PROCESS, crashAtEventPpm: 3000, downMax: 1 };
    const { world, seen } = standInWorld(calmOptions(3, 7, { process }));
    let down = 0;
    for (let at = 0; at < 10 * SECOND; at += MS) {
      world.run(at);
      if (at > SECOND) down = Math.max(down, world.members.filter((node) => !node.up).length);
    }
    expect(seen.events.filter((event) => event.kind === 'exited').length).toBeGreaterThan(5);
    expect(down).toBe(1);
    world.calm();
    world.run(13 * SECOND);
    expect(world.members.every((node) => node.state === 'running')).toBe(true);
    expect(seen.failures).toEqual([]);
  });

  it('have a disk that fills up, slows down, loses a bit, or everything', () => {
    const { world, seen, replica } = standInWorld(calmOptions(2, 8));
    world.run(SECOND);
    done(world, (then) => world.setDisk('n1', { disk: 'slow', delayNs: 300 * MS }, then));
    const slow = answer(world, 'n1', 1);
    world.run(world.now + 290 * MS);
    expect(slow).toHaveLength(0);
    world.run(world.now + 50 * MS);
    expect(slow).toHaveLength(1);
    done(world, (then) => world.setDisk('n1', { disk: 'full' }, then));
    answer(world, 'n1', 2);
    world.run(world.now + SECOND);
    expect(world.view('n1').state).toBe('exited');
    expect(world.node('n1').lastExit?.code).toBe('disk-full');
    expect(seen.failures).toEqual([]);
    const before = world.node('n1').files.read('log') as Uint8Array;
    const choice = { file: 0, bit: 2_000_000_000 };
    const flipped = done(world, (then) => world.flipBit('n1', choice, then)) as { offset: number; bit: number };
    const after = world.node('n1').files.read('log') as Uint8Array;
    const changed = [...before].flatMap((byte, at) => (byte === after[at] ? [] : [[at, byte ^ (after[at] as number)]]));
    expect(changed).toEqual([[flipped.offset, 1 << flipped.bit]]);
    expect(done(world, (then) => world.wipe('n1', then))).toMatchObject({ wiped: true });
    done(world, (then) => world.setDisk('n1', { disk: 'healthy' }, then));
    done(world, (then) => world.restart('n1', then));
    expect(replica('n1').lines).toEqual([]);
    expect(done(world, (then) => world.wipe('n2', then))).toMatchObject({ wiped: false });
  });

  it('report a halt as a failure, unless its cause was asked for', () => {
    const { world, replica, seen } = standInWorld(calmOptions(2, 9));
    world.run(SECOND);
    replica('n1').host.halt('removed', 'no longer a member');
    replica('n2').host.halt('corrupt', 'record 7 is damaged');
    expect(seen.failures).toEqual(['n2 ended by itself: corrupt: record 7 is damaged']);
    expect([world.view('n1').state, world.view('n2').state]).toEqual(['exited', 'exited']);
  });

  it('have clocks that jump and drift, and timers that follow their rate and fire when the clock is set', () => {
    const { world, replica } = standInWorld(calmOptions(2, 10));
    world.run(SECOND);
    const before = replica('n1').ticks.length;
    const evidence = done(world, (then) => world.setClock('n1', { offsetNs: 0, ratePpm: 1_000_000 }, then));
    expect(evidence).toMatchObject({ ratePpm: 1_000_000 });
    const ticked = replica('n1').ticks.length - before;
    expect(ticked).toBeGreaterThan(195);
    expect(ticked).toBeLessThan(205);
    // A jump, either way, fires what waits at once and holds up nothing.
    for (const offsetNs of [-500 * MS, 5 * SECOND]) {
      const reads = replica('n1').host.now();
      const ticks = replica('n1').ticks.length;
      world.setClock('n1', { offsetNs, ratePpm: 0 }, () => {});
      expect(replica('n1').host.now()).toBe(reads + offsetNs);
      world.run(world.now);
      expect(replica('n1').ticks.at(-1)).toBe(reads + offsetNs);
      world.run(world.now + 500 * MS);
      expect(replica('n1').ticks.length - ticks).toBeGreaterThan(48);
      expect(replica('n1').ticks.length - ticks).toBeLessThan(54);
    }
    done(world, (then) => world.resetClock('n1', then));
    expect(replica('n1').host.now()).toBe(world.now);
  });
});
