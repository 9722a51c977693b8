/** The form for a history or a bundle. The file is sent as it is, by the browser's part: a form could not stream it. */

import { MODELS } from '../../checker/models.ts';
import { FORMATS } from '../../history/formats/registry.ts';
import { html, type Markup } from '../../reports/escape.ts';
import { INITIAL_CHARS_MAX } from '../api/uploads.ts';
import type { Page } from './layout.ts';

type Choice = readonly [value: string, words: string];

const RECOGNISED: Choice = ['auto', 'recognise it'];

export function uploadPage(bytesMax: number): Page {
  const named = (all: readonly { readonly name: string; readonly summary: string }[]): Choice[] => [
    RECOGNISED,
    ...all.map(({ name, summary }): Choice => [name, `${name}: ${summary}`]),
  ];
  const body = html`<h1>Check a history</h1>
<p>A history that Jepsen, Knossos, Porcupine or your own tests recorded is judged and gets a report. A bundle of another Ordeal is taken in as it is. At most ${Math.floor(bytesMax / 2 ** 20)} MiB; gzip is recognised.</p>
<form class="fields js-only" id="upload" data-max="${bytesMax}">
<label>File<input type="file" name="file" required></label>
<div class="grid halves">
${setting('model', 'model', named(MODELS), 'What was tested: it says how each operation should be answered. Recognised by what the operations are called.')}
${setting('format', 'format', named(FORMATS), 'How the file is written. Recognised by how it begins.')}
<div><label>value at first<input type="text" name="initial" maxlength="${INITIAL_CHARS_MAX}" placeholder="as the model has it" autocomplete="off" spellcheck="false" aria-describedby="about-initial"></label><p class="about" id="about-initial">What a register, key or counter holds before the first operation, as JSON: <code>0</code>, <code>"text"</code>. For a semaphore: how many can hold it at once.</p></div>
${setting(
  'nilReads',
  'a read that answered nil',
  [
    ['auto', 'as the file shows'],
    ['value', 'says that nothing was there'],
    ['any', 'says nothing'],
  ],
  html`<code>nil</code> is <code>null</code> in JSON. To most tests it means that the read found nothing: after a write that is a violation. To Knossos’ own models it means that nobody knows what was read.`,
)}
${setting(
  'tuples',
  'values are [key value] tuples',
  [RECOGNISED, ['yes', 'yes: judge each key for itself'], ['no', 'no: even if they look like it']],
  html`Jepsen’s independent tests write the key in front of each value: <code>[:x 1]</code> is the value 1 of <code>:x</code>. A value may also be a plain pair.`,
)}
</div>
<p><button type="submit" class="primary">Upload</button> <progress max="1" value="0" hidden aria-label="Uploaded"></progress></p>
<p role="status" id="upload-said"></p>
</form>
<section><h2>From the command line</h2><pre class="log" tabindex="0">curl --data-binary @history.edn -H 'Content-Type: application/octet-stream' \\
  'http://THIS-SERVICE/api/v1/checks?name=history.edn'</pre><p>It answers with a job; <code>GET /api/v1/queue/JOB?wait=30</code> waits for it and names the trial that the history became. What the form asks for is said by <code>&model=</code>, <code>&format=</code>, <code>&initial=3</code>, <code>&nilReads=value</code> or <code>any</code>, and <code>&tuples=yes</code> or <code>no</code>.</p></section>`;
  return { title: 'Check a history', under: '/upload', body };
}

/** A choice of which the first is what is taken where nobody says anything, with a sentence or two on what it is about. */
function setting(name: string, label: string, choices: readonly Choice[], help: string | Markup): Markup {
  return html`<div><label>${label}<select name="${name}" aria-describedby="about-${name}">${choices.map(([value, words]) => html`<option value="${value}">${words}</option>`)}</select></label><p class="about" id="about-${name}">${help}</p></div>`;
}
