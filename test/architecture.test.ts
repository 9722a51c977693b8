import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Which rooms a room may import, as docs/architecture.md draws it. Longer prefixes win. */
const MAY_IMPORT: readonly (readonly [room: string, may: readonly string[]])[] = [
  ['seed', []],
  ['history', []],
  ['checker/porcupine-ts', []],
  ['checker', ['history', 'checker/porcupine-ts']],
  ['cluster/raft', ['cluster/replica/host.ts', 'cluster/replica/options.ts', 'history']],
  ['cluster/kv', ['cluster/replica', 'cluster/raft', 'history']],
  ['cluster/bugs', ['cluster/raft', 'cluster/replica', 'cluster/kv']],
  ['cluster/replica', ['cluster/raft', 'cluster/kv', 'cluster/bugs', 'history']],
  ['cluster', ['history', 'seed']],
  ['workload', ['history', 'checker', 'cluster', 'seed']],
  ['nemesis', ['cluster', 'history', 'seed']],
  ['reports', ['history', 'checker', 'trial/outcome.ts', 'seed']],
  ['trial', ['history', 'checker', 'cluster', 'workload', 'nemesis', 'reports', 'seed']],
  ['service', ['trial', 'reports', 'history', 'checker', 'seed']],
  ['cli', ['trial', 'reports', 'history', 'checker', 'cluster', 'workload', 'nemesis', 'service', 'seed']],
];

function sources(directory: string): string[] {
  return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sources(path);
    return /\.ts$/.test(entry.name) ? [path] : [];
  });
}

function roomOf(path: string): (typeof MAY_IMPORT)[number] | undefined {
  const matching = MAY_IMPORT.filter(([room]) => path.startsWith(`${room}/`));
  return matching.sort((a, b) => b[0].length - a[0].length)[0];
}

function importsOf(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8');
  return [...text.matchAll(/(?:from|import|import\()\s*['"](\.[^'"]+)['"]/g)].map((match) =>
    relative(root, join(root, dirname(path), match[1] ?? '')),
  );
}

const rooms = [...new Set(MAY_IMPORT.map(([room]) => room.split('/')[0] ?? room))];
const files = rooms.flatMap((room) => {
  try {
    return sources(room);
  } catch {
    return [];
  }
});

describe('the house', () => {
  it('imports run downwards only', () => {
    const wrong = files.flatMap((path) => {
      const room = roomOf(path);
      if (room === undefined) return [`${path}: in no room`];
      const inside = path.includes('/test/') || path.includes('/bench/');
      return importsOf(path)
        .filter((target) => !inside && !target.startsWith(`${room[0]}/`) && !target.endsWith('.json'))
        .filter((target) => !room[1].some((may) => target === may || target.startsWith(`${may}/`)))
        .map((target) => `${path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('a replica reaches clock, chance, timers and files through its host alone', () => {
    const forbidden =
      /\bMath\.random\b|\bnew Date\b|\bDate\.now\b|\bsetTimeout\b|\bsetInterval\b|\bawait\b|\bprocess\.|from 'node:/;
    const wrong = files
      .filter((path) => /^cluster\/(raft|kv|replica)\//.test(path))
      .filter((path) => forbidden.test(readFileSync(join(root, path), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')));
    expect(wrong).toEqual([]);
  });

  it('has no folder called utils, helpers or common, and no default export', () => {
    expect(files.filter((path) => /(^|\/)(utils|helpers|common)\//.test(path))).toEqual([]);
    const defaults = files.filter((path) => /^export default/m.test(readFileSync(join(root, path), 'utf8')));
    expect(defaults).toEqual([]);
  });
});
