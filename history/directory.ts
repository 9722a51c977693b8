/** Making directories without Node 20's trap. */

import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory, and its parents where they are missing. Only there: where nothing can be created, as in /proc, Node 20's
 * recursive mkdir never returns. Throws what the file system says.
 */
export function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  mkdirSync(directory, { recursive: !existsSync(dirname(directory)) });
}
