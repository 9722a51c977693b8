/** Shapes of anomalies of models that are more than a register: which file knows them. */

import type { Json, Operation } from '../history/operation.ts';
import { appendFindings } from './append-findings.ts';
import { collectionFindings } from './collection-shapes.ts';
import { counterFindings } from './counter-shapes.ts';
import { mutexFindings } from './lock-shapes.ts';
import { refusedCasFindings } from './refused-cas.ts';
import { semaphoreFindings } from './semaphore-shapes.ts';
import { setFindings } from './set-shapes.ts';
import type { Finding, Part } from './shapes.ts';
import { transactionFindings } from './transaction-shapes.ts';

/** A part of a history that the checker rejected. */
export interface RejectedPart {
  /** The model's own name. */
  readonly model: string;
  readonly initial: Json;
  readonly checked: Part;
  /** The same as recorded, failed operations included. */
  readonly operations: readonly Operation[];
}

/**
 * Contradictions, those that are told most plainly first. Each is a proof, but not yet confirmed by another method.
 * @param isOver whether time has run out: then no more are found
 */
export function* modelFindings(
  { model, initial, checked, operations }: RejectedPart,
  isOver: () => boolean,
): Generator<Finding> {
  switch (model) {
    case 'queue':
    case 'stack':
    case 'priority-queue':
      yield* collectionFindings(model, checked, operations, isOver);
      break;
    case 'set':
      yield* setFindings(checked, operations, isOver);
      break;
    case 'counter':
      yield* counterFindings(checked, operations, Number(initial), isOver);
      break;
    case 'mutex':
      yield* mutexFindings(checked, operations, isOver);
      break;
    case 'semaphore':
      yield* semaphoreFindings(checked, operations, Number(initial), isOver);
      break;
    case 'multi-register':
    case 'kv':
      // A key of a store that no transaction touches is told as a register is, unless it is appended to.
      if (operations.some(({ f }) => f === 'txn')) yield* transactionFindings(checked, operations, initial, isOver);
      else yield* appendFindings(operations, initial, isOver);
  }
}

/** Those that say less than what a register may show: looked for where that shows nothing. */
export function* lastFindings({ model, operations, initial }: RejectedPart, isOver: () => boolean): Generator<Finding> {
  const isOfKeys = model === 'cas-register' || model === 'kv';
  if (isOfKeys && operations.every(({ f }) => f !== 'txn')) yield* refusedCasFindings(operations, initial, isOver);
}
