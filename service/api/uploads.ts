/** Uploads: a history to be judged, a bundle to be taken in. The body is the file; it goes to the disk as it comes. */

import type { Request } from 'express';
import { z } from 'zod';
import { ModelError } from '../../checker/history-model.ts';
import { MODELS } from '../../checker/models.ts';
import { FORMATS } from '../../history/formats/registry.ts';
import type { Json } from '../../history/operation.ts';
import { givenJson } from '../../trial/history-source.ts';
import type { Desk } from '../desk.ts';
import { Problem } from '../problem.ts';
import type { Job } from '../queue/jobs.ts';
import type { Task } from '../queue/tasks.ts';
import { receiveUpload, removeUpload } from '../work/uploads.ts';
import { type AnyRoute, route } from './route.ts';
import { accepted, jobAnswer } from './schemas.ts';

const BINARY = 'application/octet-stream';
const HISTORY_MEDIA = [BINARY, 'application/x-ndjson', 'application/edn', 'application/gzip', 'text/plain'];
const BUNDLE_MEDIA = [BINARY];

export const MODEL_NAMES = ['auto', ...MODELS.map(({ name }) => name)] as [string, ...string[]];
export const FORMAT_NAMES = ['auto', ...FORMATS.map(({ name }) => name)] as [string, ...string[]];

/** Longer ones are no value that a register of a test begins with. */
export const INITIAL_CHARS_MAX = 1000;

/** What a query says of how a history is read and judged: as the flags of `ordeal check`, and "auto" where nothing is said. */
const reading = {
  model: z.enum(MODEL_NAMES).default('auto').meta({ description: 'What the history is judged by.' }),
  format: z.enum(FORMAT_NAMES).default('auto').meta({ description: 'How the file is written.' }),
  initial: z.string().min(1).max(INITIAL_CHARS_MAX).transform(asInitial).optional().meta({
    description:
      'What a register, key or counter holds at first; how many can hold a semaphore. JSON: 3, "text", null; or a plain word. By default as the model and the format have it.',
  }),
  nilReads: z.enum(['auto', 'value', 'any']).default('auto').meta({
    description:
      'What a read of nil (null in JSON) says: that nothing was there (value), or nothing at all (any). By default as the file shows.',
  }),
  tuples: z.enum(['auto', 'yes', 'no']).default('auto').meta({
    description: "Whether values are [key value] tuples of Jepsen's independent tests. By default that is recognised.",
  }),
};

function asInitial(text: string, context: z.RefinementCtx<string>): Json {
  // Numbers that are too large for JSON are none any more once they were kept.
  const value = z.json().safeParse(givenJson(text));
  if (value.success) return value.data;
  context.addIssue(`${JSON.stringify(text.slice(0, 60))} is not JSON; write for example 0, "text" or null`);
  return z.NEVER;
}

/** Throws Problem 400 for a value that the named model can't begin with, before the file is sent. */
function refuseInitial(name: string, initial: Json | undefined): void {
  const model = MODELS.find((one) => one.name === name);
  if (model === undefined) return;
  try {
    model.checked(initial ?? model.initial);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new Problem(400, 'invalid-request', `query.initial: ${error.message}`, {
      errors: [{ path: 'query.initial', message: error.message }],
    });
  }
}

/** What the uploader calls the file. Shown, never used as a path. */
const fileName = z
  .string()
  .min(1)
  .max(120)
  .regex(/^[^/\\\p{Cc}]*$/u, 'may not hold slashes or control characters');

export function uploadRoutes(desk: Desk): AnyRoute[] {
  const tag = 'uploads';
  return [
    route({
      method: 'post',
      path: '/checks',
      id: 'checkHistory',
      tag,
      summary:
        'Judges an uploaded history. The body is the file, gzip allowed; the job tells the trial that it becomes.',
      query: z.strictObject({
        name: fileName.default('uploaded'),
        ...reading,
      }),
      upload: HISTORY_MEDIA,
      gives: accepted,
      handle: async ({ http, query: { initial, nilReads, tuples, ...query } }) => {
        refuseInitial(query.model, initial);
        const said = {
          ...(initial === undefined ? {} : { initial }),
          ...(nilReads === 'auto' ? {} : { nilReads }),
          ...(tuples === 'auto' ? {} : { tuples: tuples === 'yes' }),
        };
        return jobAnswer(await queued(http, HISTORY_MEDIA, (upload) => ({ kind: 'check', upload, ...query, ...said })));
      },
    }),
    route({
      method: 'post',
      path: '/bundles',
      id: 'importBundle',
      tag,
      summary: 'Takes a trial that was exported as a bundle into the store.',
      query: z.strictObject({ name: fileName.default('uploaded') }),
      upload: BUNDLE_MEDIA,
      gives: accepted,
      handle: async ({ http, query }) =>
        jobAnswer(await queued(http, BUNDLE_MEDIA, (upload) => ({ kind: 'import', upload, ...query }))),
    }),
  ];

  async function queued(http: Request, media: readonly string[], task: (upload: string) => Task): Promise<Job> {
    const { keeper, store, limits } = desk.parts;
    const type = http.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? BINARY;
    if (!media.includes(type))
      throw new Problem(
        415,
        'media-type',
        `send the file as ${BINARY}; ${JSON.stringify(type.slice(0, 60))} is not taken`,
      );
    // Before the file has been sent, not after.
    keeper.refuseWhenFull('checks');
    const announced = http.headers['content-length'];
    const upload = await receiveUpload(store.directory, http, announced === undefined ? null : Number(announced), {
      bytesMax: limits.uploadBytesMax,
      waitingBytesMax: limits.waitingBytesMax,
    });
    try {
      return keeper.add(task(upload.name));
    } catch (error) {
      removeUpload(store.directory, upload.name);
      throw error;
    }
  }
}
