/** What a reader sees first, without JavaScript and in print: outcome, sentence, the proof, and how to repeat it. */

import type { Anomaly } from '../checker/verdict.ts';
import { isAnswered } from '../history/formats/event.ts';
import { isUntoldNote } from '../history/formats/untold-answers.ts';
import type { Json, Operation, OperationOutcome } from '../history/operation.ts';
import type { TrialOutcome } from '../history/trial-records.ts';
import { anomalyMeaning, anomalyTitle } from './anomaly-kinds.ts';
import { circumstanceOf } from './circumstance-title.ts';
import { type NodeSpan, showsNoEffect, whereWords } from './circumstances.ts';
import { isCut, orderArrows } from './core-layout.ts';
import { type Core, coreOf, corePicture } from './core-picture.ts';
import { html, type Markup, scrolling, trusted } from './escape.ts';
import { anomaliesInOrder } from './exhibit.ts';
import { nodesThen } from './nodes-then.ts';
import { observed } from './observed.ts';
import { scaleFor } from './precision.ts';
import { anomalySentence, sentenceBody, verdictSentence } from './sentence.ts';
import { staleAnswerMeaning, staleAnswerOf } from './stale-answer.ts';
import { duration, moment, unitWords } from './times.ts';
import type { RepeatCommand, TrialData } from './trial-data.ts';
import { keysTogether, tellingOf, writeLooksLost } from './witness.ts';
import {
  asClients,
  count,
  keyName,
  keyWords,
  label,
  letter,
  percent,
  plural,
  STEP_MAX,
  shortened,
  withoutMiddle,
} from './wording.ts';

/** What every part of the page needs beside the data, computed once. */
export interface Context {
  readonly data: TrialData;
  readonly byIndex: ReadonlyMap<number, Operation>;
  readonly spans: ReadonlyMap<string, readonly NodeSpan[]>;
}

const ICONS: { readonly [outcome in TrialOutcome]: string } = {
  pass: '<circle cx="16" cy="16" r="14"/><path d="M9.5 16.5l4.5 4.5 8.5-9.5"/>',
  violation:
    '<path class="solid" d="M10.2 2h11.6L30 10.2v11.6L21.8 30H10.2L2 21.8V10.2z"/><path d="M11 11l10 10M21 11L11 21"/>',
  unknown:
    '<circle cx="16" cy="16" r="14" stroke-dasharray="5 3.8"/><path d="M12 12.6a4 4 0 1 1 5.6 3.7c-1.1.5-1.6 1.2-1.6 2.5M16 22.6v.3"/>',
  vacuous: '<circle cx="16" cy="16" r="14"/><path d="M6.2 25.8L25.8 6.2"/>',
  broken: '<path d="M16 3L30.5 29h-29z"/><path d="M16 12.5v8M16 24.6v.3"/>',
};

const WORDS: { readonly [outcome in TrialOutcome]: string } = {
  pass: 'Pass',
  violation: 'Violation',
  unknown: 'Unknown',
  vacuous: 'Vacuous',
  broken: 'Broken',
};

/** An outcome as icon and word; colour comes on top of both. */
export function outcomeBadge(outcome: TrialOutcome): Markup {
  return html`<span class="outcome ${outcome}"><svg viewBox="0 0 32 32" aria-hidden="true">${trusted(ICONS[outcome])}</svg>${WORDS[outcome]}</span>`;
}

export function firstScreen(context: Context): Markup {
  const { data } = context;
  const sentence = verdictSentence(data);
  const first = anomaliesInOrder(data)[0];
  const title = data.trial.outcome === 'violation' && first !== undefined ? anomalyTitle(first) : null;
  const lost = title !== null && first !== undefined && writeLooksLost(data, first);
  const circumstance = first === undefined ? null : circumstanceOf(tellingOf(data, first));
  return html`<header class="verdict ${data.trial.outcome}">
<div class="verdict-line">${outcomeBadge(data.trial.outcome)}${title === null ? null : html`<span class="shape">${title}${circumstance === null ? null : html`<span class="circumstance">, ${circumstance}</span>`}${lost ? '; the write looks lost' : null}</span>`}<span class="brand">Ordeal</span></div>
<h1>${withAsides(sentenceBody(sentence))}</h1>
${title === null || first === undefined ? null : html`<p class="meaning">${meaningOf(data, first)}${lost ? ' Nobody ever saw the newer value: it looks lost, not merely late.' : null}</p>${untold(context, first)}${nodesThen(data, first, context.spans)}`}
${facts(context)}${firstCommand(data)}
</header>
${data.trial.outcome === 'violation' ? violation(context) : unproved(context)}
${repeat(data)}`;
}

/** Beside a sentence that rests on an answer of nothing: that the file may only not tell the answer. */
function untold({ data, byIndex }: Context, anomaly: Anomaly): Markup | null {
  const note = data.notes?.find(isUntoldNote);
  if (note === undefined) return null;
  const foundNothing = anomaly.core.some((index) => {
    const one = byIndex.get(index);
    return one !== undefined && isAnswered(one.f) && one.outcome === 'ok' && one.result === null && one.value === null;
  });
  return foundNothing ? html`<p class="meaning">Of the file: ${shortened(note, 300)}.</p>` : null;
}

function meaningOf(data: TrialData, anomaly: Anomaly): string {
  const stale = staleAnswerOf(data, anomaly);
  return stale === null ? anomalyMeaning(anomaly) : staleAnswerMeaning(stale);
}

/** The sentence with what stands in parentheses in a lighter weight, so that who, when and what stand out; in full colour all the same. */
function withAsides(sentence: string): Markup {
  const parts = sentence.split(/(\([^()]*\))/);
  return html`${parts.map((part, i) => (i % 2 === 1 ? html`<span class="aside">${part}</span>` : part))}`;
}

function facts({ data }: Context): Markup {
  const { trial, verdict } = data;
  const { statistics } = verdict;
  const nodes = trial.nodes.length === 0 ? null : plural(trial.nodes.length, 'node');
  const what = [trial.system, nodes, trial.world, trial.workload].filter((part) => part !== null).join(', ');
  const item = (name: string, text: string): Markup => html`<div><dt>${name}</dt><dd>${text}</dd></div>`;
  const commit = trial.provenance.commit;
  return html`<dl class="facts">${item(trial.world === null ? 'File' : 'Trial', shortened(trial.id, 60))}${what === '' ? null : item('System', what)}${trial.seed === null ? null : item('Seed', String(trial.seed))}${typeof commit === 'string' ? item(trial.system === 'raft' ? 'Ordeal and its Raft' : 'Ordeal', `commit ${shortened(commit, 20)}`) : null}${data.timeless === true ? item('Times', 'none in the file: positions of events, from 0, stand for them') : item('Duration', duration(trial.durationNs))}<div><dt>Operations</dt><dd>${count(statistics.operations)}: ${count(statistics.ok)} ok, ${count(statistics.fail)} fail, ${count(statistics.info)} info</dd></div></dl><p class="outcome-legend">${OUTCOME_LEGEND}</p>`;
}

const OUTCOME_LEGEND =
  'ok: took effect and was answered; fail: surely never took effect; info: nobody knows, it may have taken effect, then or later';

/** How to run the trial again, where somebody who needs it at once finds it; the others stand further down. */
function firstCommand({ repeat: commands, repeatIn, trial }: TrialData): Markup | null {
  const repro = commands.find((command) => command.name === 'repro');
  if (repro === undefined || trial.outcome !== 'violation') return null;
  return html`<p class="first-command"><span class="then">Run it again${repeatIn === undefined ? null : `, in ${repeatIn}`}:</span> <code>${unbroken(repro.command)}</code>${repro.rate === undefined ? null : html` <span class="rate">${repro.rate}</span>`} <a href="#repeat-title">more</a></p>`;
}

function violation(context: Context): Markup | null {
  const anomaly = anomaliesInOrder(context.data)[0];
  if (anomaly === undefined) return reasonList('Why', context.data.verdict.reasons);
  const others = anomaliesInOrder(context.data).slice(1);
  return html`<section class="proof" aria-labelledby="proof-title">
${anomaly.core.length === 0 ? observed(context.data, anomaly, context.spans) : contradiction(context, anomaly)}
${others.length > 0 ? html`<p class="more"><a href="#others">${others.length === 1 ? 'One other anomaly' : `${count(others.length)} other anomalies`} in this ${context.data.trial.world === null ? 'history' : 'trial'}</a>: ${kindsOf(others)}</p>` : null}
</section>`;
}

/** "2 × Stale read, 1 × Lost update". */
function kindsOf(anomalies: readonly Anomaly[]): string {
  const kinds = new Map<string, number>();
  for (const anomaly of anomalies) kinds.set(anomalyTitle(anomaly), (kinds.get(anomalyTitle(anomaly)) ?? 0) + 1);
  return [...kinds].map(([kind, times]) => `${count(times)} × ${kind}`).join(', ');
}

/** Operations that contradict each other: the argument, the picture, the table. */
function contradiction(context: Context, anomaly: Anomaly): Markup {
  const core = coreOf(context.byIndex, anomaly);
  const picture = corePicture(context.data, anomaly, core, context.spans, true);
  return html`<h2 id="proof-title">Why this cannot be${anomaly.key === null ? null : html`<span class="of-key">${keysTogether(context.data, anomaly.key) ?? `${context.data.verdict.model === 'set' ? 'element' : 'key'} ${keyName(anomaly.key)}`}</span>`}</h2>
${argument(anomaly, core)}
${
  picture === null
    ? null
    : html`<figure>${scrolling('Picture of the operations', picture)}
<figcaption>${coreCaption(context.data, core, anomaly)}</figcaption></figure>
<details class="core-table"><summary>${core.operations.length === 1 ? 'This operation' : `These ${plural(core.operations.length, 'operation')}`} as a table</summary>${coreTable(context, core, anomaly)}</details>`
}`;
}

function coreCaption(data: TrialData, core: Core, anomaly: Anomaly): Markup {
  const size =
    core.operations.length < core.total
      ? `${core.operations.length} of ${core.total} operations that no order explains, nearest to the anomaly`
      : `The ${core.total === 1 ? 'operation' : plural(core.total, 'operation')} that no order explains`;
  const confirmed =
    anomaly.confirmedBy === null
      ? ''
      : ` (${CONFIRMATIONS[anomaly.confirmedBy] ?? `a second, independent method finds none either: ${shortened(anomaly.confirmedBy, 40)}`})`;
  const kinds = new Set(core.operations.map(({ completedAt, outcome }) => (completedAt === null ? 'info' : outcome)));
  const keys = (['ok', 'fail', 'info'] as const).filter((kind) => kinds.has(kind));
  const cuts = isCut(core.operations) ? '; at // time is left out, on the axis and on the bars' : '';
  const arrows = orderArrows(core.operations).length > 0 ? ' An arrow says “was over before the other began”.' : '';
  const cas = core.operations.some(({ f }) => f === 'cas') ? ' “cas” is a compare-and-set.' : '';
  const nil = core.operations.some((one) => /\bnil\b/.test(label(one))) ? ' “nil” is no value.' : '';
  return html`${size}${confirmed}. A bar runs from the call to the answer, ${data.timeless === true ? 'by the positions of these events in the file, which has no times' : `in ${unitWords(scaleFor(data, anomaly))} since ${data.trial.world === null ? 'the start of the record' : 'the trial began'}`}${cuts}.${arrows}${cas}${nil} <span class="bar-keys">${keys.map((kind) => html`<span class="key ${kind}">${BAR_MEANINGS[kind]}</span> `)}${core.operations.some(({ index }) => index === anomaly.culprit) ? html`<span class="key culprit">the answer that cannot be</span>` : null}</span>`;
}

/** What the second method does, in plain words. */
const CONFIRMATIONS: { readonly [method: string]: string } = {
  enumeration: 'checked a second time, by trying every possible order one by one',
  'textbook search': "checked a second time, by a separate and simpler program: the textbook's search",
};

const BAR_MEANINGS = {
  ok: 'ok',
  fail: 'fail ✗: never happened',
  info: 'info ?: may have happened, then or later',
} as const;

/** The numbered argument; each step ends with the letters of the operations it rests on. */
export function argument(anomaly: Anomaly, core: Core): Markup | null {
  if (anomaly.argument.length === 0) return null;
  const letters = new Map(core.operations.map((operation, i) => [operation.index, letter(i)]));
  return html`<ol class="argument">${anomaly.argument.map((step) => {
    const named = step.operations.filter((index) => letters.has(index));
    const shown = named.length > 0 && named.length <= 8;
    return html`<li>${asClients(withoutMiddle(step.text, STEP_MAX))}${shown ? named.map((index) => html` <a class="letter${index === anomaly.culprit ? ' culprit' : ''}" href="#op=${index}" title="show it in the timeline">${letters.get(index) ?? ''}</a>`) : null}</li>`;
  })}</ol>`;
}

const OUTCOME_SIGNS: { readonly [outcome in OperationOutcome]: string } = {
  ok: '✓ ok',
  fail: '✗ fail',
  info: '? info',
};

export function coreTable(context: Context, core: Core, anomaly: Anomaly): Markup {
  const scale = scaleFor(context.data, anomaly);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Operations of the core"><table><thead><tr><th scope="col">#</th><th scope="col">client</th><th scope="col">operation</th><th scope="col">outcome</th><th scope="col">from</th><th scope="col">to</th><th scope="col">node</th><th scope="col">index</th></tr></thead><tbody>${core.operations.map(
    (operation, i) =>
      html`<tr${operation.index === anomaly.culprit ? trusted(' class="culprit"') : null}><th scope="row"><span class="letter">${letter(i)}</span></th><td>${operation.process}</td><td>${label(operation)}${operation.key === null ? null : ` on ${keyWords(operation.key)}`}</td><td>${OUTCOME_SIGNS[operation.outcome]}${operation.error === null ? null : ` (${shortened(operation.error, 60)})`}</td><td class="n">${moment(operation.invokedAt, scale)}</td><td class="n">${operation.completedAt === null ? '–' : moment(operation.completedAt, scale)}</td><td>${whereWords(context.spans, operation) || '–'}</td><td class="n"><a href="#op=${operation.index}">${operation.index}</a></td></tr>`,
  )}</tbody></table></div>`;
}

function reasonList(title: string, reasons: readonly string[]): Markup | null {
  if (reasons.length === 0) return null;
  return html`<section><h2>${title}</h2><ul class="reasons">${reasons.map((reason) => html`<li>${asClients(shortened(reason, 600))}</li>`)}</ul></section>`;
}

/** First screens of the outcomes without an anomaly: what was proved, what was not, and why. */
function unproved(context: Context): Markup {
  switch (context.data.trial.outcome) {
    case 'pass':
      return pass(context);
    case 'unknown':
      return unknown(context);
    case 'vacuous':
      return html`${reasonList('Why this proves nothing', context.data.verdict.reasons)}
<section><h2>What to do</h2><p>A vacuous trial is neither good nor bad news: too little happened for a mistake to show. Run longer, with more clients on fewer keys, or with faults that take effect; the coverage below says what was missing.</p></section>`;
    default:
      return broken(context);
  }
}

function pass({ data }: Context): Markup {
  const { statistics } = data.verdict;
  const bit = data.faults.filter((fault) => fault.bit);
  const kinds = [...new Set(bit.map((fault) => fault.kind))].sort();
  const idle = data.faults.filter(showsNoEffect).length;
  return html`<div class="columns"><section><h2>What was proved</h2><ul>
<li>Every answer fits one order of all operations, found by the checker and replayed step by step by a separate verifier (model ${data.verdict.model}).</li>
${statistics.overlappingPairs === 0 ? null : html`<li>${plural(statistics.overlappingPairs, 'pair')} of operations on one key overlapped, up to ${plural(statistics.concurrencyMax, 'operation')} at once: room for a mistake to show.</li>`}
${data.faults.length === 0 ? null : html`<li>${plural(bit.length, 'fault')} with a proved effect${kinds.length === 0 ? '' : `: ${kinds.join(', ')}`}.</li>`}
</ul></section><section><h2>What was not</h2><ul>
<li>Other schedules: one trial is one path of many.</li>
${statistics.overlappingPairs > 0 ? null : html`<li>Concurrency: no two operations on one key overlapped.</li>`}
${statistics.info === 0 ? null : html`<li>${plural(statistics.info, 'operation')} (${percent(statistics.info, statistics.operations)}) ${statistics.info === 1 ? 'has no known outcome; it was' : 'have no known outcome; they were'} allowed to happen at any later time, or never.</li>`}
${data.faults.length === 0 ? html`<li>Behaviour under faults: this record has none.</li>` : idle === 0 ? null : html`<li>${plural(idle, 'fault')} showed no effect.</li>`}
</ul></section></div>`;
}

function unknown({ data }: Context): Markup {
  const open = data.verdict.keys.filter((key) => key.valid === 'unknown');
  const { statistics } = data.verdict;
  return html`<div class="columns"><section><h2>What could not be decided</h2>${
    open.length === 0
      ? html`<ul>${data.verdict.reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`
      : html`<div class="scroll" tabindex="0" role="region" aria-label="Undecided keys"><table><thead><tr><th scope="col">key</th><th scope="col">operations</th><th scope="col">time spent</th><th scope="col">why</th></tr></thead><tbody>${open
          .slice(0, 12)
          .map(
            (key) =>
              html`<tr><th scope="row">${keysTogether(data, key.key) ?? keyName(key.key)}</th><td class="n">${count(key.operations)}</td><td class="n">${duration(key.ms * 1e6)}</td><td>${shortened(key.reason ?? (open.length === 1 ? data.verdict.reasons[0] : undefined) ?? '–', 200)}</td></tr>`,
          )}</tbody></table></div>${open.length > 12 ? html`<p>and ${plural(open.length - 12, 'more key')}</p>` : null}`
  }</section><section><h2>What is known</h2><ul>
<li>No violation was proved: unknown is not a pass, and not a failure.</li>
${statistics.keys <= 1 ? null : html`<li>${count(Math.max(0, statistics.keys - open.length))} of ${plural(statistics.keys, 'key')} ${statistics.keys - open.length === 1 ? 'was' : 'were'} decided, and linearizable.</li>`}
<li>The record is kept: judge it again with more time or memory, or make the search easier: fewer clients a key, fewer unknown outcomes (now ${percent(statistics.info, statistics.operations)}).</li></ul></section></div>`;
}

function broken({ data }: Context): Markup {
  const exits = data.nodeEvents.filter((event) => event.kind === 'exited' && !wasAsked(event.detail)).slice(-3);
  const lines = data.logs.filter((line) => line.level === 'error' || line.level === 'warn').slice(-8);
  return html`${reasonList('What failed', data.verdict.reasons)}
${exits.length === 0 ? null : html`<section><h2>Last nodes that ended</h2><ul>${exits.map((event) => html`<li>${event.node} at ${moment(event.at)}: <code>${shortened(JSON.stringify(event.detail), 400)}</code></li>`)}</ul></section>`}
${lines.length === 0 ? null : html`<section><h2>Last warnings of the nodes</h2><pre class="log">${lines.map((line) => `${moment(line.at)}  ${line.node}  ${line.level}  ${shortened(line.text, 300)}\n`)}</pre></section>`}
<section><h2>What this means</h2><p>The harness, not the system, ended this trial. What was recorded until then was still judged: ${count(data.verdict.statistics.operations)} operations, ${data.verdict.valid === true ? 'without a violation' : 'without a verdict'}. Fix the cause and run it again.</p></section>`;
}

/** Whether a node ended because a fault killed it. */
function wasAsked(detail: Json): boolean {
  return typeof detail === 'object' && detail !== null && 'asked' in detail && detail.asked === true;
}

const REPEAT_TITLES: { readonly [name in RepeatCommand['name']]: string } = {
  repro: 'Run it again',
  shrink: 'Make it smaller',
  check: 'Judge the record again',
};

function repeat({ repeat: commands, repeatIn }: TrialData): Markup | null {
  if (commands.length === 0) return null;
  return html`<section class="repeat" aria-labelledby="repeat-title"><h2 id="repeat-title">Repeat it</h2>${repeatIn === undefined ? null : html`<p class="where">Run these in ${repeatIn}.</p>`}<ul>${commands.map(
    (command) =>
      html`<li><span class="repeat-name">${REPEAT_TITLES[command.name]}</span><code>${unbroken(command.command)}</code><button type="button" class="copy" data-copy="${command.command}" aria-label="Copy: ${REPEAT_TITLES[command.name].toLowerCase()}">Copy</button>${command.expect === null ? null : html`<span class="expect">${command.expect}</span>`}</li>`,
  )}</ul></section>`;
}

/** A command whose flags are not broken at their hyphens, as "--" and "model" in two lines would be. */
function unbroken(command: string): Markup {
  const parts = command.split(/((?<=\s)--?[\w-]+)/);
  return html`${parts.map((part, i) => (i % 2 === 1 ? html`<span class="flag">${part}</span>` : part))}`;
}

/** Anomalies after the first, grouped by shape, each with its sentence. */
export function otherAnomalies(context: Context): Markup | null {
  const { data } = context;
  const others = anomaliesInOrder(data).slice(data.trial.outcome === 'violation' ? 1 : 0);
  if (others.length === 0) return null;
  const groups = new Map<string, Anomaly[]>();
  for (const anomaly of others) {
    const title = anomalyTitle(anomaly);
    const group = groups.get(title);
    if (group === undefined) groups.set(title, [anomaly]);
    else group.push(anomaly);
  }
  return html`<section id="others"><h2>Other anomalies</h2>${[...groups].map(
    ([shape, list]) =>
      html`<h3>${shape} <span class="count">${list.length}</span></h3><ul class="anomalies">${list
        .slice(0, 20)
        .map((anomaly) => {
          const core = coreOf(context.byIndex, anomaly);
          return html`<li><details><summary>${sentenceBody(anomalySentence(data, anomaly))}</summary>${argument(anomaly, core)}${core.operations.length === 0 ? null : coreTable(context, core, anomaly)}</details></li>`;
        })}</ul>${list.length > 20 ? html`<p>and ${count(list.length - 20)} more of this kind, all in the record</p>` : null}`,
  )}</section>`;
}
