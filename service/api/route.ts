/**
 * A route as data: what it takes, what it gives, and what it does. Requests are validated by the same schemas that the OpenAPI
 * document is generated from, so the document can't say anything else than what happens.
 */

import type { Request, RequestHandler, Response, Router } from 'express';
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiResponseObject } from 'zod-openapi';
import { invalidRequest, Problem, problemSchema } from '../problem.ts';

type Fields = z.ZodObject<z.ZodRawShape>;
type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

export interface Answer {
  readonly status: 200 | 202 | 204;
  readonly json?: unknown;
  readonly location?: string;
}

export interface Route<P extends Fields | undefined, Q extends Fields | undefined, B extends z.ZodType | undefined> {
  readonly method: 'get' | 'post' | 'delete';
  /** Below /api/v1, with parameters in braces. */
  readonly path: string;
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  /** A JSON body. */
  readonly body?: B;
  /** Media types of a body that is taken as it comes. */
  readonly upload?: readonly string[];
  /** What it answers when all is well: a JSON schema, or the media type of something else. */
  readonly gives: {
    readonly [status: string]: { readonly description: string; readonly json?: z.ZodType; readonly media?: string };
  };
  /** Returns the answer, or null after it has written to the response itself. */
  handle(request: {
    readonly params: Parsed<P>;
    readonly query: Parsed<Q>;
    readonly body: Parsed<B>;
    readonly http: Request;
    readonly response: Response;
  }): Answer | null | Promise<Answer | null>;
}

/** A route whose types have been forgotten. */
export interface AnyRoute {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  readonly handler: RequestHandler;
  readonly operation: ZodOpenApiOperationObject;
}

export function route<
  P extends Fields | undefined = undefined,
  Q extends Fields | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(definition: Route<P, Q, B>): AnyRoute {
  const { method, path } = definition;
  return { method, path, handler: handlerOf(definition), operation: operationOf(definition) };
}

function handlerOf<P extends Fields | undefined, Q extends Fields | undefined, B extends z.ZodType | undefined>(
  definition: Route<P, Q, B>,
): RequestHandler {
  return async (http, response) => {
    const params = parsed('path', definition.params, http.params) as Parsed<P>;
    const query = parsed('query', definition.query ?? NOTHING, http.query) as Parsed<Q>;
    // Only this is read as JSON: of anything else nothing would be left but an empty body.
    if (definition.body !== undefined && http.is('application/json') === false)
      throw new Problem(415, 'media-type', 'send the body as application/json');
    const body = parsed('body', definition.body, definition.body === undefined ? undefined : http.body) as Parsed<B>;
    const answer = await definition.handle({ params, query, body, http, response });
    if (answer === null) return;
    response.status(answer.status);
    if (answer.location !== undefined) response.location(answer.location);
    if (answer.json === undefined) response.end();
    else response.json(answer.json);
  };
}

const NOTHING = z.strictObject({});

function parsed(where: string, schema: z.ZodType | undefined, given: unknown): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(given);
  if (!result.success) throw invalidRequest(where, result.error);
  return result.data;
}

function operationOf<P extends Fields | undefined, Q extends Fields | undefined, B extends z.ZodType | undefined>(
  definition: Route<P, Q, B>,
): ZodOpenApiOperationObject {
  const { id, tag, summary, params, query, body, upload, gives } = definition;
  const responses: Record<string, ZodOpenApiResponseObject> = {};
  for (const [status, { description, json, media }] of Object.entries(gives))
    responses[status] = {
      description,
      ...(json !== undefined && { content: { 'application/json': { schema: json } } }),
      ...(media !== undefined && { content: { [media]: { schema: z.string() } } }),
    };
  return {
    operationId: id,
    tags: [tag],
    summary,
    requestParams: { ...(params && { path: params }), ...(query && { query }) },
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    ...(upload && {
      requestBody: {
        required: true,
        content: Object.fromEntries(upload.map((type) => [type, { schema: z.string().meta({ format: 'binary' }) }])),
      },
    }),
    responses: {
      ...responses,
      default: {
        description: 'What was wrong, and what to do about it.',
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    },
  } as ZodOpenApiOperationObject;
}

/** Adds the routes, and a clear answer for other methods on their paths. */
export function mount(router: Router, routes: readonly AnyRoute[]): void {
  const methods = new Map<string, string[]>();
  for (const { method, path, handler } of routes) {
    const at = path.replace(/\{(\w+)\}/g, ':$1');
    router[method](at, handler);
    methods.set(at, [...(methods.get(at) ?? []), method.toUpperCase()]);
  }
  for (const [at, allowed] of methods)
    router.all(at, (_request, response) => {
      response.set('Allow', [...allowed, ...(allowed.includes('GET') ? ['HEAD'] : [])].join(', '));
      throw new Problem(405, 'method-not-allowed', `this path takes ${allowed.join(', ')}`);
    });
}
