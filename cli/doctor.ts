/** `ordeal doctor`: is this machine fit to run trials? One line per check; exit code 0 or 4. */

import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { cpus, freemem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { exitCodeOf } from '../trial/outcome.ts';
import { DEFAULT_STORE } from './flags.ts';

interface Finding {
  readonly ok: boolean;
  readonly name: string;
  readonly found: string;
}

const FREE_BYTES_MIN = 500e6;

export function doctorCommand(finished: (exitCode: number) => void): Command {
  return new Command('doctor')
    .description('check that this machine can run trials: Node, SQLite, sockets, disk, processes')
    .option('--store <dir>', 'directory of the store whose disk is looked at', DEFAULT_STORE)
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean; store: string }) => {
      const findings = [
        nodeVersion(),
        await sqlite(),
        await loopback(),
        diskSync(options.store),
        freeSpace(options.store),
        childProcesses(),
        processStates(),
        machine(),
      ];
      const ok = findings.every((finding) => finding.ok);
      if (options.json) process.stdout.write(`${JSON.stringify({ ok, findings })}\n`);
      else
        for (const { ok: good, name, found } of findings)
          process.stdout.write(`${good ? 'ok  ' : 'FAIL'}  ${name.padEnd(12)} ${found}\n`);
      finished(ok ? 0 : exitCodeOf('broken'));
    });
}

function attempt(name: string, look: () => string): Finding {
  try {
    return { ok: true, name, found: look() };
  } catch (error) {
    return { ok: false, name, found: error instanceof Error ? error.message : String(error) };
  }
}

function nodeVersion(): Finding {
  return attempt('node', () => {
    const major = Number(process.versions.node.split('.')[0]);
    if (major < 20) throw new Error(`${process.version}; 20 or newer is needed`);
    return process.version;
  });
}

async function sqlite(): Promise<Finding> {
  try {
    const { default: Database } = await import('better-sqlite3');
    const database = new Database(':memory:');
    const version = database.prepare('select sqlite_version()').pluck().get();
    database.close();
    return { ok: true, name: 'sqlite', found: String(version) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, name: 'sqlite', found: `${message} (try: npm rebuild better-sqlite3)` };
  }
}

function loopback(): Promise<Finding> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve({ ok: false, name: 'loopback', found: error.message }));
    server.listen(0, '127.0.0.1', () =>
      server.close(() => resolve({ ok: true, name: 'loopback', found: 'TCP on 127.0.0.1' })),
    );
  });
}

function diskSync(store: string): Finding {
  return attempt('disk', () => {
    const place = existing(store);
    const directory = mkdtempSync(join(place, '.ordeal-doctor-'));
    try {
      const file = openSync(join(directory, 'probe'), 'w');
      const began = process.hrtime.bigint();
      const rounds = 20;
      for (let i = 0; i < rounds; i++) {
        writeSync(file, 'x'.repeat(100));
        fdatasyncSync(file);
      }
      closeSync(file);
      const each = Number(process.hrtime.bigint() - began) / 1e6 / rounds;
      return `fdatasync takes ${each.toFixed(2)} ms in ${place}`;
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}

/** The directory, or the nearest one above it that is there: where a store would be made. */
function existing(directory: string): string {
  const path = resolve(directory);
  return existsSync(path) && statSync(path).isDirectory() ? path : existing(dirname(path));
}

function freeSpace(store: string): Finding {
  return attempt('space', () => {
    const place = existing(store);
    const { bavail, bsize } = statfsSync(place);
    const free = bavail * bsize;
    const text = `${(free / 1e9).toFixed(1)} GB free in ${place}`;
    if (free < FREE_BYTES_MIN) throw new Error(`${text}; 0.5 GB is the least`);
    return text;
  });
}

function childProcesses(): Finding {
  return attempt('processes', () => {
    const answer = execFileSync(process.execPath, ['-e', 'process.stdout.write("alive")'], { encoding: 'utf8' });
    if (answer !== 'alive') throw new Error('a child process did not answer');
    return 'child processes start';
  });
}

/** The evidence of a pause is read from /proc; elsewhere it is missing, and so is the proof. */
function processStates(): Finding {
  return attempt('pause', () => {
    if (process.platform !== 'linux') return 'no /proc here: pauses work, their evidence is weaker';
    readFileSync('/proc/self/stat', 'utf8');
    return 'process states are readable in /proc';
  });
}

function machine(): Finding {
  return attempt('machine', () => `${cpus().length} cores, ${(freemem() / 1e9).toFixed(1)} GB of memory free`);
}
