import { expect, it } from 'vitest';
import { check } from '../src/check.ts';
import type { Value } from '../src/model.ts';
import { type QueueInput, type QueueOutput, queue } from '../src/models/queues.ts';
import type { CheckOperation } from '../src/operation.ts';
import { isContradiction } from './judges.ts';

type Operation = CheckOperation<QueueInput, QueueOutput>;

const put = (value: number, call: number, end: number): Operation => step({ f: 'put', value }, null, call, end);
const take = (output: Value | undefined, call: number, end: number | null): Operation =>
  step({ f: 'take' }, output, call, end);
const step = (input: QueueInput, output: Value | undefined, call: number, end: number | null): Operation => ({
  id: 0,
  process: 0,
  input,
  output,
  call,
  return: end,
});

it('A take of unknown answer, which was left out, cannot mend the core', () => {
  // 6 was put before 8, seen at 21 and taken at the end; 8 was taken before that. But for the last take, those that never
  // returned might have taken 6: then what is left is no proof.
  const operations = [
    take(null, 0, 3),
    put(1, 1, 14),
    put(2, 1, 10),
    put(3, 2, 11),
    put(4, 2, 4),
    take(undefined, 5, null),
    put(6, 5, 7),
    put(7, 6, 19),
    put(8, 7, 9),
    put(9, 9, 33),
    step({ f: 'peek' }, 1, 10, 17),
    take(1, 12, 22),
    take(4, 12, 31),
    put(10, 13, 18),
    step({ f: 'peek' }, 6, 13, 23),
    put(11, 15, 32),
    put(12, 16, 32),
    put(13, 18, 34),
    take(undefined, 20, null),
    step({ f: 'peek' }, 6, 21, 24),
    put(14, 25, 34),
    take(8, 25, 28),
    put(15, 28, 35),
    take(2, 30, 35),
    take(6, 172, 184),
  ].map((one, id) => ({ ...one, id, process: id }));
  const { violation } = check(queue(), operations).partitions[0]!;
  const core = operations.filter(({ id }) => violation!.core.includes(id));
  expect(core.length).toBeLessThan(10);
  expect(violation!.confirmedBy).not.toBeNull();
  expect(isContradiction(queue() as never, core, operations, 20_000)).not.toBe(false);
});
