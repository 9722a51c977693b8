/** A trial whose every text tries to become something else: markup, script, another order of reading. */

import type { Operation } from '../../history/operation.ts';
import type { TrialData } from '../../reports/trial-data.ts';
import { fault } from './cluster-model.ts';
import { dataOf, judged } from './fixtures.ts';

export const HOSTILE_TEXT =
  '</script><script>window.hacked=1</script><img src=x onerror="window.hacked=1"><!-- \' " \u0000 \u202e evil \u2028 ]]>';

export async function hostile(): Promise<TrialData> {
  const t = HOSTILE_TEXT;
  const rows: readonly (readonly [string, string | null, string | null, number])[] = [
    ['write', `${t}1`, null, 0],
    ['write', `${t}2`, null, 10],
    ['read', null, `${t}1`, 20],
  ];
  const operations: Operation[] = rows.map(([f, value, result, ms], index) => ({
    index,
    process: index,
    f,
    key: t,
    value,
    outcome: 'ok',
    result,
    error: null,
    invokedAt: ms * 1e6,
    completedAt: ms * 1e6 + 2e6,
    node: t,
  }));
  operations.push({
    index: 3,
    process: 3,
    f: t,
    key: `${t}other`,
    value: t,
    outcome: 'info',
    result: null,
    error: t,
    invokedAt: 30e6,
    completedAt: 34e6,
    node: null,
  });
  const verdict = await judged(operations.slice(0, 3));
  const status = {
    at: 1e6,
    node: t,
    kind: 'status' as const,
    role: t,
    term: 1,
    commitIndex: 1,
    appliedIndex: 1,
    detail: t,
  };
  const data = dataOf(
    {
      id: t,
      seed: 1,
      durationMs: 40,
      operations,
      faults: [{ ...fault(0, t, [t], 5, 30, t, { [t]: t }), kind: t }],
      events: [status, { ...status, at: 35e6, kind: 'exited' as const }],
      messages: [{ id: 1, from: t, to: t, type: t, term: 1, sentAt: 1e6, arrivedAt: 2e6, detail: t }],
    },
    { ...verdict, reasons: [t], model: t },
  );
  return {
    ...data,
    trial: {
      ...data.trial,
      spec: { [t]: t },
      provenance: { commit: t, [t]: t },
      system: t,
      world: t,
      workload: t,
      nodes: [t],
      traceHash: t,
    },
    logs: [{ at: 2e6, node: t, level: 'error', text: t }],
    marks: { [t]: 1 },
    repeat: [{ name: 'repro', command: t, expect: t }],
  };
}
