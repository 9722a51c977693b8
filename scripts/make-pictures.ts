/**
 * Makes the pictures of docs/: `npx tsx scripts/make-pictures.ts`. The trials are the fixtures of the report's tests, so that a
 * picture shows the same thing on every machine; the browser is the one the tests find.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { renderReport } from '../reports/report.ts';
import type { TrialData } from '../reports/trial-data.ts';
import { launchBrowser, openFile } from '../test/reports/browser.ts';
import { invariant, lostWrite, passing, splitBrain, staleRead, unknown } from '../test/reports/fixtures.ts';

interface Picture {
  readonly file: string;
  readonly data: () => Promise<TrialData>;
  readonly height: number;
  readonly hash?: string;
  readonly dark?: boolean;
  /** Part of the page to show; the top of the page without one. */
  readonly part?: string;
}

const PICTURES: readonly Picture[] = [
  { file: 'report.png', data: staleRead, height: 960 },
  { file: 'lost-write.png', data: lostWrite, height: 900 },
  { file: 'split-brain.png', data: splitBrain, height: 1010, dark: true },
  { file: 'invariant.png', data: invariant, height: 800 },
  { file: 'pass.png', data: passing, height: 600 },
  { file: 'unknown.png', data: unknown, height: 520 },
  { file: 'timeline.png', data: staleRead, height: 900, part: '#timeline' },
  {
    file: 'messages.png',
    data: staleRead,
    height: 900,
    hash: '#t=8.06,8.44&op=1632&key=k77',
    dark: true,
    part: '#timeline',
  },
  { file: 'charts.png', data: staleRead, height: 900, part: '#charts' },
];

const target = fileURLToPath(new URL('../docs/pictures/', import.meta.url));
mkdirSync(target, { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'ordeal-pictures-'));
const browser = await launchBrowser();
try {
  for (const picture of PICTURES) await take(picture);
} finally {
  await browser.close();
  rmSync(work, { recursive: true, force: true });
}

async function take({ file, data, height, hash, dark, part }: Picture): Promise<void> {
  const path = join(work, 'report.html');
  writeFileSync(path, renderReport(await data()));
  const { page, troubles } = await openFile(browser, path, { width: 1120, height, dark: dark ?? false }, hash ?? '');
  await page.waitForSelector('html[data-ready]');
  if (troubles.length > 0) throw new Error(`${file}: ${troubles.join('; ')}`);
  const to = join(target, file);
  if (part === undefined) await page.screenshot({ path: to });
  else await shoot(page, part, to);
  await page.context().close();
  console.log(`docs/pictures/${file}`);
}

async function shoot(page: Page, part: string, path: string): Promise<void> {
  const place = page.locator(part);
  await place.scrollIntoViewIfNeeded();
  // Charts are drawn when they come into sight; two frames later they are there.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  if (part === '#charts') await page.waitForTimeout(300);
  await place.screenshot({ path });
}
