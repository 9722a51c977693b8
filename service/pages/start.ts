/** The form that starts a trial, and how its fields become a spec. */

import { z } from 'zod';
import { html, type Markup } from '../../reports/escape.ts';
import { trialChoices } from '../../trial/choices.ts';
import { specSchema } from '../../trial/spec.ts';
import { invalidRequest, Problem } from '../problem.ts';
import type { Page } from './layout.ts';

const DEFAULT_SEED = 0;

export function startPage(): Page {
  const { worlds, workloads, faults, bugs } = trialChoices();
  const usual = specSchema.parse({ seed: DEFAULT_SEED });
  const number = (name: string, label: string, value: number | '', min: number, max: number): Markup =>
    html`<label>${label}<input type="number" name="${name}" value="${value}" min="${min}" max="${max}"></label>`;
  const options = (names: readonly string[], chosen: string): Markup =>
    html`${names.map((name) => (name === chosen ? html`<option selected>${name}</option>` : html`<option>${name}</option>`))}`;
  const body = html`<h1>Start a trial</h1>
<form class="fields" method="post" action="/start">
<div class="grid">
<label>world<select name="world">${options(worlds, usual.world)}</select></label>
<label>workload<select name="workload">${options(
    workloads.map(({ name }) => name),
    usual.workload,
  )}</select></label>
${number('nodes', 'nodes', usual.nodes, 1, 9)}
${number('seconds', 'seconds', usual.timeMs / 1000, 1, 3600)}
${number('clients', 'clients', usual.clients, 1, 1000)}
${number('rate', 'operations a second (0: flat out)', usual.ratePerSecond, 0, 1_000_000)}
${number('seed', 'seed (empty: drawn)', '', 0, Number.MAX_SAFE_INTEGER)}
<label>planted bug<select name="bug"><option value="">none</option>${options(
    bugs.map(({ name }) => name),
    '',
  )}</select></label>
</div>
<fieldset><legend>Faults</legend>${faults.map(
    ({ name, summary }) =>
      html`<label class="check"><input type="checkbox" name="faults" value="${name}"${usual.faults.includes(name) ? html` checked` : null}><span><b>${name}</b> ${summary}</span></label>`,
  )}</fieldset>
<p><button type="submit" class="primary">Start</button></p>
</form>
<section><h2>A whole spec</h2><form class="fields" method="post" action="/start/spec"><label>Spec as JSON; every field may be left out<textarea name="spec" rows="8" spellcheck="false">{"world": "simulator", "timeMs": 5000}</textarea></label><p><button type="submit">Start this spec</button></p></form></section>`;
  return { title: 'Start a trial', under: '/start', body };
}

const whole = z.coerce.number().int();
const formSchema = z.strictObject({
  world: z.string(),
  workload: z.string(),
  nodes: whole,
  seconds: z.coerce.number().min(0.1).max(3600),
  clients: whole,
  rate: whole,
  seed: z.union([z.literal('').transform(() => undefined), whole]),
  bug: z.string(),
  faults: z.union([z.string().transform((name) => [name]), z.array(z.string())]).default([]),
});

/** The spec that the form's fields mean. Throws Problem 400. */
export function specOfForm(fields: unknown): object {
  const parsed = formSchema.safeParse(fields ?? {});
  if (!parsed.success) throw invalidRequest('form', parsed.error);
  const { world, workload, nodes, seconds, clients, rate, seed, bug, faults } = parsed.data;
  return {
    world,
    workload,
    nodes,
    timeMs: Math.round(seconds * 1000),
    clients,
    ratePerSecond: rate,
    faults,
    bugs: bug === '' ? [] : [bug],
    ...(seed === undefined ? {} : { seed }),
  };
}

/** The spec in the form's text. Throws Problem 400. */
export function specOfText(fields: unknown): unknown {
  const parsed = z.strictObject({ spec: z.string() }).safeParse(fields ?? {});
  if (!parsed.success) throw invalidRequest('form', parsed.error);
  try {
    return JSON.parse(parsed.data.spec) as unknown;
  } catch (error) {
    throw new Problem(400, 'no-json', `the spec is no JSON: ${error instanceof Error ? error.message : ''}`);
  }
}
