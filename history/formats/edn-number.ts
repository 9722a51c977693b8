/**
 * Numbers of EDN as JSON. Numbers that denote the same value are equal however they are written (1, 1.0, 1N and 1M are one
 * number, as for readers of JSON; Clojure's `=` tells integers from floats). What a number of ours can't hold exactly becomes
 * its text with the suffix that it has in EDN, so that two of them never look alike: 9007199254740993 is
 * "9007199254740993N", 0.10000000000000000001M is itself. A float without M is a double there, too, and stays one.
 */

/** Digits that a double surely tells apart. */
const DOUBLE_DIGITS = 15;
const EXPONENT_MAX = 300;

const HEXADECIMAL = /^([+-]?)(0[xX][0-9a-fA-F]+)N?$/;

/**
 * The value of a token that begins like a number, or null if it is none: also 010, which EDN does not have. It does not have
 * 0x1a either, but Clojure prints such: the identity of an object.
 */
export function numberOf(token: string): number | string | null {
  const hexadecimal = HEXADECIMAL.exec(token);
  if (hexadecimal !== null) return numberOf(`${hexadecimal[1]}${BigInt(hexadecimal[2] ?? '')}`);
  const match = /^([+-]?)(0|[1-9]\d*)(?:(N)|(\.\d*)?(?:[eE]([+-]?\d+))?(M)?|\/(\d+))$/.exec(token);
  if (match === null) return null;
  const [, sign = '', whole = '', , fraction, exponent, exact, denominator] = match;
  const minus = sign === '-' ? '-' : '';
  if (denominator !== undefined) return `${minus}${whole}/${denominator}`;
  if (fraction === undefined && exponent === undefined && exact === undefined) {
    const integer = Number(minus + whole);
    return Number.isSafeInteger(integer) ? integer + 0 : `${minus}${whole}N`;
  }
  const number = Number(token.endsWith('M') ? token.slice(0, -1) : token);
  if (exact === undefined) return Number.isFinite(number) ? number : null;
  const digits = (whole + (fraction ?? '').slice(1)).replace(/^0+|0+$/g, '');
  // A decimal zero has no sign.
  if (digits === '') return 0;
  if (digits.length <= DOUBLE_DIGITS && Math.abs(Number(exponent ?? 0)) + whole.length < EXPONENT_MAX) return number;
  return decimalText(minus, whole, (fraction ?? '').slice(1), Number(exponent ?? 0));
}

/** One text for each decimal number: digits without zeros at either end, and the power of ten. */
function decimalText(minus: string, whole: string, fraction: string, exponent: number): string {
  const all = whole + fraction;
  const digits = all.replace(/0+$/, '');
  const power = exponent - fraction.length + (all.length - digits.length);
  const significant = digits.replace(/^0+/, '');
  if (power === 0) return `${minus}${significant}M`;
  if (power > 0 || power < -significant.length - 20) return `${minus}${significant}e${power}M`;
  const padded = significant.padStart(1 - power, '0');
  return `${minus}${padded.slice(0, power)}.${padded.slice(power)}M`;
}
