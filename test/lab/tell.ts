/** Telling a story of the lab in the simulator: on a fresh cluster for each seed. */

import { LabCluster } from './cluster.ts';
import type { LabOptions } from './lab-world.ts';

/** Seeds of each story: `LAB_SEEDS=100-200 npx vitest run test/lab` tries others. */
const SEEDS: readonly number[] = (() => {
  const [from = 1, to = from] = (process.env.LAB_SEEDS ?? '1-2').split('-').map(Number);
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
})();

/** Tells a story on a fresh cluster for each seed. What fails names its seed. */
export async function tell(options: LabOptions, story: (cluster: LabCluster) => void | Promise<void>): Promise<void> {
  for (const seed of SEEDS) {
    const cluster = new LabCluster(seed, options);
    try {
      await story(cluster);
      cluster.expectSound();
    } catch (error) {
      const broken = cluster.world.violations.map(({ summary }) => ` Broken: ${summary}`).join('');
      if (error instanceof Error) error.message = `seed ${seed}: ${error.message}${broken}`;
      throw error;
    } finally {
      cluster.world.stop();
    }
  }
}
