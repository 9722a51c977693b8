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
  /** Classes of cas, by the value that they find. */
  readonly casOf: ReadonlyMap<number, readonly number[]>;
}

const NO_CLASSES: OpenClasses = { count: 0, classOf: NOTHING, members: [], writes: [], casOf: new Map() };

export const openClasses = ({ timeline, kinds, from, to, valueCount }: RegisterHistory): OpenClasses => {
  if (timeline.completed === kinds.length) return NO_CLASSES;
  const classOf = timeline.memory.ints(kinds.length).fill(-1);
  const members: number[][] = [];
  const writes: number[] = [];
  const casOf = new Map<number, number[]>();
  const ids = new Map<number, number>();
  for (let index = 0; index < kinds.length; index++) {
    if (kinds[index] === SILENT || timeline.returns[index]! < timeline.events.length) continue;
    const found = from[index]!;
    // A write finds -1, a cas a value.
    const effect = (found + 1) * valueCount + to[index]!;
    let id = ids.get(effect);
    if (id === undefined) {
      id = members.length;
      ids.set(effect, id);
      members.push([]);
      if (kinds[index] === WRITE) writes.push(id);
      else casOf.set(found, [...(casOf.get(found) ?? []), id]);
    }
    members[id]!.push(index);
    classOf[index] = id;
  }
  return members.length === 0 ? NO_CLASSES : { count: members.length, classOf, members, writes, casOf };
};
