/**
 * Equality and hashing of JSON values. Both ignore the order of an object's keys and agree with each other: equal values have
 * equal hashes. Objects are read by their own keys only, so a key like `__proto__` is a key like any other.
 */

import type { Json } from '../../history/operation.ts';

type JsonObject = { readonly [name: string]: Json };

/** Deep equality of two JSON values. */
export function jsonEqual(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && arraysEqual(a, b);
  }
  return objectsEqual(a as JsonObject, b as JsonObject);
}

function arraysEqual(a: readonly Json[], b: readonly Json[]): boolean {
  return a.length === b.length && a.every((value, at) => jsonEqual(value, b[at] as Json));
}

function objectsEqual(a: JsonObject, b: JsonObject): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && jsonEqual(a[name] as Json, b[name] as Json))
  );
}

/**
 * Whether `value` is JSON that can be stored: no undefined, functions, NaN or infinities, no objects with a prototype of
 * their own, and nesting no deeper than `depthMax`.
 */
export function isJson(value: unknown, depthMax: number): value is Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object': {
      if (value === null) return true;
      if (depthMax <= 0) return false;
      if (Array.isArray(value)) return value.every((element) => isJson(element, depthMax - 1));
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) return false;
      return Object.keys(value).every((name) => isJson((value as Record<string, unknown>)[name], depthMax - 1));
    }
    default:
      return false;
  }
}

/**
 * A 32-bit hash of a JSON value, from `seed`. Two hashes from unlike seeds make up a 64-bit one. Strings, and numbers other than
 * small integers, are taken in UTF-16 code units of their text (so 0 and -0, which are equal, hash alike); the fields of an object are summed, which
 * makes their order not matter.
 */
export function hashJson(value: Json, seed: number): number {
  switch (typeof value) {
    case 'string':
      return hashText(value, seed ^ 0x53747231);
    case 'number':
      // Small integers, which most numbers are, as one word; -0 is 0 either way.
      if ((value | 0) === value) return mix32(mix32(value ^ seed) ^ 0x496e7431);
      return hashText(String(value), seed ^ 0x4e756d31);
    case 'boolean':
      return mix32(seed ^ (value ? 0x54727565 : 0x46616c73));
    default:
      break;
  }
  if (value === null) return mix32(seed ^ 0x4e756c6c);
  if (Array.isArray(value)) {
    let hash = mix32(seed ^ 0x41727279);
    for (const element of value) hash = mix32(Math.imul(hash, 5) + hashJson(element, seed));
    return mix32(hash ^ value.length);
  }
  let sum = 0;
  for (const name of Object.keys(value)) {
    sum = (sum + hashJson((value as JsonObject)[name] as Json, hashText(name, seed))) | 0;
  }
  return mix32(sum ^ seed ^ 0x4f626a31);
}

/** A 32-bit hash of the code units of `text`. */
export function hashText(text: string, seed: number): number {
  let hash = seed ^ Math.imul(text.length, 0x9e3779b1);
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return mix32(hash);
}

/** The finalizer of MurmurHash3 (Appleby, public domain): every input bit reaches every output bit. */
export function mix32(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
