/** The page of a history that is no trial's. */

import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { judge } from '../../checker/judge.ts';
import { readHistory } from '../../history/read-history.ts';
import { renderReport } from '../../reports/report.ts';
import { trialOfHistory } from '../../reports/trial-data.ts';

async function pageOf(lines: readonly string[], model = 'auto'): Promise<string> {
  const { operations, notes } = await readHistory(Readable.from([Buffer.from(lines.join('\n'))]));
  const verdict = await judge(operations, { model });
  return renderReport(trialOfHistory('history.ndjson', operations, verdict, {}, [], notes));
}

const ms = (n: number): number => n * 1e6;
const line = (process: number, f: string, from: number, to: number, rest: string): string =>
  `{"process":${process},"f":"${f}","outcome":"ok","invokedAt":${ms(from)},"completedAt":${ms(to)}${rest}}`;
const visible = (page: string): string => page.slice(0, page.indexOf('id="page-record"'));

const PUT = line(0, 'enqueue', 0, 10, ',"value":"a"');

test('says beside an empty answer that the file may only not tell it, and nowhere else', async () => {
  const UNTOLD = 'Of the file: 1 operation has no &quot;result&quot; that says what was found, taken as null';
  const untold = await pageOf([PUT, line(1, 'dequeue', 20, 30, '')]);
  expect(untold.indexOf(UNTOLD)).toBeGreaterThan(untold.indexOf('<h1>'));
  expect(untold.indexOf(UNTOLD)).toBeLessThan(untold.indexOf('</header>'));
  expect(await pageOf([PUT, line(1, 'dequeue', 20, 30, ',"result":null')])).not.toContain('Of the file:');
  // The answer that contradicts is another one.
  const other = await pageOf([line(2, 'dequeue', -20, -10, ''), PUT, line(1, 'dequeue', 20, 30, ',"result":"b"')]);
  expect(other).toContain('nobody ever');
  expect(other).not.toContain('Of the file:');
});

test('speaks of no trial', async () => {
  const text = visible(await pageOf([PUT, line(1, 'dequeue', 20, 30, ',"result":null')]));
  expect(text).toContain('in seconds since the start of the record');
  expect(text.slice(0, text.indexOf('<script'))).not.toMatch(/>[^<]*\btrial\b/i);
});

test('says of a key that is a number that it is a key', async () => {
  const page = await pageOf([
    line(0, 'write', 0, 10, ',"key":"0","value":3'),
    line(1, 'read', 20, 30, ',"key":"0","result":null'),
  ]);
  expect(page).toContain('read of key 0 from');
  expect(page).toContain('write of 3 had');
  expect(page).toContain('>key 0</span>');
  expect(page).not.toContain('key key');
});

test('keeps the labels of the last row off the axis', async () => {
  // An arrow comes down to the second bar, so that its label stands below.
  const page = await pageOf([
    PUT,
    line(2, 'dequeue', 30, 40, ',"result":"a"'),
    line(0, 'dequeue', 50, 60, ',"result":"a"'),
  ]);
  const axis = Number(/<line class="axis"[^>]* y1="([\d.]+)"/.exec(page)?.[1]);
  const baselines = [...page.matchAll(/<text class="op-text" x="[\d.]+" y="([\d.]+)"/g)].map(([, y]) => Number(y));
  expect(baselines).toHaveLength(3);
  for (const baseline of baselines) expect(axis - baseline).toBeGreaterThanOrEqual(8);
});

test('tells the lengths that are left out beside each other, and leaves out what has no room', async () => {
  // Short operations with long pauses between them, and one of a usual length at the end.
  const [pauses, lines] = [12, [] as string[]];
  for (let at = 0; at < pauses; at++) lines.push(line(0, 'write', at * 1000, at * 1000 + 1, `,"value":${at}`));
  for (let at = 0; at < 8; at++)
    lines.push(line(1, 'write', 11_002 + at * 20, 11_012 + at * 20, `,"value":${20 + at}`));
  lines.push(line(2, 'read', 11_300, 11_310, ',"result":0'));
  const { operations } = await readHistory(Readable.from([Buffer.from(lines.join('\n'))]));
  const verdict = await judge(operations, { model: 'register' });
  const [anomaly] = verdict.anomalies;
  if (anomaly === undefined) throw new Error('there is an anomaly');
  const whole = { ...verdict, anomalies: [{ ...anomaly, core: operations.map(({ index }) => index) }] };
  const page = renderReport(trialOfHistory('history.ndjson', operations, whole, {}, []));
  const texts = [...page.matchAll(/<text class="cut-text" x="([\d.]+)"[^>]*>([^<]*)</g)].map(([, x, text = '']) => {
    const half = (text.length * 6.3) / 2;
    return { from: Number(x) - half, to: Number(x) + half };
  });
  expect(page.match(/ left out<\/title>/g)?.length).toBeGreaterThan(5);
  expect(texts.length).toBeGreaterThan(1);
  texts.slice(1).forEach(({ from }, at) => {
    expect(from).toBeGreaterThanOrEqual(texts[at]?.to ?? 0);
  });
});
