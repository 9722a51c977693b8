/** What goes wrong with a request, as RFC 9457 (problem details) tells it; pages show the same in words. */

import { z } from 'zod';

/** The body of every error. `type` is "about:blank": the status says what kind it is, `code` tells kinds of one status apart. */
export const problemSchema = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.number().int().min(400).max(599),
    code: z.string(),
    /** What was wrong, where, and what to do. */
    detail: z.string(),
    /** The fields of the request that were not understood. */
    errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type ProblemBody = z.output<typeof problemSchema>;

const TITLES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;
export type ProblemStatus = keyof typeof TITLES;

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: ProblemStatus;
  readonly code: string;
  readonly errors: ProblemBody['errors'];
  /** Seconds after which trying again makes sense; null where it never does. */
  readonly retryAfter: number | null;

  constructor(
    status: ProblemStatus,
    code: string,
    detail: string,
    more: { readonly errors?: ProblemBody['errors']; readonly retryAfter?: number } = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = more.errors;
    this.retryAfter = more.retryAfter ?? null;
  }

  body(): ProblemBody {
    const { status, code, message: detail, errors } = this;
    return { type: 'about:blank', title: TITLES[status], status, code, detail, ...(errors && { errors }) };
  }
}

/** A request whose parts do not fit their schemas, with the path of each field. */
export function invalidRequest(where: string, error: z.ZodError): Problem {
  const errors = error.issues.slice(0, 20).map((issue) => ({
    path: [where, ...issue.path.map(String)].join('.').slice(0, 200),
    message: issue.message.slice(0, 500),
  }));
  const detail = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return new Problem(400, 'invalid-request', detail, { errors });
}
