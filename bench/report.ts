/**
 * How heavy a report is: `npx tsx bench/report.ts [operations…]`. For each number of operations it draws the page of a trial, opens it in
 * a browser, and measures what a reader feels: the file's size, the time until it can be used, and what each frame costs while the timeline is panned — at the anomaly, over a tenth of the trial, and with all of it in view.
 */

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { renderReport } from '../reports/report.ts';
import { launchBrowser, openFile } from '../test/reports/browser.ts';
import { large } from '../test/reports/fixtures.ts';

const FRAMES = 120;
const OPENINGS = 3;

const counts = process.argv.slice(2).map(Number);
const work = mkdtempSync(join(tmpdir(), 'ordeal-bench-'));
const browser = await launchBrowser();
try {
  console.log(
    `${cpus().length} × ${cpus()[0]?.model}, ${browser.version()}, software rendering, ${FRAMES} frames each, load ${loadavg()[0]?.toFixed(1)}; smallest / median / 95th percentile / largest`,
  );
  for (const count of counts.length === 0 ? [100_000, 300_000] : counts) await measure(count);
} finally {
  await browser.close();
  rmSync(work, { recursive: true, force: true });
}

async function measure(count: number): Promise<void> {
  const path = join(work, 'report.html');
  const data = await large(count);
  const began = performance.now();
  writeFileSync(path, renderReport(data));
  const drawnMs = performance.now() - began;
  const ready: number[] = [];
  for (let i = 0; i < OPENINGS; i++) {
    const { page, troubles } = await openFile(browser, path);
    await page.waitForSelector('html[data-ready]', { timeout: 60_000 });
    ready.push(Number(await page.evaluate('document.documentElement.dataset.ready')));
    if (i === OPENINGS - 1) {
      const size = (statSync(path).size / 1e6).toFixed(2);
      console.log(
        `${count} operations: ${size} MB, written in ${drawnMs.toFixed(0)} ms, usable after ${ready.join(', ')} ms`,
      );
      await pan(page, '4 s around the anomaly', []);
      await pan(page, 'a tenth of it', ['0', 'w', 'w', 'w', 'w', 'w']);
      await pan(page, 'nearly all of it', ['0', 'w']);
    }
    if (troubles.length > 0) throw new Error(troubles.join('; '));
    await page.context().close();
  }
}

/**
 * One key press a frame, as a held key does it: what the scripts of each frame took on the clock, and the processor time of the page's
 * thread with all its painting, which other work on the machine does not change.
 */
async function pan(page: Page, what: string, keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
  await page.waitForTimeout(400);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const busy = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1000 * (metrics.find(({ name }) => name === 'ThreadTime')?.value ?? Number.NaN);
  };
  // One by one, to know the worst by a clock that stands still while others have the processor.
  const each: number[] = [];
  let busyBefore = await busy();
  for (let i = 0; i < FRAMES; i++) {
    await page.evaluate(`(async () => {
      document.dispatchEvent(new KeyboardEvent('keydown', { key: ${Math.floor(i / 3) % 2 === 0 ? "'d'" : "'a'"} }));
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
    })()`);
    const now = await busy();
    each.push(now - busyBefore);
    busyBefore = now;
  }
  const { scripts, gaps } = await page.evaluate<{ readonly scripts: number[]; readonly gaps: number[] }>(`(async () => {
    const scripts = [];
    const gaps = [];
    const real = window.requestAnimationFrame.bind(window);
    let spent = 0;
    window.requestAnimationFrame = (run) => real((at) => {
      const from = performance.now();
      run(at);
      spent += performance.now() - from;
    });
    let last = performance.now();
    for (let i = 0; i < ${FRAMES}; i++) {
      const from = performance.now();
      spent = 0;
      document.dispatchEvent(new KeyboardEvent('keydown', { key: Math.floor(i / 3) % 2 === 0 ? 'd' : 'a' }));
      spent += performance.now() - from;
      await new Promise(real);
      await 0;
      scripts.push(spent);
      gaps.push(performance.now() - last);
      last = performance.now();
    }
    window.requestAnimationFrame = real;
    return { scripts, gaps };
  })()`);
  console.log(
    `  ${what.padEnd(24)} processor time of the page ${spread(each)} ms a frame; script ${spread(scripts)} ms; from frame to frame ${spread(gaps)} ms`,
  );
  await session.detach();
}

/** "2.1 / 3.0 / 5.2 / 9.7": smallest, median, 95th percentile, largest. */
function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return [at(0), at(0.5), at(0.95), at(1)].map((value) => value.toFixed(1)).join(' / ');
}
