// Starts worker.ts in a thread. A thread does not inherit tsx, and on Node 20 `--import tsx` has no effect in one.
import { register } from 'tsx/esm/api';

register();
export const { judgeParts } = await import('./worker.ts');
