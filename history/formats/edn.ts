/**
 * A reader of EDN (https://github.com/edn-format/edn) that takes text in pieces. Written for this place, as the EDN packages
 * to be had build whole documents in memory and are several times slower: a history of a million operations is 100 MB.
 *
 * Values become JSON: nil is null, lists and vectors are arrays, maps are objects (map-name.ts), sets are sorted arrays,
 * numbers are numbers where these are exact (edn-number.ts). What JSON does not have becomes the text that it has in EDN: a
 * keyword is the string ":a", a character "\\a", a tagged string '#inst "2020…"'; a symbol is "'a". A string that could be
 * taken for such a text is put in quotes, so that unlike values stay unlike. Any other tagged value is the value.
 */

import type { Json } from '../operation.ts';
import { numberOf } from './edn-number.ts';
import { excerpt, HistoryError, READ_LIMITS } from './format.ts';
import { canonical, mapName } from './map-name.ts';

/** Thrown when the text ends in the middle of a value and more may come. */
export const NEED_MORE = Symbol('more text is needed');

const QUOTE = 34;
const HASH = 35;
const OPEN_PAREN = 40;
const CLOSE_PAREN = 41;
const COMMA = 44;
const SEMICOLON = 59;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const UNDERSCORE = 95;
const COLON = 58;
const QUOTED_SYMBOL = 39;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const DIGITS_SAFE = 15;

/** Characters that end a keyword, number or symbol. */
const ENDS_TOKEN = new Uint8Array(128);
for (let c = 0; c <= 32; c++) ENDS_TOKEN[c] = 1;
for (const c of [
  QUOTE,
  OPEN_PAREN,
  CLOSE_PAREN,
  COMMA,
  SEMICOLON,
  OPEN_BRACKET,
  CLOSE_BRACKET,
  OPEN_BRACE,
  CLOSE_BRACE,
])
  ENDS_TOKEN[c] = 1;

const CHARACTER_NAMES: ReadonlyMap<string, string> = new Map([
  ['newline', '\n'],
  ['space', ' '],
  ['tab', '\t'],
  ['return', '\r'],
  ['backspace', '\b'],
  ['formfeed', '\f'],
]);

/** What Clojure prints for what it can't read back: in such nothing is wrong. */
const OPAQUE_TAGS: ReadonlySet<string> = new Set(['object', 'error']);

export class EdnReader {
  #text = '';
  #at = 0;
  #final = false;
  /** Whether what is no EDN is taken as it stands. */
  #lenient = false;
  /** Lines before the text that is held. */
  #lines = 0;

  /** Adds a piece of text; what was consumed is let go. */
  push(piece: string): void {
    this.#lines = this.lineOf(this.#at) - 1;
    this.#text = this.#at === this.#text.length ? piece : this.#text.slice(this.#at) + piece;
    this.#at = 0;
    if (this.#text.length - piece.length > READ_LIMITS.itemCharsMax)
      throw new HistoryError(`one value is longer than ${READ_LIMITS.itemCharsMax} characters`, this.#lines + 1);
  }

  /** Says that no more text will come. */
  finish(): void {
    this.#final = true;
  }

  get position(): number {
    return this.#at;
  }

  /** Goes back to a position of the same piece. */
  rewind(position: number): void {
    this.#at = position;
  }

  /** The number of the line, from 1, that a position of the held text lies on. Counts newlines: for errors only. */
  lineOf(position: number): number {
    let line = this.#lines + 1;
    for (let at = this.#text.indexOf('\n'); at >= 0 && at < position; at = this.#text.indexOf('\n', at + 1)) line++;
    return line;
  }

  /** Skips blanks, commas, comments and `#_` values; returns the code of the next character, or -1 at the end of the file. */
  next(): number {
    for (;;) {
      if (this.#at >= this.#text.length) {
        if (this.#final) return -1;
        throw NEED_MORE;
      }
      const c = this.#text.charCodeAt(this.#at);
      if (c <= 32 || c === COMMA || c === 0xfeff) this.#at++;
      else if (c === SEMICOLON) {
        const end = this.#text.indexOf('\n', this.#at);
        if (end < 0 && !this.#final) throw NEED_MORE;
        this.#at = end < 0 ? this.#text.length : end;
      } else if (c === HASH && this.#peek(1) === UNDERSCORE) {
        this.#at += 2;
        this.value(0);
      } else return c;
    }
  }

  /** Moves past one character that `next` returned. */
  skip(): void {
    this.#at++;
  }

  /** Reads `#tag` if one stands here, and says which; null otherwise. */
  tag(): string | null {
    if (this.next() !== HASH || this.#peek(1) === OPEN_BRACE) return null;
    this.#at++;
    return this.#token();
  }

  /** A keyword without its colon, where the caller expects a map's key; other keys are given as text. */
  mapKey(depth: number): string {
    if (this.next() === COLON) return this.#token().slice(1);
    return mapName(this.value(depth));
  }

  /** Reads one value. `depth` is how deep the caller already is. */
  value(depth: number): Json {
    if (depth > READ_LIMITS.nestingMax)
      throw this.error(`values are nested deeper than ${READ_LIMITS.nestingMax} levels`);
    const c = this.next();
    switch (c) {
      case -1:
        throw this.error('the file ends in the middle of a value: it is cut off');
      case QUOTE:
        return imageOf(this.#string());
      case OPEN_BRACKET:
        this.#at++;
        return this.#items(CLOSE_BRACKET, depth);
      case OPEN_PAREN:
        this.#at++;
        return this.#items(CLOSE_PAREN, depth);
      case OPEN_BRACE:
        this.#at++;
        return this.#map(depth, null);
      case HASH:
        return this.#dispatch(depth);
      case BACKSLASH:
        return this.#character();
      case CLOSE_BRACKET:
      case CLOSE_PAREN:
      case CLOSE_BRACE:
        throw this.error(`a value was expected, not "${String.fromCharCode(c)}"`);
      default:
        return this.#atom(c);
    }
  }

  /** Reads a value that counts for nothing: what is no EDN within it is taken as it stands, as long as it is seen where it ends. */
  passOver(depth: number): Json {
    const before = this.#lenient;
    this.#lenient = true;
    try {
      return this.value(depth);
    } finally {
      this.#lenient = before;
    }
  }

  error(what: string): HistoryError {
    return new HistoryError(what, this.lineOf(this.#at));
  }

  /** What stands at the current position, for a message. */
  here(): string {
    return excerpt(this.#text.slice(this.#at, this.#at + 61));
  }

  #peek(ahead: number): number {
    const at = this.#at + ahead;
    if (at < this.#text.length) return this.#text.charCodeAt(at);
    if (this.#final) return -1;
    throw NEED_MORE;
  }

  #token(): string {
    const start = this.#at;
    const text = this.#text;
    let at = start;
    for (; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c < 128 && ENDS_TOKEN[c] === 1) break;
    }
    if (at >= text.length && !this.#final) throw NEED_MORE;
    this.#at = at;
    return text.slice(start, at);
  }

  #atom(c: number): Json {
    const start = this.#at;
    // Small integers, which most tokens are, without a string in between.
    if (c >= 48 && c <= 57) {
      let number = c - 48;
      let at = start + 1;
      // A zero in front would make the rest octal in Clojure: no number of EDN's.
      for (; number > 0 && at < this.#text.length && at - start < DIGITS_SAFE; at++) {
        const digit = this.#text.charCodeAt(at) - 48;
        if (digit < 0 || digit > 9) break;
        number = number * 10 + digit;
      }
      const after = at < this.#text.length ? this.#text.charCodeAt(at) : 128;
      if (after < 128 && ENDS_TOKEN[after] === 1) {
        this.#at = at;
        return number;
      }
    }
    const token = this.#token();
    if (token === '') throw this.error(`an unexpected character: ${this.here()}`);
    if (token === 'nil') return null;
    if (token === 'true') return true;
    if (token === 'false') return false;
    const numeric = (c >= 48 && c <= 57) || ((c === 45 || c === 43) && /^[+-]\d/.test(token));
    if (!numeric) {
      if (c === COLON) return token;
      if (c === QUOTED_SYMBOL && !this.#lenient)
        throw this.error(`a symbol can't begin with an apostrophe: ${excerpt(token)}`);
      return `'${token}`;
    }
    const number = numberOf(token);
    if (number !== null) return number;
    if (this.#lenient) return `'${token}`;
    this.#at = start;
    throw this.error(`not a number: ${excerpt(token)}`);
  }

  /** The text between quotes as it stands. */
  #quoted(): string {
    const start = this.#at + 1;
    let end = this.#text.indexOf('"', start);
    while (end > 0 && backslashesBefore(this.#text, end) % 2 === 1) end = this.#text.indexOf('"', end + 1);
    if (end < 0) {
      if (this.#final) throw this.error('the file ends in the middle of a string: it is cut off');
      throw NEED_MORE;
    }
    this.#at = end + 1;
    return this.#text.slice(start, end);
  }

  #string(): string {
    const start = this.#at;
    const raw = this.#quoted();
    if (!raw.includes('\\')) return raw;
    const end = this.#at;
    // An error names the line on which the string began.
    this.#at = start;
    const unescaped = raw.replace(/\\(u[0-9a-fA-F]{4}|[0-7]{1,3}|[\s\S])/g, (_, code: string) => this.#unescape(code));
    this.#at = end;
    return unescaped;
  }

  #unescape(code: string): string {
    const simple: { readonly [c: string]: string } = {
      n: '\n',
      t: '\t',
      r: '\r',
      b: '\b',
      f: '\f',
      '"': '"',
      '\\': '\\',
    };
    const known = simple[code];
    if (known !== undefined) return known;
    if (code.length === 5) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]+$/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
    if (this.#lenient) return code;
    throw this.error(`an unknown escape in a string: \\${code}`);
  }

  #character(): string {
    this.#at++;
    const c = this.#peek(0);
    if (c === -1) throw this.error('the file ends in the middle of a character: it is cut off');
    const first = this.#text.charAt(this.#at);
    this.#at++;
    const name = first + this.#token();
    const unicode = /^u[0-9a-fA-F]{4}$/.test(name) ? String.fromCharCode(Number.parseInt(name.slice(1), 16)) : null;
    const character = unicode ?? CHARACTER_NAMES.get(name) ?? name;
    if (character.length !== 1 && this.#lenient) return `\\${name}`;
    if (character.length !== 1) throw this.error(`an unknown character: ${excerpt(`\\${name}`)}`);
    for (const [known, same] of CHARACTER_NAMES) if (same === character) return `\\${known}`;
    const code = character.charCodeAt(0);
    const printable = code > 32 && (code < 0xd800 || code > 0xdfff);
    return `\\${printable ? character : `u${code.toString(16).padStart(4, '0')}`}`;
  }

  #items(close: number, depth: number): Json[] {
    const items: Json[] = [];
    for (;;) {
      const c = this.next();
      if (c === close) {
        this.#at++;
        return items;
      }
      items.push(this.value(depth + 1));
    }
  }

  /** `namespace` is put before keywords that have none, as `#:namespace{…}` means it. */
  #map(depth: number, namespace: string | null): Json {
    const map: { [name: string]: Json } = {};
    for (;;) {
      if (this.next() === CLOSE_BRACE) {
        this.#at++;
        return map;
      }
      const own = this.value(depth + 1);
      const key = mapName(namespace === null ? own : qualified(own, namespace));
      if (Object.hasOwn(map, key) && !this.#lenient) throw this.error(`the key ${excerpt(key)} stands twice in a map`);
      const value = this.value(depth + 1);
      // Plain assignment would set the prototype for one name.
      if (key === '__proto__')
        Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
      else map[key] = value;
    }
  }

  #dispatch(depth: number): Json {
    const c = this.#peek(1);
    if (c === OPEN_BRACE) {
      this.#at += 2;
      const texts = new Map(this.#items(CLOSE_BRACE, depth).map((item) => [canonical(item), item]));
      return [...texts.keys()].sort().map((text) => texts.get(text) ?? null);
    }
    this.#at++;
    // A regular expression: in it backslashes stand for themselves.
    if (c === QUOTE) return `#"${this.#quoted()}"`;
    const tag = this.#token();
    // Symbolic values: ##Inf, ##-Inf, ##NaN; and vars: #'user/f.
    if (tag.startsWith('#') || tag.startsWith("'")) return `#${tag}`;
    if (tag === '') throw this.error(`an unexpected character: ${this.here()}`);
    const next = this.next();
    if (next === QUOTE) return `#${tag} ${JSON.stringify(this.#string())}`;
    if (OPAQUE_TAGS.has(tag)) return this.passOver(depth + 1);
    if (next !== OPEN_BRACE || !tag.startsWith(':')) return this.value(depth + 1);
    if (depth >= READ_LIMITS.nestingMax) return this.value(depth + 1);
    this.#at++;
    return this.#map(depth + 1, tag.slice(1));
  }
}

/** The JSON that stands for a string: itself, or its EDN where it could be taken for something else. */
function imageOf(text: string): string {
  return ednMeantBy(text) === null ? text : JSON.stringify(text);
}

/** The string that is given as this text: without the quotes that tell it from something else. */
export function stringMeantBy(image: string): string {
  return image.startsWith('"') && ednMeantBy(image) !== null ? (JSON.parse(image) as string) : image;
}

/** First characters of texts that may stand for something else than a string. */
const MAY_MEAN_EDN = /^(?:[:'\\"#]|[+-]?\d.*[NM/])/s;

/**
 * The EDN that a JSON string stands for: the text of a keyword, a symbol, a character, a number that a number of ours can't
 * hold, a tagged or quoted string. Null for a string that stands for itself: any that would not be read as this very text.
 */
export function ednMeantBy(text: string): string | null {
  if (!MAY_MEAN_EDN.test(text)) return null;
  const edn = text.charCodeAt(0) === QUOTED_SYMBOL ? text.slice(1) : text;
  const reader = new EdnReader();
  reader.push(edn);
  reader.finish();
  try {
    return reader.value(0) === text && reader.position === edn.length ? edn : null;
  } catch (error) {
    if (error instanceof HistoryError) return null;
    throw error;
  }
}

/** A keyword of a map with a namespace; `:_/a` says that it has none. */
function qualified(key: Json, namespace: string): Json {
  if (typeof key !== 'string' || !key.startsWith(':')) return key;
  if (key.startsWith(':_/')) return `:${key.slice(3)}`;
  return key.includes('/') ? key : `:${namespace}/${key.slice(1)}`;
}

function backslashesBefore(text: string, at: number): number {
  let count = 0;
  while (text.charCodeAt(at - 1 - count) === BACKSLASH) count++;
  return count;
}
