/** Several registers that transactions read and write, as Jepsen and Knossos record them: lists of micro-operations. */

import type { Json, Operation } from '../history/operation.ts';
import { type HistoryModel, perKey, plainName, shortJson, wrongOperation } from './history-model.ts';
import { refuseListAppend } from './list-append.ts';
import { type MultiRegisterStep, multiRegister } from './porcupine-ts/src/models/multi-register.ts';

const EXPECTED = 'a list of micro-operations like ["r", "x", null] and ["w", "y", 2]';
const READS = ['r', 'read'];
const WRITES = ['w', 'write'];

export const multiRegisterModel: HistoryModel = {
  name: 'multi-register',
  summary: 'several registers; a transaction reads and writes any of them at one instant',
  conventions: 'txn [["r", x, null], ["w", y, 2]] → the same list with what was read in place of null',
  functions: ['txn'],
  recognises: (operations) => operations.every(({ value }) => isMicroOperations(value)),
  initial: null,
  byKey: false,
  checked: (initial) => perKey(multiRegister({ initial })),
  refuse: refuseListAppend,
  meaning(operation) {
    // Its own key names a set of registers: those of one of several independent tests.
    const { key } = operation;
    const asked = microOperations(operation, operation.value);
    const steps = asked.map(
      ({ isRead, key, value }): MultiRegisterStep => (isRead ? { f: 'read', key } : { f: 'write', key, value }),
    );
    if (operation.outcome !== 'ok') return { input: { key, steps }, output: undefined };
    const answered = operation.result === null ? asked : microOperations(operation, operation.result);
    if (answered.length !== asked.length || answered.some(({ key }, at) => key !== asked[at]?.key))
      throw wrongOperation(
        operation,
        `answered ${shortJson(operation.result)}`,
        'the micro-operations that it was asked for',
      );
    return { input: { key, steps }, output: answered.map(({ value }) => value) };
  },
};

interface MicroOperation {
  readonly isRead: boolean;
  readonly key: string;
  readonly value: Json;
}

function microOperations(operation: Operation, list: Json): MicroOperation[] {
  if (!Array.isArray(list)) throw wrongOperation(operation, `has the value ${shortJson(list)}`, EXPECTED);
  return list.map((step: Json) => {
    if (!isMicroOperation(step)) throw wrongOperation(operation, `has the step ${shortJson(step)}`, EXPECTED);
    const [f, key, value = null] = step as readonly [string, Json, Json?];
    return { isRead: READS.includes(plainName(f)), key: typeof key === 'string' ? key : JSON.stringify(key), value };
  });
}

function isMicroOperation(step: Json): boolean {
  if (!Array.isArray(step) || step.length < 2 || step.length > 3) return false;
  const [f] = step as readonly Json[];
  return typeof f === 'string' && [...READS, ...WRITES].includes(plainName(f));
}

function isMicroOperations(list: Json): boolean {
  return Array.isArray(list) && list.every(isMicroOperation);
}
