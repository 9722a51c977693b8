/**
 * When are two failures the same one? A fingerprint is a hash over what stays the same when a defect shows again on another
 * night, with other seeds, on another machine: the outcome, the system, the kind of promise that was broken, and by it the
 * invariant's name, the shape of the contradiction, or the words of an error without its numbers and names. Seeds, keys, times,
 * faults and the size of the core are left out: they differ from find to find of one and the same defect.
 */

import { createHash } from 'node:crypto';
import type { Anomaly, Verdict } from '../../checker/verdict.ts';
import type { Fingerprint } from '../../history/night-records.ts';
import type { Operation } from '../../history/operation.ts';
import type { TrialOutcome } from '../../history/trial-records.ts';
import { SHAPE_TITLES } from '../../reports/anomaly-kinds.ts';

export interface FingerprintContext {
  /** "raft", …; null for a history from elsewhere. */
  readonly system: string | null;
  /** Finds an operation by its index; used where a contradiction has no shape of its own. */
  readonly operation?: (index: number) => Operation | undefined;
}

/** The fingerprint of a verdict's first anomaly, or of why it is no pass; null for a pass. */
export function fingerprintOf(verdict: Verdict, context: FingerprintContext): Fingerprint | null {
  if (verdict.outcome === 'pass') return null;
  const [anomaly] = verdict.anomalies;
  if (verdict.outcome === 'violation' && anomaly !== undefined) return ofAnomaly(anomaly, context);
  return fingerprintOfReason(verdict.outcome, verdict.reasons[0] ?? '', context.system);
}

/** The fingerprint of an outcome that only has words: a harness that failed, a canary that was missed. */
export function fingerprintOfReason(outcome: TrialOutcome, reason: string, system: string | null): Fingerprint {
  const words = withoutParticulars(reason);
  return made(outcome, system, [words], words === '' ? outcome : `${outcome}: ${words}`);
}

function ofAnomaly(anomaly: Anomaly, { system, operation }: FingerprintContext): Fingerprint {
  const { violation, shape, facts } = anomaly;
  const title = SHAPE_TITLES[shape];
  switch (shape) {
    case 'invariant':
      return made('violation', system, [violation, String(facts.invariant)], `${title}: ${String(facts.invariant)}`);
    case 'crash': {
      const words = withoutParticulars(String(facts.reason ?? ''));
      return made('violation', system, [violation, words], `${title}: ${words}`);
    }
    case 'no-order': {
      const kinds = kindsOf(anomaly.core, operation);
      return made(
        'violation',
        system,
        [violation, shape, ...kinds],
        kinds.length === 0 ? title : `${title} of ${kinds.join(', ')}`,
      );
    }
    default:
      return made('violation', system, [violation, shape], title);
  }
}

/** The kinds of operations of a core, each once: "cas", "read", "write?" (nobody knows whether it took effect). */
function kindsOf(core: readonly number[], operation: FingerprintContext['operation']): string[] {
  const kinds = core.flatMap((index) => {
    const found = operation?.(index);
    return found === undefined ? [] : [`${found.f}${found.outcome === 'info' ? '?' : ''}`];
  });
  return [...new Set(kinds)].sort();
}

function made(outcome: TrialOutcome, system: string | null, parts: readonly string[], title: string): Fingerprint {
  const digest = createHash('sha256').update(JSON.stringify([outcome, system, ...parts]));
  const suffix = system === null ? '' : ` (${system})`;
  return { id: digest.digest('hex').slice(0, 12), outcome, title: `${title}${suffix}` };
}

const WORDS_CHARS_MAX = 160;

/** An error's words without what differs from time to time: paths, hexadecimal and other numbers, names of nodes, quoted text. */
function withoutParticulars(reason: string): string {
  return reason
    .replace(/(?:\.{0,2}\/)?(?:[\w.@+-]+\/)+[\w.@+-]*/g, '…')
    .replace(/\bn\d+\b/g, 'n#')
    .replace(/\b0x[0-9a-f]+\b|\b[0-9a-f]{8,}\b/gi, '#')
    .replace(/\d+(?:[.,]\d+)*/g, '#')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, WORDS_CHARS_MAX);
}
