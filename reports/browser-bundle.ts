/** The page's own code: TypeScript under reports/browser, bundled and minified by esbuild once per process. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

let bundled: string | null = null;
let styled: string | null = null;

/** JavaScript of the page as one self-contained script. The same sources give the same bytes. */
export function pageScript(): string {
  if (bundled !== null) return bundled;
  const result = buildSync({
    entryPoints: [fileURLToPath(new URL('browser/main.ts', import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'silent',
  });
  const text = result.outputFiles[0]?.text ?? '';
  // Inside a script element only these two sequences end or confuse it.
  bundled = text.replace(/<\/script/gi, '<\\/script').replace(/<!--/g, '<\\!--');
  return bundled;
}

/** The style sheet of the page, minified. */
export function pageStyle(): string {
  if (styled !== null) return styled;
  const result = buildSync({
    entryPoints: [fileURLToPath(new URL('page.css', import.meta.url))],
    minify: true,
    write: false,
    charset: 'ascii',
    logLevel: 'silent',
  });
  styled = result.outputFiles[0]?.text ?? '';
  return styled;
}

/** The style of a picture that stands alone. */
export function pictureStyle(): string {
  return readFileSync(fileURLToPath(new URL('picture.css', import.meta.url)), 'utf8');
}
