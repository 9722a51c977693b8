import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { HuntFlags } from '../../cli/hunt.ts';
import { keepFinds } from '../../cli/hunt-finds.ts';
import { asRow, asText, summaryOfAll } from '../../cli/hunt-output.ts';
import { readCorpus } from '../../trial/corpus.ts';
import type { HuntResult } from '../../trial/hunt.ts';
import { huntBatch } from '../../trial/hunting-batch.ts';
import { ordeal } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'ordeal-finding-'));
const file = join(directory, 'file');
writeFileSync(file, '');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const TIME_MS = 2000;
const flags: HuntFlags = { from: 1, time: TIME_MS, shrink: false, store: join(directory, 'store') };

/** What a hunt of a few seeds ends with, found in this thread. */
async function resultOf(bugs: readonly string[]): Promise<HuntResult> {
  const batch = await huntBatch({ from: 1, count: 30, bugs, timeMs: TIME_MS, invariants: true, stopAtFind: true });
  const { seeds, operations, virtualNs, outcomes, findings } = batch;
  const finds = findings.filter(({ outcome }) => outcome === 'violation');
  const effort = { firstFind: null, efforts: new Map(), cpuMs: 1, wallMs: 1 };
  const totals = { seeds, operations, virtualNs, outcomes, marks: new Map() };
  return { ...totals, ...effort, finds, spoiled: [], interrupted: false };
}

const keeping = { time: TIME_MS, max: 1, shrinkMs: 0, signal: new AbortController().signal };

describe('a hunt', () => {
  it('does not begin where its finds could not be stored', async () => {
    const { code, out, err } = await ordeal('hunt', '--store', join(file, 'store'), '--threads', '1');
    expect({ code, out }).toEqual({ code: 64, out: '' });
    expect(err).toMatch(/^ordeal: finds could not be stored: .*\n$/);
  });

  it('tells seed, oracle and the command that repeats it of a find that could not be stored', async () => {
    const bugs = ['ack-at-append'];
    const result = await resultOf(bugs);
    const { kept, error } = await keepFinds(result, bugs, { ...keeping, store: join(file, 'store') });
    expect(kept).toEqual([]);
    expect(error).toBeInstanceOf(Error);
    const [find] = result.finds;
    const again = `npx ordeal hunt --from ${find?.seed} --seeds 1 --bug ack-at-append --time ${TIME_MS}ms`;
    expect(asText(result, kept, bugs, flags)).toContain(`  seed ${find?.seed}: ${find?.oracle?.violation}`);
    for (const told of [asText(result, kept, bugs, flags), asRow(result, kept, bugs, flags)])
      expect(told).toContain(again);
  });

  it('tells a find by the sentence of its trial', async () => {
    const result = await resultOf(['ack-at-append']);
    const { kept, error } = await keepFinds(result, ['ack-at-append'], { ...keeping, store: flags.store });
    expect(error).toBeNull();
    const [first] = kept;
    expect(first?.sentence).toMatch(/^[A-Z].*\.$/s);
    expect(asText(result, kept, [], flags)).toContain(`  seed ${first?.find.seed}: ${first?.sentence}\n`);
  });

  it('for all bugs that was interrupted says so, and which of them were not tried', async () => {
    const found = await resultOf(['ack-at-append']);
    const none = { ...found, interrupted: true, finds: [] };
    const hunted = [
      { bugs: ['ack-at-append'], result: found },
      { bugs: ['no-dedupe'], result: none },
    ];
    const asked = [['ack-at-append'], ['no-dedupe'], ['direct-swap'], ['follower-read']];
    expect(summaryOfAll(hunted, asked).trim().split('\n')).toEqual([
      'INTERRUPTED: 1 of 1 bug found',
      'interrupted while hunting: no-dedupe',
      'not tried: direct-swap, follower-read',
    ]);
    expect(asRow(none, [], ['no-dedupe'], flags)).toContain('interrupted before anything was found');
    expect(summaryOfAll(hunted.slice(0, 1), asked.slice(0, 1))).toBe('\n1 of 1 bug found\n');
  });

  it('ends after the trial that is running', async () => {
    const stop = new Int32Array(new SharedArrayBuffer(4));
    stop[0] = 1;
    const task = { from: 1, count: 8, bugs: [], timeMs: TIME_MS, invariants: true, stopAtFind: true, stop };
    expect(await huntBatch(task)).toMatchObject({ seeds: 0, findings: [] });
  });
});

describe('a corpus', () => {
  it('without an entry is vacuous, and says so', async () => {
    const empty = join(directory, 'empty');
    mkdirSync(empty);
    const { code, out } = await ordeal('corpus', 'run', '--directory', empty);
    expect({ code, out }).toEqual({ code: 3, out: `VACUOUS  there is no entry in ${empty}: nothing was checked\n` });
  });

  it('that is missing, or holds what is no entry, is an error in one line', () => {
    expect(() => readCorpus(join(directory, 'missing'))).toThrow(
      /^cannot read the corpus in .*missing \(ENOENT\): .*$/,
    );
    const wrong = join(directory, 'wrong');
    mkdirSync(wrong);
    for (const text of ['{"name": 3}', '{bad', '[]']) {
      writeFileSync(join(wrong, 'entry.json'), text);
      expect(() => readCorpus(wrong)).toThrow(/^.*entry\.json is no entry of the corpus: [^\n]+$/);
    }
  });
});

it('a trial is not looked for in a store that would have to be made first', async () => {
  const store = join(directory, 'none');
  const { code, err } = await ordeal('repro', 'latest', '--store', store);
  expect(code).toBe(64);
  expect(err).toMatch(/^ordeal: there is no store at /);
  expect(existsSync(store)).toBe(false);
});

it('no store is made for a file that is none of its trials: a history, a spec that is wrong, a bundle that is damaged', async () => {
  const store = join(directory, 'none');
  const files = {
    'history.ndjson': '{"process":0,"f":"write","value":1,"outcome":"ok","invokedAt":1,"completedAt":5}',
    'wrong.json': '{"timeMs":1}',
    'cut.ordeal': 'ordeal-bundle 1 sha256 0',
  };
  const codes = Object.entries(files).map(async ([name, text]) => {
    writeFileSync(join(directory, name), text);
    return (await ordeal('repro', join(directory, name), '--store', store)).code;
  });
  expect(await Promise.all(codes)).toEqual([0, 64, 64]);
  expect(existsSync(store)).toBe(false);
});
