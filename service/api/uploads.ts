/** Uploads: a history to be judged, a bundle to be taken in. The body is the file; it goes to the disk as it comes. */

import type { Request } from 'express';
import { z } from 'zod';
import { MODELS } from '../../checker/models.ts';
import { FORMATS } from '../../history/formats/registry.ts';
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

/** What a query says of how a history is read and judged: as the flags of `ordeal check`, and "auto" where nothing is said. */
const reading = {
  model: z.enum(MODEL_NAMES).default('auto').meta({ description: 'What the history is judged by.' }),
  format: z.enum(FORMAT_NAMES).default('auto').meta({ description: 'How the file is written.' }),
  nilReads: z.enum(['auto', 'value', 'any']).default('auto').meta({
    description:
      'What a read of nil (null in JSON) says: that nothing was there (value), or nothing at all (any). By default as the file shows.',
  }),
  tuples: z.enum(['auto', 'yes', 'no']).default('auto').meta({
    description: "Whether values are [key value] tuples of Jepsen's independent tests. By default that is recognised.",
  }),
};

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
      handle: async ({ http, query: { nilReads, tuples, ...query } }) => {
        const said = {
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
