/** A trial while it runs: server-sent events into the numbers, roles and the chart of the page. */

import { type RateChart, rateChart } from './charts.ts';

interface Progress {
  readonly phase: string;
  readonly elapsedMs: number;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  readonly leader: string | null;
  readonly faults: readonly string[];
  readonly roles: { readonly [node: string]: string };
}

const STATES_OF_ITS_OWN = new Set(['leader', 'candidate', 'pre-candidate', 'follower', 'paused', 'killed', 'exited']);

export function watch(panel: HTMLElement): void {
  const job = Number(panel.dataset.job);
  const place = (name: string): HTMLElement | null => panel.querySelector(`[data-live="${name}"]`);
  const say = (name: string, text: string): void => {
    const element = place(name);
    if (element !== null) element.textContent = text;
  };
  const canvas = place('chart');
  const chart = canvas instanceof HTMLCanvasElement ? rateChart(canvas) : null;
  let last: Progress | null = null;

  const source = new EventSource(`/api/v1/events?job=${job}&after=${panel.dataset.after ?? 0}`);
  source.addEventListener('progress', (event) => {
    const progress = JSON.parse((event as MessageEvent<string>).data) as Progress;
    show(progress, last, say, place('roles'), chart);
    last = progress;
  });
  source.addEventListener('began', () => say('state', 'running'));
  source.addEventListener('trial', (event) => {
    const { trial } = JSON.parse((event as MessageEvent<string>).data) as { trial: string };
    if (location.pathname.startsWith('/trials/')) return;
    // The page of the job becomes the page of its trial; an end that is told at once would load the job's again.
    source.close();
    location.replace(`/trials/${encodeURIComponent(trial)}`);
  });
  source.addEventListener('ended', () => {
    source.close();
    location.reload();
  });
  source.addEventListener('error', () => say('state', 'connection lost, trying again'));
  source.addEventListener('open', () => say('state', last === null ? 'waiting' : 'running'));
}

function show(
  now: Progress,
  before: Progress | null,
  say: (name: string, text: string) => void,
  roles: HTMLElement | null,
  chart: RateChart | null,
): void {
  const done = (progress: Progress): number => progress.ok + progress.fail + progress.info;
  const elapsed = now.elapsedMs - (before?.elapsedMs ?? 0);
  const rate = elapsed <= 0 ? 0 : ((done(now) - (before === null ? 0 : done(before))) * 1000) / elapsed;
  say('state', 'running');
  say('phase', now.phase);
  say('elapsed', `${(now.elapsedMs / 1000).toFixed(1)} s`);
  for (const name of ['ok', 'fail', 'info'] as const) say(name, String(now[name]));
  say('rate', rate.toFixed(0));
  say('leader', now.leader ?? '–');
  say('faults', now.faults.length === 0 ? 'none' : now.faults.join('; '));
  roles?.replaceChildren(
    ...Object.entries(now.roles).map(([node, role]) => {
      const item = document.createElement('li');
      item.className = `role ${STATES_OF_ITS_OWN.has(role) ? role : ''}`;
      const name = document.createElement('b');
      name.textContent = node;
      item.append(name, ` ${role}`);
      return item;
    }),
  );
  chart?.add(now.elapsedMs / 1000, rate, now.faults.length);
}
