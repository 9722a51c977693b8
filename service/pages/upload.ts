/** The form for a history or a bundle. The file is sent as it is, by the browser's part: a form could not stream it. */

import { MODELS } from '../../checker/models.ts';
import { FORMATS } from '../../history/formats/registry.ts';
import { html } from '../../reports/escape.ts';
import type { Page } from './layout.ts';

export function uploadPage(bytesMax: number): Page {
  const options = (all: readonly { readonly name: string; readonly summary: string }[]) =>
    html`<option value="auto">recognise it</option>${all.map(({ name, summary }) => html`<option value="${name}">${name}: ${summary}</option>`)}`;
  const body = html`<h1>Check a history</h1>
<p>A history that Jepsen, Knossos, Porcupine or your own tests recorded is judged and gets a report. A bundle of another Ordeal is taken in as it is. At most ${Math.floor(bytesMax / 2 ** 20)} MiB; gzip is recognised.</p>
<form class="fields js-only" id="upload" data-max="${bytesMax}">
<label>File<input type="file" name="file" required></label>
<div class="grid"><label>model<select name="model">${options(MODELS)}</select></label>
<label>format<select name="format">${options(FORMATS)}</select></label></div>
<p><button type="submit" class="primary">Upload</button> <progress max="1" value="0" hidden aria-label="Uploaded"></progress></p>
<p role="status" id="upload-said"></p>
</form>
<section><h2>From the command line</h2><pre class="log" tabindex="0">curl --data-binary @history.edn -H 'Content-Type: application/octet-stream' \\
  'http://THIS-SERVICE/api/v1/checks?name=history.edn'</pre><p>It answers with a job; <code>GET /api/v1/queue/JOB?wait=30</code> waits for it and names the trial that the history became.</p></section>`;
  return { title: 'Check a history', under: '/upload', body };
}
