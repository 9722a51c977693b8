// A thread that ends its process once the parent is gone. The closed channel says so too, but only to a main thread that listens,
// and one that is deep in a search, or hangs, does not.
import { workerData } from 'node:worker_threads';

setInterval(() => {
  if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL');
}, 500);
