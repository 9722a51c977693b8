/** Pages of few words: logging in, and what went wrong. */

import { html } from '../../reports/escape.ts';
import type { ProblemBody } from '../problem.ts';
import type { Page } from './layout.ts';

export function loginPage(wrong: boolean): Page {
  const body = html`<h1>Log in</h1>
${wrong ? html`<p class="error" role="alert">That is not the token.</p>` : null}
<form class="fields" method="post" action="/login"><label>Token<input type="password" name="token" required autocomplete="current-password" maxlength="500"></label><p><button type="submit" class="primary">Log in</button></p></form>
<p class="note">The token is what the service was started with (<code>ORDEAL_TOKEN</code>). Programs send it as <code>Authorization: Bearer …</code></p>`;
  return { title: 'Log in', under: null, body };
}

export function problemPage({ status, title, detail, code }: ProblemBody): Page {
  const body = html`<h1>${title}</h1><p class="error" role="alert">${detail}</p>${code === 'token-needed' ? html`<p><a href="/login">Log in</a></p>` : html`<p><a href="/">To the overview</a></p>`}<p class="note">${status}, ${code}</p>`;
  return { title, under: null, body };
}
