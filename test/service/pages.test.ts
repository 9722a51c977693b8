import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNights } from '../../history/nights.ts';
import { failing, item, night } from '../nightly/nights.ts';
import { launchBrowser } from '../reports/browser.ts';
import { fillStore } from './many-trials.ts';
import { type Running, runService, scratchStore, stopAndRemove } from './running.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// Run in the page, whose types are not those of this file.
const OVERFLOW = 'Math.max(0, document.documentElement.scrollWidth - innerWidth)';
const faultsOfAccess = (...rules: string[]): string =>
  `axe.run({ exclude: ['iframe'] }, ${JSON.stringify(rules.length === 0 ? {} : { runOnly: rules })}).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))`;
const DRAWN =
  "[...document.querySelectorAll('canvas[data-trend]')].map((canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value !== 0))";

let browser: Browser;
let service: Running;
let ids: string[];
beforeAll(async () => {
  const directory = scratchStore();
  ids = await fillStore(directory, 130);
  const nights = openNights(directory, 'write');
  nights.save(night(19, [item(), failing('violation', 'an old one')]));
  nights.save(night(20, [item(), failing('violation', 'value 17 was lost on n2')]));
  nights.close();
  service = await runService(directory);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await stopAndRemove(service);
});

interface Opened {
  readonly page: Page;
  /** Errors on the console and uncaught ones, and requests to anywhere but the service. */
  readonly troubles: string[];
}

async function open(path: string, looks: { width?: number; dark?: boolean; scripts?: boolean } = {}): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width: looks.width ?? 1180, height: 850 },
    colorScheme: looks.dark === true ? 'dark' : 'light',
    javaScriptEnabled: looks.scripts ?? true,
  });
  // A guard against a hang, on a machine that may be busy.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) troubles.push(message.text());
  });
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('request', (request) => {
    if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(service.url)) troubles.push(request.url());
  });
  await page.goto(service.url + path);
  return { page, troubles };
}

const paths = (): [string, string][] => [
  ['overview', '/'],
  ['trials', '/trials'],
  ['trials that fit', '/trials?outcome=broken&world=processes&bug=none&name=&from=2026-01-01'],
  ['one trial', `/trials/${ids[0]}`],
  ['two compared', `/compare?t=${ids[10]}&t=${ids[20]}`],
  ['one to compare with', `/compare?t=${ids[10]}`],
  ['failures', '/failures'],
  ['queue', '/queue'],
  ['start', '/start'],
  ['upload', '/upload'],
  ['login', '/login'],
];

describe('every page', () => {
  it('passes axe, has no errors of its own, asks nobody else, and fits: light and dark, wide and on a phone', async () => {
    for (const [name, path] of paths()) {
      const { page, troubles } = await open(path);
      await page.evaluate(axe);
      expect([name, await page.evaluate(faultsOfAccess())]).toEqual([name, []]);
      // The other colours can only change the contrast.
      await page.emulateMedia({ colorScheme: 'dark' });
      expect([name, 'dark', await page.evaluate(faultsOfAccess('color-contrast'))]).toEqual([name, 'dark', []]);
      expect([name, await page.evaluate(OVERFLOW)]).toEqual([name, 0]);
      await page.setViewportSize({ width: 390, height: 844 });
      expect([name, 'on a phone', await page.evaluate(OVERFLOW)]).toEqual([name, 'on a phone', 0]);
      expect([name, troubles]).toEqual([name, []]);
      await page.context().close();
    }
  });

  it('says what it says without scripts too', async () => {
    const { page } = await open('/trials', { scripts: false });
    await page.selectOption('select[name=outcome]', 'vacuous');
    await page.click('text=Filter');
    await page.waitForURL('**outcome=vacuous**');
    const outcomes = await page.locator('table.trials tbody .outcome').allTextContents();
    expect(outcomes.length).toBeGreaterThan(5);
    expect(new Set(outcomes)).toEqual(new Set(['Vacuous']));
    await page.context().close();
  });
});

describe('the list of trials', () => {
  it('goes through all of them, each once', async () => {
    const { page } = await open('/trials');
    const seen: string[] = [];
    for (;;) {
      seen.push(...(await page.locator('table.trials th[scope=row]').allTextContents()));
      const older = page.locator('a[rel=next]');
      if ((await older.count()) === 0) break;
      await older.click();
    }
    expect(seen).toEqual([...ids].reverse());
    expect(await page.locator('.list-head').textContent()).toContain('101 to 130 of 130');
    await page.context().close();
  });

  it('compares the two that are ticked', async () => {
    const { page, troubles } = await open('/trials');
    for (const at of [0, 1]) await page.locator('input[name=t]').nth(at).check();
    await page.click('text=Compare the two chosen');
    expect(await page.locator('h1').textContent()).toBe('Two trials compared');
    expect(await page.locator('canvas[data-compare]').count()).toBe(2);
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});

describe('the overview', () => {
  it('shows the latest night, what is new, what is gone, and the trends as charts and numbers', async () => {
    const { page, troubles } = await open('/');
    expect(await page.locator('header.verdict').textContent()).toContain('Violation');
    const text = (await page.locator('main').textContent()) ?? '';
    expect(text).toContain('Night 2026-11-20');
    expect(text).toContain('new: not seen on the last');
    expect(text).toContain('an old one');
    const drawn = await page.evaluate<boolean[]>(DRAWN);
    expect(drawn.length).toBeGreaterThan(1);
    expect(drawn.every(Boolean)).toBe(true);
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});

describe('a trial', () => {
  it('is started by the form, watched while it runs, and ends with its report on the page', async () => {
    const { page, troubles } = await open('/start');
    await page.selectOption('select[name=world]', 'processes');
    await page.fill('input[name=nodes]', '3');
    await page.fill('input[name=seconds]', '600');
    await page.fill('input[name=seed]', '5');
    await page.click('button.primary');
    await page.waitForURL('**/trials/*');
    await page.locator('[data-live=ok]').filter({ hasText: /[1-9]/ }).waitFor();
    await page.locator('[data-live=roles] li').nth(2).waitFor();
    // However long the browser took to see it live: it goes on until now, and the page hears of its end by itself.
    expect((await service.api('POST', `${new URL(page.url()).pathname}/cancel`)).status).toBe(202);
    await page.waitForSelector('iframe.report-frame');
    const frame = page.frameLocator('iframe.report-frame');
    await frame.locator('header.verdict h1').waitFor();
    expect(troubles).toEqual([]);
    const report = `${page.url()}/report`;
    await page.goto(report);
    // Its own code runs, yet it has no origin: it can neither read the service's pages nor act on them.
    await page.waitForSelector('html.js');
    expect(await page.evaluate("[self.origin, document.querySelectorAll('canvas').length > 0]")).toEqual([
      'null',
      true,
    ]);
    const reach = await page.evaluate(`fetch('${service.url}/api/v1/trials').then(() => 'read', () => 'refused')`);
    expect(reach).toBe('refused');
    await page.context().close();
  });

  it('comes of an uploaded file, whose text is shown and never run', async () => {
    const path = join(service.directory, '.upload-me.ndjson');
    const hostile = '<img src=x onerror=alert(1)></script><script>alert(2)</script>';
    const lines = [
      { process: 0, f: 'write', key: hostile, value: hostile, outcome: 'ok', invokedAt: 1, completedAt: 2 },
      {
        process: 1,
        f: 'read',
        key: hostile,
        value: null,
        result: `${hostile}!`,
        outcome: 'ok',
        invokedAt: 3,
        completedAt: 4,
      },
    ];
    writeFileSync(path, lines.map((line) => JSON.stringify(line)).join('\n'));
    const { page, troubles } = await open('/upload');
    page.on('dialog', (dialog) => troubles.push(dialog.message()));
    await page.setInputFiles('input[type=file]', path);
    await page.fill('input[name=initial]', ' "before" ');
    await page.selectOption('select[name=nilReads]', 'value');
    await page.selectOption('select[name=tuples]', 'yes');
    await page.click('text=Upload');
    await page.waitForURL('**/trials/*');
    await page.waitForSelector('iframe.report-frame');
    expect(await page.locator('h1').textContent()).toContain('onerror');
    await page.frameLocator('iframe.report-frame').locator('header.verdict h1').waitFor();
    const kept = JSON.parse((await page.locator('details.spec pre').textContent()) ?? '') as object;
    expect(kept).toMatchObject({ model: 'auto', initial: 'before', nilReads: 'value', tuples: true });
    await page.goto(`${service.url}/failures`);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  it('is deleted where that was confirmed', async () => {
    const id = ids[50] as string;
    const { page } = await open(`/trials/${id}`);
    await page.click('summary:has-text("Delete")');
    await page.click(`button:has-text("Delete ${id}")`);
    await page.waitForURL('**/trials');
    expect((await service.ask(`/trials/${id}`)).status).toBe(404);
    await page.context().close();
  });
});
