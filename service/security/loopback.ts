/** Which addresses are this machine alone, and which names in a Host header are ours. */

import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** Whether a service that listens there is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether a Host header names this service. A page of somebody else can make a browser resolve its own name to our address
 * (DNS rebinding), but it can't make the browser send another Host: so names are checked, and addresses need not be.
 */
export function isOurHost(header: string | undefined, names: readonly string[]): boolean {
  if (header === undefined || header.length > 300) return false;
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(header);
  const name = (match?.[1] ?? match?.[2] ?? '').toLowerCase().replace(/\.$/, '');
  if (name === '') return false;
  return isIP(name) !== 0 || ['localhost', hostname().toLowerCase(), ...names].includes(name);
}
