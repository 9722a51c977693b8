import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Anomaly } from '../../checker/verdict.ts';
import type { Operation } from '../../history/operation.ts';
import { unpackOperations } from '../../reports/columns.ts';
import { renderCore } from '../../reports/core.ts';
import type { PageRecord } from '../../reports/page-data.ts';
import { renderReport } from '../../reports/report.ts';
import { type TrialData, trialOfHistory } from '../../reports/trial-data.ts';
import { fault, indexed, MS } from './cluster-model.ts';
import {
  broken,
  invariant,
  judged,
  large,
  lostWrite,
  passing,
  splitBrain,
  staleRead,
  unknown,
  vacuous,
} from './fixtures.ts';
import { HOSTILE_TEXT, hostile } from './hostile.ts';

/** What the page carries for its own code. */
function carried(page: string): { readonly record: PageRecord; readonly operations: Operation[] } {
  const inflated = (id: string): Uint8Array => {
    const start = page.indexOf('>', page.indexOf(`id="${id}"`)) + 1;
    return new Uint8Array(inflateRawSync(Buffer.from(page.slice(start, page.indexOf('<', start)), 'base64')));
  };
  const record = JSON.parse(new TextDecoder().decode(inflated('page-record'))) as PageRecord;
  return { record, operations: unpackOperations(inflated('page-operations')) };
}

/** Pages are long: a failure names what was missing, and spares the reader the page. */
function expectIn(page: string, ...parts: readonly string[]): void {
  for (const part of parts) expect(page.toLowerCase().includes(part.toLowerCase()), part).toBe(true);
}

function expectNone(page: string, pattern: RegExp): void {
  expect(pattern.exec(page)?.[0]).toBeUndefined();
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

describe('a report', () => {
  let stale: TrialData;
  let page: string;
  beforeAll(async () => {
    stale = await staleRead();
    page = renderReport(stale);
  });

  test('is the same bytes for the same trial', async () => {
    expect(renderReport(await staleRead()) === page).toBe(true);
  });

  test('allows nothing but its own script and style, by their hashes', () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1] ?? '';
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
    expect(policy).toBe(
      `default-src 'none'; script-src '${sha256(script)}'; style-src '${sha256(style)}'; base-uri 'none'; form-action 'none'`,
    );
    expect(page.match(/<script/g)).toHaveLength(3);
    expectNone(page.replace(script, ''), / (?:src|srcset|style|on\w+)=|<link|<img|<iframe|@import|url\(["']?(?!#)/i);
  });

  test('carries every operation, so that the history can be saved from it', () => {
    expect(carried(page).operations).toEqual(stale.operations);
    expect(carried(page).record.trial.spec).toEqual(stale.trial.spec);
  });

  test('says it all without JavaScript: outcome, sentence, argument, picture, commands', () => {
    const body = page.slice(page.indexOf('<body>'), page.indexOf('id="page-record"'));
    expectIn(
      body,
      'Violation',
      'Stale read',
      'returned 12',
      '310 ms before the read began',
      'Stale read<span class="circumstance">, answered by a leader without a majority</span>',
      'The nodes when that read began (8.409 s):',
      'Two leaders at once: n1 (term 5) and n2 (term 4). Of different terms, that can be so for a moment, until n2 hears of the higher term.',
      'n2, which answered the read, was cut off from the other four: its side was 1 of 5 nodes, no majority.',
      '<b>n1</b> leader, term 5: acknowledged the write',
      'Why this cannot be',
      '<svg class="core"',
      'marker-end',
      'npx ordeal repro',
      'cas-register',
      'seed',
      '3f9c2ab81d04',
    );
  });

  test('has a first screen for each outcome that says what is known and what is not', async () => {
    const expected: readonly (readonly [() => Promise<TrialData>, readonly string[]])[] = [
      [passing, ['What was proved', 'What was not', '1 fault showed no effect']],
      [unknown, ['What could not be decided', 'k3', 'out of memory', '10 of 12 keys were decided']],
      [vacuous, ['Why this proves nothing', 'no two operations on one key overlapped', 'What to do']],
      [broken, ['What failed', 'EMFILE', 'Last warnings', 'without a violation']],
      [lostWrite, ['Stale read', 'no operation ever saw 32', 'it looks lost, not merely late']],
      [splitBrain, ['Two compare-and-sets', 'n3, leader, term 8', ', one acknowledged by a leader without a majority']],
      [
        invariant,
        [
          'Broken invariant',
          'Raft allows at most one leader in a term.',
          'What was seen',
          '<svg class="core nodes"',
          'One other anomaly',
          'Two compare-and-sets',
        ],
      ],
    ];
    for (const [make, parts] of expected) {
      const text = renderReport(await make());
      expectIn(text, ...parts);
    }
  });

  test('is made of a bare history too, with what it has', async () => {
    const operations = indexed(
      stale.operations.filter((one) => one.key === 'k77').map((one) => ({ ...one, node: null, key: null })),
    );
    const bare = trialOfHistory('etcd_000.log', operations, await judged(operations), {}, []);
    const text = renderReport(bare);
    expectIn(text, 'read from 8.409 to 8.412 s returned 12');
    expectNone(text.slice(text.indexOf('<body>'), text.indexOf('id="page-record"')), /undefined|NaN|>null</);
    expect(text).not.toContain('Repeat it');
  });

  test('is made of what it does not know: a queue, a set, a mutex, with dozens of long operations', async () => {
    const kinds = ['enqueue', 'dequeue', 'add', 'acquire', 'release', 'read'];
    const operations = Array.from({ length: 60 }, (_, index): Operation => {
      const f = kinds[index % kinds.length] as string;
      const gives = f === 'enqueue' || f === 'add';
      return {
        index,
        process: index % 24,
        f,
        key: null,
        value: gives ? `job ${index} ${'of many words '.repeat(9)}` : null,
        outcome: index % 11 === 5 ? 'info' : index % 13 === 7 ? 'fail' : 'ok',
        result: f === 'dequeue' ? index - 1 : f === 'read' ? Array.from({ length: 90 }, (_, i) => i) : null,
        error: null,
        invokedAt: index * 3 * MS,
        completedAt: index % 17 === 3 ? null : index * 3 * MS + 12 * MS,
        node: null,
      };
    });
    const core = operations.map((one) => one.index);
    const anomaly: Anomaly = {
      violation: 'linearizability',
      shape: 'no-order',
      key: null,
      core,
      confirmedBy: 'textbook search',
      culprit: 37,
      at: 123 * MS,
      argument: [{ text: `After ${'the dequeue by process 3, '.repeat(60)} the head is 11.`, operations: [37] }],
      facts: {},
    };
    const { statistics, ...verdict } = await judged([]);
    const data = trialOfHistory('queue.edn', operations, { ...verdict, statistics, anomalies: [anomaly] }, {}, []);
    const text = renderReport({ ...data, trial: { ...data.trial, outcome: 'violation' } });
    const body = text.slice(text.indexOf('<body>'), text.indexOf('id="page-record"'));
    expectIn(
      body,
      'No order of these 60 operations, from 0.000 to 0.189 s, explains what they returned.',
      '36 of 60 operations that no order explains, nearest to the anomaly',
      'dequeue → 36',
      'the head is 11.',
      'read → [0,1,2,3,4',
    );
    expect(body.length).toBeLessThan(60_000);
    expectNone(body, /undefined|NaN|>null<|the register/);
  });

  test('is made of nothing at all', async () => {
    const empty = trialOfHistory('empty', [], await judged([]), {}, []);
    expectIn(renderReport(empty), 'Operations', '– / – / –');
    expectIn(renderCore(empty, 'md'), 'File empty');
    expectIn(renderCore(empty, 'svg'), '<svg');
  });

  test('keeps text of a record inert wherever it appears', async () => {
    const text = renderReport(await hostile());
    const body = text.slice(text.indexOf('<body>'), text.indexOf('id="page-record"'));
    expect(text.match(/<script/g)).toHaveLength(3);
    expect(text.match(/<\/script/g)).toHaveLength(3);
    expectNone(body, /<img|onerror="/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expectNone(text, /[\u0000\u202e\u2028]/);
    expectIn(body, '&lt;/script&gt;');
    expectIn(body, '\\u202e');
    expect(JSON.stringify(carried(text).operations)).toContain(JSON.stringify(HOSTILE_TEXT).slice(1, -1));
    for (const format of ['svg', 'md'] as const)
      expectNone(renderCore(await hostile(), format).replace(/^ {4}.*$/gm, ''), /<script|<img|\u202e/);
  });

  test('takes at most two million bytes for 100,000 operations, however much else was recorded', async () => {
    const data = await large(100_000);
    const plain = renderReport(data);
    expect(Buffer.byteLength(plain)).toBeLessThan(2e6);
    expect(carried(plain).operations.length).toBe(100_000);
    const crowded = renderReport({
      ...data,
      faults: Array.from({ length: 300 }, (_, i) =>
        fault(i, 'kill', [`n${i % 5}`], i * 60, i * 60 + 30, `n${i % 5} killed`, { dropped: i }),
      ),
      messages: data.operations.map((one, i) => ({
        id: i,
        from: 'n1',
        to: 'n2',
        type: 'AppendEntries',
        term: i % 97,
        sentAt: one.invokedAt,
        arrivedAt: one.completedAt,
        detail: { index: one.invokedAt % 7919 },
      })),
      logs: data.operations.map((one) => ({
        at: one.invokedAt,
        node: 'n1',
        level: 'warn' as const,
        text: `entry ${one.invokedAt % 104729} of client ${one.process}`,
      })),
    });
    expect(Buffer.byteLength(crowded)).toBeLessThan(2e6);
    const { record, operations } = carried(crowded);
    expect(record.totals).toMatchObject({ operations: 100_000, messages: 100_000, logs: 100_000 });
    for (const index of data.verdict.anomalies[0]?.core ?? [])
      expect(operations.some((one) => one.index === index)).toBe(true);
  });
});

describe('the core alone', () => {
  test('is the same picture and the same text each time', async () => {
    const data = await splitBrain();
    expect(renderCore(data, 'svg')).toBe(renderCore(await splitBrain(), 'svg'));
    const text = renderCore(data, 'md');
    expectIn(text, '| A | client 900 | write 3 on lock | ok | 3.900 s | 3.904 s | n1, leader, term 7 |');
    expectIn(text, '4. 3 was there once, so only one of them can have replaced it. (B, C)');
  });
});
