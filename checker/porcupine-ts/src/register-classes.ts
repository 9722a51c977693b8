/** Operations on a register that never return, by effect: among those of one effect only their number counts. */

import { NOTHING } from './memory.ts';
import { type RegisterHistory, SILENT, WRITE } from './register-history.ts';

export interface OpenClasses {
  readonly count: number;
  /** The class of each operation, -1 for none; empty if there are no classes. */
  readonly classOf: Int32Array;
  /** Operations of each class, in order of call. */
  readonly members: readonly (readonly number[])[];
  /** Classes of writes. */
  readonly writes: readonly number[];
  /** Classes of cas, as a list for each value that they find: the first of it + 1, and the next after each + 1; 0 ends it. */
  readonly firstCas: Int32Array;
  readonly nextCas: Int32Array;
}

const NO_CLASSES: OpenClasses = {
  count: 0,
  classOf: NOTHING,
  members: [],
  writes: [],
  firstCas: NOTHING,
  nextCas: NOTHING,
};

export const openClasses = ({ timeline, kinds, from, to, valueCount }: RegisterHistory): OpenClasses => {
  if (timeline.completed === kinds.length) return NO_CLASSES;
  const { memory, returns, events } = timeline;
  const classOf = memory.ints(kinds.length).fill(-1);
  const firstCas = memory.ints(valueCount);
  const nextCas = memory.ints(kinds.length - timeline.completed);
  const members: number[][] = [];
  const writes: number[] = [];
  const writeOf = new Map<number, number>();
  /** By what it finds and what it leaves. */
  const casOf = new Map<number, number>();
  for (let index = 0; index < kinds.length; index++) {
    if (kinds[index] === SILENT || returns[index]! < events.length) continue;
    let id: number;
    if (kinds[index] === WRITE) {
      id = writeOf.get(to[index]!) ?? members.length;
      if (id === members.length) {
        writeOf.set(to[index]!, id);
        writes.push(id);
      }
    } else {
      const found = from[index]!;
      const effect = found * valueCount + to[index]!;
      id = casOf.get(effect) ?? members.length;
      if (id === members.length) {
        casOf.set(effect, id);
        nextCas[id] = firstCas[found]!;
        firstCas[found] = id + 1;
      }
    }
    if (id === members.length) members.push([]);
    members[id]!.push(index);
    classOf[index] = id;
  }
  return members.length === 0 ? NO_CLASSES : { count: members.length, classOf, members, writes, firstCas, nextCas };
};
