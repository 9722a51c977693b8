import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { type Ended, ordeal } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'ordeal-cli-'));
const store = join(directory, 'store');
const simulated = ['--world', 'simulator', '--seed', '7', '--time', '3s', '--rate', '100', '--quiet', '--json'];
/** One trial with a planted bug, which several tests look at. */
let red: Promise<Ended> | undefined;
function redTrial(): Promise<Ended> {
  const args = ['--bug', 'ack-at-append', '--world', 'simulator', '--seed', '1', '--time', '10s', '--store', store];
  red ??= ordeal('run', ...args, '--quiet', '--json');
  return red;
}
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the ordeal command', () => {
  it('runs a trial on real processes and ends with a verdict, a stored trial and a report', async () => {
    const args = ['--faults', 'none', '--time', '2s', '--seed', '1', '--store', store, '--quiet', '--json'];
    const { code, out, err } = await ordeal('run', ...args);
    expect(err).toBe('');
    expect(code).toBe(0);
    const result = JSON.parse(out) as { outcome: string; valid: boolean; ops: number; report: string; trial: string };
    expect(result).toMatchObject({ outcome: 'pass', valid: true });
    expect(result.ops).toBeGreaterThan(100);
    expect(readFileSync(result.report, 'utf8')).toContain(result.trial);
  });

  it('gives the same trace for the same seed in another process, and another one for another seed', async () => {
    const [a, b, other] = await Promise.all([
      ordeal('run', ...simulated, '--store', join(directory, 'a')),
      ordeal('run', ...simulated, '--store', join(directory, 'b')),
      ordeal('run', ...simulated, '--seed', '8', '--store', join(directory, 'c')),
    ]);
    const hash = (text: string): string => (JSON.parse(text) as { traceHash: string }).traceHash;
    expect(hash(a.out)).toMatch(/^[0-9a-f]{16}$/);
    expect(hash(b.out)).toBe(hash(a.out));
    expect(hash(other.out)).not.toBe(hash(a.out));
  });

  it('goes red for a planted bug, and its report names the anomaly', async () => {
    const { code, out } = await redTrial();
    expect(code).toBe(1);
    const result = JSON.parse(out) as { outcome: string; sentence: string; report: string };
    expect(result.outcome).toBe('violation');
    expect(readFileSync(result.report, 'utf8')).toContain('Why this cannot be');
  });

  it('lists trials, prints one, exports its history, and judges the export the same', async () => {
    const { trial } = JSON.parse((await redTrial()).out) as { trial: string };
    expect((await ordeal('show', '--store', store)).out).toContain(trial);
    expect((await ordeal('show', trial, '--store', store)).out).toContain('partition');
    const file = join(directory, 'exported.ndjson');
    writeFileSync(file, (await ordeal('export', trial, '--store', store)).out);
    const edn = join(directory, 'exported.edn');
    writeFileSync(edn, (await ordeal('export', trial, '--format', 'edn', '--store', store)).out);
    const checked = await ordeal('check', '--json', file, edn);
    expect(checked.code).toBe(1);
    const verdicts = checked.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { valid: boolean });
    expect(verdicts.map(({ valid }) => valid)).toEqual([false, false]);
  });

  it.each([
    [['run', '--flood'], /unknown option '--flood'/],
    [['run', '--faults', 'partion'], /did you mean "partition"/],
    [['run', '--workload', 'registre'], /did you mean "register"/],
    [['run', '--bug', 'no-such-bug'], /no bug called "no-such-bug"/],
    [['run', '--time', '5'], /is no duration/],
    [['run', '--time', '50ms', '--nodes', '77'], /--nodes: too large, .* most 9; --time: too small, .* least 100 ms/],
    [['run', '--faults', 'wipe', '--nodes', '3', '--spares', '0'], /"wipe" loses a node for good: .*\(--spares 1\)/],
    [['run', '--spec', '/no/such/file'], /cannot read the spec/],
    [['check', '/no/such/file'], /there is no such file/],
    [['show', '--store', '/no/such/store'], /there is no store/],
    [['frobnicate'], /unknown command 'frobnicate'/],
  ])('answers %j with one clear line and exit code 64', async (args, message) => {
    const { code, out, err } = await ordeal(...args);
    expect(code).toBe(64);
    expect(out).toBe('');
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('calls a truncated history broken, with the line at fault, and judges the other files all the same', async () => {
    const { trial } = JSON.parse((await redTrial()).out) as { trial: string };
    const good = join(directory, 'good.ndjson');
    writeFileSync(good, (await ordeal('export', trial, '--store', store)).out);
    const bad = join(directory, 'truncated.ndjson');
    writeFileSync(bad, readFileSync(good, 'utf8').slice(0, -20));
    const { code, out } = await ordeal('check', '--json', bad, good);
    expect(code).toBe(1);
    const [first, second] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { outcome: string; error?: string });
    expect(first).toMatchObject({ outcome: 'broken' });
    expect(first?.error).toMatch(/line \d+/);
    expect(second).toMatchObject({ outcome: 'violation' });
  });

  it('refuses a store of another version, naming both versions', async () => {
    const old = join(directory, 'old');
    await ordeal('run', ...simulated, '--time', '200ms', '--store', old);
    const database = new Database(join(old, 'ordeal.sqlite'));
    database.pragma('user_version = 999');
    database.close();
    const { code, err } = await ordeal('show', '--store', old);
    expect(code).toBe(64);
    expect(err).toMatch(/999/);
  });

  it('never calls an empty trial green', async () => {
    const { code, out } = await ordeal(
      'run',
      ...simulated,
      '--time',
      '100ms',
      '--rate',
      '1',
      '--store',
      join(directory, 'e'),
    );
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({ outcome: 'vacuous' });
  });

  it('teaches: every command explains itself', async () => {
    const commands = ['run', 'check', 'report', 'show', 'export', 'bugs', 'doctor'];
    for (const { code, out } of await Promise.all(commands.map((command) => ordeal(command, '--help')))) {
      expect(code).toBe(0);
      expect(out).toMatch(/Usage: ordeal/);
    }
  });
});
