/** What took effect so far, i, or was left out at its return, ~i, in order, and at which event. */

import { grown, type Memory } from './memory.ts';

export class Trail {
  indexes: Int32Array;
  positions: Int32Array;
  length = 0;

  /** @param expected about how many there will be */
  constructor(expected: number, memory: Memory) {
    this.indexes = memory.unset(expected);
    this.positions = memory.unset(expected);
  }

  push(index: number, position: number): void {
    if (this.length === this.indexes.length) {
      this.indexes = grown(this.indexes);
      this.positions = grown(this.positions);
    }
    this.indexes[this.length] = index;
    this.positions[this.length++] = position;
  }

  get memoryBytes(): number {
    return this.indexes.byteLength + this.positions.byteLength;
  }
}
