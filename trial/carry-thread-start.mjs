// Starts carry-batch.ts. A thread does not inherit tsx, and on Node 20 `--import tsx` has no effect in one.
import { register } from 'tsx/esm/api';

register();
export const { carryBatch } = await import('./carry-batch.ts');
