/** The two programs that child processes run, each bundled into one file: plain Node starts one in a few dozen milliseconds. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

export interface Programs {
  readonly node: string;
  readonly network: string;
}

/**
 * Bundles them into `directory`. `nodeSource` is the TypeScript file of the node's program. Throws an Error that says what could
 * not be built.
 */
export function buildPrograms(directory: string, nodeSource = source('node-main.ts')): Programs {
  const entries = { node: nodeSource, network: source('network-main.ts') };
  for (const file of Object.values(entries))
    if (!existsSync(file)) throw new Error(`the program of a node is missing: ${file}`);
  try {
    buildSync({
      entryPoints: entries,
      outdir: directory,
      outExtension: { '.js': '.cjs' },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      sourcemap: false,
      logLevel: 'silent',
    });
  } catch (error) {
    throw new Error(`the programs of the nodes could not be built: ${(error as Error).message}`);
  }
  return { node: path.join(directory, 'node.cjs'), network: path.join(directory, 'network.cjs') };
}

function source(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
