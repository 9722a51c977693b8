/**
 * Serves a trial's report. It may tell of a history that somebody uploaded, so it gets an origin of its own: with the sandbox
 * it can run its own code, but not act as the service's pages can, whatever should slip through its escaping.
 */

import { createReadStream, existsSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { Problem } from './problem.ts';
import { reportFile } from './work/report-file.ts';

/** Beside the page's own policy, which names its script and style by their hashes. */
const POLICY = [
  'sandbox allow-scripts allow-downloads',
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

/** Throws Problem 404 while there is none. */
export async function sendReport(response: Response, directory: string, trial: string): Promise<void> {
  const file = reportFile(directory, trial);
  if (!existsSync(file))
    throw new Problem(404, 'no-report', 'there is no report of this trial: judging it again writes one');
  response.set({
    'Content-Security-Policy': POLICY,
    'X-Frame-Options': 'SAMEORIGIN',
    'Cache-Control': 'no-cache',
  });
  response.type('text/html');
  await pipeline(createReadStream(file), response).catch(() => response.destroy());
}
