/** A Chromium to look at pages with: one named by CHROME_PATH or found on the system, else the one carried by a package. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** A guard against a hang: the machine may be busy. */
export const PATIENCE_MS = 120_000;

/** Starts a headless browser. Throws when there is none to be had on this machine. */
export async function launchBrowser(): Promise<Browser> {
  const found = [process.env.CHROME_PATH, ...SYSTEM_PATHS].find(
    (path) => path !== undefined && path !== '' && existsSync(path),
  );
  if (found !== undefined) return chromium.launch({ executablePath: found, args: ARGUMENTS, timeout: PATIENCE_MS });
  const { default: carried } = await import('@sparticuz/chromium');
  return chromium.launch({
    executablePath: await unpacked(),
    args: [
      ...carried.args.filter((arg) => !arg.startsWith('--headless') && !arg.startsWith('--single-process')),
      ...ARGUMENTS,
    ],
    timeout: PATIENCE_MS,
  });
}

/**
 * The browser that a package carries, unpacked into a directory of this version's own. By itself the package unpacks to one place
 * for all, and takes whatever is there for whole, also while another process is still writing it.
 */
async function unpacked(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const { version } = JSON.parse(readFileSync(join(dirname(entry), '../../package.json'), 'utf8')) as {
    version: string;
  };
  const place = join(tmpdir(), `ordeal-chromium-${version}-${process.getuid?.() ?? 'user'}`);
  const executable = join(place, 'chromium');
  if (existsSync(executable)) return executable;
  const making = mkdtempSync(`${place}-`);
  const program =
    "import('@sparticuz/chromium').then(({ default: carried }) => carried.executablePath()).then(console.log)";
  try {
    // In a process of its own, as where to it unpacks is a matter of the environment.
    execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: dirname(fileURLToPath(import.meta.url)),
      env: { ...process.env, TMPDIR: making },
    });
    renameSync(making, place);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    // Another one was quicker.
    if (!existsSync(executable)) throw error;
  }
  return executable;
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
  context.setDefaultTimeout(PATIENCE_MS);
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
