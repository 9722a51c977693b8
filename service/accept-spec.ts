/**
 * Which specs a request may have run. A spec from a request must name nothing outside the trial (no path, no program), and must
 * end in good time; what a person may do on the command line of the machine is another matter.
 */

import { randomInt } from 'node:crypto';
import type { z } from 'zod';
import { SEED_MAX } from '../seed/draw.ts';
import { InputError } from '../trial/input-error.ts';
import { type CompleteSpec, parseSpec, specSchema } from '../trial/spec.ts';
import { Problem } from './problem.ts';

/** Systems that are built in; any other one would be somebody's program. */
const SYSTEMS: readonly string[] = ['raft'];
const LIMITS = {
  timeMs: 60 * 60_000,
  recoveryMs: 10 * 60_000,
  checkMs: 10 * 60_000,
  checkMemoryMb: 2000,
} as const;
const { seed, timeMs, recoveryMs } = specSchema.shape;
/** A spec as a request gives it: every field may be left out, the seed too; times are bounded closer than on the command line. */
export const requestedSpecSchema = specSchema
  .extend({
    seed: seed.optional(),
    timeMs: timeMs.unwrap().max(LIMITS.timeMs).default(timeMs.def.defaultValue),
    recoveryMs: recoveryMs.unwrap().max(LIMITS.recoveryMs).default(recoveryMs.def.defaultValue),
  })
  .meta({ id: 'Spec' });

/** Names of nodes, faults, workloads and bugs, and what a fault asks for; no separators of paths. */
const PLAIN_TEXT = /^[\w .,:;+()→-]{0,200}$/;

/** The complete spec. Throws Problem 400 that names the field. */
export function acceptSpec(input: unknown): CompleteSpec {
  // The only draw here that is not keyed: it is where a seed comes from.
  const drawn = { seed: randomInt(Math.min(1e9, SEED_MAX)) };
  let spec: CompleteSpec;
  try {
    spec = parseSpec(typeof input === 'object' && input !== null ? { ...drawn, ...input } : input);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw refused(error.message);
  }
  if (!SYSTEMS.includes(spec.system))
    throw refused(`the service runs ${SYSTEMS.join(', ')} only; \`ordeal run\` on the machine runs other systems`);
  const tooLong = [
    ['timeMs', spec.timeMs, LIMITS.timeMs],
    ['recoveryMs', spec.recoveryMs, LIMITS.recoveryMs],
    ['check.timeMs', spec.check.timeMs, LIMITS.checkMs],
    ['check.memoryMb', spec.check.memoryMb, LIMITS.checkMemoryMb],
  ] as const;
  for (const [field, value, max] of tooLong)
    if (value > max) throw refused(`${field}: the service takes at most ${max}, this is ${value}`);
  const odd = oddText(spec, 'spec');
  if (odd !== null) throw refused(`${odd}: a request may not name a path or a program`);
  return spec;
}

/** The path of the first text in a spec that could name something outside of it, or null. */
function oddText(value: unknown, path: string): string | null {
  if (typeof value === 'string') return PLAIN_TEXT.test(value) ? null : path;
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, inner] of Object.entries(value)) {
    if (!PLAIN_TEXT.test(name)) return path;
    const found = oddText(inner, `${path}.${name}`);
    if (found !== null) return found;
  }
  return null;
}

function refused(detail: string): Problem {
  return new Problem(400, 'spec-refused', detail, { errors: [{ path: 'body.spec', message: detail.slice(0, 500) }] });
}

export type RequestedSpec = z.input<typeof requestedSpecSchema>;
