import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../history/store.ts';
import { bornOf } from '../../history/writer-identity.ts';
import { JobTable } from '../../service/queue/jobs.ts';
import { openServiceDatabase } from '../../service/queue/service-database.ts';
import { judgeHistory, keepHistory } from '../../service/work/uploaded-history.ts';
import { parseSpec } from '../../trial/spec.ts';
import { newTrial } from '../history/sample.ts';
import { ENDLESS_SPEC, type Job, LONG_SPEC, QUICK_SPEC, runService, scratchStore } from './running.ts';

let directory = '';
beforeEach(() => {
  directory = scratchStore();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What a service that was killed leaves: its database, as `work` filled it. */
function leave<T>(work: (jobs: JobTable) => T): T {
  openStore(directory, 'write').close();
  const db = openServiceDatabase(directory);
  try {
    return work(new JobTable(db));
  } finally {
    db.close();
  }
}

const task = { kind: 'trial' as const, spec: parseSpec(QUICK_SPEC) };
/** Waits behind what the test looks at, and would run for long. */
const endless = { kind: 'trial' as const, spec: parseSpec(LONG_SPEC) };
const GONE = { pid: 2 ** 22 + 1, born: 'another boot' };

describe('a service that starts after another one was killed', () => {
  it('marks what was running as interrupted, finds its trial, and lets both be judged and started again', async () => {
    const store = openStore(directory, 'write');
    const queuedAt = Date.now() - 1000;
    const provenance = { job: `1@${queuedAt}` };
    const trial = store.createTrial(newTrial({ provenance, startedAt: Date.now(), spec: QUICK_SPEC }));
    store.close();
    leave((jobs) => {
      jobs.add(task, queuedAt);
      jobs.began(1, GONE, queuedAt + 500);
    });
    const service = await runService(directory, { graceMs: 0 });
    const { json: job } = await service.api<Job>('GET', '/queue/1');
    expect(job).toMatchObject({ state: 'interrupted', trial });
    const again = await service.api<Job>('POST', '/queue/1/again');
    expect(again).toMatchObject({ status: 202 });
    await service.stop();
  });

  it('counts a trial as done whose verdict was stored before anybody heard of it', async () => {
    const store = openStore(directory, 'write');
    const trial = store.createTrial(newTrial());
    store.saveVerdict(trial, 'pass', {});
    store.finishTrial(trial, { durationNs: 1, outcome: 'pass' });
    store.close();
    leave((jobs) => {
      jobs.add(task, Date.now());
      jobs.began(1, GONE, Date.now());
      jobs.trialKnown(1, trial);
    });
    const service = await runService(directory);
    expect((await service.api<Job>('GET', '/queue/1')).json).toMatchObject({ state: 'done', outcome: 'pass' });
    // Whoever started it, and asks for its page when it is over, comes to the trial; its own page can still be looked at.
    const followed = await service.ask('/queue/1?follow', { redirect: 'manual' });
    expect([followed.status, followed.headers.get('location')]).toEqual([302, `/trials/${trial}`]);
    expect(await (await service.ask('/queue/1')).text()).toContain('<h1>Job 1');
    await service.stop();
  });

  it('ends a child that was left over, and removes uploads that nobody waits for', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
    const pid = child.pid ?? 0;
    mkdirSync(join(directory, 'uploads'));
    const [wanted, forgotten] = ['a'.repeat(32), 'b'.repeat(32)];
    for (const name of [wanted, forgotten]) writeFileSync(join(directory, 'uploads', name), 'x');
    leave((jobs) => {
      jobs.add(task, Date.now());
      jobs.began(1, { pid, born: bornOf(pid) }, Date.now());
      // Runs first, so that the upload still waits.
      jobs.add({ kind: 'check', upload: 'c'.repeat(32), name: 'x', model: 'auto', format: 'auto' }, Date.now());
      jobs.add({ kind: 'check', upload: wanted, name: 'x', model: 'auto', format: 'auto' }, Date.now());
    });
    const ended = once(child, 'exit');
    const service = await runService(directory, { graceMs: 0 });
    expect((await ended)[1]).toBe('SIGKILL');
    expect(readdirSync(join(directory, 'uploads'))).toEqual([wanted]);
    await service.stop();
  });

  it('does not end a process that only has the number of one that it started', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
    leave((jobs) => {
      jobs.add(task, Date.now());
      jobs.began(1, { pid: child.pid ?? 0, born: 'another moment' }, Date.now());
    });
    const service = await runService(directory);
    expect((await service.api<Job>('GET', '/queue/1')).json.state).toBe('interrupted');
    expect(child.exitCode ?? child.signalCode).toBeNull();
    child.kill('SIGKILL');
    await service.stop();
  });

  it('is refused while the other one lives', async () => {
    leave(() => {});
    const db = openServiceDatabase(directory);
    db.prepare('UPDATE owner SET pid = ?, born = ?').run(process.ppid, bornOf(process.ppid));
    db.close();
    await expect(runService(directory)).rejects.toThrow(/another service/);
  });
});

describe('an uploaded history that was not kept whole, or changed', () => {
  it('is never judged for what is left of it', async () => {
    const store = openStore(directory, 'write');
    const path = join(directory, 'upload');
    // The write of 2 is missing in the first half: that half alone could not be explained.
    const line = (process: number, f: string, value: number, from: number, to: number): string =>
      JSON.stringify({ process, f, value, result: value, outcome: 'ok', invokedAt: from, completedAt: to });
    writeFileSync(path, [line(0, 'write', 1, 0, 1), line(1, 'read', 2, 2, 9), line(2, 'write', 2, 3, 4)].join('\n'));
    const trial = await keepHistory(store, path, { name: 'mine', model: 'auto', format: 'auto' }, '1');
    expect((await judgeHistory(store, trial)).valid).toBe(true);
    const cut = store.createTrial(trial);
    store.writeOperations(cut, [...store.readOperations(trial.id)].slice(0, 2));
    await expect(judgeHistory(store, store.getTrial(cut))).rejects.toThrow(/^mine: only 2 of its 3 operations/);
    const db = new BetterSqlite(store.file);
    db.exec('UPDATE operations SET completed_at = completed_at + 1');
    db.close();
    await expect(judgeHistory(store, store.getTrial(trial.id))).rejects.toThrow('is not the one that was recorded');
    store.close();
  });
});

describe('a service that stops', () => {
  it('has what runs conclude as interrupted, keeps what waits, and takes nothing more', async () => {
    const service = await runService(directory, { graceMs: 600_000 });
    const first = (await service.api<Job>('POST', '/trials', { spec: ENDLESS_SPEC })).json;
    const second = (await service.api<Job>('POST', '/trials', { spec: QUICK_SPEC })).json;
    let trial: string | null = null;
    while (trial === null) trial = (await service.api<Job>('GET', `/queue/${first.job}`)).json.trial;
    await service.stop();
    leave((jobs) => {
      expect(jobs.get(first.job)).toMatchObject({ state: 'interrupted', trial, outcome: 'unknown' });
      expect(jobs.get(second.job)).toMatchObject({ state: 'waiting' });
    });
    const store = openStore(directory, 'read');
    expect(store.getTrial(trial)).toMatchObject({ state: 'finished', outcome: 'unknown' });
    store.close();
    expect(existsSync(join(directory, 'reports', `${trial}.html`))).toBe(true);
  });

  it('does not wait long for a simulated trial that does not conclude: started again it is the same', async () => {
    const service = await runService(directory, { graceMs: 600_000 });
    const { job } = (await service.api<Job>('POST', '/trials', { spec: LONG_SPEC })).json;
    while ((await service.api<Job>('GET', `/queue/${job}`)).json.trial === null);
    leave((jobs) => process.kill(jobs.processOf(job)?.pid as number, 'SIGSTOP'));
    await service.stop();
    leave((jobs) => expect(jobs.get(job)).toMatchObject({ state: 'interrupted', outcome: null }));
  });
});

describe('a child that fails', () => {
  it('is told of in the job with its last words, and the next one has its turn', async () => {
    const service = await runService(directory, { graceMs: 100 });
    leave((jobs) => jobs.add(endless, Date.now()));
    const { json: job } = await service.api<Job>('POST', '/trials', { spec: QUICK_SPEC });
    // The endless one was put in by hand: whatever comes next starts it.
    const running = await waitFor(async () => {
      const { json } = await service.api<{ running: { job: number; trial: string | null }[] }>('GET', '/queue');
      return json.running.find(({ trial }) => trial !== null) ?? null;
    });
    const pid = leaveOpen((jobs) => jobs.processOf(running.job)?.pid ?? 0);
    process.kill(pid, 'SIGKILL');
    const failed = await service.ended(running.job);
    expect(failed).toMatchObject({ state: 'failed', error: expect.stringContaining('SIGKILL') });
    expect(await service.ended(job.job)).toMatchObject({ state: 'done' });
    const line = await service.api<{ state: string }>('GET', `/trials/${running.trial}`);
    expect(line.json).toMatchObject({ state: 'unfinished', outcome: null });
    await service.stop();
  });

  function leaveOpen<T>(work: (jobs: JobTable) => T): T {
    const db = openServiceDatabase(directory);
    try {
      return work(new JobTable(db));
    } finally {
      db.close();
    }
  }

  async function waitFor<T>(look: () => Promise<T | null>): Promise<T> {
    for (;;) {
      const found = await look();
      if (found !== null) return found;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
});
