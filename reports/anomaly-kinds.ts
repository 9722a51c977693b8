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
  'never-appended': 'Text never appended',
  'appended-twice': 'Append applied twice',
  'append-out-of-order': 'Append out of order',
  'refused-cas': 'Compare-and-set wrongly refused',
  'never-added': 'Element never added',
  'failed-add-seen': 'Element of a failed operation',
  'added-later': 'Element from the future',
  'taken-twice': 'Element taken twice',
  'added-twice': 'Element newly added twice',
  'still-there': 'Removed element still there',
  'lost-element': 'Lost element',
  'wrongly-empty': 'Empty answer while something was there',
  'fifo-violation': 'Out of order (not first in, first out)',
  'lifo-violation': 'Out of order (not last in, first out)',
  'priority-violation': 'Out of order (not by priority)',
  'seen-then-gone': 'Element seen, then gone',
  'gone-then-seen': 'Element gone, then seen again',
  'contradicting-reads': 'Contradicting reads',
  'listed-twice': 'Element listed twice',
  'lost-increment': 'Lost increment',
  'stale-count': 'Stale count',
  'failed-add-counted': 'Failed increment was counted',
  'count-too-low': 'Count too low',
  'count-too-high': 'Count too high',
  'impossible-count': 'Impossible count',
  'same-count-twice': 'Same count given twice',
  'two-holders': 'Two holders at once',
  'too-many-holders': 'More holders than permits',
  'release-without-hold': 'Release without holding',
  'wrongly-refused': 'Wrongly refused',
  'aborted-read': 'Aborted read',
  'intermediate-read': 'Intermediate read',
  'internal-inconsistency': 'Internal inconsistency',
  'non-repeatable-read': 'Non-repeatable read',
  'fractured-read': 'Fractured read',
  'cause-unseen': 'Later write seen without an earlier one',
  'write-skew': 'Write skew',
  'long-fork': 'Long fork',
  'circular-reads': 'Circular information flow',
  'circular-dependencies': 'Circular dependencies',
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
  'never-appended':
    'A text holds only what somebody asked to put there or to append. This part of it came from nowhere.',
  'appended-twice':
    'An append takes effect once at most, whether its client learns of it or not. What this one appended was there more often.',
  'append-out-of-order':
    'What was acknowledged before something else was asked for comes before it in the text, and a write replaces all that came before. Here it is the other way round.',
  'refused-cas':
    'A compare-and-set may be refused only if another value than it expects is there at some moment between call and answer. Here there was no such moment.',
  'never-added': 'What comes out must have been put in. Nobody ever asked to put this in.',
  'failed-add-seen': 'A client was told that this surely was not put in, yet it came out.',
  'added-later': 'What comes out must have been put in by then. This was put in only later.',
  'taken-twice':
    'What was put in once can be taken out once. This was handed out more often, so two clients may do the same work.',
  'added-twice':
    'An element is new to a set once, until somebody removes it. Two clients were both told that it was new.',
  'still-there': 'What was removed is gone until somebody adds it again. Nobody had, yet it was still there.',
  'lost-element': 'What was acknowledged stays until somebody takes it out. Nobody had, yet it was gone.',
  'wrongly-empty':
    '“Empty” may be answered only if there is a moment, between call and answer, at which nothing is there. Here there is none.',
  'fifo-violation':
    'A queue hands out first what was put in first. Here something was passed over by what came after it.',
  'lifo-violation':
    'A stack hands out what lies on top. Here something was taken from underneath what had been put on it.',
  'priority-violation':
    'A priority queue hands out first what comes first by priority. Here something was passed over by what comes after it.',
  'seen-then-gone':
    'What one client saw in the set stays until somebody removes it. Nobody had, yet a later client did not find it.',
  'gone-then-seen':
    'What one client saw to be gone stays so until somebody adds it again. Nobody had, yet a later client found it.',
  'contradicting-reads':
    'While nothing is removed a set only grows, so of two reads one must have seen all that the other saw. Here each lacks what the other saw.',
  'listed-twice': 'A set holds each element once. This read listed one several times.',
  'lost-increment':
    'A counter must count every acknowledged increment. Even if nothing else had been counted, this number is too small.',
  'stale-count':
    'A counter must count every increment that was acknowledged before it is read. This answer came too low; a later one has them.',
  'failed-add-counted': 'A client was told that this surely was not counted. The count is as high as if it had been.',
  'count-too-low':
    'A counter must count what was acknowledged, and nothing that nobody asked for. This number is below anything that is possible.',
  'count-too-high':
    'A counter must count what was asked for, each at most once. This number is above anything that is possible.',
  'impossible-count':
    'A counter holds the sum of what was counted by then. No choice of what may have been counted gives this number.',
  'same-count-twice':
    'Each of these adds, and answers the count after it. So the one that came later must answer more.',
  'two-holders': 'A lock is held by one at a time. Here two held it, so what it protects was not.',
  'too-many-holders': 'A semaphore is held by no more at once than it has permits. Here there were more.',
  'release-without-hold': 'Only what is held can be released. This release succeeded although nothing was held.',
  'wrongly-refused':
    'A lock may refuse only who may not have it at some moment between call and answer. Here there was no such moment.',
  'aborted-read':
    'A client was told that this transaction surely did not happen, yet another one read what it wrote (G1a).',
  'intermediate-read':
    'A transaction takes effect at once, with the last value that it writes to a key. Another one read a value that it had replaced itself (G1b).',
  'internal-inconsistency': 'A transaction must read what it wrote itself. This one read something else.',
  'non-repeatable-read':
    'A transaction takes effect at one instant, so it reads the same value of a key each time. This one read two.',
  'fractured-read':
    'A transaction takes effect as a whole: whoever sees one of its writes sees all. This one saw a part, and beside it what the rest had replaced.',
  'cause-unseen':
    'Whoever sees a write sees all that came before it. This one saw the later of two writes, and what the earlier one had replaced.',
  'write-skew':
    'One of two transactions takes effect first, and the other sees it. Here each read what was there before the other wrote.',
  'long-fork':
    'Two writes happen in one order for everybody. Here each of two readers saw one of them without the other, so they disagree which came first.',
  'circular-reads':
    'If one transaction sees what another wrote, it comes after it. Here each comes after the other (G1c).',
  'circular-dependencies':
    'Transactions take effect one after the other. By what these saw, or by which was over before which began, each must come before the next, and the last before the first.',
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
    'Where a majority runs and hears each other in time, one of them must lead and commit within bounded time, whatever happens to the rest. Who is called leader, but commits nothing, leads nobody.',
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
  if (facts.diverged === true) return SHAPE_TITLES['contradicting-reads'];
  if (facts.sameOwner === true) return 'Acquired twice by its holder';
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

/** Of texts that are only appended to. */
const DIVERGED_MEANING =
  'While a text is only appended to, of any two reads one begins with what the other returned. Of these two, neither does: they disagree about what was appended first.';

const STALE_SET_MEANING =
  'Who looks into a set must find what was acknowledged before. This one did not, and somebody who looked later did.';

const SAME_OWNER_MEANING =
  'A mutex is not reentrant: who holds it does not get it once more. Here one owner did. (If it is meant to be reentrant, this model is not its own.)';

/** What was promised, in one or two sentences; an oracle or an invariant may have its own. Of stale answers see stale-answer.ts. */
export function anomalyMeaning({ shape, facts }: Anomaly): string {
  if (facts.diverged === true) return DIVERGED_MEANING;
  if (shape === 'stale-read' && typeof facts.element === 'string') return STALE_SET_MEANING;
  if (facts.sameOwner === true) return SAME_OWNER_MEANING;
  return own(facts.meaning) ?? invariantWords(facts.invariant)?.meaning ?? SHAPE_MEANINGS[shape] ?? '';
}

function own(fact: Json | undefined): string | null {
  return typeof fact === 'string' && fact !== '' ? shortened(fact, 400) : null;
}
