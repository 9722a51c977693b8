/** What every request passes before anything looks at it: headers, host, origin, rates, token. */

import type { Request, RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import type { ServiceOptions } from '../options.ts';
import { Problem } from '../problem.ts';
import { isOurHost } from './loopback.ts';
import type { Token } from './token.ts';

/** Paths that tell nothing and are asked for by machines that have no token, or to get in. */
const OPEN_PATHS: readonly string[] = ['/health', '/ready', '/login'];
const BADGE_PATH = '/api/v1/badge.svg';

export function gate(options: ServiceOptions, token: Token | null): RequestHandler[] {
  const { requestsPerMinute, changesPerMinute } = options.limits;
  return [
    securityHeaders(),
    ourHost(options.hostNames),
    limited('requests', requestsPerMinute, () => true),
    sameOrigin(),
    limited('changes', changesPerMinute, changes),
    ...(token === null ? [] : [authorised(token, options.publicBadge ? [...OPEN_PATHS, BADGE_PATH] : OPEN_PATHS)]),
  ];
}

/** Whether a request may change something. */
function changes({ method }: Request): boolean {
  return method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';
}

/** Scripts and styles are files of ours; no inline code, nothing from elsewhere, no frame around our pages. */
function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        frameSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    crossOriginEmbedderPolicy: false,
    // Reports are sandboxed, our pages are not: a browser can't key both by one origin, and says so.
    originAgentCluster: false,
    // Plain HTTP on a loopback address is what it is made for.
    strictTransportSecurity: false,
    // Not `no-referrer`: a browser would then say `Origin: null` when it sends one of our forms.
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  }) as RequestHandler;
}

function ourHost(names: readonly string[]): RequestHandler {
  const known = names.map((name) => name.toLowerCase());
  return (request, _response, next) => {
    if (!isOurHost(request.headers.host, known))
      throw new Problem(421, 'unknown-host', 'this service is not known by that name: --allow-host NAME allows it');
    next();
  };
}

/** A page of another site may make a browser send us a form or a fetch; it can't hide where it comes from. */
function sameOrigin(): RequestHandler {
  return (request, _response, next) => {
    if (!changes(request)) return next();
    const { origin, host } = request.headers;
    const site = request.headers['sec-fetch-site'];
    const foreignOrigin = origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
    if (foreignOrigin || (site !== undefined && site !== 'same-origin' && site !== 'none'))
      throw new Problem(
        403,
        'cross-origin',
        'requests that change something are taken from our own pages and from programs',
      );
    next();
  };
}

function authorised(token: Token, open: readonly string[]): RequestHandler {
  return (request, response, next) => {
    if (open.includes(request.path) || request.path.startsWith('/assets/') || token.isIn(request.headers))
      return next();
    response.set('WWW-Authenticate', 'Bearer realm="ordeal"');
    throw new Problem(401, 'token-needed', 'send the token as `Authorization: Bearer …`, or log in on /login');
  };
}

function limited(what: string, perMinute: number, counts: (request: Request) => boolean): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    identifier: what,
    skip: (request) => !counts(request),
    handler: () => {
      throw new Problem(429, 'too-many-requests', `at most ${perMinute} a minute are taken`, { retryAfter: 60 });
    },
  });
}
