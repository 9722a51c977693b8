/** Bit rot on a real file system: one bit of a node's file is changed while no process has it open. */

import fs from 'node:fs';
import path from 'node:path';
import { below } from '../../seed/draw.ts';
import type { BitChoice, Evidence } from '../world.ts';

/** Flips the chosen bit; the evidence holds the byte as read back. Throws the file system's error if it can't. */
export function flipBitOnDisk(directory: string, choice: BitChoice): Evidence {
  const names = fs.existsSync(directory) ? fs.readdirSync(directory).sort() : [];
  const sized = names.map((name) => ({ name, size: fs.statSync(path.join(directory, name)).size }));
  const files = sized.filter(({ size }) => size > 0);
  if (files.length === 0) return { flipped: false, note: 'its disk is empty' };
  const { name, size } = files[below(choice.file, files.length)] as (typeof files)[number];
  const at = below(choice.bit, size * 8);
  const [offset, bit] = [Math.floor(at / 8), at & 7];
  const fd = fs.openSync(path.join(directory, name), 'r+');
  try {
    const byte = Buffer.alloc(1);
    fs.readSync(fd, byte, 0, 1, offset);
    const before = byte.readUInt8();
    fs.writeSync(fd, Buffer.of(before ^ (1 << bit)), 0, 1, offset);
    fs.fsyncSync(fd);
    fs.readSync(fd, byte, 0, 1, offset);
    return { flipped: true, file: name, offset, bit, before, after: byte.readUInt8() };
  } finally {
    fs.closeSync(fd);
  }
}
