import { describe, expect, test } from 'vitest';
import type { Operation } from '../../history/operation.ts';
import type { NodeEvent } from '../../history/trial-records.ts';
import {
  faultClause,
  faultSentence,
  faultWords,
  nodeSpans,
  nodeStateAt,
  roleWords,
  whereWords,
} from '../../reports/circumstances.ts';
import { fault } from './cluster-model.ts';

function event(
  at: number,
  kind: NodeEvent['kind'],
  role: string | null = null,
  term: number | null = null,
  leader: string | null = null,
): NodeEvent {
  return { at, node: 'n1', kind, role, term, commitIndex: null, appliedIndex: null, detail: { leader } };
}

describe('what a node was at a moment', () => {
  const spans = nodeSpans(
    [
      event(5, 'started'),
      event(10, 'status', 'follower', 1),
      event(20, 'status', 'follower', 1),
      event(30, 'status', 'leader', 2),
      event(40, 'paused'),
      event(50, 'resumed'),
      event(60, 'exited'),
      event(70, 'started', 'leader', 2),
      event(72, 'serving', 'leader', 2),
      event(80, 'status', 'follower', 3),
    ],
    100,
  );
  const at = (moment: number): string => roleWords(nodeStateAt(spans, 'n1', moment));

  test('follows from its last own word, which a restart makes void', () => {
    expect([4, 9, 15, 25, 35, 45, 55, 65, 75, 85].map(at)).toEqual([
      '',
      '',
      'follower, term 1',
      'follower, term 1',
      'leader, term 2',
      'paused leader, term 2',
      'leader, term 2',
      'down',
      '',
      'follower, term 3',
    ]);
  });

  test('makes one span of equal reports, without holes', () => {
    const list = spans.get('n1') ?? [];
    expect(list.map((span) => [span.from, span.to])).toEqual([
      [5, 10],
      [10, 30],
      [30, 40],
      [40, 50],
      [50, 60],
      [60, 70],
      [70, 80],
      [80, 100],
    ]);
  });

  test('is not known for a node or a time that the record does not hold', () => {
    expect(nodeStateAt(spans, 'n9', 50)).toBeNull();
    expect(nodeStateAt(spans, null, 50)).toBeNull();
    expect(nodeStateAt(spans, 'n1', 1)).toBeNull();
  });
});

describe('the node of an operation', () => {
  const spans = nodeSpans(
    [
      event(0, 'status', 'leader', 4),
      event(30, 'paused'),
      event(50, 'resumed'),
      event(52, 'status', 'follower', 5, 'n2'),
      event(80, 'exited'),
    ],
    100,
  );
  const where = (invokedAt: number, completedAt: number | null, outcome: Operation['outcome'] = 'ok'): string =>
    whereWords(spans, {
      index: 0,
      process: 1,
      f: 'read',
      key: 'k',
      value: null,
      outcome,
      result: null,
      error: null,
      invokedAt,
      completedAt,
      node: 'n1',
    });

  test('is told with what it was when the call came, not with what it became', () => {
    expect(where(10, 12)).toBe('n1, leader, term 4');
    expect(where(60, 62)).toBe('n1, follower of n2, term 5');
    expect(where(60, null, 'info')).toBe('n1, follower of n2, term 5');
  });

  test('is told with what it was at the answer too, where that differs', () => {
    expect(where(51, 53)).toBe('n1, leader, term 4 at the call; follower of n2, term 5 at the answer');
    expect(where(70, 90, 'info')).toBe('n1, follower of n2, term 5 at the call; down at the end');
  });

  test('is told to have stood still, when it slept over the call', () => {
    expect(where(20, 51)).toBe('n1, leader, term 4, paused meanwhile');
    expect(where(20, 55)).toBe(
      'n1, leader, term 4 at the call, paused meanwhile; follower of n2, term 5 at the answer',
    );
    expect(where(40, 55)).toBe('n1, paused leader, term 4 at the call; follower of n2, term 5 at the answer');
  });
});

describe('faults in words', () => {
  test('are nouns that "the" can stand before', () => {
    const words = (kind: string, targets: string[], summary: string): string =>
      faultWords(fault(0, kind, targets, 0, 1, summary, null));
    expect(words('partition', ['n2'], '{n2} | {n1,n3}')).toBe('partition {n2} | {n1,n3}');
    expect(words('kill', ['n1', 'n2'], 'n1, n2 killed (minority)')).toBe('kill of n1 and n2');
    expect(words('clock', ['n1'], 'clock of n1 +3 s')).toBe('clock fault (clock of n1 +3 s)');
    expect(words('slow-links', ['n1'], 'links of n1: 50 ms')).toBe('slow-links fault (links of n1: 50 ms)');
    expect(words('partition', ['n2'], 'ring n1-n2-n3')).toBe('partition fault (ring n1-n2-n3)');
  });

  test('count as active for a long operation if they were at any time of it, told in a sentence of its own', () => {
    const faults = [fault(0, 'kill', ['n10', 'n2', 'n1'], 1000, 2000, 'killed', null)];
    const told = (from: number, to: number): string =>
      faultSentence(faults, [from * 1e6, to * 1e6], 'the read', 'was answered');
    expect(told(1900, 2100)).toBe('. The read ran during the kill of n1, n2 and n10');
    expect(told(2050, 2100)).toBe('. The kill of n1, n2 and n10 had ended 100 ms before the read was answered');
    expect(told(500, 900)).toBe('');
    expect(faultClause(faults, 2100e6)).toBe(', 100 ms after the kill of n1, n2 and n10 ended');
  });

  test('count as active up to and including their last moment, then as just ended, then not at all', () => {
    const faults = [fault(0, 'kill', ['n1'], 1000, 2000, 'n1 killed', null)];
    expect(faultClause(faults, 999e6)).toBe('');
    expect(faultClause(faults, 2000e6)).toBe(', during the kill of n1');
    expect(faultClause(faults, 2300e6)).toBe(', 300 ms after the kill of n1 ended');
    expect(faultClause(faults, 4001e6)).toBe('');
  });
});
