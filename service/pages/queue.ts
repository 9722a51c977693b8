/** The queue, and one job of it: an upload is watched here until it has become a trial. */

import { html, type Markup } from '../../reports/escape.ts';
import { shortened } from '../../reports/wording.ts';
import type { HistoryReading } from '../../trial/history-source.ts';
import type { Desk } from '../desk.ts';
import type { Job } from '../queue/jobs.ts';
import { action, outcome, type Page, scroll, trialLink, when } from './layout.ts';
import { livePanel } from './trial.ts';

export function queuePage(desk: Desk): Page {
  const { jobs } = desk.parts;
  const [running, waiting, ended] = [jobs.in('running'), jobs.in('waiting'), jobs.ended(50)];
  const body = html`<h1>Queue</h1>
<section><h2>Running</h2>${running.length === 0 ? html`<p>Nothing.</p>` : jobTable(running)}</section>
<section><h2>Waiting</h2>${waiting.length === 0 ? html`<p>Nothing. <a href="/start">Start a trial</a></p>` : jobTable(waiting)}</section>
<section><h2>Ended</h2>${ended.length === 0 ? html`<p>Nothing yet.</p>` : jobTable(ended)}</section>`;
  return { title: 'Queue', under: '/queue', body };
}

export function jobPage(desk: Desk, number: number): Page {
  const job = desk.job(number);
  const live = job.state === 'running' || job.state === 'waiting';
  const body = html`<h1>Job ${number}: ${whatOf(job)}</h1>
${live ? livePanel(desk, job) : null}
<section>${jobTable([job])}${job.error === null ? null : html`<h2>Why</h2><p class="error">${shortened(job.error, 1000)}</p>`}</section>`;
  return { title: `Job ${number}`, under: '/queue', body };
}

export function jobTable(jobs: readonly Job[]): Markup {
  return scroll(
    'Jobs',
    html`<table><thead><tr><th scope="col">job</th><th scope="col">state</th><th scope="col">what</th><th scope="col">trial</th><th scope="col">queued (UTC)</th><th scope="col"><span class="offscreen">do</span></th></tr></thead><tbody>${jobs.map(
      (job) =>
        html`<tr><th scope="row"><a href="/queue/${job.number}">${job.number}</a></th><td>${job.outcome === null ? html`<span class="outcome none">${job.state}</span>` : outcome(job.outcome, '')}${job.state === 'done' || job.outcome === null ? null : html` <small>${job.state}</small>`}</td><td>${whatOf(job)}${job.error === null ? null : html`<br><small>${shortened(job.error, 120)}</small>`}</td><td>${job.trial === null ? '–' : trialLink(job.trial)}</td><td class="n">${when(job.queuedAt)}</td><td>${buttonOf(job)}</td></tr>`,
    )}</tbody></table>`,
  );
}

function whatOf({ task }: Job): string {
  switch (task.kind) {
    case 'trial': {
      const { world, workload, seed, timeMs, bugs } = task.spec;
      return `${workload} on ${world}, ${timeMs / 1000} s, seed ${seed}${bugs.length === 0 ? '' : `, ${bugs.join(' and ')}`}`;
    }
    case 'judge':
      return 'judge a record again';
    case 'check':
      return `judge the upload ${[shortened(task.name, 60), ...settingsOf(task)].join(', ')}`;
    case 'import':
      return `take in the bundle ${shortened(task.name, 60)}`;
  }
}

/** How an upload is to be read and judged, where its uploader said so. */
function settingsOf({ model, format, initial, nilReads, tuples }: HistoryReading): string[] {
  return [
    ...(model === 'auto' ? [] : [`model ${model}`]),
    ...(format === 'auto' ? [] : [`format ${format}`]),
    ...(initial === undefined ? [] : [`${shortened(JSON.stringify(initial), 60)} at first`]),
    ...(nilReads === undefined ? [] : [nilReads === 'any' ? 'nil says nothing' : 'nil says that nothing is there']),
    ...(tuples === undefined ? [] : [tuples ? 'tuples' : 'no tuples']),
  ];
}

function buttonOf(job: Job): Markup | null {
  if (job.state === 'waiting') return action(`/queue/${job.number}/cancel`, 'Cancel');
  if (job.state === 'running') return action(`/queue/${job.number}/cancel`, 'End');
  return 'upload' in job.task ? null : action(`/queue/${job.number}/again`, 'Again');
}
