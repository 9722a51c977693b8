import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** The lab's rows: every one has to be told, by its name, in the file of its part. */
const PARTS = [
  {
    title: 'A. Elections',
    file: 'elections.test.ts',
    rows: ['InitialElection', 'ReElection', 'ManyElections'],
  },
  {
    title: 'B. Log',
    file: 'log.test.ts',
    rows: [
      'BasicAgree',
      'RPCBytes',
      'FollowerFailure',
      'LeaderFailure',
      'FailAgree',
      'FailNoAgree',
      'ConcurrentStarts',
      'Rejoin',
      'Backup',
      'Count',
    ],
  },
  {
    title: 'C. Persistence',
    file: 'persistence.test.ts',
    rows: [
      'Persist1',
      'Persist2',
      'Persist3',
      'Figure8',
      'UnreliableAgree',
      'Figure8Unreliable',
      'ReliableChurn',
      'UnreliableChurn',
    ],
  },
  {
    title: 'D. Log compaction',
    file: 'compaction.test.ts',
    rows: [
      'SnapshotBasic',
      'SnapshotInstall',
      'SnapshotInstallUnreliable',
      'SnapshotInstallCrash',
      'SnapshotInstallUnCrash',
      'SnapshotAllCrash',
      'SnapshotInit',
    ],
  },
  {
    title: '4A and 4C. Replicated state machine',
    file: 'state-machine.test.ts',
    rows: [
      'Basic',
      'Concurrent',
      'LeaderFailure',
      'LeaderPartition',
      'RestartReplay',
      'Shutdown',
      'RestartSubmit',
      'Snapshot',
    ],
  },
  {
    title: '4B. Key-value service',
    file: 'key-value.test.ts',
    rows: [
      'Basic',
      'Concurrent',
      'Unreliable',
      'Speed',
      'OnePartition',
      'ManyPartitionsOneClient',
      'ManyPartitionsManyClients',
      'PersistOneClient',
      'PersistConcurrent',
      'PersistConcurrentUnreliable',
      'PersistPartition',
      'PersistPartitionUnreliable',
      'PersistPartitionUnreliableLinearizable',
      'UnreliableOneKey',
    ],
  },
  {
    title: '4C. Key-value service with snapshots',
    file: 'snapshots.test.ts',
    rows: [
      'SnapshotRPC',
      'SnapshotSize',
      'Speed',
      'SnapshotRecover',
      'SnapshotRecoverManyClients',
      'SnapshotUnreliable',
      'SnapshotUnreliableRecover',
      'SnapshotUnreliableRecoverConcurrentPartition',
      'SnapshotUnreliableRecoverConcurrentPartitionLinearizable',
    ],
  },
  {
    title: 'On real processes',
    file: 'processes.test.ts',
    rows: [
      'InitialElection',
      'ReElection',
      'BasicAgree',
      'FollowerFailure',
      'LeaderFailure',
      'Persist1',
      'Persist2',
      'Persist3',
      'SnapshotAllCrash',
      'OnePartition',
      'ManyPartitionsManyClients',
    ],
  },
] as const;

const HEAD = `# The lab suite

This project grew out of notes on MIT's Raft course (6.824, now 6.5840). The course's own tests say what a correct Raft must
withstand; here every one of them, from part A to 4C, is told again by its name, with assertions of our own, on our Raft.

The stories run in the simulator on virtual time, with all invariants checked after every event and each history of the
key-value service judged for linearizability. A story is a function of its seed: what fails names the seed, and fails again.

    npx vitest run test/lab                       # two seeds a row
    LAB_SEEDS=1-100 npx vitest run test/lab       # others

*Unreliable* is a network on which each message takes 0 to 26 ms, in any order, and a tenth of the requests and a tenth of the
replies is lost; *late* calls take 200 to 2200 ms more, two of three. Agreement has to come within 10 s unless a row says
otherwise. Our leaders begin a term with an entry of their own, so the first value that a client proposes has index 2.

This page is written by \`test/lab/rows.test.ts\` from the tests themselves.
`;

interface Told {
  readonly row: string;
  readonly story: string;
}

/** The tests of a file: their names are "Row: what is so". */
function toldIn(file: string): readonly Told[] {
  const source = readFileSync(fileURLToPath(new URL(file, import.meta.url)), 'utf8');
  return [...source.matchAll(/^ {2}it\(\s*(['"])(\w+): (.*)\1,/gm)].map(([, , row = '', story = '']) => ({
    row,
    story,
  }));
}

function page(): string {
  const parts = PARTS.map(({ title, file }) => {
    const rows = toldIn(file).map(({ row, story }) => `| ${row} | ${story} |`);
    return `\n## ${title} (\`test/lab/${file}\`)\n\n| row | what is shown |\n|---|---|\n${rows.join('\n')}\n`;
  });
  return HEAD + parts.join('');
}

describe('the lab suite', () => {
  for (const { title, file, rows } of PARTS)
    it(`tells every row of "${title}" once, and no other`, () => {
      expect(
        toldIn(file)
          .map(({ row }) => row)
          .sort(),
      ).toEqual([...rows].sort());
    });

  it('is listed in docs/lab-suite.md as it is told (vitest -u writes the page anew)', async () => {
    await expect(page()).toMatchFileSnapshot('../../docs/lab-suite.md');
  });
});
