/** Ticks that only count may be passed on late and all at once: the same core, driven both ways. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Message } from '../../cluster/raft/messages.ts';
import { Raft } from '../../cluster/raft/raft.ts';
import { CORRECT_RULES } from '../../cluster/raft/rules.ts';
import { DEFAULT_LIMITS } from '../../cluster/replica/options.ts';
import { draws } from '../../seed/draw.ts';

const NODES = ['A', 'B', 'C', 'D'];

/** One step of a script: a number of ticks, or some input that `a` and `b` choose. */
interface Step {
  readonly kind: 'ticks' | 'message' | 'propose' | 'read' | 'synced' | 'transfer' | 'members';
  readonly a: number;
  readonly b: number;
}

/** A core, what came out of it with the tick in which it did, and ticks it was not told of yet. */
class Driven {
  readonly out: string[] = [];
  readonly marks: string[] = [];
  readonly raft: Raft;
  private readonly lazily: boolean;
  private batch = 0;
  private now = 0;
  private owed = 0;

  constructor(lazily: boolean, reads: 'read-index' | 'lease') {
    this.lazily = lazily;
    const draw = draws(7, 'test.ticks');
    this.raft = new Raft(
      {
        id: 'A',
        heartbeatTicks: 3,
        electionTicks: 10,
        reads,
        maxClockDriftPpm: 0,
        snapshotChunkBytes: 64,
        limits: DEFAULT_LIMITS,
        random: (purpose, which) => draw(purpose.length, which),
        mark: (name) => this.marks.push(`${this.now} ${name}`),
        rules: CORRECT_RULES,
      },
      {
        hardState: { term: 0, vote: null, commit: 0 },
        snapshot: { index: 0, term: 0, membership: { voters: [], outgoing: null, learners: [] } },
        entries: [],
      },
      ['A', 'B', 'C'],
    );
    this.drain();
  }

  tick(): void {
    this.now++;
    this.owed++;
    if (!this.lazily || this.owed >= this.raft.ticksUntilDue()) this.passTicks();
  }

  passTicks(): void {
    if (this.owed > 0) this.raft.tick(this.owed);
    this.owed = 0;
    this.drain();
  }

  input({ kind, a, b }: Step): void {
    this.passTicks();
    const { raft } = this;
    switch (kind) {
      case 'ticks':
        break;
      case 'message':
        raft.step(NODES[1 + (a % 3)] as string, this.message(a, b));
        break;
      case 'propose':
        raft.propose(a);
        break;
      case 'read':
        raft.readIndex(this.now * 8 + (a % 8));
        break;
      case 'synced':
        raft.synced(this.batch);
        break;
      case 'transfer':
        raft.transferLeadership(NODES[a % 4] as string);
        break;
      case 'members':
        raft.proposeMembership({ voters: NODES.slice(0, 3 + (a % 2)), learners: [] });
    }
    this.drain();
  }

  private drain(): void {
    while (this.raft.hasReady()) {
      const ready = this.raft.takeReady();
      this.batch = ready.batch;
      if (ready.committed.length > 0) this.raft.applied(ready.committed.at(-1)?.index ?? 0);
      this.out.push(`${this.now} ${JSON.stringify(ready)}`);
    }
  }

  /** Mostly what moves things on: votes granted, entries accepted, a leader that is heard. */
  private message(a: number, b: number): Message {
    const { term: now, lastIndex } = this.raft.status();
    const term = b % 9 === 0 ? now + 1 : now;
    const view = this.raft.inspect();
    switch (a % 7) {
      case 0:
        return { type: 'pre-vote-reply', term, forTerm: now + 1, granted: true };
      case 1:
        return { type: 'vote-reply', term, granted: true };
      case 2:
      case 3:
        return { type: 'append-reply', term, round: b, accepted: true, prevIndex: 0, index: lastIndex, indexTerm: 0 };
      case 4: {
        const prev = { prevIndex: lastIndex, prevTerm: view.lastTerm };
        return { type: 'append', term: term + 1, ...prev, entries: [], commit: lastIndex, round: b };
      }
      case 5:
        return { type: 'read-reply', term, life: b % 2 === 0 ? this.life() : 1, batch: 1 + (b % 3), index: lastIndex };
      default:
        return {
          type: 'vote',
          term: term + 1,
          lastIndex: lastIndex + b,
          lastTerm: view.lastTerm,
          transfer: b % 2 === 0,
        };
    }
  }

  private life(): number {
    return draws(7, 'test.ticks')('raft.life'.length, 0);
  }
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(
    ...(['ticks', 'ticks', 'ticks', 'message', 'message', 'message', 'message', 'synced'] as const),
    ...(['synced', 'propose', 'read', 'transfer', 'members'] as const),
  ),
  a: fc.nat(60),
  b: fc.nat(20),
});

it('a core that is told of ticks only when something is due, or before any input, does what one does that is told of each', () => {
  const reached = new Set<string>();
  let passed = 0;
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 40, maxLength: 160, size: 'max' }),
      fc.constantFrom('read-index' as const, 'lease' as const),
      (script, reads) => {
        const [each, lazy] = [new Driven(false, reads), new Driven(true, reads)];
        for (const one of script) {
          if (one.kind === 'ticks') {
            for (let n = 0; n < one.a % 15; n++) {
              each.tick();
              lazy.tick();
              passed++;
            }
          } else {
            each.input(one);
            lazy.input(one);
          }
          expect(lazy.out).toEqual(each.out);
          each.out.length = 0;
          lazy.out.length = 0;
        }
        expect(lazy.marks).toEqual(each.marks);
        for (const mark of each.marks) reached.add(mark.split(' ')[1] as string);
        if (each.raft.status().role === 'leader') reached.add('leader');
      },
    ),
    { numRuns: 300, seed: 1 },
  );
  expect(passed).toBeGreaterThan(10_000);
  expect([...reached]).toEqual(
    expect.arrayContaining([
      'leader',
      'election-split',
      'check-quorum-step-down',
      'transfer-aborted',
      'read-resent',
      'read-refused',
    ]),
  );
});
