// Starts worker-main.ts in a child process: tsx is registered first, as bin/ordeal.mjs does.
import { register } from 'tsx/esm/api';

process.env.ESBUILD_WORKER_THREADS = '0';
register();
await import('./worker-main.ts');
