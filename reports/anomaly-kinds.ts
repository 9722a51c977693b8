/** Names of the kinds of anomaly, and what promise each breaks. */

import type { Anomaly } from '../checker/verdict.ts';
import type { Json } from '../history/operation.ts';
import { invariantWords } from './invariant-meanings.ts';
import { capital, shortened } from './wording.ts';

/** Headings of the shapes, as a reader meets them: two or three words of the field. */
export const SHAPE_TITLES: { readonly [shape in Anomaly['shape']]: string } = {
  'never-written': 'Value never written',
  'from-the-future': 'Value from the future',
  'failed-write-read': 'Failed write was read',
  'stale-read': 'Stale read',
  'newer-then-older': 'Newer value, then older',
  'lost-update': 'Lost update',
  'double-cas': 'Two compare-and-sets from one value',
  'nil-after-write': 'Acknowledged write not found',
  invariant: 'Broken invariant',
  'no-progress': 'No progress',
  'needless-election': 'Needless election',
  'disrupted-leader': 'Leader deposed by a removed node',
  'cut-off-leader': 'Leader that leads nobody',
  'no-leader': 'No leader',
  'overdue-campaign': 'Overdue campaign',
  crash: 'Crash',
  'no-order': 'No possible order',
};

/** What each shape breaks, for a reader who meets it for the first time. */
const SHAPE_MEANINGS: { readonly [shape in Anomaly['shape']]: string } = {
  'never-written': 'A store may answer only with what somebody wrote. This value came from nowhere.',
  'from-the-future': 'A store may answer only with what was written by then. This value was asked for only later.',
  'failed-write-read': 'A client was told that this write surely did not happen, yet its value was read.',
  'stale-read':
    'A read must see every write that was acknowledged before the read began. This one answered with a value that had been replaced by then.',
  'newer-then-older':
    'Once one client has seen a new value, nobody who asks later may see the one before it. Here the store went back in time.',
  'lost-update':
    'A change that was acknowledged, or seen, must not vanish. Here a later operation went on as if it had never been.',
  'double-cas':
    'A compare-and-set succeeds only on the value it expects, and replaces it. Two cannot succeed on one and the same value, as two holders of one lock cannot.',
  'nil-after-write':
    'An acknowledged write must be found by every read that begins later. This one found nothing at all.',
  invariant:
    'This property of the protocol must hold in every state. Once it is broken, no promise to clients is safe.',
  'no-progress': 'Faults may stop a cluster; once a majority is healthy and connected it must go on.',
  'needless-election':
    'A leader that a majority hears in time keeps its office, whatever the others do. Here it lost it, and clients had to wait for another.',
  'disrupted-leader':
    'A node that is no member must not be able to depose a leader that a majority hears in time. Here it did, and clients had to wait for another.',
  'cut-off-leader':
    'A leader that no majority answers must step down within bounded time. Until it does, its clients wait in vain, and so may the others.',
  'no-leader':
    'Where a majority runs and hears each other in time, one of them must lead within bounded time, whatever happens to the rest.',
  'overdue-campaign':
    'A voter that hears no leader and votes for nobody must campaign within two election timeouts. While it waits, there may be no leader at all.',
  crash: 'A node ended although nobody asked it to.',
  'no-order':
    'The answers must fit some order in which the operations took effect one by one, each between its call and its answer. For these there is none.',
};

/**
 * The heading of an anomaly. An oracle of liveness names itself (`title` or `oracle` in its facts): that there was no progress is
 * but one of the ways in which a cluster can fail to serve.
 */
export function anomalyTitle({ shape, facts }: Anomaly): string {
  const named = own(facts.title) ?? (shape === 'no-progress' ? own(facts.oracle) : null);
  if (named !== null) return capital(named);
  if (shape !== 'invariant') return SHAPE_TITLES[shape] ?? capital(String(shape).replaceAll('-', ' '));
  if (tellsStaleRead(facts)) return SHAPE_TITLES['stale-read'];
  const known = invariantWords(facts.invariant);
  return known === null ? SHAPE_TITLES.invariant : `${known.title} (broken invariant “${facts.invariant}”)`;
}

/** Whether a read from an old state was answered with another value than it should have been. */
function tellsStaleRead({ invariant, answer, wouldBe, change }: Anomaly['facts']): boolean {
  if (invariant !== 'current reads' || change === undefined || wouldBe === undefined) return false;
  return JSON.stringify(answer) !== JSON.stringify(wouldBe);
}

/** What was promised, in one or two sentences; an oracle or an invariant may have its own. Of stale answers see stale-answer.ts. */
export function anomalyMeaning({ shape, facts }: Anomaly): string {
  return own(facts.meaning) ?? invariantWords(facts.invariant)?.meaning ?? SHAPE_MEANINGS[shape] ?? '';
}

function own(fact: Json | undefined): string | null {
  return typeof fact === 'string' && fact !== '' ? shortened(fact, 400) : null;
}
