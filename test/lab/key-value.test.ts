import { describe, expect, it } from 'vitest';
import type { Client } from '../../cluster/client.ts';
import { ELECTION_MS } from './cluster.ts';
import { endure, expectFastPuts, Load } from './load.ts';
import { UNRELIABLE } from './networks.ts';
import { tell } from './tell.ts';

const FIVE = { nodes: 5 };
const FIVE_UNRELIABLE = { nodes: 5, network: UNRELIABLE };

const ONE_CLIENT = { clients: 1, keys: 1, ratePerSecond: 30, atLeast: 150 };
const FIVE_CLIENTS = { clients: 5, keys: 5, ratePerSecond: 60, atLeast: 300 };
/** An unreliable network answers so late that five clients hardly reach this rate. */
const FIVE_SLOW_CLIENTS = { ...FIVE_CLIENTS, ratePerSecond: 30, atLeast: 100 };

describe('lab 4B: the key-value service', () => {
  it('Basic: one client on five servers sees a linearizable history', () =>
    tell(FIVE, (cluster) => endure(cluster, ONE_CLIENT)));

  it('Concurrent: five clients on five servers see a linearizable history', () =>
    tell(FIVE, (cluster) => endure(cluster, FIVE_CLIENTS)));

  it('Unreliable: five clients on an unreliable network see a linearizable history', () =>
    tell(FIVE_UNRELIABLE, (cluster) => endure(cluster, FIVE_SLOW_CLIENTS)));

  it('Speed: each of a thousand puts takes at most 33 ms, well under a heartbeat interval', () =>
    tell({ nodes: 3 }, (cluster) => expectFastPuts(cluster, 1000, 33)));

  it('OnePartition: the majority goes on, the minority blocks, and what it was asked completes after the heal', () =>
    tell(FIVE, (cluster) => {
      const anyone = cluster.client();
      cluster.done(anyone, { f: 'put', key: 'x', value: 13 });
      const leader = cluster.leader();
      const [mate, ...majority] = cluster.others(leader) as [string, ...string[]];
      const minority = [leader, mate];
      const [writer, reader, other] = [minority, minority, majority].map((reach) => cluster.client(reach)) as [
        Client,
        Client,
        Client,
      ];
      // Their sessions are open before: it is the put itself that has to wait.
      for (const client of [writer, reader]) cluster.done(client, { f: 'put', key: 'x', value: 14 });
      cluster.split([leader, mate], majority);

      cluster.done(other, { f: 'put', key: 'x', value: 15 });
      const put = cluster.call(writer, { f: 'put', key: 'x', value: 16 });
      const get = cluster.call(reader, { f: 'get', key: 'x' });
      for (const value of [17, 18]) {
        cluster.run(2 * ELECTION_MS);
        expect([put.outcome, get.outcome]).toEqual([null, null]);
        cluster.done(other, { f: 'put', key: 'x', value });
        expect(cluster.done(other, { f: 'get', key: 'x' })).toBe(value);
      }

      cluster.heal();
      minority.push(...majority);
      expect([18, 16]).toContain(cluster.answer(get));
      cluster.answer(put);
      expect(cluster.done(anyone, { f: 'get', key: 'x' })).toBe(16);
    }));

  it('ManyPartitionsOneClient: one client and ever new partitions; the history is linearizable', () =>
    tell(FIVE, (cluster) => endure(cluster, { ...ONE_CLIENT, partitions: true, atLeast: 50 })));

  it('ManyPartitionsManyClients: five clients and ever new partitions; the history is linearizable', () =>
    tell(FIVE, (cluster) => endure(cluster, { ...FIVE_CLIENTS, partitions: true, atLeast: 100 })));

  it('PersistOneClient: one client while all nodes restart again and again; the history is linearizable', () =>
    tell(FIVE, (cluster) => endure(cluster, { ...ONE_CLIENT, restarts: true })));

  it('PersistConcurrent: five clients while all nodes restart again and again; the history is linearizable', () =>
    tell(FIVE, (cluster) => endure(cluster, { ...FIVE_CLIENTS, restarts: true })));

  it('PersistConcurrentUnreliable: the same on an unreliable network', () =>
    tell(FIVE_UNRELIABLE, (cluster) => endure(cluster, { ...FIVE_SLOW_CLIENTS, restarts: true })));

  it('PersistPartition: five clients, partitions and restarts of all; the history is linearizable', () =>
    tell(FIVE, (cluster) => endure(cluster, { ...FIVE_CLIENTS, partitions: true, restarts: true, atLeast: 100 })));

  it('PersistPartitionUnreliable: the same on an unreliable network', () =>
    tell(FIVE_UNRELIABLE, (cluster) =>
      endure(cluster, { ...FIVE_SLOW_CLIENTS, partitions: true, restarts: true, atLeast: 50 }),
    ));

  it('PersistPartitionUnreliableLinearizable: 15 clients, 7 servers, 100 keys, partitions, restarts, lost messages: linearizable', () =>
    tell({ nodes: 7, network: UNRELIABLE }, (cluster) =>
      endure(cluster, { clients: 15, keys: 100, ratePerSecond: 100, partitions: true, restarts: true, atLeast: 100 }),
    ));

  it('UnreliableOneKey: five clients append to one key over an unreliable network, and each append applies exactly once', () =>
    tell(FIVE_UNRELIABLE, async (cluster) => {
      const clients = Array.from({ length: 5 }, () => cluster.client());
      const tokens: string[] = [];
      for (let round = 0; round < 10; round++) {
        const calls = clients.map((client, at) => {
          const token = `${at}.${round} `;
          tokens.push(token);
          return cluster.call(client, { f: 'append', key: 'k', value: token });
        });
        for (const call of calls) cluster.answer(call);
      }
      const value = String(cluster.done(clients[0]!, { f: 'get', key: 'k' }));
      expect(value.match(/\S+ /g)?.sort()).toEqual([...tokens].sort());
      // Each client's own appends are in its order.
      for (const at of clients.keys())
        expect(value.match(new RegExp(`\\b${at}\\.\\d+ `, 'g'))).toEqual(tokens.filter((t) => t.startsWith(`${at}.`)));

      const load = new Load(cluster, { clients: 5, keys: 1, ratePerSecond: 40 });
      cluster.run(5000);
      await load.expectLinearizable(50);
    }));
});
