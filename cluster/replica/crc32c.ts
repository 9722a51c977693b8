/**
 * CRC-32C (Castagnoli), as in RFC 3720, appendix B.4: reflected, polynomial 0x1EDC6F41. It finds every error burst of up to 32
 * bits and so every single flipped bit. Four table look-ups a step ("slicing by four"; Kounavis and Berry 2005).
 */

const POLYNOMIAL_REFLECTED = 0x82f63b78;

/** Table k holds, for each byte, its remainder after k further zero bytes. */
const TABLES = makeTables();

function makeTables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const first = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) {
      remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL_REFLECTED : remainder >>> 1;
    }
    first[byte] = remainder;
  }
  const next = (table: Int32Array): Int32Array =>
    table.map((remainder) => (remainder >>> 8) ^ (first[remainder & 255] as number));
  const second = next(first);
  const third = next(second);
  return [first, second, third, next(third)];
}

/** The checksum of bytes from..to (not included), as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  const [t0, t1, t2, t3] = TABLES;
  let crc = -1;
  let at = from;
  for (const end = to - 3; at < end; at += 4) {
    crc ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    crc =
      (t3[crc & 255] as number) ^
      (t2[(crc >>> 8) & 255] as number) ^
      (t1[(crc >>> 16) & 255] as number) ^
      (t0[crc >>> 24] as number);
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ (t0[(crc ^ (bytes[at] as number)) & 255] as number);
  return ~crc >>> 0;
}
