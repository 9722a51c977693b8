import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adjustClock, readClock, TRUE_CLOCK, trialDuration } from '../../cluster/processes/node-clock.ts';
import { NodeDisk } from '../../cluster/processes/node-disk.ts';

const time = fc.integer({ min: 0, max: 86_400_000_000_000 });
const setting = fc.record({
  offsetNs: fc.integer({ min: -10_000_000_000, max: 10_000_000_000 }),
  ratePpm: fc.integer({ min: -500_000, max: 1_000_000 }),
});

describe("a node's clock", () => {
  it('jumps by exactly its offset at the moment it is set, and is an integer ever after', () => {
    fc.assert(
      fc.property(time, time, setting, (at, later, change) => {
        const piece = adjustClock(TRUE_CLOCK, at, change);
        expect(readClock(piece, at)).toBe(at + change.offsetNs);
        expect(Number.isInteger(readClock(piece, at + later))).toBe(true);
      }),
    );
  });

  it('runs at its rate: a delay on it lasts as long on the trial’s clock as it takes to pass', () => {
    fc.assert(
      fc.property(setting, fc.integer({ min: 1_000_000, max: 1_000_000_000 }), (change, delay) => {
        const piece = adjustClock(TRUE_CLOCK, 0, change);
        const passed = readClock(piece, Math.round(trialDuration(piece, delay))) - readClock(piece, 0);
        expect(Math.abs(passed - delay)).toBeLessThanOrEqual(2);
      }),
    );
  });
});

describe("a node's disk", () => {
  let directory: string;
  const failures: NodeJS.ErrnoException[] = [];
  const open = (): NodeDisk => new NodeDisk(directory, { disk: 'healthy' }, (error) => failures.push(error));
  const bytes = (text: string): Uint8Array => Buffer.from(text);
  const synced = (disk: NodeDisk, name: string): Promise<void> => new Promise((resolve) => disk.sync(name, resolve));
  const text = (name: string): string | null => open().read(name)?.toString() ?? null;

  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ordeal-disk-'));
    failures.length = 0;
  });
  afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

  it('keeps what was synced and loses what was only appended', async () => {
    const disk = open();
    disk.append('log', bytes('one '));
    disk.append('log', bytes('two '));
    await synced(disk, 'log');
    disk.append('log', bytes('three'));
    disk.append('other', bytes('lost'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(text('log')).toBe('one two ');
    expect(text('other')).toBeNull();
    expect(open().list()).toEqual(['log']);
  });

  it('calls back in the order of the calls, each with its bytes on disk', async () => {
    const disk = open();
    const seen: string[] = [];
    await new Promise<void>((resolve) => {
      disk.append('a', bytes('1'));
      disk.sync('a', () => seen.push(`a=${text('a')}`));
      disk.replace('b', bytes('new'), () => seen.push(`b=${text('b')}`));
      disk.append('a', bytes('2'));
      disk.sync('a', () => seen.push(`a=${text('a')}`));
      disk.remove('b');
      disk.sync('a', () => {
        seen.push(`b=${text('b')}`);
        resolve();
      });
    });
    expect(seen).toEqual(['a=1', 'b=new', 'a=12', 'b=null']);
  });

  it('appends to the new file after a replacement or a removal', async () => {
    const disk = open();
    disk.append('f', bytes('old'));
    await synced(disk, 'f');
    disk.append('f', bytes('never synced'));
    disk.replace('f', bytes('new'), () => {});
    disk.append('f', bytes('+1'));
    await synced(disk, 'f');
    expect(text('f')).toBe('new+1');
    disk.remove('f');
    disk.append('f', bytes('again'));
    await synced(disk, 'f');
    expect(text('f')).toBe('again');
  });

  it('fails once and for all when it is full, without a callback for what was not made durable', async () => {
    const disk = open();
    disk.setFault({ disk: 'full' });
    let called = false;
    disk.append('f', bytes('x'));
    disk.sync('f', () => {
      called = true;
    });
    disk.sync('g', () => {
      called = true;
    });
    const probe = await new Promise((resolve) => disk.probe(resolve));
    expect(probe).toEqual({ error: 'ENOSPC' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(failures.map(({ code }) => code)).toEqual(['ENOSPC']);
    expect(called).toBe(false);
    expect(text('f')).toBeNull();
  });

  it('takes longer for each sync while it is slow', async () => {
    const disk = open();
    disk.setFault({ disk: 'slow', delayNs: 30_000_000 });
    const probe = await new Promise((resolve) => disk.probe(resolve));
    expect(probe).toEqual({ syncNs: expect.any(Number) });
    expect((probe as { syncNs: number }).syncNs).toBeGreaterThanOrEqual(29_000_000);
  });

  it('forgets a replacement that did not get to its rename', () => {
    fs.writeFileSync(path.join(directory, 'f.new'), 'half');
    expect(open().list()).toEqual([]);
    expect(fs.existsSync(path.join(directory, 'f.new'))).toBe(false);
  });
});
