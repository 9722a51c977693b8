// Starts errands.ts. A thread does not inherit tsx, and on Node 20 `--import tsx` has no effect in one.
import { register } from 'tsx/esm/api';

register();
export const { packBundle, deleteTrial, sayVerdict, summarise } = await import('./errands.ts');
