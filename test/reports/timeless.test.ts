import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkFiles } from '../../checker/check-files.ts';
import { renderReport } from '../../reports/report.ts';
import { verdictSentence } from '../../reports/sentence.ts';
import { type TrialData, trialOfHistory } from '../../reports/trial-data.ts';

const EVENTS = [
  '{:process 0, :type :invoke, :f :write, :value 1}',
  '{:process 0, :type :ok, :f :write, :value 1}',
  '{:process 0, :type :invoke, :f :write, :value 2}',
  '{:process 0, :type :ok, :f :write, :value 2}',
  '{:process 1, :type :invoke, :f :read, :value nil}',
  '{:process 1, :type :ok, :f :read, :value 1}',
];

describe('a history without times', () => {
  let directory: string;
  let data: TrialData;
  let page: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'ordeal-timeless-'));
    const path = join(directory, 'h.edn');
    writeFileSync(path, EVENTS.join('\n'));
    for await (const { verdict, operations, notes } of checkFiles([path])) {
      if (verdict === null) throw new Error('it was not judged');
      data = trialOfHistory('h.edn', operations, verdict, {}, [], notes);
    }
    page = renderReport(data);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('is told by positions of events, without lengths of time', () => {
    expect(verdictSentence(data)).toBe(
      "Stale read: client 1's read from event 4 to 5 returned 1, although client 0's write of 2 had been acknowledged before the read began.",
    );
  });

  test('has a page that says so on its first screen, and that tells no latency, duration or rate', () => {
    const first = page.slice(page.indexOf('<header'), page.indexOf('</header>'));
    expect(first).toContain('none in the file: positions of events, from 0, stand for them');
    expect(first).not.toContain('Duration');
    const below = page.slice(page.indexOf('</header>'), page.indexOf('id="page-record"'));
    for (const absent of ['Latency', ' a second<', 'charts-root', 'at-a-glance', 'seconds since', ' ns<'])
      expect(below, absent).not.toContain(absent);
    expect(below).toContain('event 4 to event 5');
  });

  test("keeps the reader's notes with the evidence", () => {
    const evidence = page.slice(page.indexOf('id="evidence"'));
    expect(evidence).toContain('the file has no times: the positions of events stand for them');
  });
});
