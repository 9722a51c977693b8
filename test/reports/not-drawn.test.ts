import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../history/store.ts';
import { runTrial } from '../../trial/run.ts';
import { parseSpec } from '../../trial/spec.ts';
import { ordeal } from '../cli/command.ts';
import { scratchDirectory } from '../history/scratch.ts';

test('a page that cannot be drawn changes neither the verdict of a trial nor that it is stored', async () => {
  const store = openStore(scratchDirectory(), 'write');
  writeFileSync(join(store.directory, 'reports'), 'a file where the pages should go');
  const spec = parseSpec({ seed: 3, world: 'simulator', faults: [], timeMs: 300, clients: 3 });
  const { id, verdict, reportPath, reportError } = await runTrial(spec, { store });
  expect(reportPath).toBeNull();
  expect(reportError).toContain('reports');
  expect(store.getTrial(id)).toMatchObject({ state: 'finished', outcome: verdict.outcome });
  store.close();
});

test('a run whose page cannot be drawn says so loudly, with its usual outcome and exit code, and what to do', async () => {
  const directory = scratchDirectory();
  writeFileSync(join(directory, 'reports'), 'a file where the pages should go');
  const args = [
    '--world',
    'simulator',
    '--seed',
    '3',
    '--faults',
    'none',
    '--time',
    '1s',
    '--store',
    directory,
    '--quiet',
  ];
  const { code, out, err } = await ordeal('run', ...args);
  expect(code).toBe(0);
  expect(out).toMatch(/^PASS .*NONE: it could not be drawn/s);
  expect(err).toMatch(/THE REPORT COULD NOT BE DRAWN: .*\n.*npx ordeal report \S+ --store /);
});

const LINES = [
  { index: 0, process: 1, f: 'write', key: 'k', value: 1, outcome: 'ok', result: null, invokedAt: 0, completedAt: 10 },
  { index: 1, process: 2, f: 'read', key: 'k', value: null, outcome: 'ok', result: 7, invokedAt: 20, completedAt: 30 },
];

test('a history from elsewhere gets a page each, also of the same name, and none that fails changes the exit code', async () => {
  const directory = scratchDirectory();
  const files = ['a', 'b'].map((name) => {
    mkdirSync(join(directory, name));
    const file = join(directory, name, 'history.ndjson');
    writeFileSync(file, LINES.map((line) => `${JSON.stringify({ ...line, error: null, node: null })}\n`).join(''));
    return file;
  });
  const pages = join(directory, 'pages');
  const good = await ordeal('check', '--report', pages, ...files);
  expect(good.code).toBe(1);
  for (const name of ['history.ndjson.html', 'history.ndjson-2.html'])
    expect(readFileSync(join(pages, name), 'utf8')).toContain('returned 7, which nobody ever asked to write to k');
  const blocked = join(directory, 'blocked');
  mkdirSync(join(blocked, 'history.ndjson.html'), { recursive: true });
  const { code, err, out } = await ordeal('check', '--report', blocked, files[0] as string);
  expect(code).toBe(1);
  expect(out).toContain('Value never written');
  expect(err).toContain('could not be drawn');
});
