/**
 * Joining the shards of a night: their items in one record, their reports and bundles in one directory. A shard that is missing, or
 * that did not get to its end, is broken: what it would have found nobody knows.
 */

import { cpSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Night, type NightItem, NOTHING_MEASURED, nightSchema } from '../../history/night-records.ts';
import { InputError } from '../input-error.ts';
import { fingerprintOfReason } from './fingerprint.ts';
import { RESULT_FILE, readResult } from './out-directory.ts';

const RESULT_BYTES_MAX = 200_000_000;

export interface ShardResult {
  readonly directory: string;
  readonly night: Night;
}

/**
 * Reads the results in these directories; one without a result is left out, as a machine that died early leaves none. Throws
 * InputError where they are no shards of one night, or none at all.
 */
export function readShards(directories: readonly string[]): ShardResult[] {
  const shards = directories.flatMap((directory) => {
    const night = readNight(directory);
    return night === null ? [] : [{ directory, night }];
  });
  const [first] = shards;
  if (first === undefined)
    throw new InputError(
      `there is no ${RESULT_FILE} in ${directories.join(', ')}: give the --out directories of \`ordeal nightly --shard\``,
    );
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
  return shards.sort((a, b) => (a.night.shard?.index ?? 0) - (b.night.shard?.index ?? 0));
}

/** One night of all shards; `id` is the name it is remembered by. */
export function mergeShards(shards: readonly ShardResult[], id: (date: string) => string): Night {
  const [first] = shards;
  if (first === undefined) throw new InputError('there is nothing to merge');
  const { date } = first.night;
  const count = first.night.shard?.count ?? 1;
  const items: NightItem[] = [];
  for (let index = 1; index <= count; index++) {
    const shard = shards.find(({ night }) => night.shard?.index === index);
    if (shard === undefined) {
      items.push(brokenShard(index, count, 'is missing: it left no result'));
      continue;
    }
    items.push(...shard.night.items.map((item) => moved(item, index)));
    if (shard.night.endedAt === null) items.push(brokenShard(index, count, 'did not come to its end: it was killed'));
    else if (shard.night.interrupted) items.push(brokenShard(index, count, 'was interrupted'));
  }
  const kinds = ['corpus', 'canary', 'trial', 'hunt'];
  const nights = shards.map(({ night }) => night);
  return {
    ...first.night,
    id: id(date),
    shard: null,
    host: [...new Set(nights.map(({ host }) => host))].join(', ').slice(0, 500),
    budgetMs: nights.reduce((sum, { budgetMs }) => sum + budgetMs, 0),
    startedAt: Math.min(...nights.map(({ startedAt }) => startedAt)),
    endedAt: Math.max(...nights.map(({ startedAt, endedAt }) => endedAt ?? startedAt)),
    interrupted: false,
    items: items.sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind)),
  };
}

/** Copies what the shards kept of their trials, each below a directory of its own: two may have files of one name. */
export function copyShardFiles(shards: readonly ShardResult[], out: string): void {
  for (const { directory, night } of shards)
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
  const sentence = `shard ${index} of ${count} ${problem}`;
  return {
    id: `shard/${index}`,
    kind: 'trial',
    title: `shard ${index} of ${count}`,
    shard: index,
    state: 'done',
    outcome: 'broken',
    sentence,
    fingerprint: fingerprintOfReason('broken', `a shard ${problem}`, null),
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

function readNight(directory: string): Night | null {
  if (existsSync(directory) && !statSync(directory).isDirectory())
    throw new InputError(`${directory} is no directory: give the --out directories of \`ordeal nightly --shard\``);
  const file = join(directory, RESULT_FILE);
  if (existsSync(file) && statSync(file).size > RESULT_BYTES_MAX)
    throw new InputError(`${file} is larger than ${RESULT_BYTES_MAX} bytes: is it a night's result?`);
  const text = readResult(directory);
  if (text === null) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${file} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const result = z.object({ night: nightSchema }).safeParse(parsed);
  if (result.success) return result.data.night;
  const [issue] = result.error.issues;
  throw new InputError(`${file} is no result of a night: ${issue?.path.join('.')}: ${issue?.message}`);
}
