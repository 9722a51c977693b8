/** What goes wrong again and again, grouped by fingerprint. */

import { html } from '../../reports/escape.ts';
import { count, plural, shortened } from '../../reports/wording.ts';
import type { Desk } from '../desk.ts';
import { outcome, type Page, trialLink, when } from './layout.ts';

const GROUPS_MAX = 100;

export function failuresPage(desk: Desk): Page {
  const { groups, complete } = desk.parts.failures.groups();
  const body = html`<h1>Failures by fingerprint</h1>
<p>A fingerprint is what stays the same when one defect shows again: what was broken, by which invariant or shape; not seeds, keys or times.</p>
${complete ? null : html`<p class="note">Older failures are still being grouped: load the page again to see more.</p>`}
${groups.length === 0 ? html`<p>Nothing went wrong so far.</p>` : null}
${groups
  .slice(0, GROUPS_MAX)
  .map(
    ({ fingerprint, count: times, planted, first, last, trials }) =>
      html`<article class="group"><h2>${outcome(fingerprint.outcome, '')} ${shortened(fingerprint.title, 300)}</h2><p>${plural(times, 'trial')}${planted === 0 ? '' : planted === times ? ', all with a planted bug' : `, ${count(planted)} of them with a planted bug`}; first ${when(first.startedAt)}, last ${when(last.startedAt)} · <code>${fingerprint.id}</code></p><ul class="plain">${trials.map(
        (trial) =>
          html`<li>${trialLink(trial.id)}${trial.bugs.length === 0 ? null : html` <small>${trial.bugs.join(', ')}</small>`}</li>`,
      )}${times > trials.length ? html`<li>and ${count(times - trials.length)} more</li>` : null}</ul></article>`,
  )}`;
  return { title: 'Failures', under: '/failures', body };
}
