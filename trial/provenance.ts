/** Where a trial's record comes from: version, commit, machine. Stored with it, so that a difference can be noticed later. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, hostname, platform, release } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface Provenance {
  readonly version: string;
  /** Commit of Ordeal itself, with "-dirty" when files were changed; null outside a git checkout. */
  readonly commit: string | null;
  readonly node: string;
  readonly host: string;
  readonly os: string;
  readonly cpu: string;
  readonly cores: number;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));

export function provenance(): Provenance {
  const processors = cpus();
  return {
    version: ordealVersion(),
    commit: commitOf(ROOT),
    node: process.version,
    host: hostname(),
    os: `${platform()} ${release()} ${arch()}`,
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
  };
}

export function ordealVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}

/** The commit as twelve digits. Null where git is missing or the folder is no checkout of its own (an installed package). */
function commitOf(directory: string): string | null {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', directory, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    if (git('rev-parse', '--show-prefix') !== '') return null;
    const commit = git('rev-parse', '--short=12', 'HEAD');
    return git('status', '--porcelain', '--untracked-files=no') === '' ? commit : `${commit}-dirty`;
  } catch {
    return null;
  }
}
