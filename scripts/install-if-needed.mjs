// Installs the pinned dependencies if they are missing or differ from package-lock.json, so that `npm start` and `npm test`
// work on a fresh clone. Plain JavaScript without dependencies: it runs before there are any.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lock = readFileSync(join(root, 'package-lock.json'));
const wanted = `${createHash('sha256').update(lock).digest('hex')} node-${process.versions.modules}\n`;
const stamp = join(root, 'node_modules', '.installed-for');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  console.error('ordeal: installing dependencies (npm ci), once; better-sqlite3 may take a minute to compile …');
  // Standard output stays free for data: npm's own output goes to standard error.
  const installed = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (installed.status !== 0) {
    console.error(
      'ordeal: npm ci failed; see above. A C++ compiler and python3 are needed where no prebuilt binary fits.',
    );
    process.exit(4);
  }
  writeFileSync(stamp, wanted);
}
