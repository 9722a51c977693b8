/** A small picture for a README: how the latest night (or, without nights, the latest trial) ended, and how long ago. */

import type { TrialOutcome } from '../history/trial-records.ts';
import { escapeText } from '../reports/escape.ts';
import { outcomeOfNight } from '../reports/nightly/outcome.ts';
import type { Desk } from './desk.ts';

export interface Standing {
  readonly what: 'night' | 'trial' | 'nothing';
  /** Null: it goes on, or there is nothing. */
  readonly outcome: TrialOutcome | null;
  /** Milliseconds since 1970. */
  readonly at: number | null;
  readonly name: string | null;
}

/** Of the latest night that has ended; else of the latest judged trial without a planted bug. */
export function standingOf(desk: Desk): Standing {
  const night = desk.parts.nights.all().findLast(({ endedAt }) => endedAt !== null);
  if (night !== undefined) {
    return { what: 'night', outcome: outcomeOfNight(night), at: night.endedAt, name: night.id };
  }
  const trial = desk.parts.listing.latestJudged();
  if (trial === null) return { what: 'nothing', outcome: null, at: null, name: null };
  return { what: 'trial', outcome: trial.outcome, at: trial.startedAt, name: trial.id };
}

const COLOURS: { readonly [outcome in TrialOutcome | 'none']: string } = {
  pass: '#1e6b3c',
  violation: '#b3261e',
  unknown: '#6a4a9a',
  vacuous: '#7a5600',
  broken: '#8c3a00',
  none: '#59626f',
};
/** Of an eleven-pixel sans-serif letter, roughly. */
const LETTER_PX = 6.6;

/** The picture. `now` in milliseconds since 1970. */
export function badge(standing: Standing, now: number): string {
  const label = 'ordeal';
  const age = standing.at === null ? '' : ` · ${ageOf(now - standing.at)}`;
  const text = `${standing.outcome ?? 'no result'}${age}`;
  const left = Math.round(label.length * LETTER_PX + 12);
  const right = Math.round(text.length * LETTER_PX + 12);
  const title = escapeText(`${label}: ${text}${standing.name === null ? '' : ` (${standing.what} ${standing.name})`}`);
  const colour = COLOURS[standing.outcome ?? 'none'];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${title}"><title>${title}</title><rect width="${left + right}" height="20" rx="4" fill="#3a4350"/><path d="M${left} 0h${right - 4}a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4h-${right - 4}z" fill="${colour}"/><g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle"><text x="${left / 2}" y="14">${label}</text><text x="${left + right / 2}" y="14">${escapeText(text)}</text></g></svg>`;
}

/** "just now", "5 min ago", "3 h ago", "12 d ago". */
export function ageOf(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 120) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / (24 * 60))} d ago`;
}
