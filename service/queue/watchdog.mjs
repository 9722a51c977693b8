// A thread of a child that ends the process when the service has died. A thread, because judging keeps the main one busy.
import { workerData } from 'node:worker_threads';

setInterval(() => {
  if (process.ppid !== workerData.parent) process.kill(process.pid, 'SIGKILL');
}, 200);
