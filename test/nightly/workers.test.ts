import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { nightPage } from '../../reports/nightly/night-page.ts';
import { parseConfig } from '../../trial/nightly/config-file.ts';
import { runNight } from '../../trial/nightly/night.ts';
import { type Plan, planNight } from '../../trial/nightly/plan.ts';
import { scratchDirectory } from '../history/scratch.ts';

const config = parseConfig(
  `budget: 10m
corpus: null
canaries: []
matrices: [{ world: simulator, workloads: [register], faults: [[]], nodes: [3], time: 1s, seeds: 4 }]
hunt: { share: 0 }
`,
  'the test',
);

/** The worker among the children of this process. */
function workerPid(): number {
  const pids = readdirSync('/proc').filter((pid) => {
    try {
      const parent = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')[1];
      return Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('worker-start');
    } catch {
      return false;
    }
  });
  return Number(pids[0]);
}

it('a trial whose process dies, hangs, or takes too long is told so, and the night goes on', async () => {
  const directory = scratchDirectory();
  const plan: Plan = planNight(config, { date: '2026-11-20', bugs: [] });
  const [killed, stopped] = plan.items.map(({ id }) => id);
  // Endless trials. The first two have time enough to tell of themselves, which is when they are struck; the third ends soon
  // enough to leave little to judge.
  const limits = [60_000, 12_000, 300];
  const items = plan.items.map((item, index) => {
    const limitMs = limits[index];
    return limitMs !== undefined && item.kind === 'trial'
      ? { ...item, limitMs, spec: { ...item.spec, timeMs: 86_400_000 } }
      : item;
  });
  const night = await runNight(
    { ...plan, items },
    {
      id: 'test',
      shard: null,
      config: null,
      places: { store: directory, out: directory },
      signal: new AbortController().signal,
      onChange: () => {},
      onProgress: ({ id }) => {
        if (id === killed) process.kill(workerPid(), 'SIGKILL');
        if (id === stopped) process.kill(workerPid(), 'SIGSTOP');
      },
    },
  );
  expect(night.items.map(({ outcome }) => outcome)).toEqual(['broken', 'broken', 'unknown', 'pass']);
  const said = night.items.map(({ sentence }) => sentence);
  expect(said[0]).toContain('its process ended (signal SIGKILL)');
  expect(said[1]).toContain('it was killed: its time of 12 s was over, and it did not stop');
  expect(said[2]).toMatch(/interrupted|ended before its time/);
  expect(night).toMatchObject({ interrupted: false });
  for (const { again } of night.items.slice(0, 2))
    expect(again).toMatch(/^npx ordeal run --seed \d+ --world simulator/);
});

it('a canary that runs out of time is broken with a reason and a fingerprint, so that it is listed among the failures', async () => {
  const directory = scratchDirectory();
  const withCanary = parseConfig('budget: 1h\ncorpus: null\nhunt: { share: 0 }\n', 'the test');
  const plan = planNight(withCanary, { date: '2026-11-20', bugs: [] });
  const items = plan.items
    .filter((item) => item.kind === 'canary' && item.canary.world === 'simulator' && item.canary.by !== 'liveness')
    .slice(0, 1)
    // Nobody finds this bug so: what is tried is the end of its time.
    .map((item) =>
      item.kind === 'canary'
        ? { ...item, tries: 1e6, limitMs: 1000, canary: { ...item.canary, by: 'liveness' as const } }
        : item,
    );
  const options = { id: 'test', shard: null, config: null, signal: new AbortController().signal };
  const places = { store: directory, out: directory };
  const night = await runNight({ ...plan, items }, { ...options, places, onChange: () => {}, onProgress: () => {} });
  expect(night.items[0]).toMatchObject({ outcome: 'broken', fingerprint: { outcome: 'broken' } });
  expect(night.items[0]?.sentence).toMatch(/^stopped before the planted bug .+ was caught by liveness: .+ \d+ seeds$/);
  expect(nightPage(night, []).failures).toHaveLength(1);
});
