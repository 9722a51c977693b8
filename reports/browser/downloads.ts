/** History and spec out of the page itself, as files: no server has to be asked. */

import { count } from '../wording.ts';
import { element, place } from './element.ts';
import type { Model } from './model.ts';

export function wireDownloads(model: Model): void {
  const { page } = model;
  const name = page.trial.id.replace(/[^\w.-]+/g, '-').slice(0, 80) || 'trial';
  const button = (kind: string): HTMLButtonElement | null =>
    document.querySelector<HTMLButtonElement>(`button[data-download="${kind}"]`);
  button('history')?.addEventListener('click', () => {
    const lines = page.operations.map((operation) => `${JSON.stringify(operation)}\n`);
    save(`${name}.ndjson`, 'application/x-ndjson', lines);
  });
  button('spec')?.addEventListener('click', () => {
    save(`${name}.spec.json`, 'application/json', [`${JSON.stringify(page.trial.spec, null, 2)}\n`]);
  });
  const { totals, operations } = page;
  if (operations.length < totals.operations)
    place('download-note').textContent =
      `The page holds ${count(operations.length)} of ${count(totals.operations)} operations; ${page.trial.spec === null ? 'the file itself' : 'the store'} has all of them.`;
}

function save(name: string, type: string, parts: string[]): void {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  const link = element('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
