/** Sends a file as the body of one request, and goes to the page of the job that it becomes. */

/** What a bundle begins with. */
const BUNDLE = 'ordeal-bundle ';

export function enableUpload(): void {
  const form = document.getElementById('upload');
  if (!(form instanceof HTMLFormElement)) return;
  const said = document.getElementById('upload-said');
  const say = (text: string): void => {
    if (said !== null) said.textContent = text;
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const fields = new FormData(form);
    const file = fields.get('file');
    if (!(file instanceof File)) return;
    const max = Number(form.dataset.max);
    if (file.size > max)
      say(`The file has ${file.size} bytes; at most ${max} are taken. Compress it with gzip, or cut it.`);
    else void upload(form, file, fields, say);
  });
}

async function upload(form: HTMLFormElement, file: File, fields: FormData, say: (text: string) => void): Promise<void> {
  const name = file.name.replace(/[/\\\p{Cc}]/gu, '_').slice(0, 120) || 'uploaded';
  const head = await file.slice(0, BUNDLE.length).text();
  const query = new URLSearchParams({ name });
  if (head !== BUNDLE)
    for (const field of ['model', 'format', 'initial', 'nilReads', 'tuples']) {
      const given = String(fields.get(field)).trim();
      if (given !== '') query.set(field, given);
    }
  const progress = form.querySelector('progress');
  if (progress !== null) progress.hidden = false;
  say('Sending …');
  // XMLHttpRequest tells how far an upload is; fetch does not.
  const request = new XMLHttpRequest();
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    if (progress !== null && total > 0) progress.value = loaded / total;
  });
  request.addEventListener('load', () => {
    const answer = parsed(request.responseText);
    if (request.status === 202) location.assign(`/queue/${Number(answer.job)}?follow`);
    else say(`It was not taken: ${String(answer.detail ?? request.status)}`);
  });
  request.addEventListener('error', () => say('The connection broke off: try again.'));
  request.open('POST', `/api/v1/${head === BUNDLE ? 'bundles' : 'checks'}?${query}`);
  request.setRequestHeader('Content-Type', 'application/octet-stream');
  request.send(file);
}

function parsed(text: string): { readonly job?: unknown; readonly detail?: unknown } {
  try {
    return JSON.parse(text) as { job?: unknown; detail?: unknown };
  } catch {
    return {};
  }
}
