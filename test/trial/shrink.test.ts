import { describe, expect, it } from 'vitest';
import type { Anomaly } from '../../checker/verdict.ts';
import { oracleOf, sameOracle } from '../../trial/oracle.ts';
import { shrinkSpec } from '../../trial/shrink.ts';
import { type Pass, simplerSpecs } from '../../trial/simpler-specs.ts';
import { type Simulated, simulateTrial } from '../../trial/simulate.ts';
import { type CompleteSpec, parseSpec } from '../../trial/spec.ts';
import { swarmSpec } from '../../trial/swarm.ts';

const BUG = 'ack-at-append';

async function failing(): Promise<{ spec: CompleteSpec; simulated: Simulated }> {
  for (let seed = 1; seed < 100; seed++) {
    const spec = swarmSpec(seed, { bugs: [BUG], timeMs: 2000 });
    const simulated = await simulateTrial(spec, { details: false });
    if (oracleOf(simulated.verdict) !== null) return { spec, simulated };
  }
  throw new Error(`${BUG} was not found in 100 seeds`);
}

describe('shrinking', () => {
  it('ends with a smaller trial that fails by the same oracle, and repeats bit for bit', async () => {
    const { spec, simulated } = await failing();
    const oracle = oracleOf(simulated.verdict);
    if (oracle === null) throw new Error('it does not fail');
    const small = await shrinkSpec(spec, { oracle, budgetMs: 150_000 });
    if (small === null) throw new Error('it did not fail again');
    expect(small.after.operations).toBeLessThan(small.before.operations);
    expect(small.after.faults).toBeLessThanOrEqual(small.before.faults);
    const again = await simulateTrial(parseSpec(JSON.parse(JSON.stringify(small.spec))));
    expect(again.traceHash).toBe(small.simulated.traceHash);
    expect(sameOracle(oracleOf(again.verdict), oracle)).toBe(true);
  });

  it('returns null for a trial that does not fail', async () => {
    const spec = parseSpec({ seed: 1, world: 'simulator', faults: [], timeMs: 300 });
    const oracle = { violation: 'linearizability', invariant: null } as const;
    expect(await shrinkSpec(spec, { oracle, budgetMs: 1000 })).toBeNull();
  });
});

describe('the passes', () => {
  const planned = swarmSpec(4, { bugs: [], timeMs: 3000 });
  const spec = { ...planned, operations: Array.from({ length: 20 }, (_, count): [number, number] => [0, count]) };
  const anomaly = { at: 1e9 } as Anomaly;
  const simulated = {
    verdict: { anomalies: [anomaly] },
    drive: { ordealBeganAt: 0, performed: spec.operations },
  } as unknown as Simulated;

  function run(pass: Pass, accept: (candidate: CompleteSpec) => boolean): CompleteSpec {
    const candidates = pass.begin(spec, simulated);
    let best: CompleteSpec = spec;
    let accepted = false;
    for (let step = candidates.next(); !step.done; step = candidates.next(accepted)) {
      accepted = accept(step.value);
      if (accepted) best = step.value;
    }
    return best;
  }

  it.each(simplerSpecs.map((pass) => [pass.name, pass] as const))(
    '"%s" yields only specs that can be run',
    (_, pass) => {
      run(pass, (candidate) => parseSpec(candidate) !== null);
      run(pass, (candidate) => parseSpec(candidate) === null);
    },
  );

  it('find the one pair of operations that matters among twenty', () => {
    const pass = simplerSpecs.find(({ name }) => name === 'fewer operations') as Pass;
    const needs = (candidate: CompleteSpec): boolean =>
      [3, 17].every((count) => candidate.operations?.some(([, has]) => has === count));
    expect(run(pass, needs).operations).toEqual([
      [0, 3],
      [0, 17],
    ]);
  });
});

describe('a spec that names its operations', () => {
  it('has clients do these and no others', async () => {
    const base = { seed: 9, world: 'simulator', faults: [], clients: 3, timeMs: 500 } as const;
    const all = await simulateTrial(parseSpec(base), { details: false });
    const chosen = (all.drive?.performed ?? [])
      .filter((_, at) => at % 7 === 2)
      .map(([a, b]): [number, number] => [a, b]);
    expect(chosen.length).toBeGreaterThan(5);
    const some = await simulateTrial(parseSpec({ ...base, operations: chosen }), { details: false });
    expect([...(some.drive?.performed ?? [])].sort()).toEqual([...chosen].sort());
    const none = await simulateTrial(parseSpec({ ...base, operations: [] }), { details: false });
    expect(none.drive?.performed).toEqual([]);
  });

  it('does so flat out as well', async () => {
    const base = { seed: 9, world: 'simulator', faults: [], clients: 2, timeMs: 300, ratePerSecond: 0 } as const;
    const spec = parseSpec({
      ...base,
      operations: [
        [1, 4],
        [1, 900],
        [0, 2],
      ],
    });
    const { drive } = await simulateTrial(spec, { details: false });
    expect([...(drive?.performed ?? [])].sort()).toEqual([
      [0, 2],
      [1, 4],
      [1, 900],
    ]);
  });
});
