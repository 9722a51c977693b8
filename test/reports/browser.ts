/** A Chromium to look at pages with: one named by CHROME_PATH or found on the system, else the one carried by a package. */

import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const SYSTEM_PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'];

/** Starts a headless browser. Throws when there is none to be had on this machine. */
export async function launchBrowser(): Promise<Browser> {
  const found = [process.env.CHROME_PATH, ...SYSTEM_PATHS].find(
    (path) => path !== undefined && path !== '' && existsSync(path),
  );
  if (found !== undefined) return chromium.launch({ executablePath: found, args: ARGUMENTS });
  const { default: carried } = await import('@sparticuz/chromium');
  return chromium.launch({
    executablePath: await carried.executablePath(),
    args: [
      ...carried.args.filter((arg) => !arg.startsWith('--headless') && !arg.startsWith('--single-process')),
      ...ARGUMENTS,
    ],
  });
}

/** A page that keeps what went wrong on it: errors on the console, uncaught errors, requests to anywhere but its own file. */
export interface WatchedPage {
  readonly page: Page;
  readonly troubles: string[];
}

export interface Looks {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly javaScript?: boolean;
}

export async function openFile(browser: Browser, path: string, looks: Looks = {}, hash = ''): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: looks.width ?? 1180, height: looks.height ?? 900 },
    colorScheme: looks.dark === true ? 'dark' : 'light',
    javaScriptEnabled: looks.javaScript ?? true,
    acceptDownloads: true,
  });
  const page = await context.newPage();
  const troubles: string[] = [];
  const url = `file://${path}`;
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('blob:'))
      troubles.push(`request: ${request.url()}`);
  });
  await page.goto(`${url}${hash}`);
  return { page, troubles };
}
