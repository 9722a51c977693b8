/** The style sheet and the browser's part of the pages: bundled once, served under names that change with their content. */

import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { Router } from 'express';
import { pageStyle } from '../reports/browser-bundle.ts';

export interface Assets {
  readonly script: string;
  readonly style: string;
  readonly router: Router;
}

let bundled: { readonly script: Asset; readonly style: Asset } | null = null;

export function createAssets(): Assets {
  bundled ??= {
    script: asset('js', built('browser/main.ts', true)),
    style: asset('css', pageStyle() + built('service.css', false)),
  };
  const { script, style } = bundled;
  const router = Router();
  for (const { name, type, text } of [script, style])
    router.get(`/${name}`, (_request, response) => {
      response.type(type).set('Cache-Control', 'public, max-age=31536000, immutable').send(text);
    });
  router.get('/icon.svg', (_request, response) => {
    response.type('image/svg+xml').set('Cache-Control', 'public, max-age=86400').send(ICON);
  });
  return { script: `/assets/${script.name}`, style: `/assets/${style.name}`, router };
}

/** A node between a check and a cross: the mark of the pages. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#3a4350"/><path d="M7 17l5 5 6-11M20 12l6 9M26 12l-6 9" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/></svg>';

function built(file: string, bundle: boolean): string {
  const result = buildSync({
    entryPoints: [fileURLToPath(new URL(file, import.meta.url))],
    bundle,
    minify: true,
    write: false,
    ...(bundle && { format: 'iife' as const, target: 'es2022' }),
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
  });
  return result.outputFiles[0]?.text ?? '';
}

interface Asset {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

function asset(type: 'js' | 'css', text: string): Asset {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return { name: `${digest}.${type}`, type, text };
}
