/**
 * Joining the shards of a night: their items in one record, their reports and bundles in one directory. A shard that is missing, or
 * that did not get to its end, is broken: what it would have found nobody knows.
 */

import { cpSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Night, type NightItem, NOTHING_MEASURED, nightSchema } from '../../history/night-records.ts';
import { InputError } from '../input-error.ts';
import { ordealVersion } from '../provenance.ts';
import { fingerprintOfReason } from './fingerprint.ts';
import { RESULT_FILE, readResult } from './out-directory.ts';

const RESULT_BYTES_MAX = 200_000_000;
const PROBLEM_CHARS_MAX = 1000;

export interface ShardResult {
  readonly directory: string;
  readonly night: Night;
}

export interface Shards {
  /** In order of their index. */
  readonly results: readonly ShardResult[];
  /** What is wrong with the results that can't be read. */
  readonly damaged: readonly string[];
  /** How many shards the night has. */
  readonly count: number;
}

/**
 * Reads the results in these directories; one without a result is left out, as a machine that died early leaves none, and a
 * damaged one is told of. `count`: how many shards there are, if that is known without them. Throws InputError where they are no
 * shards of one night, or there is none at all and `count` is null.
 */
export function readShards(directories: readonly string[], count: number | null = null): Shards {
  const damaged: string[] = [];
  const results = directories.flatMap((directory) => {
    const night = readNight(directory);
    if (typeof night === 'string') damaged.push(night);
    return night === null || typeof night === 'string' ? [] : [{ directory, night }];
  });
  refuseStrangers(results, count);
  const known = results[0]?.night.shard?.count ?? count;
  if (known === null && damaged.length === 0)
    throw new InputError(
      `there is no ${RESULT_FILE} in ${directories.join(', ')}: give the --out directories of \`ordeal nightly --shard\`, ` +
        'and --shards N for a result where none of them may have arrived',
    );
  results.sort((a, b) => (a.night.shard?.index ?? 0) - (b.night.shard?.index ?? 0));
  return { results, damaged, count: known ?? directories.length };
}

/** Throws InputError where shards do not belong together. */
function refuseStrangers(shards: readonly ShardResult[], count: number | null): void {
  const [first] = shards;
  if (first === undefined) return;
  const seen = new Map<number, string>();
  for (const { directory, night } of shards) {
    if (night.shard === null) throw new InputError(`${directory} holds a whole night, not a shard of one`);
    const twin = seen.get(night.shard.index);
    if (twin !== undefined)
      throw new InputError(`${twin} and ${directory} both hold shard ${night.shard.index} of ${night.shard.count}`);
    seen.set(night.shard.index, directory);
    for (const field of ['plan', 'date', 'commit'] as const)
      if (night[field] !== first.night[field])
        throw new InputError(
          `${first.directory} and ${directory} are not of one night: their ${field} is ${first.night[field]} and ${night[field]}`,
        );
    if (night.shard.count !== first.night.shard?.count)
      throw new InputError(
        `${first.directory} is one of ${first.night.shard?.count} shards, ${directory} one of ${night.shard.count}`,
      );
  }
  if (count !== null && first.night.shard?.count !== count)
    throw new InputError(`--shards says ${count}, but ${first.directory} is one of ${first.night.shard?.count} shards`);
}

/** One night of all shards; `id` is the name it is remembered by, `today` the date of a night that no shard tells of. */
export function mergeShards(
  { results: shards, damaged, count }: Shards,
  id: (date: string) => string,
  today: string,
): Night {
  const base = shards[0]?.night ?? unheardOf(today);
  const items: NightItem[] = damaged.map((problem, at) => brokenItem(`shard/damaged-${at + 1}`, null, problem));
  for (let index = 1; index <= count; index++) {
    const shard = shards.find(({ night }) => night.shard?.index === index);
    if (shard === undefined) {
      items.push(brokenShard(index, count, 'is missing: it left no result that can be read'));
      continue;
    }
    items.push(...shard.night.items.map((item) => moved(item, index)));
    if (shard.night.endedAt === null) items.push(brokenShard(index, count, 'did not come to its end: it was killed'));
    else if (shard.night.interrupted) items.push(brokenShard(index, count, 'was interrupted'));
  }
  const kinds = ['corpus', 'canary', 'trial', 'hunt'];
  const nights = shards.map(({ night }) => night);
  return {
    ...base,
    id: id(base.date),
    shard: null,
    host: [...new Set(nights.map(({ host }) => host))].join(', ').slice(0, 500),
    // Also of the shards that are missing: the night was planned with it.
    budgetMs: base.budgetMs * count,
    startedAt: Math.min(base.startedAt, ...nights.map(({ startedAt }) => startedAt)),
    endedAt: Math.max(base.startedAt, ...nights.map(({ startedAt, endedAt }) => endedAt ?? startedAt)),
    interrupted: false,
    items: items.sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind)),
  };
}

/** What is known of a night that left nothing but its date. */
function unheardOf(date: string): Night {
  return {
    format: 'ordeal-night 1',
    id: date,
    date,
    shard: null,
    plan: '0'.repeat(12),
    version: ordealVersion(),
    commit: null,
    host: '',
    bugs: [],
    budgetMs: 0,
    config: null,
    startedAt: Date.now(),
    endedAt: null,
    interrupted: false,
    items: [],
  };
}

/** Copies what the shards kept of their trials, each below a directory of its own: two may have files of one name. */
export function copyShardFiles({ results }: Shards, out: string): void {
  for (const { directory, night } of results)
    for (const kind of ['reports', 'bundles'])
      if (existsSync(join(directory, kind)))
        cpSync(join(directory, kind), join(out, placeOf(night.shard?.index ?? 0), kind), { recursive: true });
}

function placeOf(index: number): string {
  return `shards/${index}`;
}

function moved(item: NightItem, index: number): NightItem {
  const place = (file: string | null): string | null => (file === null ? null : `${placeOf(index)}/${file}`);
  const again =
    item.bundle === null ? item.again : (item.again?.replace(item.bundle, place(item.bundle) ?? '') ?? null);
  return { ...item, shard: index, report: place(item.report), bundle: place(item.bundle), again };
}

function brokenShard(index: number, count: number, problem: string): NightItem {
  return brokenItem(`shard/${index}`, index, `shard ${index} of ${count} ${problem}`);
}

function brokenItem(id: string, index: number | null, sentence: string): NightItem {
  return {
    id,
    kind: 'trial',
    title: index === null ? 'a damaged result' : `shard ${index}`,
    shard: index,
    state: 'done',
    outcome: 'broken',
    sentence,
    fingerprint: fingerprintOfReason('broken', sentence, null),
    trial: null,
    seed: null,
    report: null,
    bundle: null,
    again: null,
    startedAt: null,
    wallMs: null,
    measures: NOTHING_MEASURED,
  };
}

/** The night, or null without a result, or what is wrong with the result. */
function readNight(directory: string): Night | string | null {
  if (existsSync(directory) && !statSync(directory).isDirectory())
    throw new InputError(`${directory} is no directory: give the --out directories of \`ordeal nightly --shard\``);
  const file = join(directory, RESULT_FILE);
  if (existsSync(file) && statSync(file).size > RESULT_BYTES_MAX)
    return `${file} is larger than ${RESULT_BYTES_MAX} bytes: is it a night's result?`;
  const text = readResult(directory);
  if (text === null) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return `${file} is no JSON: ${error instanceof Error ? error.message : String(error)}`.slice(0, PROBLEM_CHARS_MAX);
  }
  const result = z.object({ night: nightSchema }).safeParse(parsed);
  if (result.success) return result.data.night;
  const [issue] = result.error.issues;
  const problem = `${file} is no result of a night: ${issue?.path.join('.')}: ${issue?.message}`;
  return problem.slice(0, PROBLEM_CHARS_MAX);
}
