/**
 * From a history to a verdict: gives each operation its meaning, has porcupine-ts check it key by key, and believes nothing
 * without its certificate. A pass is one only if the verifier replays the order it comes with; a violation only if a second,
 * independent method rejects its core too. What is left is `unknown` or, where certificates contradict, `broken`.
 */

import type { Operation } from '../history/operation.ts';
import { explainAnomaly } from './explain.ts';
import { type HistoryModel, keyOfTag, ModelError } from './history-model.ts';
import { constrains, modelFor } from './models.ts';
import { check } from './porcupine-ts/src/check.ts';
import { refuseMisfits } from './porcupine-ts/src/misfit.ts';
import type { Model, Value } from './porcupine-ts/src/model.ts';
import { type CheckOperation, HistoryError } from './porcupine-ts/src/operation.ts';
import type { CheckOptions, CheckResult, PartitionResult } from './porcupine-ts/src/outcome.ts';
import { verify } from './porcupine-ts/src/verify.ts';
import { countHistory, type HistoryCounts } from './statistics.ts';
import type { Anomaly, KeyVerdict, Verdict } from './verdict.ts';

export interface JudgeOptions {
  /** A name from MODELS, or "auto". */
  readonly model?: string;
  /** Wall time for all keys together, explanations included. Default: one minute. */
  readonly timeMs?: number;
  /** Memory for the tables of the search. Default: one GiB. */
  readonly memoryBytes?: number;
  readonly stepsMax?: number;
  /** What a register or key holds at first; the model's own default otherwise. */
  readonly initial?: Value;
  /**
   * What a read of nil says: that nothing is there ("value", the default), or nothing ("any"). "any if 0 at first" is for
   * Knossos' files: "any" where the file proves that a register held 0 at first, so that nil can't have been its value.
   */
  readonly nilReads?: 'value' | 'any' | 'any if 0 at first';
  readonly signal?: AbortSignal;
  readonly onProgress?: NonNullable<CheckOptions['onProgress']>;
}

const DEFAULT_TIME_MS = 60_000;
/** Violating keys that are explained; the rest are only counted. */
const EXPLAIN_MAX = 10;
/**
 * Once a violation has been found, so much of the time is kept for explaining, and so much at most; the explanation of one key
 * takes no more than its part of what is left. Where none comes in time the key is unknown, for nothing confirms the violation.
 */
export const EXPLAIN_SHARE = 1 / 5;
const EXPLAIN_ALL_MS = 20_000;

type Part = readonly CheckOperation<unknown, Value>[];

/** The verdict on a history. Never throws for what a history holds: one that makes no sense is `broken`, with the reason. */
export async function judge(operations: readonly Operation[], options: JudgeOptions = {}): Promise<Verdict> {
  const started = performance.now();
  const counts = countHistory(operations);
  try {
    const model = modelFor(options.model ?? 'auto', operations);
    const initial = options.initial ?? model.initial;
    const judged = (part: readonly Operation[], first: Value): Verdict =>
      judgeReading(part, counts, model, options, first, started);
    const nilReads = options.nilReads ?? 'value';
    if (nilReads === 'any') return withReason(judged(operations.filter(tellsSomething), initial), NIL_IS_ANY);
    const verdict = judged(operations, initial);
    if (nilReads === 'value' || verdict.outcome !== 'violation' || !model.functions.includes('write')) return verdict;
    const told = operations.filter(tellsSomething);
    // What needs no 0 at first to be explained proves nothing: then nil is what was read.
    if (told.length < operations.length && judged(told, initial).outcome !== 'violation') return verdict;
    const other = judged(told, 0);
    return other.outcome === 'violation' ? verdict : withReason(other, NIL_IS_ANY_FROM_0);
  } catch (error) {
    if (!(error instanceof ModelError) && !(error instanceof HistoryError)) throw error;
    return brokenVerdict(counts, options.model ?? 'auto', error.message, performance.now() - started);
  }
}

const NIL_IS_ANY = 'a read of nil was taken to say nothing';
const NIL_IS_ANY_FROM_0 =
  'read as a register that holds 0 at first, as only that explains the file, and where a read of nil says nothing (--nil-reads value: it says that nothing is there)';

function withReason(verdict: Verdict, reason: string): Verdict {
  return { ...verdict, reasons: [...verdict.reasons, reason] };
}

/** False for a read that answered nil. */
function tellsSomething({ f, outcome, result }: Operation): boolean {
  return !((f === 'read' || f === 'get') && outcome === 'ok' && result === null);
}

export interface Objection {
  /** A sentence for whoever wrote the history. */
  readonly text: string;
  /** Index of the operation that is to blame, or null if it is no single one. */
  readonly operation: number | null;
}

/** Why a history makes no sense under its model; null if it does. */
export function objectionTo(operations: readonly Operation[], options: JudgeOptions = {}): Objection | null {
  try {
    const model = modelFor(options.model ?? 'auto', operations);
    const judged = options.nilReads === 'any' ? operations.filter(tellsSomething) : operations;
    refuseMisfits(model.checked(options.initial ?? model.initial), toCheck(judged, model));
    return null;
  } catch (error) {
    if (error instanceof ModelError || error instanceof HistoryError)
      return { text: error.message, operation: error.operation };
    throw error;
  }
}

function judgeReading(
  operations: readonly Operation[],
  counts: HistoryCounts,
  historyModel: HistoryModel,
  options: JudgeOptions,
  initial: Value,
  started: number,
): Verdict {
  const model = historyModel.checked(initial);
  const checked = toCheck(operations, historyModel);
  const result = check(model, checked, checkOptions(options, started));
  // A part is known by its place in the list: two of them may have the same name.
  const parts: readonly Part[] = model.partition?.(checked).map((part) => part.operations) ?? [checked];
  const { byKey: partsAreKeys } = historyModel;
  const keyName = (key: string): string | null => (partsAreKeys ? keyOfTag(key) : key || null);

  const timeMs = options.timeMs ?? DEFAULT_TIME_MS;
  const explainUntil = Math.min(started + timeMs, performance.now() + EXPLAIN_ALL_MS);
  let toExplain = Math.min(EXPLAIN_MAX, result.partitions.filter((part) => part.outcome === 'violation').length);
  const broken: string[] = [];
  const unproved: string[] = [];
  const anomalies: Anomaly[] = [];
  const keys: KeyVerdict[] = [];
  for (const [at, part] of result.partitions.entries()) {
    const { key, outcome } = part;
    const checkedPart = parts[at] ?? [];
    const name = keyName(key);
    const shown = name === null ? 'the history' : `key ${JSON.stringify(name)}`;
    let valid: KeyVerdict['valid'] = 'unknown';
    if (outcome === 'pass') {
      const wrong = certificateError(model, checkedPart, part);
      if (wrong === null) continue;
      broken.push(`the order found for ${shown} does not replay: ${wrong}`);
    } else if (outcome === 'unknown') {
      unproved.push(`${shown} is undecided: ${whyUnknown(part, timeMs)}`);
    } else if (anomalies.length >= EXPLAIN_MAX || (anomalies.length > 0 && performance.now() > explainUntil)) {
      valid = false;
    } else {
      const left = Math.max(0, explainUntil - performance.now()) / Math.max(1, toExplain--);
      const anomaly = explainAnomaly({
        model,
        initial,
        key: name,
        checked: checkedPart,
        operations: recordedPart(operations, checkedPart),
        timeMs: left,
      });
      if (anomaly === null) unproved.push(`${shown} was rejected, but no independent method confirmed it in time`);
      else if (!('shape' in anomaly)) {
        // Whoever of the two is right, the other has a defect, and what else it said can't be believed either.
        const wrong = verify(model, checkedPart, anomaly);
        const replays = wrong === null ? 'which replays' : `which does not replay: ${wrong}`;
        broken.push(`one search rejected ${shown}, and another found an order, ${replays}: a defect of the checker`);
      } else {
        anomalies.push(anomaly);
        valid = false;
      }
    }
    const ms = Math.round(part.ms);
    keys.push({
      key: name,
      valid,
      operations: part.operations,
      ms,
      reason: outcome === 'unknown' ? whyUnknown(part, timeMs) : null,
    });
  }
  anomalies.sort(byUrgency);
  const outcome =
    anomalies.length > 0 ? 'violation' : broken.length > 0 ? 'broken' : unproved.length > 0 ? 'unknown' : 'pass';
  return {
    outcome,
    valid: outcome === 'pass' ? true : outcome === 'violation' ? false : 'unknown',
    model: historyModel.name,
    reasons: [...broken, ...unproved].slice(0, 20),
    anomalies,
    keys,
    statistics: { ...counts, ...effort(result), ms: Math.round(performance.now() - started) },
  };
}

/** What ran out is told as it was given: the check had what was left of it. */
function whyUnknown({ unknown }: PartitionResult, timeMs: number): string {
  if (unknown === null) return 'no reason is known';
  return unknown.cause === 'time' ? `out of time after ${timeMs} ms; ${unknown.hardship}` : unknown.text;
}

/** Why a pass of a part is not to be believed, or null. */
function certificateError(model: Model<unknown, unknown, Value>, part: Part, result: PartitionResult): string | null {
  if (part.length !== result.operations) return 'it is of other operations';
  if (result.linearization === null) return 'there is none';
  return verify(model, part, result.linearization);
}

function toCheck(operations: readonly Operation[], model: HistoryModel): CheckOperation<unknown, Value>[] {
  model.refuse?.(operations);
  const checked: CheckOperation<unknown, Value>[] = [];
  for (const operation of operations) {
    if (!model.functions.includes(operation.f))
      throw new ModelError(
        `operation ${operation.index} is called "${operation.f}"; the model ${model.name} knows ${model.functions.join(', ')}`,
        operation.index,
      );
    if (!constrains(operation)) continue;
    const { index, process, invokedAt, completedAt, outcome } = operation;
    if (outcome !== 'info' && completedAt === null)
      throw new ModelError(`operation ${index} is ${outcome}, but has no time of completion`, index);
    const { input, output } = model.meaning(operation);
    checked.push({
      id: index,
      process,
      input,
      output,
      call: invokedAt,
      return: outcome === 'info' ? null : completedAt,
    });
  }
  return checked;
}

function checkOptions(options: JudgeOptions, started: number): CheckOptions {
  const timeMs = options.timeMs ?? DEFAULT_TIME_MS;
  return {
    timeMs: Math.max(0, timeMs - (performance.now() - started)),
    // Explained here, as most violations need no search for their core.
    explainMax: 0,
    explainMs: Math.min(EXPLAIN_ALL_MS, EXPLAIN_SHARE * timeMs),
    ...(options.memoryBytes === undefined ? {} : { memoryBytes: options.memoryBytes }),
    ...(options.stepsMax === undefined ? {} : { stepsMax: options.stepsMax }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  };
}

/** The recorded operations of a part, with those on its keys that the checker was not given: failed ones, mostly. */
function recordedPart(operations: readonly Operation[], part: Part): readonly Operation[] {
  const members = new Set(part.map(({ id }) => id));
  const keys = new Set(operations.filter(({ index }) => members.has(index)).map(({ key }) => key));
  return operations.filter((one) => members.has(one.index) || (!constrains(one) && keys.has(one.key)));
}

/** What can be told in words comes before what can't, few operations before many, early before late. */
function byUrgency(a: Anomaly, b: Anomaly): number {
  const vague = (anomaly: Anomaly): number => (anomaly.shape === 'no-order' ? 1 : 0);
  return vague(a) - vague(b) || a.core.length - b.core.length || a.at - b.at;
}

function effort(result: CheckResult): { concurrencyMax: number; steps: number } {
  return { concurrencyMax: result.statistics.concurrencyMax, steps: result.statistics.steps };
}

function brokenVerdict(counts: HistoryCounts, model: string, reason: string, ms: number): Verdict {
  return {
    outcome: 'broken',
    valid: 'unknown',
    model,
    reasons: [reason],
    anomalies: [],
    keys: [],
    statistics: { ...counts, concurrencyMax: 0, steps: 0, ms: Math.round(ms) },
  };
}
