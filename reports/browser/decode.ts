/** Inflates the block of data that the page carries. */

import { unpackOperations } from '../columns.ts';
import type { PageData, PageRecord } from '../page-data.ts';

/** Reads the element `page-data`. Throws when the page was cut off or altered. */
export async function decodePage(): Promise<PageData> {
  const text = document.getElementById('page-data')?.textContent ?? '';
  const packed = Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const record = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as PageRecord;
  return { ...record, operations: unpackOperations(bytes.subarray(4 + length)) };
}
