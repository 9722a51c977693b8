import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOTHING_MEASURED } from '../../history/night-records.ts';
import { renderIndex } from '../../reports/nightly/index-page.ts';
import { nightPage } from '../../reports/nightly/night-page.ts';
import { scratchDirectory } from '../history/scratch.ts';
import { launchBrowser, openFile } from '../reports/browser.ts';
import { failing, item, night } from './nights.ts';

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

const measures = {
  ...NOTHING_MEASURED,
  operations: 7000,
  checkMs: 50,
  p50Ns: 1e6,
  p99Ns: 1e7,
  recoveryNs: 2e8,
  faults: 3,
  faultsBit: 3,
};
const canary = item({ id: 'canary/simulator/no-dedupe', kind: 'canary', measures: { ...measures, detectedMs: 900 } });
const items = [
  canary,
  item({ measures, report: 'reports/one.html' }),
  ...Array.from({ length: 9 }, (_, at) =>
    failing('violation', 'stale read', {
      id: `trial/v${at}`,
      measures,
      report: 'reports/one.html',
      again: 'npx ordeal repro bundles/v.ordeal',
    }),
  ),
  failing('vacuous', 'too little', { id: 'trial/vac' }),
  failing('unknown', 'out of time', { id: 'trial/unk' }),
  failing('broken', `node n1 did not start: ${'x'.repeat(300)}`, { id: 'trial/b' }),
  item({ id: 'trial/later', state: 'not-run', outcome: null, sentence: 'not run' }),
  item({ id: 'hunt', kind: 'hunt', measures: { ...measures, seeds: 3000 } }),
];
const earlier = [
  night(1, [item({ measures }), canary]),
  night(2, [failing('violation', 'something else', { measures })]),
];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

function written(): string {
  const directory = scratchDirectory();
  mkdirSync(join(directory, 'reports'));
  writeFileSync(join(directory, 'reports', 'one.html'), '<!doctype html><title>one</title>');
  const file = join(directory, 'index.html');
  writeFileSync(file, renderIndex(nightPage(night(3, items), earlier)));
  return file;
}

describe('the page of a night in a browser', () => {
  it.each([
    [1180, false],
    [1180, true],
    [360, true],
  ])('%i wide, dark: %s, fits, is accessible, and asks for nothing', async (width, dark) => {
    const { page, troubles } = await openFile(browser, written(), { width, dark });
    expect(await page.locator('h1').textContent()).toContain('found 9 violations');
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
    expect(troubles).toEqual([]);
    // The page's own policy forbids any script: what checks it is put there from outside, not as a script of the page.
    await page.locator('details').first().locator('summary').click();
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const result = await page.evaluate<AxeResult>(`${axe}; axe.run(document)`);
    expect(result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    await page.context().close();
  });

  it('leads from a failure to its report', async () => {
    const { page } = await openFile(browser, written());
    await page.locator('#failures a').first().click();
    // Until the other page is there; a page on the way has no title.
    await page.waitForFunction("document.title === 'one'");
    await page.context().close();
  });
});
