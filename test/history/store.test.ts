import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import BetterSqlite from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyTrial } from '../../history/bundle.ts';
import { changeOf, historyDigest } from '../../history/history-digest.ts';
import { MemoryRecorder } from '../../history/memory-recorder.ts';
import { SCHEMA_VERSION } from '../../history/schema.ts';
import { openStore, STORE_FILE } from '../../history/store.ts';
import { anyOperations, newTrial, signedZero } from './sample.ts';
import { scratchDirectory } from './scratch.ts';

test('whatever operations are written are read back as they were', () => {
  const store = openStore(scratchDirectory(), 'write');
  fc.assert(
    fc.property(anyOperations, signedZero, (drawn, zero) => {
      const operations = drawn.map((operation, at) =>
        at === 0 ? { ...operation, value: zero, result: zero } : operation,
      );
      const id = store.createTrial(newTrial());
      store.writeOperations(id, operations);
      expect([...store.readOperations(id)]).toEqual(operations);
      expect(store.countOperations(id)).toBe(operations.length);
    }),
    { numRuns: 50 },
  );
  store.close();
});

test('a trial keeps its spec, its verdict and its record, and loses all of it when deleted', () => {
  const directory = scratchDirectory();
  const store = openStore(directory, 'write');
  const id = store.createTrial(newTrial());
  expect(store.getTrial(id)).toMatchObject({ ...newTrial(), id, state: 'running', outcome: null, verdict: null });
  const recorder = new MemoryRecorder();
  const fault = {
    index: 0,
    kind: 'kill',
    targets: ['n1'],
    startedAt: 5,
    endedAt: null,
    asked: { a: 1 },
    effect: null,
    bit: false,
  };
  const event = {
    at: 1,
    node: 'n1',
    kind: 'status' as const,
    role: 'leader',
    term: 3,
    commitIndex: 4,
    appliedIndex: null,
    detail: null,
  };
  const message = { id: 1, from: 'n1', to: 'n2', type: 'append', term: 3, sentAt: 7, arrivedAt: null, detail: [1] };
  recorder.fault(fault);
  recorder.faultUpdate(0, { endedAt: 9, bit: true, effect: { exit: 'SIGKILL' } });
  recorder.nodeEvent(event);
  recorder.message(message);
  recorder.logLine({ at: 2, node: 'n2', level: 'warn', text: 'a\u0000b' });
  store.writeBatch(id, recorder.batch());
  store.saveVerdict(id, 'violation', { outcome: 'violation' });
  store.finishTrial(id, { durationNs: 99, outcome: 'violation', traceHash: 'abc', marks: { truncation: 2 } });
  store.saveReportPath(id, 'report.html');
  store.close();

  const again = openStore(directory, 'write');
  expect(again.getTrial('latest')).toMatchObject({
    state: 'finished',
    outcome: 'violation',
    verdict: { outcome: 'violation' },
    durationNs: 99,
    traceHash: 'abc',
    marks: { truncation: 2 },
    reportPath: 'report.html',
  });
  expect(again.readFaults(id)).toEqual([{ ...fault, endedAt: 9, bit: true, effect: { exit: 'SIGKILL' } }]);
  expect(again.readNodeEvents(id)).toEqual([event]);
  expect(again.readMessages(id)).toEqual([message]);
  expect(again.readLogLines(id)).toEqual([{ at: 2, node: 'n2', level: 'warn', text: 'a\u0000b' }]);
  again.deleteTrial(id);
  expect(again.listTrials()).toEqual([]);
  expect(() => again.readFaults(id)).toThrow(`no trial "${id}"`);
  again.close();
});

test('ids are made of the time, the workload and the seed, and stay unique; any unambiguous part finds a trial', () => {
  const store = openStore(scratchDirectory(), 'write');
  expect(store.createTrial(newTrial())).toBe('2026-11-21-0403-register-s42');
  expect(store.createTrial(newTrial())).toBe('2026-11-21-0403-register-s42-2');
  expect(store.createTrial(newTrial({ seed: 7, workload: '../<x>' }))).toBe('2026-11-21-0403--x--s7');
  expect(store.getTrial('s7').seed).toBe(7);
  expect(store.getTrial('2026-11-21-0403-register-s42').seed).toBe(42);
  expect(() => store.getTrial('s42')).not.toThrow('no trial');
  expect(() => store.getTrial('register')).toThrow('part of 2 trials');
  expect(() => store.getTrial('nonsense')).toThrow('there is no trial "nonsense"');
  store.close();
});

test('a history has a digest that tells any other history from it', () => {
  fc.assert(
    fc.property(anyOperations, anyOperations, (one, other) => {
      expect(historyDigest(structuredClone(one))).toBe(historyDigest(one));
      expect(historyDigest(one) === historyDigest(other)).toBe(isDeepStrictEqual(one, other));
    }),
    { numRuns: 50 },
  );
});

test.each([
  'process = process + 1',
  "f = 'cas'",
  "key = 'k2'",
  'value = 2',
  "outcome = 'fail'",
  "result = '[]'",
  "error = 'timeout'",
  'invoked_at = 2',
  'completed_at = 9',
  "node = 'n2'",
  'position = 7',
])('a history that was changed after its recording had ended (%s) is told, also in a copy', (change) => {
  const store = openStore(scratchDirectory(), 'write');
  const copies = openStore(scratchDirectory(), 'write');
  const id = store.createTrial(newTrial());
  const times = { invokedAt: 1, completedAt: 5, error: null, node: 'n1' };
  store.writeOperations(id, [
    { index: 0, process: 0, f: 'write', key: 'k', value: 1, outcome: 'ok', result: null, ...times },
  ]);
  store.saveVerdict(id, 'pass', { outcome: 'pass' });
  expect(store.getTrial(id).historyDigest).toBeNull();
  store.finishTrial(id, { durationNs: 9, outcome: 'pass' });
  expect(changeOf(store, store.getTrial(id))).toBeNull();
  const db = new BetterSqlite(store.file);
  expect(db.prepare(`UPDATE operations SET ${change}`).run().changes).toBe(1);
  // Judging it again seals nothing anew.
  store.finishTrial(id, { durationNs: 9, outcome: 'pass' });
  expect(changeOf(store, store.getTrial(id))).toMatch(`the history of ${id} is not the one that was recorded`);
  const copy = copyTrial(store, store.getTrial(id), copies);
  expect(changeOf(copies, copies.getTrial(copy))).not.toBeNull();
  // A trial of an older version has no digest, and gets none when it is judged again or copied: nobody knows what it was.
  db.exec('UPDATE trials SET history_digest = NULL');
  db.close();
  store.finishTrial(id, { durationNs: 9, outcome: 'pass' });
  const old = copyTrial(store, store.getTrial(id), copies);
  expect([store.getTrial(id).historyDigest, copies.getTrial(old).historyDigest]).toEqual([null, null]);
  expect(changeOf(store, store.getTrial(id))).toBeNull();
  store.close();
  copies.close();
});

test('a store of another version is refused with both versions and what to do', () => {
  const directory = scratchDirectory();
  openStore(directory, 'write').close();
  const db = new BetterSqlite(join(directory, STORE_FILE));
  db.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
  db.close();
  for (const mode of ['read', 'write'] as const)
    expect(() => openStore(directory, mode)).toThrow(
      new RegExp(`version ${SCHEMA_VERSION + 1}, this Ordeal reads version ${SCHEMA_VERSION}: use the newer Ordeal`),
    );
});

test('what is no store is refused by name', () => {
  const missing = scratchDirectory();
  expect(() => openStore(missing, 'read')).toThrow(/there is no store at .*--store/);
  const text = scratchDirectory();
  writeFileSync(join(text, STORE_FILE), 'certainly not a database, and long enough to be looked at as one'.repeat(20));
  expect(() => openStore(text, 'write')).toThrow('not a readable SQLite database');
  const foreign = scratchDirectory();
  const db = new BetterSqlite(join(foreign, STORE_FILE));
  db.exec('CREATE TABLE recipes (name TEXT)');
  db.close();
  expect(() => openStore(foreign, 'write')).toThrow('no store of Ordeal');
  writeFileSync(join(missing, 'file'), '');
  expect(() => openStore(join(missing, 'file', 'below'), 'write')).toThrow('choose another directory');
});
