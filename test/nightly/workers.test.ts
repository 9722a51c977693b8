import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
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
  const endless = plan.items.slice(0, 3);
  const items = plan.items.map((item) =>
    endless.includes(item) && item.kind === 'trial'
      ? { ...item, limitMs: 2000, spec: { ...item.spec, timeMs: 86_400_000 } }
      : item,
  );
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
  expect(said[1]).toContain('it was killed: its time of 2 s was over, and it did not stop');
  expect(said[2]).toMatch(/interrupted|ended before its time/);
  expect(night).toMatchObject({ interrupted: false });
  for (const { again } of night.items.slice(0, 2))
    expect(again).toMatch(/^npx ordeal run --seed \d+ --world simulator/);
});
