import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SECTOR_BYTES, SimulatedFiles } from '../../cluster/simulator/disk.ts';
import { CALM_DISK } from '../../cluster/simulator/options.ts';
import { draws } from '../../seed/draw.ts';

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);
const LOSE_ALL = { ...CALM_DISK, keptSectorPpm: 0, tornSectorPpm: 0 };

describe("a simulated node's disk", () => {
  it('keeps everything synced through a crash, and of the rest only prefixes of sectors', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ length: fc.integer({ min: 1, max: 1500 }), sync: fc.boolean() }), { maxLength: 12 }),
        fc.integer({ min: 0, max: 1000 }),
        (writes, seed) => {
          const files = new SimulatedFiles();
          const written: number[] = [];
          let synced = 0;
          for (const [at, { length, sync }] of writes.entries()) {
            files.append('log', bytes(length, at + 1));
            for (let i = 0; i < length; i++) written.push(at + 1);
            if (!sync) continue;
            files.beginSync('log');
            files.complete();
            synced = written.length;
          }
          files.crash(CALM_DISK, draws(seed, 'crash'));
          const left = files.read('log') ?? new Uint8Array(0);
          expect(left.length).toBeGreaterThanOrEqual(synced);
          expect(left.length).toBeLessThanOrEqual(written.length);
          expect([...left.subarray(0, synced)]).toEqual(written.slice(0, synced));
          for (let start = synced; start < left.length; ) {
            const end = Math.min(left.length, (Math.floor(start / SECTOR_BYTES) + 1) * SECTOR_BYTES);
            let kept = start;
            while (kept < end && left[kept] === written[kept]) kept++;
            for (let i = kept; i < end; i++) expect(left[i]).toBe(0);
            start = end;
          }
        },
      ),
    );
  });

  it('can lose all that was not synced', () => {
    const files = new SimulatedFiles();
    files.append('log', bytes(100, 1));
    files.beginSync('log');
    files.complete();
    files.append('log', bytes(5000, 2));
    const damage = files.crash(LOSE_ALL, draws(1, 'crash'));
    expect(files.read('log')).toEqual(bytes(100, 1));
    expect(damage).toMatchObject({ unsyncedBytes: 5000, keptBytes: 0 });
  });

  it('leaves torn sectors and holes, given enough crashes', () => {
    let torn = 0;
    let holes = 0;
    for (let seed = 0; seed < 50; seed++) {
      const files = new SimulatedFiles();
      files.append('log', bytes(3000, 7));
      const damage = files.crash(CALM_DISK, draws(seed, 'crash'));
      torn += damage.tornFiles;
      holes += damage.holes;
    }
    expect(torn).toBeGreaterThan(10);
    expect(holes).toBeGreaterThan(10);
  });

  it('replaces a file entirely or not at all, also when the crash comes in the midst of it', () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      const files = new SimulatedFiles();
      files.beginReplace('snapshot', bytes(2000, 1));
      files.complete();
      files.beginReplace('snapshot', bytes(3000, 2));
      files.crash(CALM_DISK, draws(seed, 'crash'));
      const left = files.read('snapshot') as Uint8Array;
      expect([2000, 3000]).toContain(left.length);
      expect(new Set(left).size).toBe(1);
      outcomes.add(String(left.length));
    }
    expect(outcomes.size).toBe(2);
  });

  it('may undo a removal in a crash, but not one that a later sync has made durable', () => {
    let undone = 0;
    for (let seed = 0; seed < 50; seed++) {
      const files = new SimulatedFiles();
      for (const name of ['a', 'b', 'c']) files.append(name, bytes(10, 1));
      for (const name of ['a', 'b', 'c']) {
        files.beginSync(name);
        files.complete();
      }
      files.remove('a');
      files.beginSync('b');
      files.complete();
      files.remove('c');
      expect(files.list()).toEqual(['b']);
      files.crash(CALM_DISK, draws(seed, 'crash'));
      expect(files.read('a')).toBeNull();
      if (files.read('c') !== null) undone++;
    }
    expect(undone).toBeGreaterThan(5);
    expect(undone).toBeLessThan(45);
  });
});
