import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Night } from '../../history/night-records.ts';
import { openNights } from '../../history/nights.ts';
import { COMMAND, type Ended, ordeal } from '../cli/command.ts';
import { scratchDirectory } from '../history/scratch.ts';

/** A night of seconds: small trials in the simulator, no hunt. */
const TINY = `budget: 10m
corpus: null
canaries: [{ bug: ack-at-append }]
matrices: [{ world: simulator, workloads: [register], faults: [[], [kill]], nodes: [3], time: 1s, seeds: 2 }]
hunt: { share: 0 }
`;
const WITHOUT_CANARY = TINY.replace(/canaries: .*/, 'canaries: []');

interface Result {
  readonly outcome: string;
  readonly exitCode: number;
  readonly failures: readonly { readonly title: string; readonly new: boolean }[];
  readonly night: Night;
}

class Place {
  readonly directory = scratchDirectory();
  readonly config = join(this.directory, 'ordeal.yaml');
  readonly store = join(this.directory, 'store');

  constructor(config: string) {
    writeFileSync(this.config, config);
  }

  arguments(out: string, ...more: readonly string[]): string[] {
    const fixed = ['--config', this.config, '--out', join(this.directory, out), '--store', this.store];
    return ['nightly', ...fixed, '--seed-of', '2026-11-20', ...more];
  }

  nightly(out: string, ...more: readonly string[]): Promise<Ended> {
    return ordeal(...this.arguments(out, '--quiet', ...more));
  }

  result(out: string): Result {
    return JSON.parse(readFileSync(join(this.directory, out, 'result.json'), 'utf8')) as Result;
  }

  written(out: string): boolean {
    return existsSync(join(this.directory, out, 'result.json'));
  }

  ids(out: string): string[] {
    return this.result(out).night.items.map(({ id }) => id);
  }
}

const WRITTEN = ['index.html', 'junit.xml', 'result.json', 'summary.md'];

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const began = Date.now(); !condition(); ) {
    if (Date.now() - began > 150_000) throw new Error(`waited 150 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Processes of this machine whose command line names the directory. */
function processesOf(place: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(place);
    } catch {
      return false;
    }
  });
}

describe('a night', () => {
  it('in shards runs the same trials as in one piece, and merges to the same outcome', async () => {
    const place = new Place(WITHOUT_CANARY);
    const whole = await place.nightly('whole');
    expect(whole.code, whole.err).toBe(0);
    expect(readdirSync(join(place.directory, 'whole')).sort()).toEqual([...WRITTEN, 'reports'].sort());
    await Promise.all([place.nightly('a', '--shard', '1/2'), place.nightly('b', '--shard', '2/2')]);
    const [a, b, all] = [place.ids('a'), place.ids('b'), place.ids('whole')];
    expect([...a, ...b].sort()).toEqual([...all].sort());

    const directory = (name: string): string => join(place.directory, name);
    const merge = (out: string, ...shards: readonly string[]): Promise<Ended> =>
      ordeal('merge', ...shards.map(directory), '--out', directory(out), '--store', place.store);
    const merged = await merge('m', 'a', 'b');
    expect(merged.code, merged.err).toBe(0);
    expect(place.ids('m').sort()).toEqual([...all].sort());
    for (const { report } of place.result('m').night.items)
      if (report !== null) expect(existsSync(join(directory('m'), report))).toBe(true);
    const traces = (out: string): string[] =>
      place
        .result(out)
        .night.items.filter(({ kind }) => kind === 'trial')
        .map(({ id, measures }) => `${id} ${measures.operations}`)
        .sort();
    expect(traces('m')).toEqual(traces('whole'));

    const missing = await merge('half', 'a', 'nothing-there');
    expect(missing.code).toBe(4);
    expect(missing.out).toContain('shard 2 of 2 is missing');

    const memory = openNights(place.store, 'read');
    expect(memory.list().map(({ id }) => id)).toEqual(['2026-11-20', '2026-11-20-2', '2026-11-20-3']);
    memory.close();
  });

  it('with a planted bug is red for it, says so and how to repeat it, and is not remembered', async () => {
    // The hunt ends with its first find, long before the budget.
    const place = new Place(TINY.replace('share: 0', 'share: 0.1, finds: 1'));
    const { code, out } = await place.nightly('red', '--bug', 'follower-read');
    expect(code).toBe(1);
    expect(out).toMatch(/VIOLATION .*\n.*current reads.*new/);
    const { failures, night } = place.result('red');
    expect(failures[0]).toMatchObject({ title: 'Broken invariant: current reads (raft)', new: true });
    expect(night.items.find(({ kind }) => kind === 'canary')?.outcome).toBe('pass');
    expect(night.items.some(({ id }) => id.startsWith('hunt/s'))).toBe(true);
    const failed = night.items.filter(({ outcome }) => outcome === 'violation');
    for (const { bundle, report } of failed)
      for (const file of [bundle, report]) expect(existsSync(join(place.directory, 'red', file ?? ''))).toBe(true);

    const again = /again +npx ordeal (repro \S+)/.exec(out)?.[1]?.split(' ') ?? [];
    const repeated = await ordeal(...again, '--store', join(place.directory, 'elsewhere'));
    expect(repeated.code).toBe(1);
    expect(repeated.out).toContain('the same trial, event by event');

    writeFileSync(place.config, WITHOUT_CANARY);
    const second = await place.nightly('red', '--bug', 'follower-read');
    expect(second.out).toContain('new: there is no earlier night to compare with');
    const green = await place.nightly('red');
    expect(green.code).toBe(0);
    expect(green.out).not.toContain('gone since');
    expect(existsSync(join(place.directory, 'red', 'bundles'))).toBe(false);
  });

  it('whose nodes cannot start is broken, not green', async () => {
    const place = new Place(
      'corpus: null\ncanaries: []\nhunt: { share: 0 }\nmatrices: [{ workloads: [register], faults: [[]], nodes: [3], time: 500ms, seeds: 1 }]\n',
    );
    mkdirSync(place.store);
    // Where the nodes would keep their files there is a file.
    writeFileSync(join(place.store, 'nodes'), '');
    const { code, out } = await place.nightly('out');
    expect(code, out).toBe(4);
    const [trial] = place.result('out').night.items;
    expect(trial).toMatchObject({ outcome: 'broken', kind: 'trial' });
    expect(readFileSync(join(place.directory, 'out', 'junit.xml'), 'utf8')).toContain('<error type="broken"');
  });

  it('that is interrupted ends with 130, leaves everything, and counts what was not run', async () => {
    const place = new Place(TINY.replace('time: 1s', 'time: 24h'));
    const child = spawn(process.execPath, [COMMAND, ...place.arguments('out', '--quiet')], { stdio: 'ignore' });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const state = (): string | undefined =>
      place.written('out') ? place.result('out').night.items[1]?.state : undefined;
    await until(() => state() === 'running', 'the first trial');
    child.kill('SIGTERM');
    expect(await ended).toBe(130);
    const { night, outcome } = place.result('out');
    expect(night).toMatchObject({ interrupted: true });
    expect(night.items.map((item) => item.state)).toEqual(['done', 'done', 'not-run', 'not-run', 'not-run']);
    expect(outcome).toBe('unknown');
    expect(readdirSync(join(place.directory, 'out'))).toEqual(expect.arrayContaining(WRITTEN));
  });

  it('that is killed leaves what it knew, and neither nodes nor a worker', async () => {
    const place = new Place(
      `${TINY.slice(0, TINY.indexOf('matrices')).replace('10m', '3h')}hunt: { share: 0 }\nmatrices: [{ workloads: [register], faults: [[]], nodes: [3], time: 600s, seeds: 2 }]\n`,
    );
    const child = spawn(process.execPath, [COMMAND, ...place.arguments('out', '--quiet')], { stdio: 'ignore' });
    const ended = new Promise<string | null>((resolve) => child.once('close', (_, signal) => resolve(signal)));
    await until(() => processesOf(place.store).length > 3, 'nodes');
    await until(() => place.result('out').night.items[1]?.state === 'running', 'the trial to be written down');
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    const { night, exitCode } = place.result('out');
    expect(night.endedAt).toBeNull();
    expect(exitCode).not.toBe(0);
    expect(night.items.map(({ state }) => state)).toEqual(['done', 'running', 'waiting']);
    expect(readdirSync(join(place.directory, 'out'))).toEqual(expect.arrayContaining(WRITTEN));
    await until(() => processesOf(place.store).length === 0, 'all processes of the night to be gone');
    const memory = openNights(place.store, 'read');
    expect(memory.list()).toEqual([expect.objectContaining({ id: '2026-11-20', endedAt: null })]);
    memory.close();
  });

  it('refuses wrong usage with one line, and touches no directory that is not its own', async () => {
    const place = new Place(TINY);
    const mine = join(place.directory, 'mine');
    mkdirSync(mine);
    writeFileSync(join(mine, 'thesis.txt'), 'years of work');
    const refused = await place.nightly('mine');
    expect([refused.code, refused.err]).toEqual([64, expect.stringContaining('thesis.txt')]);
    expect(readdirSync(mine)).toEqual(['thesis.txt']);
    for (const [flag, value, says] of [
      ['--shard', '3/2', 'i from 1 to n'],
      ['--seed-of', '2026-02-30', 'is no date'],
      ['--bug', 'no-dedup', 'did you mean no-dedupe'],
    ] as const) {
      const { code, err } = await place.nightly('out', flag, value);
      expect([flag, code, err]).toEqual([flag, 64, expect.stringContaining(says)]);
    }
    rmSync(mine, { recursive: true });
  });

  it('prints its plan without running it', async () => {
    const place = new Place(TINY);
    const { code, out } = await place.nightly('out', '--dry-run');
    expect(code).toBe(0);
    expect(out).toMatch(/^plan [0-9a-f]{12} of 2026-11-20: 5 items/);
    expect(existsSync(join(place.directory, 'out'))).toBe(false);
  });
});
