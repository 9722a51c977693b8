import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { visible } from '../../reports/escape.ts';
import { renderReport } from '../../reports/report.ts';
import { verdictSentence } from '../../reports/sentence.ts';
import type { TrialData } from '../../reports/trial-data.ts';
import { type Looks, launchBrowser, openFile, PATIENCE_MS, type WatchedPage } from './browser.ts';
import { broken, invariant, large, lostWrite, passing, splitBrain, staleRead, unknown, vacuous } from './fixtures.ts';
import { hostile } from './hostile.ts';

/** Code for the page is text here: these tests are checked as what they are, programs of Node without a DOM. */
const NEXT_FRAME = 'new Promise(requestAnimationFrame)';

/** What is used of an answer of axe-core. */
interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
  readonly passes: readonly unknown[];
}

let browser: Browser;
let directory: string;
const written = new Map<string, TrialData>();
const makers = { staleRead, lostWrite, splitBrain, passing, unknown, vacuous, broken, invariant, hostile };

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ordeal-report-'));
  for (const [name, make] of Object.entries(makers)) {
    const data = await make();
    written.set(name, data);
    writeFileSync(join(directory, `${name}.html`), renderReport(data));
  }
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  rmSync(directory, { recursive: true, force: true });
});

async function open(name: string, looks: Looks = {}, hash = ''): Promise<WatchedPage> {
  const watched = await openFile(browser, join(directory, `${name}.html`), looks, hash);
  if (looks.javaScript !== false) await watched.page.waitForSelector('html[data-ready]');
  return watched;
}

/** Waits until an expression is true on the page, whose own policy forbids what `waitForFunction` would do with it. */
async function until(page: Page, expression: string): Promise<void> {
  await expect.poll(() => page.evaluate(expression), { timeout: PATIENCE_MS, interval: 20 }).toBe(true);
}

/** Changes the address, and waits until the page has heard of it. */
async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate(
    `new Promise((done) => { addEventListener('hashchange', () => setTimeout(done), { once: true }); location.hash = ${JSON.stringify(hash)}; })`,
  );
}

/** Keeps each text that an element ever shows in a list of the page's: some texts stay for a moment only. */
async function keepTexts(page: Page, selector: string, list: string): Promise<void> {
  await page.evaluate(`{
    window.${list} = [];
    const element = document.querySelector('${selector}');
    new MutationObserver(() => window.${list}.push(element.textContent)).observe(element, { childList: true, characterData: true, subtree: true });
  }`);
}

/** The window of the timeline in seconds, as the page tells it. */
async function windowOf(page: Page): Promise<readonly [number, number]> {
  await page.evaluate(NEXT_FRAME);
  const text = (await page.locator('output.window').textContent()) ?? '';
  const [from, to] = (/^([\d.]+) to ([\d.]+) s/.exec(text) ?? []).slice(1).map(Number);
  return [from ?? Number.NaN, to ?? Number.NaN];
}

const detailsTitle = (page: Page): Promise<string | null> => page.locator('.details h3').first().textContent();

describe('the page in a browser', () => {
  test('draws every outcome without an error, a warning or a request', async () => {
    for (const name of written.keys()) {
      const { page, troubles } = await open(name);
      await page.locator('#charts-root').scrollIntoViewIfNeeded();
      await until(page, "document.querySelectorAll('#charts-root canvas').length > 3");
      const sentence = verdictSentence(written.get(name) as TrialData);
      const heading = (await page.locator('h1').textContent()) ?? '';
      expect(heading.length, name).toBeGreaterThan(20);
      if (name !== 'hostile') expect(sentence.toLowerCase()).toContain(heading.toLowerCase());
      expect(troubles, name).toEqual([]);
      expect(await page.evaluate("'hacked' in window"), name).toBe(false);
      await page.context().close();
    }
  });

  test('draws no character on a canvas that hides or reorders others', async () => {
    const { page } = await open('hostile');
    await page.addInitScript(`
      window.drawn = new Set();
      for (const name of ['fillText', 'strokeText']) {
        const draw = CanvasRenderingContext2D.prototype[name];
        CanvasRenderingContext2D.prototype[name] = function (text, ...place) {
          window.drawn.add(String(text));
          return draw.call(this, text, ...place);
        };
      }`);
    await page.reload();
    await page.waitForSelector('html[data-ready]');
    await page.locator('#charts-root').scrollIntoViewIfNeeded();
    await until(page, "document.querySelectorAll('#charts-root canvas').length > 3");
    const drawn = (await page.evaluate('[...window.drawn]')) as string[];
    expect(drawn.some((text) => text.startsWith('clients that used </script>'))).toBe(true);
    expect(drawn.filter((text) => visible(text) !== text)).toEqual([]);
    await page.context().close();
  });

  test('tells the outcome, the sentence, the argument and the commands without JavaScript', async () => {
    const { page } = await open('staleRead', { javaScript: false });
    expect(await page.locator('.outcome').textContent()).toBe('Violation');
    for (const part of ['h1', '.argument', 'svg.core', '.repeat code', '#at-a-glance svg', '#coverage table'])
      expect(await page.locator(part).first().isVisible(), part).toBe(true);
    for (const part of ['#timeline', '#charts', '.copy'])
      expect(await page.locator(part).first().isVisible(), part).toBe(false);
    await page.context().close();
  });

  test('opens at the anomaly, two seconds around it, with the operation that gives it away selected', async () => {
    const { page } = await open('staleRead');
    expect(await windowOf(page)).toEqual([6.412, 10.412]);
    expect(await detailsTitle(page)).toBe('client 3: read of k77');
    expect(await page.locator('#key-focus').inputValue()).toBe('=k77');
    await page.context().close();
  });

  test('leads from a letter of the proof to its operation in the timeline', async () => {
    const { page, troubles } = await open('staleRead');
    expect(await page.locator('svg.core a').count()).toBe(3);
    for (const [letter, title] of [
      ['.argument a >> nth=0', 'client 5: write of 12 to k77'],
      ['svg.core a .bar >> nth=1', 'client 1: write of 15 to k77'],
    ] as const) {
      await page.evaluate('scrollTo(0, 0)');
      await page.locator(letter).click();
      await expect.poll(() => detailsTitle(page), { timeout: PATIENCE_MS }).toBe(title);
      await until(page, "document.querySelector('#timeline').getBoundingClientRect().top < innerHeight / 2");
    }
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('brings the timeline into view for a key whose effect is to be seen there', async () => {
    const { page } = await open('staleRead');
    const top = "document.querySelector('#timeline').getBoundingClientRect().top";
    expect(await page.evaluate(`${top} > innerHeight`)).toBe(true);
    await page.keyboard.press('w');
    expect(await page.evaluate('scrollY')).toBe(0);
    await page.keyboard.press('e');
    expect(await page.evaluate(`${top} < innerHeight / 2`)).toBe(true);
    const before = await page.evaluate('scrollY');
    await page.keyboard.press(']');
    expect(await page.evaluate('scrollY')).toBe(before);
    await page.context().close();
  });

  test('obeys its keys', async () => {
    const { page, troubles } = await open('staleRead');
    const press = async (key: string): Promise<readonly [number, number]> => {
      await page.keyboard.press(key);
      return windowOf(page);
    };
    const [from, to] = await windowOf(page);
    const [zoomedFrom, zoomedTo] = await press('w');
    expect(zoomedTo - zoomedFrom).toBeCloseTo((to - from) * 0.6, 2);
    expect((await press('s')).map((at) => Math.round(at * 100))).toEqual([from, to].map((at) => Math.round(at * 100)));
    expect((await press('d'))[0]).toBeGreaterThan(from);
    expect((await press('a'))[0]).toBeCloseTo(from, 2);
    expect((await press('0'))[0]).toBe(0);
    expect(await press('e')).toEqual([6.412, 10.412]);
    await press('.');
    expect(await detailsTitle(page)).toBe('client 2: write of 18 to k77');
    await press(',');
    await press(',');
    expect(await detailsTitle(page)).toBe('client 5: read of k77');
    await press(']');
    expect(await detailsTitle(page)).toBe('pause of n3');
    await press('[');
    await press('[');
    expect(await detailsTitle(page)).toBe('kill of n4');
    await press('?');
    expect(await page.locator('dialog.help').isVisible()).toBe(true);
    await press('Escape');
    expect(await page.locator('dialog.help').isVisible()).toBe(false);
    await press('/');
    expect(await page.evaluate('document.activeElement?.id')).toBe('search');
    await page.keyboard.type('client 3 12');
    await until(page, "document.querySelector('.tally')?.textContent === '1 found'");
    await press('Enter');
    expect(await detailsTitle(page)).toBe('client 3: read of k77');
    expect(await page.locator('.tally').textContent()).toBe('1 of 1');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('carries its view in the address, and obeys an address', async () => {
    const { page } = await open('staleRead', {}, '#t=8.05,8.45&op=1617&key=k77');
    expect(await windowOf(page)).toEqual([8.05, 8.45]);
    expect(await detailsTitle(page)).toBe('client 1: write of 15 to k77');
    await page.keyboard.press('d');
    await until(page, "location.hash.startsWith('#t=8.13')");
    expect(await page.evaluate('location.hash')).toMatch(/^#t=8\.1300,8\.5300&op=1617&key=k77$/);
    await page.locator('#coverage a[href="#fault=3"]').click();
    await until(page, "document.querySelector('.details h3')?.textContent?.startsWith('clock fault (clock of n5')");
    const [from, to] = await windowOf(page);
    expect(from).toBeLessThan(13.5);
    expect(to).toBeGreaterThan(15);
    // Nonsense is passed over.
    await goTo(page, '#t=x,y&op=99999999&key=<script>&fault=77');
    expect(await windowOf(page)).toEqual([from, to]);
    await page.context().close();
  });

  test('an address with a window is a whole view: what it leaves out is not chosen, and searches and filters are in it', async () => {
    const { page } = await open('staleRead', {}, '#t=8.05,8.45');
    const stateOf = (): Promise<unknown> =>
      page.evaluate(
        "['#key-focus', '#search', '#message-type', '#message-node'].map((id) => document.querySelector(id).value)",
      );
    expect(await stateOf()).toEqual(['', '', '', '']);
    await goTo(page, '#op=');
    expect(await page.locator('.details h3').count()).toBe(0);
    await page.locator('#message-type').selectOption('Heartbeat');
    await page.locator('#message-node').selectOption('n2');
    await page.locator('#search').fill('client 3 12');
    const address = '#t=8.0500,8.4500&search=client%203%2012&type=Heartbeat&with=n2';
    await until(page, `location.hash === '${address}'`);
    await page.evaluate("location.hash = '#t=8.05,8.45&key=k77'");
    await until(page, "document.querySelector('#search').value === ''");
    expect(await stateOf()).toEqual(['=k77', '', '', '']);
    await page.evaluate(`location.hash = '${address}'`);
    await until(page, "document.querySelector('.tally').textContent === '1 found'");
    expect(await stateOf()).toEqual(['', 'client 3 12', 'Heartbeat', 'n2']);
    await page.context().close();
  });

  test('obeys a new address also when it has just written its own over it', async () => {
    const { page } = await open('staleRead');
    await page.evaluate("{ location.hash = '#fault=3'; history.replaceState(null, '', '#t=1,2'); }");
    await until(page, "document.querySelector('.details h3')?.textContent?.startsWith('clock fault (clock of n5')");
    await page.context().close();
  });

  test('shows what the pointer is at: a fault, a node with its two leaders, an operation', async () => {
    const { page } = await open('staleRead');
    const canvas = page.locator('.timeline-scroll canvas');
    await canvas.scrollIntoViewIfNeeded();
    const box = await canvas.boundingBox();
    if (box === null) throw new Error('the timeline has no size');
    const x = box.x + 118 + (box.width - 126) * 0.6;
    const titles = new Set<string>();
    for (let y = box.y + 30; y < box.y + Math.min(box.height, 640); y += 11) {
      await page.mouse.move(x, y);
      await page.evaluate(NEXT_FRAME);
      titles.add((await detailsTitle(page)) ?? '');
    }
    for (const title of ['partition {n2} | {n1,n3,n4,n5}', 'node n1', 'node n5']) expect([...titles]).toContain(title);
    expect([...titles].some((title) => /^(AppendEntries|Heartbeat), n\d → n\d$/.test(title))).toBe(true);
    expect([...titles].some((title) => title.startsWith('client '))).toBe(true);
    await page.context().close();
  });

  test('shows the raw record of what is selected, and what its node logged around it', async () => {
    const { page } = await open('staleRead', {}, '#fault=1');
    const side = async (): Promise<string> => (await page.locator('.details-side').textContent()) ?? '';
    expect(await detailsTitle(page)).toBe('partition {n2} | {n1,n3,n4,n5}');
    expect(await side()).toContain('"dropped": 412');
    expect(await side()).toMatch(/^Log of n2 around it.*no heartbeat from a majority for 180 ms.*Record/s);
    await page.evaluate("location.hash = '#t=8.05,8.45&node=n1@8.3'");
    await until(page, "document.querySelector('.details h3')?.textContent === 'node n1'");
    expect(await page.locator('.details-facts').textContent()).toContain('two leadersn1 t5, n2 t4');
    await goTo(page, '#t=1,3&node=n1@1.5');
    expect(await side()).toMatch(/^Log of n1 around itNo lines of n1 within a second of it\.Record/);
    await page.context().close();
  });

  test('tells lost, late and duplicated messages apart, and filters them by kind and node', async () => {
    const sent = [...(written.get('staleRead') as TrialData).messages].sort((a, b) => a.sentAt - b.sentAt);
    const lost = sent.findIndex((one) => one.arrivedAt === null);
    const twice = sent.findIndex((one, i) => sent.some((other, j) => j !== i && other.id === one.id));
    const { page } = await open('staleRead', {}, `#t=8.05,8.30&message=${lost}`);
    const facts = async (): Promise<string> => (await page.locator('.details-facts').textContent()) ?? '';
    expect(await facts()).toContain('arrived✗ lost');
    await page.evaluate(`location.hash = '#t=8.05,8.30&message=${twice}'`);
    await expect.poll(facts, { timeout: PATIENCE_MS }).toContain('it arrived more than once');
    const titles = async (): Promise<string[]> => {
      const box = await page.locator('.timeline-scroll canvas').boundingBox();
      const seen = new Set<string>();
      for (let y = 150; box !== null && y < 330; y += 9)
        for (const part of [0.3, 0.5, 0.7]) {
          await page.mouse.move(box.x + 118 + (box.width - 126) * part, box.y + y);
          seen.add((await detailsTitle(page)) ?? '');
        }
      return [...seen].filter((title) => title.includes(' → n'));
    };
    await page.locator('.timeline-scroll').scrollIntoViewIfNeeded();
    expect((await titles()).length).toBeGreaterThan(1);
    await page.locator('#message-node').selectOption('n5');
    await page.locator('#message-type').selectOption('Heartbeat');
    await page.evaluate(NEXT_FRAME);
    const filtered = await titles();
    expect(filtered.length).toBeGreaterThan(0);
    for (const title of filtered) expect(title).toMatch(/^Heartbeat, (n5 → n\d|n\d → n5)$/);
    await page.context().close();
  });

  test('draws its charts without being scrolled to, and says of clocks that nobody changed only that', async () => {
    const calm = written.get('splitBrain') as TrialData;
    const nodeEvents = calm.nodeEvents.map((event) => ({ ...event, detail: { clockOffsetNs: 0 } }));
    writeFileSync(join(directory, 'calm.html'), renderReport({ ...calm, nodeEvents }));
    for (const name of ['staleRead', 'calm']) {
      const { page } = await open(name);
      await until(page, "document.querySelectorAll('.chart-window:not([hidden])').length > 3");
      expect(await page.evaluate('scrollY')).toBe(0);
      const said = (await page.locator('#charts-root').textContent()) ?? '';
      expect(said.includes('No clock was changed.'), name).toBe(name === 'calm');
      await page.context().close();
    }
  });

  test('keeps the charts in step with the timeline', async () => {
    const { page } = await open('staleRead');
    await page.locator('#charts-root').scrollIntoViewIfNeeded();
    await until(page, "document.querySelectorAll('.chart-window:not([hidden])').length > 3");
    const frames = (): Promise<number[]> =>
      page.evaluate<number[]>(
        "[...document.querySelectorAll('.chart-window')].map((one) => Number.parseFloat(one.style.left))",
      );
    const before = await frames();
    await page.keyboard.press('d');
    const moved = async (): Promise<boolean> => (await frames()).every((left, i) => left > (before[i] ?? 0));
    await expect.poll(moved, { timeout: PATIENCE_MS }).toBe(true);
    // A click into a chart takes the timeline there.
    const box = await page.locator('.chart-box canvas').first().boundingBox();
    if (box === null) throw new Error('the chart has no size');
    await page.mouse.click(box.x + box.width * 0.9, box.y + box.height / 2);
    await until(page, "Number(document.querySelector('output.window').textContent.split(' ')[0]) > 14");
    await page.context().close();
  });

  test('copies a link to the view, and the commands', async () => {
    const { page } = await open('staleRead');
    await keepTexts(page, '.said', 'said');
    await page.keyboard.press('y');
    await until(page, 'window.said.some((text) => /Link to this view copied|#t=/.test(text))');
    await keepTexts(page, '.copy', 'copied');
    await page.locator('.copy').first().click();
    await until(page, 'window.copied.some((text) => /Copied|Ctrl/.test(text))');
    await page.context().close();
  });

  test('gives the history and the spec as files', async () => {
    const { page } = await open('staleRead');
    const data = written.get('staleRead') as TrialData;
    const save = async (kind: string): Promise<string> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.locator(`[data-download="${kind}"]`).click(),
      ]);
      return readFileSync(await download.path(), 'utf8');
    };
    const lines = (await save('history'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual(data.operations);
    expect(JSON.parse(await save('spec'))).toEqual(data.trial.spec);
    await page.context().close();
  });

  test('holds in a table what the canvas shows', async () => {
    const { page } = await open('staleRead');
    expect(await page.locator('#operations tbody tr').count()).toBe(7);
    expect(await page.locator('#operations tr.selected').textContent()).toContain('read of k77');
    await page.locator('#key-focus').selectOption('');
    await until(page, "document.querySelectorAll('#operations tbody tr').length === 25");
    await page.locator('#operations tbody a').first().click();
    expect(await detailsTitle(page)).toContain('client ');
    await page.context().close();
  });

  test('has nothing that an accessibility check finds fault with, light and dark, first screen and all', async () => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const check = async (name: string, dark: boolean, where: string): Promise<void> => {
      const { page } = await open(name, { dark });
      await page.evaluate(axe);
      const { violations, passes } = await page.evaluate<AxeResult>(`axe.run(${where})`);
      const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
      expect(told, `${name} ${dark ? 'dark' : 'light'}`).toEqual([]);
      expect(passes.length).toBeGreaterThan(2);
      await page.context().close();
    };
    await check('staleRead', false, '');
    await check('unknown', true, '');
    // Dark where the whole page was looked at light, and the other way round.
    await check('staleRead', true, "'.verdict'");
    for (const name of ['passing', 'vacuous', 'broken']) await check(name, name === 'vacuous', "'.verdict'");
    await check('invariant', true, "{ include: [['.verdict'], ['.proof'], ['.repeat']] }");
  });

  test('prints light, with the proof and without what needs a pointer', async () => {
    const { page } = await open('staleRead', { dark: true });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.evaluate('getComputedStyle(document.querySelector("h1")).color')).toBe('rgb(29, 35, 43)');
    for (const part of ['h1', '.argument', 'svg.core', '#at-a-glance svg', '#coverage table'])
      expect(await page.locator(part).first().isVisible(), part).toBe(true);
    for (const part of ['#timeline', '#charts', 'button'])
      expect(await page.locator(part).first().isVisible(), part).toBe(false);
    await page.context().close();
  });

  test('fits a narrow screen', async () => {
    const { page } = await open('staleRead', { width: 390, height: 844 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await page.context().close();
  });

  test('says so when its data was cut off, and still tells the verdict', async () => {
    const whole = readFileSync(join(directory, 'staleRead.html'), 'utf8');
    writeFileSync(join(directory, 'cut.html'), whole.replace(/(id="page-operations">[^<]{400})[^<]*/, '$1'));
    const { page } = await openFile(browser, join(directory, 'cut.html'));
    await page.waitForSelector('[role="alert"]');
    expect(await page.locator('[role="alert"]').textContent()).toContain('could not be drawn');
    expect(await page.locator('h1').textContent()).toContain('returned 12');
    await page.context().close();
  });
});

describe('a page of more than 100,000 operations', () => {
  test('draws little for each frame, and tells what it leaves out', async () => {
    const path = join(directory, 'large.html');
    writeFileSync(path, renderReport(await large(110_000)));
    const { page, troubles } = await openFile(browser, path);
    await page.waitForSelector('html[data-ready]');
    expect(await page.locator('#timeline .note').textContent()).toMatch(
      /^Showing [\d,]+ operations of 110,000: those of failing keys and near anomalies/,
    );
    // How long a frame takes is for bench/report.ts to measure; what makes it short is that it draws little. The charts come first.
    await until(page, "document.querySelectorAll('.chart-window:not([hidden])').length > 3");
    await page.keyboard.press('0');
    await page.keyboard.press('w');
    await page.evaluate(NEXT_FRAME);
    const { calls, colours } = await page.evaluate<{ readonly calls: number; readonly colours: number }>(`(async () => {
      let calls = 0;
      const { prototype } = CanvasRenderingContext2D;
      for (const name of ['fillRect', 'fillText', 'stroke', 'fill', 'strokeRect', 'strokeText', 'drawImage']) {
        const real = prototype[name];
        prototype[name] = function (...given) {
          calls++;
          return real.apply(this, given);
        };
      }
      document.dispatchEvent(new KeyboardEvent('keydown', { key: 'd' }));
      await ${NEXT_FRAME};
      await ${NEXT_FRAME};
      const canvas = document.querySelector('.timeline-scroll canvas');
      const { data } = canvas.getContext('2d').getImageData(canvas.width / 2, canvas.height - 120, 300, 100);
      const seen = new Set(new Uint32Array(data.buffer));
      return { calls, colours: seen.size };
    })()`);
    expect(calls).toBeGreaterThan(20);
    expect(calls).toBeLessThan(2500);
    expect(colours).toBeGreaterThan(2);
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});
