import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { historyFiles } from '../../history/history-files.ts';
import { ednHistory } from '../history/edn-history.ts';
import { COMMAND, type Ended, ordeal, ordealFed } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'ordeal-check-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const WROTE_1_READ_NIL = ednHistory(['write', '1', '1'], ['read', 'nil', 'nil']);
/** Nobody wrote the 0: it was there at first, so that nil can't have been. */
const READ_0_AND_NIL = ednHistory(['read', 'nil', '0'], ['write', '1', '1'], ['read', 'nil', 'nil']);
/** Surely tuples, as a plain read asks nothing. The keys as one register would have lost what was written last. */
const BY_KEY = ednHistory(['write', '[:x 1]', '[:x 1]'], ['write', '[:y 2]', '[:y 2]'], ['read', '[:x nil]', '[:x 1]']);
/** A key and what was expected and written there, or a pair that was expected and one that was written: then it was not there. */
const TUPLES_OR_PAIRS = ednHistory(['cas', '[[1 2] [nil 4]]', '[[1 2] [nil 4]]']);
const NOTHING_SUCCEEDED = '{"process":0,"f":"write","value":1,"outcome":"fail","invokedAt":0,"completedAt":1}';
/** Which of thirty additions happened? Their sums are too many for the memory, and each may be the one that was read. */
const TOO_HARD = [
  ...Array.from({ length: 30 }, (_, at) => ({ f: 'add', value: 1_000_003 + ((at * 7919) % 10_007) * 31, at })),
  { f: 'read', result: 15_000_001, outcome: 'ok', at: 30, completedAt: 40 },
]
  .map(({ at, ...told }) => JSON.stringify({ process: at, outcome: 'info', invokedAt: at, ...told }))
  .join('\n');

const pass = file('pass', ednHistory(['write', '1', '1'], ['read', 'nil', '1']));
const nilAfterWrite = file('nil-after-write', WROTE_1_READ_NIL);
const zeroAtFirst = file('zero-at-first', READ_0_AND_NIL);
const vacuous = file('vacuous', NOTHING_SUCCEEDED);
const unknown = file('unknown', TOO_HARD);
const broken = file('broken', '{"process":0,"f":"write"');

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

/** How each file came out, and how the command did. */
function outcomes({ code, out }: Ended): { readonly code: number | null; readonly files: readonly string[] } {
  const rows = out.trim() === '' ? [] : out.trim().split('\n');
  return { code, files: rows.map((row) => (JSON.parse(row) as { outcome: string }).outcome) };
}

it('ends with the code of the worst file: violation, then broken, unknown, vacuous, pass', async () => {
  const folder = join(directory, 'folder');
  mkdirSync(folder);
  writeFileSync(join(folder, 'README.md'), 'nothing to judge');
  const [one, four, two, three, zero] = await Promise.all([
    // Each flag turns one file round: without it 0 at first would be taken to explain the nil …
    ordeal('check', '--json', '--memory', '1', '--nil-reads', 'value', pass, broken, zeroAtFirst, unknown, vacuous),
    ordealFed(gzipSync(BY_KEY), 'check', '--json', '--memory', '1', '-', unknown, broken, vacuous, folder),
    // … without it the nil would be what was read …
    ordeal('check', '--json', '--memory', '1', '--nil-reads', 'any', vacuous, unknown, nilAfterWrite),
    // … and without it the pair would be compared with what was there.
    ordealFed(TUPLES_OR_PAIRS, 'check', '--json', '--tuples', vacuous, '-'),
    ordeal('check', '--json', pass),
  ]);
  expect(outcomes(one)).toEqual({ code: 1, files: ['pass', 'broken', 'violation', 'unknown', 'vacuous'] });
  expect(outcomes(four)).toEqual({ code: 4, files: ['pass', 'unknown', 'broken', 'vacuous'] });
  expect(four.err).toMatch(/^skipped .*README\.md: .*\nordeal: 1 file was skipped [^\n]*\n$/);
  expect(outcomes(two)).toEqual({ code: 2, files: ['vacuous', 'unknown', 'pass'] });
  expect(outcomes(three)).toEqual({ code: 3, files: ['vacuous', 'pass'] });
  expect(outcomes(zero)).toEqual({ code: 0, files: ['pass'] });
});

it('reads pairs as pairs where it is told that they are no tuples, and its page tells the same', async () => {
  const { code, out } = await ordealFed(BY_KEY, 'check', '--no-tuples', '--report', join(directory, 'new', 'dir'), '-');
  expect(code).toBe(1);
  expect(out).toMatch(/^violation {2}- {2}\(3 operations, /);
  const page = readFileSync(join(directory, 'new', 'dir', 'standard-input.html'), 'utf8');
  expect(page).toContain('npx ordeal check --model cas-register --no-tuples -');
});

it('names a bad line and what was expected, and tells in a note what it passed over', async () => {
  const misspelt = file('misspelt', `${NOTHING_SUCCEEDED}\n${NOTHING_SUCCEEDED.replace('outcome', 'Outcome')}`);
  const answeredNil = file('answered-nil', ednHistory(['write', '1', 'nil'], ['read', 'nil', '1']));
  const { code, out } = await ordeal('check', misspelt, answeredNil);
  expect(code).toBe(4);
  expect(out).toMatch(
    /^broken .*misspelt: line 2: an unknown field "Outcome"; expected no other than index, process, /,
  );
  expect(out).toMatch(
    /\npass .*\n( +note: .*\n)* +note: 1 operation was completed with another value .*, on line 2\)\n$/,
  );
});

it('names the meanings that a read of nil can have, for any other', async () => {
  const { code, out, err } = await ordeal('check', '--nil-reads', 'zero', pass);
  expect({ code, out }).toEqual({ code: 64, out: '' });
  expect(err).toMatch(/--nil-reads .*Allowed choices are value, any/);
});

it('ends quietly where nobody reads what it says', async () => {
  const child = spawn(process.execPath, [COMMAND, 'check', pass], { stdio: ['ignore', 'pipe', 'pipe'] });
  let err = '';
  child.stderr.on('data', (text) => {
    err += text;
  });
  child.stdout.destroy();
  const [code] = (await once(child, 'close')) as [number | null];
  expect({ code, err }).toEqual({ code: 141, err: '' });
});

it('reads standard input once', () => {
  expect(historyFiles(['-', pass]).map(({ path }) => path)).toEqual(['-', pass]);
  expect(() => historyFiles(['-', pass, '-'])).toThrow('standard input ("-") is named twice');
});
