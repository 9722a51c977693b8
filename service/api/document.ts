/** The OpenAPI document of the routes, and the path it is served at. */

import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { createDocument } from 'zod-openapi';
import { ordealVersion } from '../../trial/provenance.ts';
import type { AnyRoute } from './route.ts';

const API = '/api/v1';

/** `secured`: a token is asked for. */
export function openApiDocument(routes: readonly AnyRoute[], secured: boolean): object {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, operation } of routes)
    paths[`${API}${path}`] = { ...paths[`${API}${path}`], [method]: operation };
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Ordeal',
      version: ordealVersion(),
      description: 'Trials of a distributed key-value store: started, watched, judged, compared.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths: paths as ZodOpenApiPathsObject,
    ...(secured && {
      security: [{ token: [] }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    }),
  });
}
