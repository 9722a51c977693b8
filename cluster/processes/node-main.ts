/** The program of a node process: `node node.cjs <NodeConfig as JSON>`. */

import { Replica } from '../replica/replica.ts';
import type { NodeConfig } from './control.ts';
import { runNode } from './node-run.ts';

runNode(JSON.parse(process.argv[2] ?? '') as NodeConfig, (host, options) => new Replica(host, options));
