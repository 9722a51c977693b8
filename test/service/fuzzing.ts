/** Requests that nobody in their right mind would send, drawn from what the OpenAPI document says can be sent. */

import { request } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { type Asked, type Document, operationsOf, type Parameter } from './contract.ts';

export interface Odd {
  /** The operation it is meant for, or null. */
  readonly id: string | null;
  readonly method: string;
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: Buffer;
}

const hostile = fc.constantFrom(
  '',
  '0',
  '-1',
  '1e999',
  '9007199254740993',
  'null',
  '../../etc/passwd',
  '%2e%2e%2f',
  '\u0000',
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  '\ud800',
  '🙈'.repeat(50),
  'a'.repeat(5000),
  '__proto__',
  'constructor',
  '2026-02-30',
  '+275760-09-13T00:00:00.001Z',
);
const word = fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 40 }));

/** Values near what a parameter's schema asks for, and far from it. */
function valueFor(schema: object, ids: readonly string[]): fc.Arbitrary<string> {
  const { enum: options, type } = schema as { enum?: string[]; type?: string };
  const fitting: fc.Arbitrary<string> =
    options !== undefined
      ? fc.constantFrom(...options)
      : type === 'integer' || type === 'number'
        ? fc.oneof(fc.integer({ min: -2, max: 300 }).map(String), fc.double().map(String))
        : fc.constantFrom(...ids, '2026-01-01', 'register', 'k0');
  return fc.oneof({ weight: 3, arbitrary: fitting }, { weight: 1, arbitrary: word });
}

const NOT_FUZZED = new Set(['streamEvents']);

/** Any request to any operation of the document; `ids` are names of trials that there are. */
export function anyRequest(document: Document, ids: readonly string[]): fc.Arbitrary<Odd> {
  const operations = operationsOf(document).filter(({ operation }) => !NOT_FUZZED.has(operation.operationId));
  const sensible = fc.constantFrom(...operations).chain((asked) => requestTo(asked, ids));
  const anywhere = fc
    .tuple(fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'OPTIONS', 'HEAD'), word)
    .map(
      ([method, path]): Odd => ({ id: null, method, path: `/${encoded(path)}`, headers: {}, body: Buffer.alloc(0) }),
    );
  const pages = fc
    .tuple(fc.constantFrom('/', '/trials', '/compare', '/queue/1', '/failures', '/start', '/login'), word, word)
    .map(([path, name, value]): Odd => {
      return {
        id: null,
        method: 'GET',
        path: `${path}?${encoded(name)}=${encoded(value)}`,
        headers: {},
        body: Buffer.alloc(0),
      };
    });
  return fc.oneof(
    { weight: 8, arbitrary: sensible },
    { weight: 1, arbitrary: anywhere },
    { weight: 2, arbitrary: pages },
  );
}

function requestTo({ method, path, operation }: Asked, ids: readonly string[]): fc.Arbitrary<Odd> {
  const parameters = operation.parameters ?? [];
  const given = fc.tuple(
    ...parameters.map((parameter: Parameter) => {
      const value = valueFor(parameter.schema, ids);
      return fc.tuple(fc.constant(parameter), parameter.in === 'path' ? value : fc.option(value));
    }),
  );
  const media = Object.keys(operation.requestBody?.content ?? {});
  return fc
    .tuple(given, anyBody, fc.oneof(fc.constantFrom(...media, 'application/json'), word), fc.boolean())
    .map(([values, body, type, usual]): Odd => {
      let filled = path;
      const query = new URLSearchParams();
      for (const [{ in: where, name }, value] of values)
        if (where === 'path') filled = filled.replace(`{${name}}`, encoded(value ?? ''));
        else if (value !== null) query.append(name, wellFormed(value));
      const contentType = usual ? (media[0] ?? 'application/json') : type.replace(/[^\x20-\x7e]/g, '');
      const missed = values.some(([{ in: where }, value]) => where === 'path' && value === '');
      return {
        id: missed ? null : operation.operationId,
        method: method.toUpperCase(),
        path: query.size === 0 ? filled : `${filled}?${query}`,
        headers: { 'content-type': contentType },
        body: method === 'get' ? Buffer.alloc(0) : body,
      };
    });
}

/** Specs with one field gone wrong, any JSON, and bytes that are neither. */
const anyBody: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .record(
      {
        world: fc.oneof(fc.constant('simulator'), word),
        timeMs: fc.oneof(fc.integer(), fc.double()),
        nodes: fc.integer({ min: -1, max: 12 }),
        faults: fc.array(fc.oneof(fc.constantFrom('kill', 'pause'), word)),
        schedule: fc.oneof(fc.constant(null), fc.jsonValue()),
        check: fc.jsonValue(),
        bugs: fc.array(word, { maxLength: 3 }),
      },
      { requiredKeys: [] },
    )
    .map((spec) => Buffer.from(JSON.stringify({ spec }))),
  fc.jsonValue({ maxDepth: 8 }).map((value) => Buffer.from(JSON.stringify(value))),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.constant(Buffer.from(`{"spec":${'['.repeat(20_000)}`)),
);

function encoded(text: string): string {
  return encodeURIComponent(wellFormed(text));
}

/** Lone surrogates have no place in UTF-8. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** Sends a request as it is; resolves with the status and the body, or null where the service cut the connection. */
export function sendOdd(url: string, odd: Odd): Promise<{ status: number; type: string; body: string } | null> {
  return new Promise((resolve) => {
    const headers = { ...odd.headers, ...(odd.body.length > 0 && { 'content-length': odd.body.length }) };
    const asked = request(url + odd.path, { method: odd.method, headers, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      const type = answer.headers['content-type'] ?? '';
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, type, body }));
      answer.on('error', () => resolve(null));
    });
    asked.on('error', () => resolve(null));
    asked.end(odd.body);
  });
}

/** Megabytes in use after everything that can be let go was let go. */
export function megabytesInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}
