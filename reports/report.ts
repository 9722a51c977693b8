/** The page of a trial: one HTML file that needs nothing else, and is the same bytes for the same trial. */

import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { anomalyTitle } from './anomaly-kinds.ts';
import { pageScript, pageStyle } from './browser-bundle.ts';
import { faultWords, nodeSpans } from './circumstances.ts';
import { packOperations } from './columns.ts';
import { coreOf } from './core-picture.ts';
import { html, type Markup, trusted } from './escape.ts';
import { anomaliesInOrder } from './exhibit.ts';
import { type Context, firstScreen, otherAnomalies } from './first-screen.ts';
import type { PageRecord } from './page-data.ts';
import { scaleFor } from './precision.ts';
import { coverage, glance, hasRates, provenance } from './sections.ts';
import { OPERATIONS_MAX, selectLogs, selectMessages, selectNodeEvents, selectOperations } from './selection.ts';
import { anomalySentence, sentenceBody, verdictSentence } from './sentence.ts';
import { densityOf, type Series, seriesOf } from './series.ts';
import { staleAnswerOf } from './stale-answer.ts';
import { scaleOf } from './times.ts';
import type { TrialData } from './trial-data.ts';
import { lookupOf } from './witness.ts';
import { shortened } from './wording.ts';

/** Anomalies that the timeline can jump between; the record may hold more. */
const ANOMALIES_MAX = 500;
/** Shorter records fit into the page whole, whatever their values. */
const DENSITY_FROM = 10_000;
/** Script, style and what is drawn without them take less than the rest of two million bytes. */
const PACKED_CHARACTERS_MAX = 1_650_000;

/** The whole page of a trial. Deterministic: no clock, no random number, no environment goes into it. */
export function renderReport(data: TrialData): string {
  const context = contextOf(data);
  const series = seriesOf(data.operations, data.faults, data.nodeEvents, data.trial.durationNs);
  const script = pageScript();
  const style = pageStyle();
  const policy = `default-src 'none'; script-src '${hash(script)}'; style-src '${hash(style)}'; base-uri 'none'; form-action 'none'`;
  const sentence = verdictSentence(data);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${shortened(sentence, 90)} · ${shortened(data.trial.id, 40)}</title>
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#timeline">Skip to the timeline</a>
<main>
${firstScreen(context)}
${atAGlance(context, series)}
${interactive(data, hasRates(data))}
${coverage(context, series)}
${otherAnomalies(context)}
${provenance(context)}
</main>
${packed(data, series)}
<script>${trusted(script)}</script>
</body>
</html>
`;
  return page.markup;
}

function atAGlance(context: Context, series: Series): Markup | null {
  const picture = glance(context, series);
  if (picture === null) return null;
  return html`<section id="at-a-glance" class="${context.data.trial.outcome === 'violation' ? 'static-only' : ''}"><h2>The ${context.data.trial.world === null ? 'history' : 'trial'} at a glance</h2>${picture}</section>`;
}

/** What every part of a report needs beside the data. */
export function contextOf(data: TrialData): Context {
  return {
    data,
    byIndex: new Map(data.operations.map((operation) => [operation.index, operation])),
    spans: nodeSpans(data.nodeEvents, data.trial.durationNs),
  };
}

/** Places that the page's own code fills; without JavaScript they are not shown. A record without times has no rates to chart. */
function interactive({ trial }: TrialData, charted: boolean): Markup {
  return html`<section id="timeline" class="js-only" aria-labelledby="timeline-title"><h2 id="timeline-title">Timeline</h2><div id="timeline-root"></div></section>
${charted ? html`<section id="charts" class="js-only" aria-labelledby="charts-title"><h2 id="charts-title">The whole ${trial.world === null ? 'history' : 'trial'} in numbers</h2><div id="charts-root"></div></section>` : null}
<section id="operations" class="js-only" aria-labelledby="operations-title"><h2 id="operations-title">Operations</h2><div id="operations-root"></div></section>`;
}

/** The SHA-256 of an inline script or style, as a Content-Security-Policy names it. */
function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`;
}

/**
 * What the page's own code is given: the record and the operations, each deflated, in base64. Together they stay within their
 * share of the page: a record that is too large is thinned out, never cut off.
 */
function packed(data: TrialData, series: Series): Markup {
  const record = deflated(new TextEncoder().encode(JSON.stringify(recordOf(data, series))));
  let max = OPERATIONS_MAX;
  for (;;) {
    const operations = deflated(packOperations(selectOperations(data, max).shown));
    const length = record.length + operations.length;
    if (length <= PACKED_CHARACTERS_MAX || max < 1000)
      return html`<script type="application/octet-stream" id="page-record">${trusted(record)}</script>
<script type="application/octet-stream" id="page-operations">${trusted(operations)}</script>`;
    const room = Math.max(0.05, (PACKED_CHARACTERS_MAX - record.length) / operations.length);
    max = Math.floor(Math.min(max, data.operations.length) * Math.min(0.97, room * 0.98));
  }
}

function deflated(bytes: Uint8Array): string {
  return deflateRawSync(bytes, { level: 7 }).toString('base64');
}

function recordOf(data: TrialData, series: Series): PageRecord {
  const messages = selectMessages(data);
  const logs = selectLogs(data);
  const events = selectNodeEvents(data);
  const first = anomaliesInOrder(data)[0];
  return {
    trial: {
      id: data.trial.id,
      outcome: data.trial.outcome,
      nodes: data.trial.nodes,
      durationNs: data.trial.durationNs,
      timeless: data.timeless === true,
      spec: data.trial.spec,
    },
    letters: first === undefined ? [] : coreOf(lookupOf(data).byIndex, first).operations.map(({ index }) => index),
    scale: first === undefined ? scaleOf(data.trial.durationNs, data.timeless === true) : scaleFor(data, first),
    anomalies: anomaliesInOrder(data)
      .slice(0, ANOMALIES_MAX)
      .map((anomaly) => {
        // What was seen inside a node names no operation; a stale answer was some client's, all the same.
        const stale = staleAnswerOf(data, anomaly);
        const concerned = [stale?.change?.operation?.index, stale?.read?.index].filter((index) => index !== undefined);
        return {
          title: anomalyTitle(anomaly),
          sentence: sentenceBody(anomalySentence(data, anomaly)),
          key: stale?.key ?? anomaly.key,
          core: stale === null ? anomaly.core : concerned,
          culprit: stale?.read?.index ?? anomaly.culprit,
          at: anomaly.at,
        };
      }),
    keys: data.verdict.keys.filter((key) => key.valid !== true).map((key) => key.key),
    faults: data.faults.map((fault) => ({ ...fault, words: faultWords(fault) })),
    nodeEvents: events.shown,
    messages: messages.shown,
    logs: logs.shown,
    series,
    density: data.operations.length > DENSITY_FROM ? densityOf(data.operations, data.trial.durationNs) : null,
    totals: {
      operations: data.operations.length,
      messages: messages.total,
      logs: logs.total,
      nodeEvents: events.total,
    },
  };
}
