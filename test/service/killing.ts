/**
 * Kills a service, its children and its workers with SIGKILL at moments drawn from a seed, again and again on one store, and
 * looks after each kill: has anything outlived it, does the store open, is every finished trial still there as it was?
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Verdict } from '../../checker/verdict.ts';
import { openStore } from '../../history/store.ts';
import { below, draws, pick } from '../../seed/draw.ts';
import { QUICK_SPEC } from './running.ts';

const COMMAND = fileURLToPath(new URL('../../bin/ordeal.mjs', import.meta.url));
const HISTORY = '{"process":0,"f":"write","value":1,"outcome":"ok","invokedAt":1,"completedAt":5}\n';
const PATIENCE_MS = 150_000;

interface Job {
  readonly job: number;
  readonly kind: string;
  readonly state: string;
  readonly trial: string | null;
  readonly outcome: string | null;
}
interface Queue {
  readonly running: readonly Job[];
  readonly waiting: readonly Job[];
  readonly ended: readonly Job[];
}

export interface Served {
  readonly process: ChildProcess;
  readonly url: string;
}

export type Victim = 'service' | 'trial' | 'check' | 'node';
export interface Kill {
  readonly victim: Victim;
  readonly afterMs: number;
  /** How long it took until nothing was left of what should have gone. */
  readonly goneMs: number;
}

export async function serve(directory: string): Promise<Served> {
  const child = spawn(process.execPath, [COMMAND, 'serve', '--port', '0', '--store', directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (text) => {
    said += text;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (text) => resolve(String(text).trim()));
    child.once('exit', (code) => reject(new Error(`the service ended with code ${code}: ${said}`)));
  });
  return { process: child, url };
}

/** Processes that a service has started, and those that they have: all carry its process id in their environment. */
export function descendants(service: number): number[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        // Ended, but not yet collected by whoever inherits orphans here.
        if (stat.charAt(stat.lastIndexOf(')') + 2) === 'Z') return false;
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`ORDEAL_SERVICE_PID=${service}`);
      } catch {
        return false;
      }
    });
}

export async function killAgainAndAgain(
  directory: string,
  rounds: number,
  seed: number,
  withinMs: number,
  told: (line: string) => void = () => {},
): Promise<Kill[]> {
  const draw = draws(seed, 'kills');
  const kills: Kill[] = [];
  /** Finished trials as they were seen, with their outcomes: none may be lost, none may change. */
  const finished = new Map<string, string | null>();
  let service = await serve(directory);
  try {
    for (let round = 0; round < rounds; round++) {
      const victim = pick(draw(round, 0), ['service', 'service', 'trial', 'check', 'node'] as const);
      const onProcesses = victim === 'node' || draw(round, 3) % 2 === 0;
      const spec = onProcesses ? { timeMs: 1500, nodes: 3, faults: ['pause'] } : QUICK_SPEC;
      await keepBusy(service, { ...spec, seed: round }, victim);
      const afterMs = below(draw(round, 1), withinMs);
      await pause(afterMs);
      remember(await queueOf(service), finished);
      const pid = service.process.pid ?? 0;
      const struck = victim === 'service' ? pid : victimIn(pid, victim, draw(round, 2));
      if (struck !== null) tryKill(struck);
      const began = performance.now();
      if (victim === 'service') {
        await until(() => descendants(pid).length === 0, `round ${round}: what the service had started to be gone`);
        verifyStore(directory, finished);
        service = await serve(directory);
      }
      const goneMs = Math.round(performance.now() - began);
      if (struck !== null) kills.push({ victim, afterMs, goneMs });
      told(
        `${round + 1}/${rounds}: ${victim} ${struck === null ? '(there was none)' : 'killed'} after ${afterMs} ms, ${finished.size} finished trials`,
      );
    }
    await drained(service);
    remember(await queueOf(service), finished);
    await startInterruptedAgain(service);
    await drained(service);
    const pid = service.process.pid ?? 0;
    const ended = new Promise<number | null>((resolve) => service.process.once('exit', resolve));
    service.process.kill('SIGTERM');
    const code = await ended;
    if (code !== 0) throw new Error(`the service ended with code ${code} on SIGTERM`);
    if (descendants(pid).length > 0) throw new Error('the service left processes behind on SIGTERM');
    verifyStore(directory, finished);
    if (finished.size === 0) throw new Error('no trial finished: nothing was shown');
    return kills;
  } finally {
    service.process.kill('SIGKILL');
  }
}

/** Keeps something of what is to be killed in the queue, and not more than a few. */
async function keepBusy(service: Served, spec: object, victim: Victim): Promise<void> {
  const { waiting } = await queueOf(service);
  const waits = (kind: string): number => waiting.filter((job) => job.kind === kind).length;
  if (waits('trial') < 2) await post(service, '/trials', JSON.stringify({ spec }), 'application/json');
  if (victim === 'check' || waits('check') < 1) await post(service, '/checks', HISTORY, 'application/octet-stream');
}

async function post(service: Served, path: string, body: string, type: string): Promise<void> {
  const answer = await fetch(`${service.url}/api/v1${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': type },
  });
  if (answer.status !== 202 && answer.status !== 503)
    throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`);
  await answer.text();
}

async function queueOf(service: Served): Promise<Queue> {
  const answer = await fetch(`${service.url}/api/v1/queue?ended=200`, { headers: { connection: 'close' } });
  if (!answer.ok) throw new Error(`the queue answers ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Queue;
}

function remember({ ended }: Queue, finished: Map<string, string | null>): void {
  for (const { state, trial, outcome } of ended) if (state === 'done' && trial !== null) finished.set(trial, outcome);
}

/** A process to strike: of a task, or a node that belongs to one. */
function victimIn(service: number, victim: Victim, drawn: number): number | null {
  const all = descendants(service);
  const tasks = all.filter((pid) => commandOf(pid).includes('child-start.mjs'));
  const nodes = all.filter((pid) => !tasks.includes(pid) && commandOf(pid).includes('node'));
  const from = victim === 'node' && nodes.length > 0 ? nodes : tasks;
  return from.length === 0 ? null : pick(drawn, from);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Ended by itself just now.
  }
}

function verifyStore(directory: string, finished: ReadonlyMap<string, string | null>): void {
  const store = openStore(directory, 'write');
  try {
    for (const [id, outcome] of finished) {
      const trial = store.getTrial(id);
      if (trial.state !== 'finished' || trial.outcome !== outcome || trial.verdict === null)
        throw new Error(`finished trial ${id} was lost: ${trial.state}, ${trial.outcome} instead of ${outcome}`);
      const judged = (trial.verdict as unknown as Verdict).statistics.operations;
      const kept = store.countOperations(id);
      if (kept !== judged) throw new Error(`${id} was judged by ${judged} operations, ${kept} are left`);
    }
  } finally {
    store.close();
  }
}

async function startInterruptedAgain(service: Served): Promise<void> {
  const { ended } = await queueOf(service);
  const interrupted = ended.find(({ state, kind }) => state === 'interrupted' && kind === 'trial');
  if (interrupted === undefined) return;
  const answer = await fetch(`${service.url}/api/v1/queue/${interrupted.job}/again`, { method: 'POST' });
  if (answer.status !== 202) throw new Error(`an interrupted job can't be started again: ${await answer.text()}`);
  if (interrupted.trial !== null) {
    const judged = await fetch(`${service.url}/api/v1/trials/${interrupted.trial}/judge`, { method: 'POST' });
    if (judged.status !== 202) throw new Error(`an interrupted trial can't be judged: ${await judged.text()}`);
  }
}

async function drained(service: Served): Promise<void> {
  for (const began = performance.now(); ; await pause(100)) {
    const { running, waiting } = await queueOf(service);
    if (running.length + waiting.length === 0) return;
    if (performance.now() - began > PATIENCE_MS) throw new Error(`still ${JSON.stringify([running, waiting])}`);
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const began = performance.now(); !condition(); await pause(20))
    if (performance.now() - began > PATIENCE_MS) throw new Error(`waited ${PATIENCE_MS / 1000} s for ${what}`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
