/** What the nodes were at the moment the first screen talks about, by side of a partition, and what the record proves of them. */

import type { Anomaly } from '../checker/verdict.ts';
import { inOrder, type NodeSpan, nodeStateAt, roleWords } from './circumstances.ts';
import { html, type Markup } from './escape.ts';
import { type MinorityLeader, minorityLeaders, minorityLeaderWords } from './minority-leaders.ts';
import { scaleFor } from './precision.ts';
import { shareOf, sidesAt } from './sides.ts';
import { deedOf, situationOf } from './situation.ts';
import { moment } from './times.ts';
import type { TrialData } from './trial-data.ts';
import { ended, type Telling, tellingOf, witnessesOf } from './witness.ts';
import { capital, inWords, listed, verb } from './wording.ts';

/** More nodes than this are not told one by one. */
const NODES_MAX = 16;

/** One line of facts, and the nodes with role and term: each followed by what it did. Nothing where nothing is known. */
export function nodesThen(
  data: TrialData,
  anomaly: Anomaly,
  spans: ReadonlyMap<string, readonly NodeSpan[]>,
): Markup | null {
  const telling = tellingOf(data, anomaly);
  const scale = scaleFor(data, anomaly);
  const facts = situationOf(telling, scale);
  const line = facts.length === 0 ? null : html`<p class="situation">${facts.join(' ')}</p>`;
  if (spans.size === 0) return line;
  const witnesses = witnessesOf(telling);
  const split = splitBrainOf(telling);
  const culprit = anomaly.culprit === null ? null : telling.operation(anomaly.culprit);
  const nodes = inOrder([...new Set([...data.trial.nodes, ...spans.keys()])]).slice(0, NODES_MAX);
  // All of them down or starting at the call: then what they were at the answer tells more.
  const silent = (at: number): boolean => nodes.every((node) => (nodeStateAt(spans, node, at)?.role ?? null) === null);
  const answeredAt = culprit?.completedAt ?? null;
  const late = culprit !== null && answeredAt !== null && silent(culprit.invokedAt) && !silent(answeredAt);
  const at = late ? answeredAt : (culprit?.invokedAt ?? anomaly.at);
  const did = (node: string): string => {
    if (witnesses === null) return '';
    const deeds = [witnesses.other, witnesses.seen]
      .filter((one) => one !== null && one.node === node)
      .map((one) => deedOf(one as NonNullable<typeof one>, witnesses));
    return deeds.length === 0 ? '' : `: ${listed(deeds)}`;
  };
  const chip = (node: string): Markup => {
    const state = nodeStateAt(spans, node, at);
    const deed = did(node);
    // What the answering node was at the answer is what the facts above talk about.
    const after = node === culprit?.node && answeredAt !== null ? roleWords(nodeStateAt(spans, node, answeredAt)) : '';
    const became = after === '' || after === roleWords(state) ? '' : `; at the answer ${after}`;
    return html`<span class="node-then${deed === '' ? '' : ' concerned'}"><b>${node}</b> ${roleWords(state) || (state === null ? 'not known' : 'starting')}${became}${deed}</span> `;
  };
  const parted = sidesAt(data, at);
  const groups =
    parted === null
      ? nodes.map(chip)
      : parted.sides.map((side) => {
          const { has, of, unit } = shareOf(data, side, at);
          return html`<span class="side"><span class="then">${has} of ${of} ${unit}:</span> ${inOrder(side)
            .filter((node) => nodes.includes(node))
            .map(chip)}</span> `;
        });
  const when = data.timeless === true ? '' : ` (${moment(at, scale)})`;
  const what = culprit === null ? 'then' : `when that ${verb(culprit.f)} ${late ? 'was answered' : 'began'}${when}`;
  const rivals =
    leadersThen(nodes, spans, at, '', split) ??
    (answeredAt === null ? null : leadersThen(nodes, spans, answeredAt, `When it was answered, there were `, split));
  const grave = split.map((leader) => minorityLeaderWords(leader, scale));
  return html`${grave.length === 0 ? null : html`<p class="situation"><strong class="grave">${grave.join(' ')}</strong></p>`}${line}<p class="nodes-then"><span class="then">The nodes ${what}:</span> ${groups}${rivals}</p>`;
}

/** Leaders without a majority at the moments that an anomaly is about. */
export function splitBrainOf(telling: Telling): readonly MinorityLeader[] {
  const witnesses = witnessesOf(telling);
  if (witnesses === null) return [];
  const { seen, other } = witnesses;
  const moments = [...(other === null ? [] : [ended(other)]), seen.invokedAt];
  return minorityLeaders(telling.data, telling.spans, moments);
}

/** Several that lead at once, by their own word: an error only within one term. Who stands still leads nobody. */
function leadersThen(
  nodes: readonly string[],
  spans: ReadonlyMap<string, readonly NodeSpan[]>,
  at: number,
  introduction: string,
  split: readonly MinorityLeader[],
): Markup | null {
  const leaders = nodes
    .map((node) => ({ node, state: nodeStateAt(spans, node, at) }))
    .filter(({ state }) => state?.up === true && !state.paused && state.role === 'leader')
    .map(({ node, state }) => ({ node, term: state?.term ?? null }));
  if (leaders.length < 2) return null;
  const terms = leaders.map(({ term }) => term);
  const alike = terms.find((term, i) => term !== null && terms.indexOf(term) !== i);
  const many = inWords(leaders.length);
  const all = `${introduction === '' ? capital(many) : `${introduction}${many}`} leaders at once: ${listed(leaders.map(({ node, term }) => `${node} (term ${term ?? '?'})`))}.`;
  if (alike !== undefined) return html`<strong class="rivals">${all} There must never be two in one term.</strong>`;
  // Of two that were both elected lawfully the older is deposed, and need not have heard of it.
  const lawful = leaders.every(({ node, term }) => !split.some((one) => one.node === node && one.term === term));
  const highest = Math.max(...terms.map((term) => term ?? 0));
  const deposed = listed(leaders.filter(({ term }) => term !== highest).map(({ node }) => node));
  return html`<span class="rivals">${all}${lawful ? ` Of different terms, that can be so for a moment, until ${deposed} hears of the higher term.` : null}</span>`;
}
