import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openNights } from '../../history/nights.ts';
import { openStore, STORE_FILE } from '../../history/store.ts';
import { failing, item, night } from '../nightly/nights.ts';
import { scratchDirectory } from './scratch.ts';

test('a night is written over itself, listed oldest first, and found by name', () => {
  const log = openNights(scratchDirectory(), 'write');
  const running = night(3, [item({ state: 'running', outcome: null })], { endedAt: null });
  const ended = night(3, [failing('violation', 'stale read')]);
  for (const each of [running, night(5, []), night(4, []), ended]) log.save(each);
  expect(log.list().map(({ id }) => id)).toEqual(['2026-11-03', '2026-11-04', '2026-11-05']);
  expect(log.list(2).map(({ id }) => id)).toEqual(['2026-11-04', '2026-11-05']);
  expect(log.get('2026-11-03')).toEqual(ended);
  expect(log.get('2026-11-06')).toBeNull();
  expect(log.freshId('2026-11-06')).toBe('2026-11-06');
  expect(log.freshId('2026-11-03')).toBe('2026-11-03-2');
  log.close();
});

test('a night with planted bugs is not remembered, and one that an earlier version remembered is not listed', () => {
  const directory = scratchDirectory();
  const log = openNights(directory, 'write');
  const planted = night(4, [failing('violation', 'stale read')], { bugs: ['no-dedupe'] });
  log.save(night(3, []));
  log.save(planted);
  expect(log.get('2026-11-04')).toBeNull();
  const db = new BetterSqlite(join(directory, STORE_FILE));
  db.prepare("INSERT INTO nights (id, started_at, record) VALUES ('2026-11-04', ?, ?)").run(
    planted.startedAt,
    JSON.stringify(planted),
  );
  db.close();
  expect(log.list(1).map(({ id }) => id)).toEqual(['2026-11-03']);
  log.close();
});

test('a store of version 1 is read without nights, and upgraded in place when it is written to', () => {
  const directory = scratchDirectory();
  openStore(directory, 'write').close();
  const db = new BetterSqlite(join(directory, STORE_FILE));
  db.exec('DROP TABLE nights; DROP TABLE repro_counts; ALTER TABLE trials DROP COLUMN history_digest');
  db.pragma('user_version = 1');
  db.close();

  const reading = openNights(directory, 'read');
  expect([reading.list(), reading.get('2026-11-03')]).toEqual([[], null]);
  reading.close();
  const writing = openNights(directory, 'write');
  writing.save(night(3, []));
  expect(writing.list()).toHaveLength(1);
  writing.close();
});

test('a night that another version wrote in another form is left out, and keeps its name', () => {
  const directory = scratchDirectory();
  const log = openNights(directory, 'write');
  log.save(night(3, []));
  const db = new BetterSqlite(join(directory, STORE_FILE));
  db.prepare("INSERT INTO nights (id, started_at, record) VALUES ('2026-11-04', 5, ?)").run(
    '{"format":"ordeal-night 9"}',
  );
  db.close();
  expect(log.list().map(({ id }) => id)).toEqual(['2026-11-03']);
  expect([log.get('2026-11-04'), log.freshId('2026-11-04')]).toEqual([null, '2026-11-04-2']);
  log.close();
});
