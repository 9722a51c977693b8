/** Requests on their way: reads that wait for the machine, commands whose entry gave way to another. */

import { expect, test } from 'vitest';
import { KvMachine } from '../../cluster/kv/machine.ts';
import type { Raft } from '../../cluster/raft/raft.ts';
import { Answers } from '../../cluster/replica/answers.ts';
import type { ClientResponse } from '../../cluster/replica/client-protocol.ts';
import { Commands } from '../../cluster/replica/commands.ts';
import type { Host } from '../../cluster/replica/host.ts';
import { ReadRounds } from '../../cluster/replica/read-rounds.ts';
import { CORRECT_REPLICA_RULES } from '../../cluster/replica/rules.ts';

const GET = { f: 'get', key: 'k' } as const;

/** Reads and commands over a core that takes every proposal and confirms nothing by itself. */
function bench() {
  const responses = new Map<number, ClientResponse>();
  const host = { respond: (connection: number, response: ClientResponse) => responses.set(connection, response) };
  const answers = new Answers(host as unknown as Host, () => 'n2');
  const machine = new KvMachine();
  const contexts: number[] = [];
  let lastIndex = 0;
  const raft = {
    readIndex: (context: number) => contexts.push(context),
    propose: () => ({ accepted: true, index: ++lastIndex, term: 3 }),
  } as unknown as Raft;
  const reads = new ReadRounds(answers, machine, 10);
  const commands = new Commands(answers, machine, CORRECT_REPLICA_RULES);
  return { responses, machine, raft, contexts, reads, commands };
}

test('a read that was confirmed at an index is answered when the machine has applied it, not before', () => {
  const { responses, machine, raft, contexts, reads } = bench();
  machine.apply(1, { op: 'open', nonce: 's', sessionsMax: 1 });
  reads.add({ connection: 1, id: 11 }, GET);
  reads.begin(raft);
  reads.confirmed(contexts[0] as number, 2, 1);
  reads.applied(1);
  expect(responses.size).toBe(0);
  machine.apply(2, { op: 'run', session: 1, sequence: 1, command: { f: 'put', key: 'k', value: 5 } });
  reads.applied(2);
  expect(responses.get(1)).toEqual({ id: 11, ok: true, result: 5 });
  expect(reads.pending).toBe(0);
});

test('reads that arrive during a round share the next one: the round before may have begun too early for them', () => {
  const { responses, raft, contexts, reads } = bench();
  reads.add({ connection: 1, id: 1 }, GET);
  reads.begin(raft);
  reads.add({ connection: 2, id: 2 }, GET);
  reads.add({ connection: 3, id: 3 }, GET);
  reads.begin(raft);
  expect(contexts.length).toBe(1);
  reads.confirmed(contexts[0] as number, 0, 0);
  expect([...responses.keys()]).toEqual([1]);
  reads.begin(raft);
  reads.confirmed(contexts[1] as number, 0, 0);
  expect([...responses.keys()]).toEqual([1, 2, 3]);
});

test('reads that wait too long, for a confirmation or for the machine, are given up, and a late confirmation is ignored', () => {
  const { responses, raft, contexts, reads } = bench();
  reads.add({ connection: 1, id: 1 }, GET);
  reads.begin(raft);
  reads.ticked(11);
  expect(responses.get(1)).toMatchObject({ ok: false, error: 'unavailable', definite: true });
  reads.add({ connection: 2, id: 2 }, GET);
  reads.begin(raft);
  reads.confirmed(contexts[0] as number, 0, 0);
  expect(responses.has(2)).toBe(false);
  reads.confirmed(contexts[1] as number, 9, 0);
  reads.ticked(10);
  expect(responses.has(2)).toBe(false);
  reads.ticked(1);
  expect(responses.get(2)).toMatchObject({ ok: false, error: 'unavailable', definite: true });
  expect(reads.pending).toBe(0);
});

test('a command in whose place another entry was committed surely never takes effect', () => {
  const { responses, raft, commands } = bench();
  for (const connection of [1, 2, 3]) {
    commands.queue({ connection, id: connection }, { op: 'open', nonce: `${connection}`, sessionsMax: 9 });
  }
  commands.propose(raft);
  commands.applied(1, 3, { done: true, result: 1 });
  commands.applied(2, 4, { done: true, result: 2 });
  commands.leadershipLost();
  expect(responses.get(1)).toEqual({ id: 1, ok: true, result: 1 });
  expect(responses.get(2)).toMatchObject({ error: 'lost-leadership', definite: true, leader: 'n2' });
  expect(responses.get(3)).toMatchObject({ error: 'lost-leadership', definite: false, leader: 'n2' });
  expect(commands.pending).toBe(0);
});
