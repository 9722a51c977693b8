/** One trial: live while it runs, then its verdict, what can be done with it, and its report. */

import type { TrialRow } from '../../history/store.ts';
import { html, type Markup } from '../../reports/escape.ts';
import { sentenceBody } from '../../reports/sentence.ts';
import { duration, moment } from '../../reports/times.ts';
import { asRead } from '../../reports/trial-data.ts';
import { count, plural, shortened } from '../../reports/wording.ts';
import { historySourceOf } from '../../trial/history-source.ts';
import { faultJson, progressJson } from '../api/schemas.ts';
import type { Desk } from '../desk.ts';
import type { Job } from '../queue/jobs.ts';
import { isUploadedHistory } from '../work/uploaded-history.ts';
import { asVerdict } from '../work/verdict-schema.ts';
import { action, outcome, type Page, scroll, seconds, when } from './layout.ts';

const FAULTS_SHOWN = 40;
const NOTES_SHOWN = 20;

export async function trialPage(desk: Desk, id: string): Promise<Page> {
  const row = desk.trial(id);
  const job = desk.parts.jobs.ofTrial(id);
  const busy = job !== null && (job.state === 'running' || job.state === 'waiting') ? job : null;
  const sentence = await desk.sentence(row);
  const body = html`${head(row, sentence, busy === null ? (job?.error ?? null) : null)}
${busy === null ? null : livePanel(desk, busy)}
${actions(row, busy, desk.hasReport(row))}
${numbers(row)}
${faults(desk, row)}
${desk.hasReport(row) && row.state === 'finished' ? report(id) : null}
${spec(row)}`;
  return { title: id, under: '/trials', body };
}

/** `failure`: why the last job for this trial, if none is at work on it, came to no good end. */
function head(row: TrialRow, sentence: string | null, failure: string | null): Markup {
  const source = historySourceOf(row);
  const timeless = source !== null && asRead(source.notes).timeless === true;
  const what = [row.system, row.world, row.workload].filter((part) => part !== null).join(' · ');
  const item = (name: string, text: string | Markup): Markup => html`<div><dt>${name}</dt><dd>${text}</dd></div>`;
  const told =
    sentence === null
      ? row.state === 'running'
        ? 'This trial is running.'
        : source === null
          ? 'The recording of this trial was cut short. What was recorded can be judged.'
          : failure === null
            ? 'This history has not been judged yet.'
            : `This history could not be judged: ${shortened(failure, 600)}`
      : sentenceBody(sentence);
  return html`<header class="verdict ${row.outcome ?? 'none'}"><div class="verdict-line">${outcome(row.outcome, row.state)}</div>
<h1>${told}</h1>
${source === null || source.notes.length === 0 ? null : html`<ul class="reading" aria-label="How the file was read">${source.notes.slice(0, NOTES_SHOWN).map((note) => html`<li>${shortened(note, 600)}</li>`)}</ul>`}
<dl class="facts">${item('Trial', row.id)}${source === null ? null : item('File', shortened(source.history, 60))}${what === '' ? null : item('System', what)}${row.seed === null ? null : item('Seed', String(row.seed))}${item('Started (UTC)', when(row.startedAt))}${timeless ? null : item('Lasted', seconds(row.durationNs))}</dl></header>`;
}

/** What is known at this moment; the browser's part goes through the job's events from the first one on. */
export function livePanel(desk: Desk, job: Job): Markup {
  const [first] = desk.parts.events.after(0, { job: job.number }, 1);
  const seen = first === undefined ? desk.parts.events.range().newest : first.id - 1;
  const progress = job.progress === null ? null : progressJson(job.progress);
  return html`<section class="live" id="live" data-job="${job.number}" data-after="${seen}" aria-labelledby="live-title"><h2 id="live-title">Live</h2>
<p class="live-state" role="status"><b data-live="state">${job.state}</b> <span data-live="phase">${progress?.phase ?? ''}</span> <span data-live="elapsed">${progress === null ? '' : seconds(progress.elapsedMs * 1e6)}</span></p>
<dl class="facts"><div><dt>ok</dt><dd data-live="ok">${progress?.ok ?? '–'}</dd></div><div><dt>fail</dt><dd data-live="fail">${progress?.fail ?? '–'}</dd></div><div><dt>info</dt><dd data-live="info">${progress?.info ?? '–'}</dd></div><div><dt>per second</dt><dd data-live="rate">–</dd></div><div><dt>leader</dt><dd data-live="leader">${progress?.leader ?? '–'}</dd></div></dl>
<ul class="roles" data-live="roles" aria-label="Roles of the nodes">${progress === null ? null : Object.entries(progress.roles).map(([node, role]) => html`<li class="role ${role}"><b>${node}</b> ${role}</li>`)}</ul>
<p>Faults now: <span data-live="faults">${progress === null || progress.faults.length === 0 ? 'none' : progress.faults.join('; ')}</span></p>
<div class="chart-box js-only"><canvas data-live="chart" role="img" aria-label="Operations per second while the trial runs"></canvas></div>
<noscript><p class="note">Without scripts this page shows how things stood when it was loaded.</p></noscript></section>`;
}

function actions(row: TrialRow, busy: Job | null, report: boolean): Markup {
  const path = `/trials/${row.id}`;
  const buttons: Markup[] = [];
  if (busy !== null)
    buttons.push(action(`/queue/${busy.number}/cancel`, busy.state === 'running' ? 'End it now' : 'Cancel'));
  if (row.state !== 'running' && busy === null) {
    buttons.push(action(`${path}/judge`, row.verdict === null || !report ? 'Judge what was recorded' : 'Judge again'));
    if (!isUploadedHistory(row)) buttons.push(action(`${path}/again`, 'Run the same again'));
  }
  const links = [
    ...(row.verdict === null
      ? []
      : [
          html`<a href="/api/v1/trials/${row.id}/bundle" download>bundle</a>`,
          html`<a href="/api/v1/trials/${row.id}/verdict">verdict (JSON)</a>`,
        ]),
    html`<a href="/api/v1/trials/${row.id}/operations">operations (JSON)</a>`,
    html`<a href="/compare?t=${row.id}">compare with …</a>`,
  ];
  const remove =
    row.state === 'running' || busy !== null
      ? null
      : html`<details class="remove"><summary>Delete</summary><p>Everything that was recorded of it goes with it.</p>${action(`${path}/delete`, `Delete ${row.id}`, null, 'danger')}</details>`;
  return html`<section class="actions" aria-label="What to do with it"><div class="buttons">${buttons}</div><p class="links">${links.map((link, i) => html`${i === 0 ? '' : ' · '}${link}`)}</p>${remove}</section>`;
}

function numbers(row: TrialRow): Markup | null {
  const verdict = asVerdict(row.verdict);
  if (verdict === null) return null;
  const { statistics, reasons, model } = verdict;
  const item = (name: string, text: string): Markup => html`<div><dt>${name}</dt><dd>${text}</dd></div>`;
  return html`<section><h2>In numbers</h2><dl class="rows">${item('Operations', `${count(statistics.operations)}: ${count(statistics.ok)} ok, ${count(statistics.fail)} fail, ${count(statistics.info)} info`)}${item('Keys', count(statistics.keys))}${item('Overlap', `${plural(statistics.overlappingPairs, 'pair')} on one key, up to ${statistics.concurrencyMax} at once`)}${item('Checker', `${model}, ${duration(statistics.ms * 1e6)}`)}</dl>${
    reasons.length === 0
      ? null
      : html`<h3>Reasons</h3><ul class="reasons">${reasons.map((reason) => html`<li>${shortened(reason, 600)}</li>`)}</ul>`
  }</section>`;
}

function faults(desk: Desk, row: TrialRow): Markup | null {
  const all = desk.parts.store.readFaults(row.id).sort((a, b) => a.startedAt - b.startedAt);
  if (all.length === 0) return null;
  const rows = all.slice(0, FAULTS_SHOWN).map((fault) => ({ fault, ...faultJson(fault) }));
  return html`<section><h2>Faults</h2>${scroll(
    'Faults',
    html`<table><thead><tr><th scope="col">fault</th><th scope="col">from</th><th scope="col">to</th><th scope="col">took effect</th></tr></thead><tbody>${rows.map(
      ({ fault, summary, tookEffect }) =>
        html`<tr><th scope="row">${shortened(summary, 160)}</th><td class="n">${moment(fault.startedAt)}</td><td class="n">${fault.endedAt === null ? '…' : moment(fault.endedAt)}</td><td>${tookEffect ? '✓ yes' : fault.endedAt === null ? '– still lasting' : '✗ not shown'}</td></tr>`,
    )}</tbody></table>`,
  )}${all.length > FAULTS_SHOWN ? html`<p class="note">the first ${FAULTS_SHOWN} of ${count(all.length)}</p>` : null}</section>`;
}

function report(id: string): Markup {
  return html`<section class="report"><h2>Report <a class="aside" href="/trials/${id}/report">open alone</a></h2><iframe class="report-frame" src="/trials/${id}/report" title="Report of ${id}" sandbox="allow-scripts allow-downloads" loading="lazy"></iframe></section>`;
}

function spec(row: TrialRow): Markup {
  return html`<section><details class="spec"><summary>${isUploadedHistory(row) ? 'Where it came from' : 'The spec'}</summary><pre tabindex="0">${JSON.stringify(row.spec, null, 2)}</pre></details></section>`;
}
