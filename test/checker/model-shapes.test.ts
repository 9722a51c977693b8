import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge } from '../../checker/judge.ts';
import { modelFindings } from '../../checker/model-shapes.ts';
import { constrains, modelFor } from '../../checker/models.ts';
import { enumerate } from '../../checker/porcupine-ts/src/enumerate.ts';
import type { Value } from '../../checker/porcupine-ts/src/model.ts';
import type { CheckOperation } from '../../checker/porcupine-ts/src/operation.ts';
import type { Finding } from '../../checker/shapes.ts';
import type { Json, Operation } from '../../history/operation.ts';
import { SHAPE_TITLES } from '../../reports/anomaly-kinds.ts';
import { verdictSentence } from '../../reports/sentence.ts';
import { trialOfHistory } from '../../reports/trial-data.ts';
import { COUNT_AND_TRANSACTION_SAMPLES } from './count-and-transaction-samples.ts';
import { ELEMENT_SAMPLES } from './element-samples.ts';
import { drawnCalls, KINDS, type Kind, lived } from './object-histories.ts';
import { historyOf } from './shape-samples.ts';
import { TEXT_SAMPLES } from './text-samples.ts';
import { UNSAID_SAMPLES } from './unsaid-samples.ts';

const initially = (initial: Json): { initial?: Json } => (initial === null ? {} : { initial });

function checkedAs(operations: readonly Operation[], model: string): CheckOperation<unknown, Value>[] {
  return operations.filter(constrains).map((operation) => ({
    id: operation.index,
    process: operation.process,
    ...modelFor(model, operations).meaning(operation),
    call: operation.invokedAt,
    return: operation.outcome === 'info' ? null : operation.completedAt,
  }));
}

/** What is found in each part of the history, believed or not. */
function findingsOf({ model, initial }: Kind, operations: readonly Operation[]): Finding[] {
  const checker = modelFor(model, operations).checked(initial);
  const checked = checkedAs(operations, model);
  const parts = checker.partition?.(checked).map((part) => part.operations) ?? [checked];
  return parts.flatMap((part) => {
    const ids = new Set(part.map(({ id }) => id));
    const own = operations.filter((one) => ids.has(one.index) || !constrains(one));
    return [...modelFindings({ model: checker.name, initial, checked: part, operations: own }, () => false)];
  });
}

const SAMPLES = [...ELEMENT_SAMPLES, ...COUNT_AND_TRANSACTION_SAMPLES, ...TEXT_SAMPLES, ...UNSAID_SAMPLES];

describe('each kind of anomaly', () => {
  test.each(SAMPLES.map((sample) => [`${sample.model}: ${sample.name}`, sample] as const))(
    '%s',
    async (_, { model, initial = null, key = null, rows, shape, sentence }) => {
      const operations = historyOf(rows, key);
      const verdict = await judge(operations, { model, ...initially(initial) });
      const [anomaly] = verdict.anomalies;
      expect(anomaly).toMatchObject({ shape, confirmedBy: 'enumeration' });
      expect(verdictSentence(trialOfHistory('h', operations, verdict, {}, []))).toBe(sentence);
      // Every step stands for itself or rests on operations that are there.
      for (const step of anomaly?.argument ?? []) {
        expect(step.text).toMatch(/^[A-Z0-9].*\.$/);
        for (const index of step.operations) expect(operations[index]?.index).toBe(index);
      }
    },
  );
});

describe.each(KINDS.map((kind) => [kind.name ?? kind.model, kind] as const))('%s', (_, kind) => {
  test('has no anomaly where the object did not err, whatever is unknown', () => {
    fc.assert(
      fc.property(drawnCalls(24), (drawn) => {
        expect(findingsOf(kind, lived(kind, drawn, false))).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  test('every finding is rejected by trying all orders of what it rests on', () => {
    fc.assert(
      fc.property(drawnCalls(14), (drawn) => {
        const operations = lived(kind, drawn, true);
        const model = modelFor(kind.model, operations).checked(kind.initial);
        for (const finding of findingsOf(kind, operations)) {
          const rests = new Set(finding.rests.map(({ index }) => index));
          const given = checkedAs(operations, kind.model).filter(({ id }) => rests.has(id));
          const part = finding.weaker?.(given) ?? given;
          if (part.length > 8) continue;
          const states = finding.fromAnyState === true ? model.cutStates?.(part) : [model.init()];
          for (const state of states ?? [])
            expect(enumerate({ ...model, init: () => state }, part).outcome, JSON.stringify(finding)).toBe('violation');
        }
      }),
      { numRuns: 400 },
    );
  });

  test('most violations are told by a name', async () => {
    let [named, all] = [0, 0];
    await fc.assert(
      fc.asyncProperty(drawnCalls(14), async (drawn) => {
        const operations = lived(kind, drawn, true);
        const { anomalies } = await judge(operations, { model: kind.model, ...initially(kind.initial) });
        all += Math.min(1, anomalies.length);
        if (anomalies[0] !== undefined && anomalies[0].shape !== 'no-order') named++;
      }),
      { numRuns: 200, seed: 1 },
    );
    expect(all).toBeGreaterThan(50);
    expect(named / all).toBeGreaterThan(0.9);
  });
});

test('the documentation tells of each kind that a history can show, by its title', () => {
  const text = readFileSync(new URL('../../docs/reading-a-report.md', import.meta.url), 'utf8');
  for (const shape of new Set(SAMPLES.map((sample) => sample.shape)))
    expect(text).toContain(`| ${SHAPE_TITLES[shape]} |`);
});
