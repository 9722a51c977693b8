/** The service as bench/service.ts asks it: without a limit on how often. Its first line is its address. */

import { DEFAULT_SERVICE_LIMITS } from '../service/options.ts';
import { startService } from '../service/start.ts';

const { url } = await startService({
  store: process.argv[2] ?? '',
  host: '127.0.0.1',
  port: 0,
  token: null,
  hostNames: [],
  publicBadge: false,
  limits: { ...DEFAULT_SERVICE_LIMITS, requestsPerMinute: 1e9, changesPerMinute: 1e9 },
});
process.stdout.write(`${url}\n`);
