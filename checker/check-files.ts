/** Judges histories that were recorded elsewhere: one result per file, each independent of the others. */

import { Readable } from 'node:stream';
import { HistoryError } from '../history/formats/format.ts';
import { historyFiles, mustBeHistory, STANDARD_INPUT } from '../history/history-files.ts';
import type { Operation } from '../history/operation.ts';
import { type ReadHistory, type ReadHistoryOptions, readHistory, UnrecognisedError } from '../history/read-history.ts';
import { readStandardInput } from '../history/standard-input.ts';
import type { TrialOutcome } from '../history/trial-records.ts';
import { type JudgeOptions, judge, type Objection, objectionTo } from './judge.ts';
import { vacuousHistoryReasons } from './vacuous.ts';
import type { Verdict } from './verdict.ts';

export interface CheckFilesOptions extends JudgeOptions {
  /** A name from FORMATS, or "auto". */
  readonly format?: string;
  /** Whether values are `[key value]` tuples of Jepsen's independent tests; recognised by default. */
  readonly tuples?: boolean;
  /** Whether a read of nil says that nothing is there, or nothing at all; by default a format's own convention. */
  readonly nilReads?: 'value' | 'any';
  /** Told of each file of a folder that is no history, with the reason. */
  readonly onSkipped?: (path: string, reason: string) => void;
}

export interface CheckedFile {
  readonly file: string;
  /** Whether the history is linearizable. A vacuous history is, but that says nothing. */
  readonly valid: true | false | 'unknown';
  readonly outcome: TrialOutcome;
  /** Operations read. */
  readonly ops: number;
  /** Reading and judging. */
  readonly ms: number;
  readonly model: string | null;
  readonly format: string | null;
  /** How the file was read, where that is not obvious. */
  readonly notes: readonly string[];
  /** What is wrong with the file, naming it; null if it could be read and makes sense under its model. */
  readonly error: string | null;
  /** Null if the file could not be judged. */
  readonly verdict: Verdict | null;
  /** For a report. */
  readonly operations: readonly Operation[];
  /** Of a file that could be read, but makes no sense under the model. */
  readonly objection?: Objection;
}

/**
 * Judges each file, and each history in each folder. Throws HistoryError for a path that is not there or an unknown format;
 * a file that can't be read is a result like others, with outcome `broken` and its error.
 */
export async function* checkFiles(
  paths: readonly string[],
  options: CheckFilesOptions = {},
): AsyncGenerator<CheckedFile> {
  for (const { path, named } of historyFiles(paths)) {
    const started = performance.now();
    try {
      const reading = {
        ...(options.format === undefined ? {} : { format: options.format }),
        ...(options.tuples === undefined ? {} : { tuples: options.tuples }),
      };
      const read = await readerOf(path);
      const checked = await checkHistory(path, await read(reading), options, started);
      yield checked.objection === undefined ? checked : await withLine(checked, checked.objection, reading, read);
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      if (!named && error instanceof UnrecognisedError && !mustBeHistory(path, error.holds))
        options.onSkipped?.(path, error.message);
      else yield unreadable(path, error.message, performance.now() - started);
    }
  }
}

type Reader = (reading: ReadHistoryOptions) => Promise<ReadHistory>;

/** Reads a file as often as it is asked to; "-" is standard input. */
async function readerOf(path: string): Promise<Reader> {
  if (path !== STANDARD_INPUT) return (reading) => readHistory(path, reading);
  const chunks = await readStandardInput();
  return (reading) => readHistory(Readable.from(chunks), reading).catch(namedStandardInput);
}

function namedStandardInput(error: unknown): never {
  throw error instanceof HistoryError ? new HistoryError(`standard input: ${error.message}`) : error;
}

/** The error with the line of the operation that is to blame: the file is read again for it. */
async function withLine(
  checked: CheckedFile,
  objection: Objection,
  reading: ReadHistoryOptions,
  read: Reader,
): Promise<CheckedFile> {
  return {
    ...checked,
    error: `${checked.file}: ${await objectionAt(objection, (onOperation) => read({ ...reading, onOperation }))}`,
  };
}

/** An objection as a person is told it: with the line of the operation that is to blame, for which the file is read again. */
export async function objectionAt(
  { operation, text }: Objection,
  readAgain: (onOperation: (index: number, line: number) => void) => Promise<unknown>,
): Promise<string> {
  if (operation === null) return text;
  let found: number | null = null;
  await readAgain((index, line) => {
    if (index === operation) found = line;
  });
  return found === null ? text : `line ${found}: ${text}`;
}

/** Judges one history that was read; `file` names it in the result. */
export async function checkHistory(
  file: string,
  history: ReadHistory,
  options: CheckFilesOptions,
  started: number = performance.now(),
): Promise<CheckedFile> {
  const { operations, format, notes } = history;
  const verdict = await judge(operations, {
    ...options,
    ...conventions(history, options),
  });
  // What is wrong with the file is for its author to mend: no checker has failed.
  const objection = verdict.outcome === 'broken' ? objectionTo(operations, options) : null;
  if (objection !== null)
    return {
      ...unreadable(file, `${file}: ${objection.text}`, performance.now() - started),
      ops: operations.length,
      format,
      objection,
    };
  const vacuous = verdict.outcome === 'pass' ? vacuousHistoryReasons(verdict.statistics) : [];
  const outcome = vacuous.length > 0 ? 'vacuous' : verdict.outcome;
  return {
    file,
    valid: verdict.valid,
    outcome,
    ops: operations.length,
    ms: Math.round(performance.now() - started),
    model: verdict.model,
    format,
    notes,
    error: null,
    verdict: { ...verdict, outcome, reasons: [...vacuous, ...verdict.reasons] },
    operations,
  };
}

/** One JSON object for a file, as `--json` prints it. */
export function checkedFileJson(checked: CheckedFile): object {
  const { file, valid, outcome, ops, ms, model, format, notes, error, verdict } = checked;
  const told = verdict === null ? {} : { reasons: verdict.reasons, anomalies: verdict.anomalies, keys: verdict.keys };
  return { file, valid, outcome, ops, ms, model, format, notes, ...(error === null ? {} : { error }), ...told };
}

/** What a format implies of the values at first and of reads of nil, unless the caller says it. */
export function conventions(
  history: Pick<ReadHistory, 'format' | 'initialUnknown'>,
  options: Pick<CheckFilesOptions, 'initial' | 'nilReads'>,
): Pick<JudgeOptions, 'initial' | 'nilReads'> {
  const nilReads = options.nilReads === undefined ? {} : { nilReads: options.nilReads };
  if (options.initial !== undefined) return nilReads;
  // The servers of MIT's 6.824, whose files Porcupine has, answer a get of a key that was never written with "".
  if (history.format === 'porcupine-kv') return { ...nilReads, initial: '' };
  return history.initialUnknown && options.nilReads === undefined ? { nilReads: 'any if 0 at first' } : nilReads;
}

function unreadable(file: string, error: string, ms: number): CheckedFile {
  return {
    file,
    valid: 'unknown',
    outcome: 'broken',
    ops: 0,
    ms: Math.round(ms),
    model: null,
    format: null,
    notes: [],
    error,
    verdict: null,
    operations: [],
  };
}
