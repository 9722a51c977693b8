import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDatabase, openStore, STORE_FILE } from '../../history/store.ts';
import { indexTrials, type TrialFilter, TrialListing } from '../../history/trial-listing.ts';
import { newTrial } from './sample.ts';
import { scratchDirectory } from './scratch.ts';

const OUTCOMES = ['pass', 'violation', 'broken'] as const;
const BUGS = ['no-dedupe', 'no-dedupe-at-all'] as const;

/** A trial as it is drawn; `alive`: null for one that has ended, else whether its writer still is. */
const drawn = fc.record({
  outcome: fc.constantFrom(...OUTCOMES, null),
  world: fc.constantFrom('simulator', 'processes'),
  workload: fc.constantFrom('register', 'kv', null),
  bugs: fc.subarray([...BUGS]),
  startedAt: fc.integer({ min: 0, max: 5 }),
  alive: fc.option(fc.boolean(), { freq: 3 }),
});

const anyFilter: fc.Arbitrary<TrialFilter> = fc.record(
  {
    outcome: fc.constantFrom(...OUTCOMES),
    state: fc.constantFrom('running', 'finished', 'unfinished'),
    world: fc.constantFrom('simulator', 'nowhere'),
    workload: fc.constantFrom('register', 'kv'),
    bug: fc.constantFrom('none', 'any', ...BUGS),
    name: fc.constantFrom('kv', 'register', '%'),
    from: fc.integer({ min: 0, max: 5 }),
    to: fc.integer({ min: 0, max: 5 }),
  },
  { requiredKeys: [] },
);

describe('the listing of trials', () => {
  it('has on its pages, together and in order, exactly those that a plain look at all of them finds', () => {
    fc.assert(
      fc.property(
        fc.array(drawn, { maxLength: 25 }),
        anyFilter,
        fc.integer({ min: 1, max: 7 }),
        (trials, filter, limit) => {
          const directory = scratchDirectory();
          const store = openStore(directory, 'write');
          const db = openDatabase(`${directory}/${STORE_FILE}`, 'write');
          db.pragma('synchronous = OFF');
          indexTrials(db);
          const naive: string[] = [];
          for (const { outcome, world, workload, bugs, startedAt, alive } of trials) {
            const id = store.createTrial(newTrial({ world, workload, startedAt, spec: { bugs } }));
            db.prepare('UPDATE trials SET outcome = ?, state = ? WHERE id = ?').run(
              outcome,
              alive === null ? 'finished' : 'running',
              id,
            );
            if (alive === false) db.prepare('UPDATE trials SET writer_pid = 999999999 WHERE id = ?').run(id);
            const state = alive === null ? 'finished' : alive ? 'running' : 'unfinished';
            const fits =
              (filter.outcome ?? outcome) === outcome &&
              (filter.state ?? state) === state &&
              (filter.world ?? world) === world &&
              (filter.workload ?? workload) === workload &&
              (filter.bug === undefined ||
                (filter.bug === 'none'
                  ? bugs.length === 0
                  : filter.bug === 'any'
                    ? bugs.length > 0
                    : bugs.some((b) => b === filter.bug))) &&
              id.includes(filter.name ?? '') &&
              startedAt >= (filter.from ?? 0) &&
              startedAt <= (filter.to ?? 5);
            if (fits) naive.unshift(id);
          }
          const listing = new TrialListing(db);
          const paged: string[] = [];
          let before: number | null = null;
          do {
            const page = listing.page(filter, limit, before);
            expect(page.total).toBe(naive.length);
            expect(page.newer).toBe(paged.length);
            paged.push(...page.trials.map(({ id }) => id));
            before = page.next;
          } while (before !== null);
          db.close();
          store.close();
          expect(paged).toEqual(naive);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('reads nothing but its index, however many trials there are', () => {
    const directory = scratchDirectory();
    openStore(directory, 'write').close();
    const db = openDatabase(`${directory}/${STORE_FILE}`, 'write');
    indexTrials(db);
    const asked: string[] = [];
    const listing = new TrialListing(
      new Proxy(db, {
        get(target, name) {
          if (name !== 'prepare') return Reflect.get(target, name) as unknown;
          return (sql: string) => {
            asked.push(sql);
            return target.prepare(sql);
          };
        },
      }),
    );
    listing.page({ outcome: 'pass', bug: 'none', name: 'x', from: 0 }, 50, 7);
    listing.countByOutcome();
    const plans = asked.map((sql) => {
      const values = new Array<number>(sql.split('?').length - 1).fill(0);
      const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
      return steps.map(({ detail }) => detail).filter((detail) => detail.includes('trials'));
    });
    db.close();
    expect(plans.length).toBeGreaterThan(3);
    for (const plan of plans) expect(plan.join()).toContain('COVERING INDEX trials_listing');
  });
});
