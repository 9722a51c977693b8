/** The proof of what was seen of the system itself: an invariant, missing progress, a crash. It has no operations, but the nodes can be shown. */

import type { Anomaly } from '../checker/verdict.ts';
import type { Json } from '../history/operation.ts';
import type { NodeSpan } from './circumstances.ts';
import { html, type Markup, scrolling } from './escape.ts';
import { nodesPicture } from './nodes-picture.ts';
import { isWrong, staleAnswerOf } from './stale-answer.ts';
import { duration, moment } from './times.ts';
import type { TrialData } from './trial-data.ts';
import {
  asClients,
  asked,
  client,
  count,
  keyWords,
  STEP_MAX,
  shortened,
  value,
  verb,
  withoutMiddle,
} from './wording.ts';

/** What was seen, step by step; whether clients noticed; the nodes around that moment; and what was recorded of it. */
export function observed(data: TrialData, anomaly: Anomaly, spans: ReadonlyMap<string, readonly NodeSpan[]>): Markup {
  const steps = stepsOf(data, anomaly);
  const noticed = whetherNoticed(data, anomaly);
  const picture = nodesPicture(data, anomaly, spans);
  return html`<h2 id="proof-title">What was seen</h2>
${steps.length === 0 ? null : html`<ol class="argument">${steps.map((step) => html`<li>${asClients(withoutMiddle(step, STEP_MAX))}</li>`)}</ol>`}
${noticed === null ? null : html`<p class="noticed">${noticed}</p>`}
${
  picture === null
    ? null
    : html`<figure>${scrolling('Picture of the nodes', picture)}
<figcaption>What the nodes said of themselves around ${moment(anomaly.at)}, in seconds since the trial began; the line is the moment of the anomaly.</figcaption></figure>`
}
${factList(anomaly)}`;
}

/** What the sentence does not tell already. */
export function stepsOf(data: TrialData, anomaly: Anomaly): string[] {
  const { facts, argument } = anomaly;
  const stale = staleAnswerOf(data, anomaly);
  if (stale === null) {
    const bare = (text: unknown): string => String(text).replace(/[.\s]+$/, '');
    const told = [facts.summary, facts.reason].map(bare);
    return argument.map(({ text }) => text).filter((text) => !told.includes(bare(text)));
  }
  const steps = argument.map(({ text }) => (text.endsWith('.') ? text : `${text}.`));
  const { change, key, wouldBe, node } = stale;
  if (change !== null) {
    const { operation, index, by, term, f } = change;
    const what = operation === null ? `a ${verb(f)} of ${keyWords(key)}` : `${client(operation)}'s ${asked(operation)}`;
    const committed = by === null ? '' : `; ${by} committed it first${term === null ? '' : `, in term ${term}`}`;
    steps.push(`Entry ${index} of the log is ${what}${committed}.`);
  }
  if (isWrong(stale) && wouldBe !== undefined)
    steps.push(`From a state with it, ${node} would have answered ${value(wouldBe)}.`);
  return steps;
}

/** What is wrong inside the nodes need not have reached a client yet. Null where nobody can tell. */
function whetherNoticed(data: TrialData, anomaly: Anomaly): string | null {
  const { verdict } = data;
  const { event } = anomaly.facts;
  if (typeof event !== 'number') return null;
  const reader = staleAnswerOf(data, anomaly)?.read ?? null;
  const ofClients = verdict.anomalies.filter(({ violation }) => violation === 'linearizability').length;
  const seen = `It was seen by looking into the replicas after event ${count(event)} of the simulation, and the trial ended there${reader === null ? '' : `: ${client(reader)} did not receive the answer any more`}.`;
  if (ofClients > 0)
    return `${seen} Clients had noticed, too: their answers contradict each other (see the other anomalies).`;
  if (verdict.keys.length > 0 || verdict.statistics.operations === 0) return seen;
  return anomaly.violation === 'liveness'
    ? `${seen} Clients may have waited, but were told nothing wrong: all answers fit one order.`
    : `${seen} No client had noticed by then: all answers fit one order.`;
}

/** Facts that the sentence and the line below it tell already. */
const TOLD = new Set(['oracle', 'title', 'summary', 'meaning', 'nodes', 'reason']);

/** The facts of an anomaly without operations, as they were recorded. */
function factList(anomaly: Anomaly): Markup | null {
  const shown = Object.entries(anomaly.facts).filter(([name, fact]) => fact !== null && fact !== '' && !TOLD.has(name));
  if (shown.length === 0) return null;
  return html`<details class="facts-recorded"><summary>What was recorded of it</summary><dl class="fact-list">${shown.map(
    ([name, fact]) => html`<div><dt>${factName(name)}</dt><dd>${factValue(name, fact)}</dd></div>`,
  )}</dl></details>`;
}

/** "committedBefore" as "committed before", "waitedNs" as "waited". */
function factName(name: string): string {
  return shortened(
    name.replace(/(Ns|At)$/, '').replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`),
    60,
  );
}

function factValue(name: string, fact: Json): string {
  if (typeof fact === 'number' && name.endsWith('Ns')) return duration(fact);
  if (typeof fact === 'number' && name.endsWith('At')) return moment(fact);
  if (typeof fact === 'string') return shortened(fact, 300);
  if (Array.isArray(fact) && fact.every((item) => typeof item === 'string' || typeof item === 'number'))
    return shortened(fact.join(', '), 300);
  return shortened(JSON.stringify(fact), 300);
}
