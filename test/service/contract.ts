/** Whether an answer of the API is one that its OpenAPI document allows. */

import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly [media: string]: { readonly schema: object } } };
  readonly responses: {
    readonly [status: string]: { readonly content?: { readonly [media: string]: { readonly schema: object } } };
  };
}

export interface Parameter {
  readonly in: 'query' | 'path';
  readonly name: string;
  readonly required?: boolean;
  readonly schema: object;
}

export interface Document {
  readonly openapi: string;
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly schemas: { readonly [name: string]: object } };
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export function operationsOf(document: Document): Asked[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
}

export class Contract {
  readonly document: Document;
  readonly #ajv: Ajv2020;
  readonly #seen = new Set<string>();

  constructor(document: Document) {
    this.document = document;
    this.#ajv = new Ajv2020({ strict: false, allErrors: true });
    (formats as unknown as (ajv: Ajv2020) => void)(this.#ajv);
    this.#ajv.addSchema({ $id: 'document', ...document });
  }

  /** Operations that were answered well, by id. */
  get seen(): ReadonlySet<string> {
    return this.#seen;
  }

  /** Null if the answer is allowed, else what is wrong with it. */
  wrong(id: string, status: number, contentType: string, body: string): string | null {
    const asked = operationsOf(this.document).find(({ operation }) => operation.operationId === id);
    if (asked === undefined) return `no operation ${id}`;
    const { path, method, operation } = asked;
    const named = operation.responses[String(status)] !== undefined ? String(status) : 'default';
    if (named === 'default' && status < 400) return `${id}: status ${status} is not in the document`;
    const content = operation.responses[named]?.content;
    const media = contentType.split(';')[0] ?? '';
    if (content === undefined) {
      this.#seen.add(id);
      return body === '' ? null : `${id}: a body where the document has none`;
    }
    if (content[media] === undefined) return `${id}: ${media} is not in the document for ${status}`;
    if (named !== 'default') this.#seen.add(id);
    if (!media.endsWith('json')) return null;
    const escaped = (part: string): string => encodeURIComponent(part.replace(/~/g, '~0').replace(/\//g, '~1'));
    const at = ['paths', path, method, 'responses', named, 'content', media, 'schema'].map(escaped).join('/');
    const validate = this.#ajv.getSchema(`document#/${at}`);
    if (validate === undefined) return `${id}: no schema at ${at}`;
    if (validate(JSON.parse(body))) return null;
    return `${id}, ${status}: ${this.#ajv.errorsText(validate.errors)}\n${body.slice(0, 500)}`;
  }
}
