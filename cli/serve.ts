/** `ordeal serve`: the service and its pages. */

import { Command, InvalidArgumentError } from 'commander';
import { DEFAULT_SERVICE_LIMITS } from '../service/options.ts';
import { startService } from '../service/start.ts';
import { DEFAULT_STORE, integerFlag, listFlag } from './flags.ts';

interface ServeFlags {
  readonly store: string;
  readonly host: string;
  readonly port: number;
  readonly allowHost?: string[];
  readonly trials: number;
  readonly publicBadge?: boolean;
}

const DEFAULT_PORT = 7070;

const NOTES = `
The token is read from the environment: ORDEAL_TOKEN=… ordeal serve --host 0.0.0.0. Without one the service listens on
this machine alone. SIGTERM or Ctrl-C stops it: trials that run conclude with what they have, what waits stays in the queue.`;

export function serveCommand(finished: (exitCode: number) => void): Command {
  return new Command('serve')
    .description('serve pages and an API over the store: start, watch, judge and compare trials')
    .option('--store <dir>', 'directory of the store', DEFAULT_STORE)
    .option('--host <address>', 'address to listen on; beyond loopback a token is needed', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0: any free one', portFlag, DEFAULT_PORT)
    .option('--allow-host <names>', 'other names that the service is addressed by', listFlag)
    .option('--public-badge', 'show /api/v1/badge.svg, and nothing else, without the token: for a README elsewhere')
    .option('--trials <n>', 'trials that run at the same time', integerFlag, DEFAULT_SERVICE_LIMITS.trialsAtOnce)
    .addHelpText('after', NOTES)
    .action(async (flags: ServeFlags) => {
      const { store, host, port, allowHost, trials, publicBadge } = flags;
      const token = process.env.ORDEAL_TOKEN ?? '';
      const stopped = new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      });
      const service = await startService({
        store,
        host,
        port,
        token: token === '' ? null : token,
        hostNames: allowHost ?? [],
        publicBadge: publicBadge === true,
        limits: { ...DEFAULT_SERVICE_LIMITS, trialsAtOnce: Math.max(1, Math.min(16, trials)) },
      });
      process.stdout.write(`${service.url}\n`);
      await stopped;
      process.stderr.write('stopping: what runs concludes first\n');
      await service.stop();
      finished(0);
    });
}

function portFlag(text: string): number {
  const port = integerFlag(text);
  if (port > 65_535) throw new InvalidArgumentError(`"${text}" is no port.`);
  return port;
}
