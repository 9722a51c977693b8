/** Sentences about what was seen of the system itself, rather than of its answers: an invariant, missing progress, a crash. */

import type { Anomaly } from '../checker/verdict.ts';
import type { Json } from '../history/operation.ts';
import type { FaultRecord } from '../history/trial-records.ts';
import { faultClause } from './circumstances.ts';
import { invariantWords } from './invariant-meanings.ts';
import { duration, moment } from './times.ts';
import { listed, shortened } from './wording.ts';

export function invariantSentence({ shape, facts, at }: Anomaly, faults: readonly FaultRecord[]): string {
  const name = text(facts.invariant) ?? text(facts.name) ?? 'an invariant';
  const what = text(facts.summary) ?? text(facts.detail) ?? text(facts.message) ?? text(facts.what);
  const nodes = Array.isArray(facts.nodes) ? facts.nodes.filter((node) => typeof node === 'string') : [];
  const on = nodes.length === 0 ? '' : ` on ${shortened(listed(nodes), 60)}`;
  // What was owed within bounded time, and an invariant that we know, has its name in the heading already.
  const called = shape === 'invariant' && invariantWords(name) === null ? `${name}: ` : '';
  const says = what === null ? `${name} does not hold${on}` : `${called}${what.replace(/[.\s]+$/, '')}`;
  return `${says}, at ${moment(at)}${faultClause(faults, at)}`;
}

/**
 * In the oracle's own words (`summary`), where it has some; else what our oracle of recovery looks at. A bound that the oracle
 * names in its words (`boundNs`, `waitedNs`) is not told again; `withinNs` and `sinceNs` are facts that its words leave out.
 */
export function noProgressSentence({ facts, at, argument }: Anomaly, faults: readonly FaultRecord[]): string {
  const within = number(facts.withinNs) ?? number(facts.waitedNs);
  const healedAt = number(facts.healedAt);
  const summary = text(facts.summary) ?? text(facts.message) ?? text(facts.what);
  if (summary === null && healedAt !== null)
    return `no client was served${within === null ? '' : ` within ${duration(within)}`} after every fault was healed at ${moment(healedAt)}, although all nodes were running and connected`;
  const what = summary ?? (argument[0] === undefined ? 'the cluster did not go on' : shortened(argument[0].text, 300));
  const since = number(facts.sinceNs) ?? at;
  const left = summary === null ? within : number(facts.withinNs);
  const bound = left === null ? `, at ${moment(since)}` : ` within ${duration(left)} after ${moment(since)}`;
  return `${what.replace(/[.\s]+$/, '')}${bound}${faultClause(faults, since)}`;
}

export function crashSentence({ facts, at }: Anomaly, faults: readonly FaultRecord[]): string {
  const node = text(facts.node);
  const reason = text(facts.reason);
  if (node === null && reason !== null)
    return `${reason.replace(/[.\s]+$/, '')}, at ${moment(at)}${faultClause(faults, at)}`;
  const code = number(facts.exitCode) ?? number(facts.code);
  const signal = text(facts.signal);
  const how = code !== null ? ` with exit code ${code}` : signal !== null ? ` by ${signal}` : '';
  const why = text(facts.reason) ?? text(facts.message) ?? text(facts.summary) ?? text(facts.error);
  return `${node ?? 'a node'} ended by itself at ${moment(at)}${how}${faultClause(faults, at)}${why === null ? '' : ` (“${shortened(why, 120)}”)`}`;
}

function text(fact: Json | undefined): string | null {
  return typeof fact === 'string' && fact !== '' ? shortened(fact, 200) : null;
}

function number(fact: Json | undefined): number | null {
  return typeof fact === 'number' ? fact : null;
}
