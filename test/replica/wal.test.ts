import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry, HardState, Snapshot, SnapshotMeta } from '../../cluster/raft/ready.ts';
import { encodeBatch, startRecord } from '../../cluster/replica/log-format.ts';
import { EMPTY_BASE, EMPTY_HARD_STATE, type RecoveredLog, recover } from '../../cluster/replica/log-recovery.ts';
import { CORRECT_REPLICA_RULES } from '../../cluster/replica/rules.ts';
import { SnapshotWriter } from '../../cluster/replica/snapshot-writer.ts';
import { Wal } from '../../cluster/replica/wal.ts';
import { KEEP_ALL, LOSE_ALL, MemoryDisk, type SectorFate } from './memory-disk.ts';

const RULES = CORRECT_REPLICA_RULES;
const MEMBERSHIP = { voters: ['n1', 'n2', 'n3'], outgoing: null, learners: [] };

function entry(index: number, term: number, size = 10): Entry {
  return { index, term, kind: 'command', data: { op: 'put', value: `${index}@${term} ${'x '.repeat(size / 2)}ü` } };
}

/** What a log says, to compare. */
interface Content {
  readonly hardState: HardState;
  readonly baseIndex: number;
  readonly entries: readonly Entry[];
}

function contentOf(recovered: RecoveredLog): Content {
  return { hardState: recovered.hardState, baseIndex: recovered.base.index, entries: recovered.entries };
}

/** A log under test beside a plain model of what it should hold, and of what it has promised to hold. */
class Bench {
  disk: MemoryDisk;
  wal: Wal;
  snapshots: SnapshotWriter;
  batch = 0;
  durableBatch = 0;
  /** What a snapshot was taken of is committed: nothing up to here is ever replaced. */
  committed = 0;
  /** The content after each batch; the model. Index 0 is the content at the start. */
  contents: Content[];

  constructor(disk = new MemoryDisk()) {
    this.disk = disk;
    const recovery = recover(disk, 'n1', RULES);
    if (recovery.kind === 'unusable') throw new Error(recovery.reason);
    const recovered = recovery.kind === 'recovered' ? recovery : null;
    const start = {
      node: 'n1',
      hardState: recovered?.hardState ?? EMPTY_HARD_STATE,
      base: recovered?.base ?? EMPTY_BASE,
      entries: recovered?.entries ?? [],
      position: recovery.position,
      newSegment: recovered?.needsNewSegment ?? true,
    };
    this.contents = [{ hardState: start.hardState, baseIndex: start.base.index, entries: [...start.entries] }];
    const base = start.base.index > 0 ? start.base : null;
    this.snapshots = new SnapshotWriter(disk, RULES, base, 0);
    this.wal = new Wal(disk, start, RULES, (upTo) => {
      this.durableBatch = Math.max(this.durableBatch, upTo);
    });
  }

  get content(): Content {
    return this.contents.at(-1) as Content;
  }

  get lastIndex(): number {
    return this.content.baseIndex + this.content.entries.length;
  }

  save(hardState: HardState | null, entries: readonly Entry[]): void {
    const old = this.content;
    const from = entries[0]?.index ?? this.lastIndex + 1;
    this.contents.push({
      hardState: hardState ?? old.hardState,
      baseIndex: old.baseIndex,
      entries: [...old.entries.slice(0, from - old.baseIndex - 1), ...entries],
    });
    this.batch++;
    if (this.wal.save(this.batch, hardState, entries)) this.durableBatch = this.batch;
  }

  snapshotAt(index: number, term: number): Snapshot {
    return { index, term, membership: MEMBERSHIP, data: `state at ${index}` };
  }

  compact(index: number): void {
    const { entries, baseIndex } = this.content;
    const { term } = entries[index - baseIndex - 1] as Entry;
    const meta: SnapshotMeta = { index, term, membership: MEMBERSHIP };
    this.committed = Math.max(this.committed, index);
    this.snapshots.write(this.snapshotAt(index, term), () => this.wal.compact(meta));
  }

  install(index: number, term: number): void {
    const meta: SnapshotMeta = { index, term, membership: MEMBERSHIP };
    this.committed = index;
    this.wal.install(meta);
    this.snapshots.write(this.snapshotAt(index, term), () => this.wal.release());
    const hardState = { ...this.content.hardState, term: Math.max(term, this.content.hardState.term) };
    this.contents.push({ hardState, baseIndex: index, entries: [] });
    this.batch++;
    if (this.wal.save(this.batch, hardState, [])) this.durableBatch = this.batch;
  }
}

/** What a content looks like to one who holds a snapshot up to `base`. */
function seenFrom(content: Content, base: SnapshotMeta): readonly Entry[] {
  if (content.baseIndex >= base.index) return content.entries;
  const own = content.entries[base.index - content.baseIndex - 1];
  return own?.term === base.term ? content.entries.slice(base.index - content.baseIndex) : [];
}

/** Recovery must give the content after some batch that is not older than the last one reported durable. */
function expectNothingLost(bench: Bench, disk: MemoryDisk): void {
  const recovery = recover(disk, 'n1', RULES);
  if (recovery.kind === 'unusable') throw new Error(recovery.reason);
  if (recovery.kind === 'empty') {
    expect(bench.durableBatch).toBe(0);
    expect(bench.contents[0]?.entries).toEqual([]);
    return;
  }
  const candidates = bench.contents.slice(bench.durableBatch);
  const { base } = recovery;
  const matches = candidates.some(({ hardState, baseIndex, entries }) => {
    // A snapshot that became durable ahead of the log raises the term; no vote was given in it yet.
    const expected = hardState.term >= base.term ? hardState : { term: base.term, vote: null };
    return (
      baseIndex <= base.index &&
      JSON.stringify(seenFrom({ hardState, baseIndex, entries }, base)) === JSON.stringify(recovery.entries) &&
      expected.vote === recovery.hardState.vote &&
      expected.term === recovery.hardState.term
    );
  });
  if (!matches) {
    expect(contentOf(recovery), `one of the last ${candidates.length} contents`).toEqual(candidates);
  }
  if (recovery.base.index > 0) expect(recovery.snapshotData).toBe(`state at ${recovery.base.index}`);
}

type Action =
  | { readonly do: 'append'; readonly count: number; readonly back: number; readonly size: number }
  | { readonly do: 'vote' }
  | { readonly do: 'renew' }
  | { readonly do: 'compact'; readonly part: number }
  | { readonly do: 'install'; readonly ahead: number }
  | { readonly do: 'finish'; readonly count: number };

const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      count: fc.integer({ min: 1, max: 4 }),
      back: fc.oneof(fc.constant(0), fc.nat(3)),
      size: fc.constantFrom(2, 40, 700, 3000),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'vote' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'renew' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('compact' as const), part: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('install' as const), ahead: fc.integer({ min: -4, max: 5 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('finish' as const), count: fc.integer({ min: 1, max: 3 }) }) },
);

function perform(bench: Bench, action: Action): void {
  const { hardState, baseIndex } = bench.content;
  switch (action.do) {
    case 'append': {
      const from = Math.max(baseIndex + 1, bench.committed + 1, bench.lastIndex + 1 - action.back);
      const term = from <= bench.lastIndex ? hardState.term + 1 : Math.max(1, hardState.term);
      const entries = Array.from({ length: action.count }, (_, at) => entry(from + at, term, action.size));
      bench.save(term === hardState.term ? null : { term, vote: null, commit: baseIndex }, entries);
      break;
    }
    case 'vote':
      bench.save({ term: hardState.term + 1, vote: `n${(hardState.term % 3) + 1}`, commit: baseIndex }, []);
      break;
    case 'renew':
      bench.wal.renew();
      break;
    case 'compact': {
      const index = baseIndex + Math.floor(((bench.lastIndex - baseIndex) * action.part) / 100);
      if (index > baseIndex) bench.compact(index);
      break;
    }
    case 'install': {
      // Behind the end of the log it is a snapshot that conflicts with what is there: of a later term.
      const index = Math.max(baseIndex, bench.committed, bench.lastIndex + action.ahead) + 1;
      bench.install(index, hardState.term + 1);
      break;
    }
    case 'finish':
      for (let n = 0; n < action.count; n++) bench.disk.finishNext();
  }
}

/** Sectors are kept, torn or lost by a hash of where they are. */
function fateOf(salt: number): SectorFate {
  return (file, sector, length) => {
    const drawn = Math.imul(salt + sector * 31 + file.length * 7 + file.charCodeAt(file.length - 1), 0x9e3779b1) >>> 8;
    return [0, length, length, drawn % (length + 1)][drawn % 4] as number;
  };
}

test('a crash between any two disk operations loses nothing that was reported durable', () => {
  fc.assert(
    fc.property(fc.array(actions, { minLength: 1, maxLength: 25 }), fc.nat(), fc.boolean(), (list, salt, ghosts) => {
      const bench = new Bench();
      const check = (): void => {
        for (const fate of [LOSE_ALL, KEEP_ALL, fateOf(salt)]) {
          expectNothingLost(bench, bench.disk.afterCrash(fate, ghosts));
        }
      };
      check();
      for (const action of list) {
        perform(bench, action);
        check();
      }
      bench.disk.finishAll();
      expect(bench.durableBatch).toBe(bench.batch);
      expectNothingLost(bench, bench.disk.afterCrash(LOSE_ALL, ghosts));
    }),
    { numRuns: 150 },
  );
});

test('a log that crashed again and again goes on as if it had not', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.array(actions, { minLength: 1, maxLength: 8 }), fc.nat(), fc.boolean()), {
        minLength: 2,
        maxLength: 6,
      }),
      (lives) => {
        let disk = new MemoryDisk();
        for (const [list, salt, ghosts] of lives) {
          const bench = new Bench(disk);
          for (const action of list) perform(bench, action);
          disk = bench.disk.afterCrash(fateOf(salt), ghosts);
          expectNothingLost(bench, disk);
        }
      },
    ),
    { numRuns: 200 },
  );
});

/** A log of a few batches, all synced; the bytes of its one segment and where each batch ends. */
function syncedLog(): {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly ends: readonly number[];
  readonly bench: Bench;
} {
  const bench = new Bench();
  bench.disk.finishAll();
  const name = bench.disk.list()[0] as string;
  const ends = [(bench.disk.read(name) as Uint8Array).length];
  for (let n = 1; n <= 4; n++) {
    bench.save({ term: n, vote: 'n2', commit: n - 1 }, [entry(2 * n - 1, n, n === 3 ? 600 : 10), entry(2 * n, n)]);
    bench.disk.finishAll();
    ends.push((bench.disk.read(name) as Uint8Array).length);
  }
  return { name, bytes: bench.disk.read(name) as Uint8Array, ends, bench };
}

test('a log cut at any byte recovers to its last whole batch', () => {
  const { name, bytes, ends, bench } = syncedLog();
  for (let cut = 0; cut <= bytes.length; cut++) {
    const disk = MemoryDisk.holding(new Map([[name, bytes.slice(0, cut)]]));
    const recovery = recover(disk, 'n1', RULES);
    const whole = ends.filter((end) => end <= cut).length;
    if (whole === 0) {
      expect(recovery.kind).toBe('empty');
      continue;
    }
    if (recovery.kind !== 'recovered') throw new Error(`cut at ${cut}: ${recovery.kind}`);
    expect(contentOf(recovery)).toEqual(bench.contents[whole - 1]);
    expect(disk.read(name)?.length).toBe(ends[whole - 1]);
    expect(recovery.findings).toEqual(ends.includes(cut) ? [] : ['torn-tail']);
  }
});

test('any flipped bit of a synced log stops the node with the file and the offset of the batch', () => {
  const { name, bytes, ends } = syncedLog();
  const starts = [0, ...ends];
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const at = bit >> 3;
    const flipped = bytes.slice();
    flipped[at] = (flipped[at] as number) ^ (1 << (bit & 7));
    const recovery = recover(MemoryDisk.holding(new Map([[name, flipped]])), 'n1', RULES);
    if (recovery.kind !== 'unusable') throw new Error(`bit ${bit} of byte ${at} went unnoticed`);
    const start = starts.filter((offset) => offset <= at).at(-1);
    expect(recovery.code).toBe('corrupt');
    expect(recovery.reason).toContain(`${name} is damaged at offset ${start}:`);
  }
});

test('sectors that a later fault filled with zeros stop the node unless they are in the last batch', () => {
  const { name, bytes, ends } = syncedLog();
  const lastStart = ends.at(-2) as number;
  for (let sector = 0; sector * 512 < lastStart; sector++) {
    const damaged = bytes.slice();
    damaged.fill(0, sector * 512, Math.min((sector + 1) * 512, lastStart));
    const recovery = recover(MemoryDisk.holding(new Map([[name, damaged]])), 'n1', RULES);
    expect(recovery).toMatchObject({ kind: 'unusable', code: 'corrupt' });
  }
});

test('a batch that is missing from the middle stops the node', () => {
  const { name, bytes, ends } = syncedLog();
  const without = new Uint8Array([...bytes.slice(0, ends[1]), ...bytes.slice(ends[2])]);
  const recovery = recover(MemoryDisk.holding(new Map([[name, without]])), 'n1', RULES);
  expect(recovery).toMatchObject({ kind: 'unusable', code: 'corrupt' });
});

test('any flipped bit of a snapshot stops the node', () => {
  const { bench } = syncedLog();
  bench.compact(5);
  bench.disk.finishAll();
  const files = new Map(bench.disk.list().map((name) => [name, bench.disk.read(name) as Uint8Array]));
  const bytes = files.get('snapshot') as Uint8Array;
  expect(recover(MemoryDisk.holding(files), 'n1', RULES)).toMatchObject({ kind: 'recovered', base: { index: 5 } });
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    const disk = MemoryDisk.holding(new Map([...files, ['snapshot', flipped]]));
    expect(recover(disk, 'n1', RULES)).toMatchObject({ kind: 'unusable', code: 'corrupt' });
  }
});

test('a log whose snapshot is missing or older than its base stops the node', () => {
  const { bench } = syncedLog();
  bench.compact(3);
  bench.disk.finishAll();
  const older = bench.disk.read('snapshot') as Uint8Array;
  bench.compact(6);
  bench.disk.finishAll();
  const files = new Map(bench.disk.list().map((name) => [name, bench.disk.read(name) as Uint8Array]));
  const withSnapshot = (bytes: Uint8Array | null): MemoryDisk => {
    const changed = new Map(files);
    if (bytes === null) changed.delete('snapshot');
    else changed.set('snapshot', bytes);
    return MemoryDisk.holding(changed);
  };
  const missing = recover(withSnapshot(null), 'n1', RULES);
  expect(missing).toMatchObject({ kind: 'unusable', code: 'corrupt' });
  const old = recover(withSnapshot(older), 'n1', RULES);
  expect(old).toMatchObject({ kind: 'unusable', code: 'corrupt' });
  if (old.kind === 'unusable') expect(old.reason).toContain('ends at 3');
});

test('a snapshot without any log stops the node: its log was lost', () => {
  const { bench } = syncedLog();
  bench.compact(3);
  bench.disk.finishAll();
  const snapshot = bench.disk.read('snapshot') as Uint8Array;
  expect(recover(MemoryDisk.holding(new Map([['snapshot', snapshot]])), 'n1', RULES)).toMatchObject({
    kind: 'unusable',
    code: 'corrupt',
  });
});

test('a log of another node, and one of a format that this version does not know, are refused as unsupported', () => {
  const { name, bytes } = syncedLog();
  const ofAnother = recover(MemoryDisk.holding(new Map([[name, bytes]])), 'n2', RULES);
  expect(ofAnother).toMatchObject({ kind: 'unusable', code: 'unsupported' });
  const start = { format: 'ordeal-log-2' as 'ordeal-log-1', node: 'n1', segment: 1, base: EMPTY_BASE };
  const newer = MemoryDisk.holding(new Map([[name, encodeBatch(1, startRecord(start))]]));
  expect(recover(newer, 'n1', RULES)).toMatchObject({ kind: 'unusable', code: 'unsupported' });
});

test('what arrives while a sync is under way is one next batch', () => {
  const bench = new Bench();
  bench.disk.finishAll();
  for (let n = 1; n <= 50; n++) bench.save(null, [entry(n, 1)]);
  expect(bench.disk.pending.length).toBe(1);
  bench.disk.finishNext();
  expect(bench.durableBatch).toBe(1);
  expect(bench.disk.pending.length).toBe(1);
  bench.disk.finishNext();
  expect(bench.durableBatch).toBe(50);
  expect(bench.disk.pending.length).toBe(0);
});

test('after a compaction only the newest segment and the snapshot are left', () => {
  const { bench } = syncedLog();
  for (const index of [2, 5, 8]) {
    bench.compact(index);
    bench.disk.finishAll();
    expect(bench.disk.list().length).toBe(2);
  }
});
