/** What is told of a key that was not decided: which limit was reached, and what makes it hard. */

import { DEFAULT_MEMORY_BYTES } from './limits.ts';
import type { Partition } from './model.ts';
import type { CheckOptions, PartitionResult, UnknownReason } from './outcome.ts';
import { layOut, type Timeline } from './timeline.ts';

const CAUSES: { readonly [cause in UnknownReason['cause']]: (options: CheckOptions) => string } = {
  time: ({ timeMs }) => `out of time after ${timeMs} ms`,
  memory: ({ memoryBytes }) => `the search needs more memory than ${memorySize(memoryBytes ?? DEFAULT_MEMORY_BYTES)}`,
  steps: ({ stepsMax }) => `out of steps after ${stepsMax}`,
  aborted: () => 'aborted',
  'not reached': () => 'left undecided after a violation elsewhere',
};

/** "1.02 GB", "512 MB", "2 kB": three digits, in the units of the option that sets it (1 MB is 10^6 bytes). */
const memorySize = (bytes: number): string => {
  const [unit, size] = (
    [
      ['GB', 1e9],
      ['MB', 1e6],
      ['kB', 1e3],
    ] as const
  ).find(([, size]) => bytes >= size) ?? ['bytes', 1];
  return `${Number((bytes / size).toPrecision(3))} ${unit}`;
};

const OPEN_SHOWN_MAX = 100;

/** The result of a partition that no search came to decide. */
export const undecidedPart = <I, O>(
  { key, operations }: Partition<I, O>,
  cause: UnknownReason['cause'],
  options: CheckOptions,
  timeline: Timeline<I, O> = layOut(operations),
): PartitionResult => {
  const widest = openAt(timeline, timeline.concurrencyMaxAt);
  const unreturned = timeline.operations.filter((operation) => operation.return === null);
  const unanswered = timeline.operations.filter((one) => one.return !== null && one.output === undefined);
  const open = [...unreturned, ...unanswered];
  const hardship =
    `at the widest moment ${widest.length} operations were open, ` +
    `${unreturned.length} operations never returned` +
    (unanswered.length > 0 ? `, of ${unanswered.length} more nobody knows the answer` : '');
  return {
    key,
    outcome: 'unknown',
    method: 'none',
    operations: operations.length,
    linearization: null,
    violation: null,
    unknown: {
      cause,
      text: `${CAUSES[cause](options)}; ${hardship}`,
      hardship,
      widest,
      open: open.slice(0, OPEN_SHOWN_MAX).map(({ id }) => id),
    },
    concurrencyMax: timeline.concurrencyMax,
    steps: 0,
    ms: 0,
  };
};

const openAt = (timeline: Timeline<unknown, unknown>, position: number): number[] => {
  const open = new Set<number>();
  for (const event of timeline.events.subarray(0, position + 1)) {
    if (event >= 0) open.add(event);
    else open.delete(~event);
  }
  return Array.from(open, (index) => timeline.operations[index]!.id);
};
