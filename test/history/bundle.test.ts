import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isBundle, readBundle, writeBundle } from '../../history/bundle.ts';
import { openStore } from '../../history/store.ts';
import { runTrial } from '../../trial/run.ts';
import { parseSpec } from '../../trial/spec.ts';
import { scratchDirectory } from './scratch.ts';

describe('a bundle', () => {
  it('carries a trial whole to another store, once, and notices every kind of damage', async () => {
    const here = openStore(scratchDirectory(), 'write');
    const there = openStore(scratchDirectory(), 'write');
    const file = join(here.directory, 'trial.ordeal');
    const spec = parseSpec({ seed: 5, world: 'simulator', timeMs: 1500, faults: ['partition', 'kill'] });
    const { id } = await runTrial(spec, { store: here });
    const bytes = writeBundle(here, id, file);
    expect(isBundle(file)).toBe(true);
    const copy = readBundle(file, there);
    expect(readBundle(file, there)).toBe(copy);
    expect(there.listTrials()).toHaveLength(1);
    expect(there.getTrial(copy)).toEqual({ ...here.getTrial(id), id: copy, reportPath: null });
    expect([...there.readOperations(copy)]).toEqual([...here.readOperations(id)]);
    expect(there.readFaults(copy)).toEqual(here.readFaults(id));
    expect(there.readNodeEvents(copy)).toEqual(here.readNodeEvents(id));
    expect(there.readMessages(copy)).toEqual(here.readMessages(id));
    expect(there.readLogLines(copy)).toEqual(here.readLogLines(id));

    const whole = readFileSync(file);
    expect(whole.length).toBe(bytes);
    for (const damaged of [
      whole.subarray(0, whole.length - 1),
      whole.subarray(0, 40),
      flipped(whole, 30),
      flipped(whole, 900),
    ]) {
      writeFileSync(file, damaged);
      expect(() => readBundle(file, there)).toThrow(/damaged or cut off/);
    }
    writeFileSync(file, 'something else');
    expect(isBundle(file)).toBe(false);
    expect(() => readBundle(file, there)).toThrow(/is no bundle/);
    // A folder that is not there is made, as for any other output; where a folder is, no file can be.
    const far = join(there.directory, 'new', 'folder', 'trial.ordeal');
    writeBundle(here, id, far);
    expect(readBundle(far, there)).toBe(copy);
    mkdirSync(join(there.directory, 'taken', 'folder'), { recursive: true });
    expect(() => writeBundle(here, id, join(there.directory, 'taken', 'folder'))).toThrow(
      expect.objectContaining({ code: 'place', message: expect.stringContaining('choose another place') }),
    );
    expect(readdirSync(join(there.directory, 'taken'))).toEqual(['folder']);
    here.close();
    there.close();
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
