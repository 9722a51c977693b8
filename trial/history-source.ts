/**
 * What stands in the place of a spec where a trial is a history from elsewhere: how it came, how it was read, and how it is to be
 * judged, now and again.
 */

import { z } from 'zod';
import { conventions } from '../checker/check-files.ts';
import type { JudgeOptions } from '../checker/judge.ts';
import { FORMATS } from '../history/formats/registry.ts';
import type { Json } from '../history/operation.ts';
import type { TrialRow } from '../history/store.ts';

/** What a person may say of a history, as `ordeal check` takes it. What is not said is recognised, or follows from the format. */
export interface HistoryReading {
  /** "auto", or a name from MODELS. */
  readonly model: string;
  /** "auto", or a name from FORMATS. */
  readonly format: string;
  /** What a register, key or counter holds at first; how many can hold a semaphore. */
  readonly initial?: Json;
  readonly nilReads?: 'value' | 'any';
  readonly tuples?: boolean;
}

export interface HistorySource extends HistoryReading {
  /** What the file was called. */
  readonly history: string;
  /** What the reader of the file noted. */
  readonly notes: readonly string[];
  /** How many the file has: fewer in the store mean that keeping it was cut short. */
  readonly operations: number;
}

const historySourceSchema = z.object({
  history: z.string(),
  format: z.string(),
  model: z.string(),
  initial: z.json().exactOptional(),
  nilReads: z.enum(['value', 'any']).exactOptional(),
  tuples: z.boolean().exactOptional(),
  notes: z.array(z.string()),
  operations: z.number().int(),
});

/** Null for a trial that is no history from elsewhere. */
export function historySourceOf({ spec, workload }: Pick<TrialRow, 'spec' | 'workload'>): HistorySource | null {
  if (workload !== null) return null;
  return historySourceSchema.safeParse(spec).data ?? null;
}

type Said = Pick<HistoryReading, 'initial' | 'nilReads' | 'tuples'>;

/** What is said of the value at first, of nil and of tuples, if anything is; what is not is not there. */
export function saidOf({ initial, nilReads, tuples }: Said): Said {
  return {
    ...(initial === undefined ? {} : { initial }),
    ...(nilReads === undefined ? {} : { nilReads }),
    ...(tuples === undefined ? {} : { tuples }),
  };
}

/** A value as a person gives it: JSON, or a plain word that stands for itself. Undefined for what is neither. */
export function givenJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return /^[\w.-]+$/.test(text) ? text : undefined;
  }
}

/** How the operations of a kept history are judged: what its format implies is not in them. */
export function judgedAs(source: HistorySource): JudgeOptions {
  const { model, initial } = source;
  return { model, ...(initial === undefined ? {} : { initial }), ...conventions(readAs(source), source) };
}

/** The format that a history was read in, and what that leaves open. */
export function readAs({ format }: HistorySource): { readonly format: string; readonly initialUnknown: boolean } {
  return { format, initialUnknown: FORMATS.find(({ name }) => name === format)?.initialUnknown ?? false };
}
