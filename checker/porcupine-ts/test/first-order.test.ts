import { describe, expect, it } from 'vitest';
import { FirstOrder } from '../src/first-order.ts';
import { textbookSearch } from '../src/textbook-search.ts';
import { layOut, type Timeline } from '../src/timeline.ts';
import { verify } from '../src/verify.ts';
import { randomHistory, type Subject } from './histories.ts';
import * as subjects from './subjects.ts';

type AnySubject = Subject<unknown, unknown, unknown>;
type AnyTimeline = Timeline<unknown, unknown>;

const SHAPE = { operations: 22, processes: 6, openPercent: 15, wrongPercent: 80 };
const HISTORIES = 250;

/** What is wrong with what it says of random histories, the timelines of which are given to it changed; null if nothing is. */
const objection = ({ model, ...rest }: AnySubject, change: (timeline: AnyTimeline) => AnyTimeline): string | null => {
  let hard = 0;
  for (let seed = 0; seed < HISTORIES; seed++) {
    const operations = randomHistory({ model, ...rest }, SHAPE, seed);
    const twin = textbookSearch(model, operations);
    const search = new FirstOrder(model, change(layOut(operations)));
    let status = search.advance(7, () => false);
    // It forgets what failed in the first few steps only.
    const enough = 2 * twin.steps + 1000;
    while (status === 'more' && search.steps < enough) status = search.advance(7, () => false);
    if (status !== twin.outcome) return `seed ${seed}: no ${status}`;
    if (twin.steps > 100) hard++;
    if (status !== 'pass') continue;
    const ids = Array.from(search.linearization(), (index) => operations[index]!.id);
    const wrong = verify(model, operations, ids);
    if (wrong !== null) return `seed ${seed}: ${wrong}`;
  }
  return hard > HISTORIES / 10 ? null : 'all were easy';
};

const SUBJECTS = {
  queue: subjects.queueSubject(),
  counter: subjects.counterSubject(),
  'cas-register': subjects.casSubject(3),
} as unknown as { readonly [name: string]: AnySubject };

describe('the first order', () => {
  for (const [name, subject] of Object.entries(SUBJECTS))
    it(`is searched to its end as the textbook search does, a little at a time (${name})`, () => {
      expect(objection(subject, (timeline) => timeline)).toBeNull();
    });

  it('would be found out if what failed were told by anything less', () => {
    const shared = (timeline: AnyTimeline): AnyTimeline => ({ ...timeline, slots: timeline.slots.map(() => 0) });
    expect(objection(SUBJECTS.queue!, shared)).toMatch(/^seed/);
  });
});
