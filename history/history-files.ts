/** Which files a person means who names files and folders. */

import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { HistoryError } from './formats/format.ts';

/** Instead of a path: what comes through a pipe. */
export const STANDARD_INPUT = '-';

export interface HistoryFile {
  readonly path: string;
  /** False for a file found in a folder: there, what is no history is passed over rather than an error. */
  readonly named: boolean;
}

const FILES_MAX = 100_000;
const DEPTH_MAX = 20;
/** What a run of Jepsen leaves beside its history.edn, saying the same or nothing about it. */
const BESIDE_HISTORY_EDN = new Set(['history.txt', 'jepsen.log', 'results.edn', 'test.jepsen', 'test.fressian']);

/** The files named, and those in the folders named, folders in order of name. Throws HistoryError for what is not there. */
export function historyFiles(paths: readonly string[]): HistoryFile[] {
  const files: HistoryFile[] = [];
  for (const path of paths) {
    if (path === STANDARD_INPUT) {
      if (files.some((file) => file.path === STANDARD_INPUT))
        throw new HistoryError('standard input ("-") is named twice: it can be read once');
      files.push({ path, named: true });
      continue;
    }
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) throw new HistoryError(`${path}: there is no such file or folder`);
    if (stats.isDirectory()) addFolder(path, files, 0);
    else if (stats.isFile()) files.push({ path, named: true });
    else throw new HistoryError(`${path}: neither a file nor a folder; pipe it in, and name it "-"`);
  }
  return files;
}

function addFolder(folder: string, files: HistoryFile[], depth: number): void {
  if (depth > DEPTH_MAX) throw new HistoryError(`${folder}: folders are nested deeper than ${DEPTH_MAX} levels`);
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const jepsenRun = entries.some(({ name }) => /^history\.edn(\.gz)?$/.test(name));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.')) continue;
    // Links are not followed into folders: Jepsen's `latest` would be judged twice.
    if (entry.isDirectory()) addFolder(path, files, depth + 1);
    else if (!isFile(path)) continue;
    else if (!(jepsenRun && BESIDE_HISTORY_EDN.has(basename(path).replace(/\.gz$/, ''))))
      files.push({ path, named: false });
    if (files.length > FILES_MAX) throw new HistoryError(`${folder}: more than ${FILES_MAX} files`);
  }
}

/** Follows links; false also for a link to nowhere or to itself. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Names of what is no history, whatever stands in it. */
const NO_HISTORY = /\.(?:md|html?|svg|png)$/i;
/** Names that promise a history; one that only says what language it is in may also hold something else. */
const HISTORY = /(?:\.(?:ndjson|jsonl)|(?:^|\/)(?:history[^/]*\.(?:edn|txt|log|json)|jepsen\.log))(?:\.gz)?$/i;
const EDN = /\.edn(?:\.gz)?$/i;

/** Whether a file of a folder that was not recognised may not be passed over: a history that nobody judged is no green one. */
export function mustBeHistory(path: string, holds: 'nothing' | 'like a history' | 'other'): boolean {
  if (NO_HISTORY.test(path)) return false;
  return holds === 'like a history' || HISTORY.test(path) || (holds === 'nothing' && EDN.test(path));
}
