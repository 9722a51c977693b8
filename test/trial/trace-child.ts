/** Another process for repeatable.test.ts: prints hashes of seeds (`hashes FROM TO TIME`) or the trace of one (`trace SEED TIME`). */

import type { TraceEvent } from '../../cluster/simulator/trace.ts';
import { simulateTrial } from '../../trial/simulate.ts';
import { swarmSpec } from '../../trial/swarm.ts';

const [what, ...numbers] = process.argv.slice(2);
const [first = 0, second = 0, third = 0] = numbers.map(Number);
if (what === 'hashes') {
  const hashes: string[] = [];
  for (let seed = first; seed < second; seed++) {
    const spec = swarmSpec(seed, { bugs: [], timeMs: third });
    hashes.push((await simulateTrial(spec, { details: false })).traceHash);
  }
  process.stdout.write(JSON.stringify(hashes));
} else {
  const events: TraceEvent[] = [];
  const spec = swarmSpec(first, { bugs: [], timeMs: second });
  await simulateTrial(spec, { trace: (event) => events.push(event) });
  process.stdout.write(JSON.stringify(events));
}
