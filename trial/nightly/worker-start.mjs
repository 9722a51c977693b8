// Starts worker-main.ts in a child process, as bin/ordeal.mjs starts the command. esbuild reads the variable when it is loaded: by a
// thread of its own it would wait for tsx, which waits for this thread, for ever.
process.env.ESBUILD_WORKER_THREADS = '0';
const { register } = await import('tsx/esm/api');
register();
await import('./worker-main.ts');
