// Starts child.ts: a process that does one task of the queue. Plain JavaScript, because tsx is not registered yet.
import { register } from 'tsx/esm/api';

register();
await import('./child.ts');
