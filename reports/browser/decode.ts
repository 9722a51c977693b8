/** Inflates the blocks of data that the page carries. */

import { unpackOperations } from '../columns.ts';
import type { PageData, PageRecord } from '../page-data.ts';

/** Reads what the page carries. Throws when the page was cut off or altered. */
export async function decodePage(): Promise<PageData> {
  const [record, operations] = await Promise.all([inflated('page-record'), inflated('page-operations')]);
  return { ...(JSON.parse(new TextDecoder().decode(record)) as PageRecord), operations: unpackOperations(operations) };
}

async function inflated(id: string): Promise<Uint8Array> {
  const text = document.getElementById(id)?.textContent ?? '';
  const raw = atob(text.trim());
  const packed = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) packed[i] = raw.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
