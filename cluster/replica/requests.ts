/**
 * Requests of clients, checked once at the edge. By hand rather than by schema: this runs for every operation, and a wrong request
 * gets one clear sentence.
 */

import type { Json } from '../../history/operation.ts';
import { isJson } from '../kv/json-value.ts';
import type { KvStep } from '../kv/store.ts';
import type { NodeId } from '../raft/types.ts';
import type { AdminRequest, ClientRequest, KvCommand } from './client-protocol.ts';

/** Nesting of a value. Deep enough for data, shallow enough for recursion. */
export const VALUE_DEPTH_MAX = 64;
export const TXN_STEPS_MAX = 1024;
export const KEY_LENGTH_MAX = 4096;
export const NONCE_LENGTH_MAX = 256;
export const MEMBERS_MAX = 64;

/** `id` is 0 if the request had none that could be read. */
export type CheckedRequest =
  | { readonly request: ClientRequest }
  | { readonly request: null; readonly id: number; readonly problem: string };

type Fields = { readonly [name: string]: unknown };

export function checkRequest(input: unknown): CheckedRequest {
  const fields = fieldsOf(input);
  if (fields === null) return refused(0, 'a request is an object with kind and id');
  const { id } = fields;
  if (!isCount(id)) return refused(0, 'id must be an integer from 0');
  const problem = problemOf(fields);
  return problem === null ? { request: input as ClientRequest } : refused(id, problem);
}

/** True for a command that only reads. */
export function isRead(command: KvCommand): boolean {
  return command.f === 'get' || (command.f === 'txn' && command.steps.every((step) => step.f === 'get'));
}

function refused(id: number, problem: string): CheckedRequest {
  return { request: null, id, problem };
}

function problemOf(fields: Fields): string | null {
  switch (fields.kind) {
    case 'status':
      return null;
    case 'open-session':
      return isText(fields.nonce, 1, NONCE_LENGTH_MAX)
        ? null
        : `nonce must be a string of 1 to ${NONCE_LENGTH_MAX} characters`;
    case 'command':
      if (!isCount(fields.session) || fields.session === 0) return 'session must be an integer from 1';
      if (!isCount(fields.sequence) || fields.sequence === 0) return 'sequence must be an integer from 1';
      return commandProblem(fields.command);
    case 'read':
      return commandProblem(fields.command) ?? (isRead(fields.command as KvCommand) ? null : 'a read may only get');
    case 'admin':
      return adminProblem(fields.request);
    default:
      return `kind must be open-session, command, read, status or admin, not ${shown(fields.kind)}`;
  }
}

function commandProblem(input: unknown): string | null {
  const command = fieldsOf(input);
  if (command === null) return 'command must be an object with f and key';
  if (command.f !== 'txn') return stepProblem(command);
  const { steps } = command;
  if (!Array.isArray(steps)) return 'steps of a txn must be a list of commands';
  if (steps.length > TXN_STEPS_MAX) return `a txn has at most ${TXN_STEPS_MAX} steps, not ${steps.length}`;
  for (const [at, input] of steps.entries()) {
    const step = fieldsOf(input);
    const problem = step === null ? 'a step must be an object with f and key' : stepProblem(step);
    if (problem !== null) return `step ${at + 1} of the txn: ${problem}`;
  }
  return null;
}

function stepProblem(step: Fields): string | null {
  if (!isText(step.key, 0, KEY_LENGTH_MAX)) return `key must be a string of at most ${KEY_LENGTH_MAX} characters`;
  switch (step.f as KvStep['f']) {
    case 'get':
    case 'delete':
      return null;
    case 'put':
      return valueProblem('value', step.value);
    case 'append':
      return typeof step.value === 'string' ? null : 'value of an append must be a string';
    case 'cas':
      return valueProblem('expected', step.expected) ?? valueProblem('value', step.value);
    default:
      return `f must be get, put, cas, append, delete or txn, not ${shown(step.f)}`;
  }
}

function valueProblem(name: string, value: unknown): string | null {
  return isJson(value, VALUE_DEPTH_MAX) ? null : `${name} must be JSON, nested at most ${VALUE_DEPTH_MAX} deep`;
}

function adminProblem(input: unknown): string | null {
  const request = fieldsOf(input);
  switch (request?.admin as AdminRequest['admin'] | undefined) {
    case 'compact':
      return null;
    case 'transfer-leadership':
      return isText(request?.to, 1, KEY_LENGTH_MAX) ? null : 'to must be the name of a node';
    case 'change-members':
      return membersProblem(request?.voters, request?.learners);
    default:
      return `admin must be change-members, transfer-leadership or compact, not ${shown(request?.admin)}`;
  }
}

function membersProblem(voters: unknown, learners: unknown): string | null {
  if (!isNodeList(voters) || !isNodeList(learners)) return 'voters and learners must be lists of names of nodes';
  if (voters.length === 0) return 'a cluster needs at least one voter';
  const all = [...voters, ...learners];
  if (all.length > MEMBERS_MAX) return `a cluster has at most ${MEMBERS_MAX} members, not ${all.length}`;
  if (new Set(all).size !== all.length) return 'a node is named twice among voters and learners';
  return null;
}

function isNodeList(value: unknown): value is readonly NodeId[] {
  return Array.isArray(value) && value.every((node) => isText(node, 1, KEY_LENGTH_MAX));
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isText(value: unknown, min: number, max: number): value is string {
  return typeof value === 'string' && value.length >= min && value.length <= max;
}

function shown(value: unknown): string {
  return isJson(value as Json, 4) ? JSON.stringify(value).slice(0, 60) : typeof value;
}
