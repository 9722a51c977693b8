/** A history that comes through a pipe. It is kept whole, as an error may have to be looked up in it once more. */

import { HistoryError } from './formats/format.ts';

/** Bytes as they come, packed or not. */
export const STANDARD_INPUT_BYTES_MAX = 1 << 30;

/** Reads to the end. Throws HistoryError for more than the limit. */
export async function readStandardInput(
  input: AsyncIterable<Buffer | string> = process.stdin,
  bytesMax: number = STANDARD_INPUT_BYTES_MAX,
): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > bytesMax)
      throw new HistoryError(`standard input: more than ${bytesMax} bytes; write them to a file, and name that`);
    chunks.push(buffer);
  }
  return chunks;
}
