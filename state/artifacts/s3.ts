import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { JobError } from '../../core/errors.ts';
import type { OpenStorage } from '../../core/storage.ts';
import { lazyS3, type S3Settings } from './s3-client.ts';
import { COPY_LIMITS, type CopyLimits } from './s3-copy.ts';
import { s3Error } from './s3-errors.ts';
import { s3Location } from './s3-location.ts';
import { type S3Objects, s3Objects } from './s3-objects.ts';

const UNSTAGE_MS = 10_000;
/** Beside a staged object, while it is copied in parts: the upload that this makes. */
const UPLOAD = '.upload';
const uploadNote = z.object({ key: z.string(), uploadId: z.string() });

/**
 * Storage in buckets of S3, or of a storage that speaks its protocol. A name is taken by a conditional
 * PUT, and replaced by a copy, which needs its source: docs/adr/0017 says why that is a fence.
 */
export function s3Storages(
  settings: S3Settings,
  clock: Clock,
  limits: CopyLimits = COPY_LIMITS,
): OpenStorage {
  const s3 = lazyS3(settings);
  const objectsOf = new Map<string, Promise<S3Objects>>();
  /** Buckets that have shown that they heed `If-None-Match`. */
  const conditional = new Set<string>();

  return (location) => {
    const { bucket, prefix } = s3Location(location);
    const root = `s3://${bucket}/${prefix}`.replace(/\/$/, '');

    function fullKey(key: string): string {
      const isEmpty = key === '' && prefix === '';
      if (
        !isEmpty &&
        (key.startsWith('/') || key.split('/').includes('..') || key.includes('\0'))
      ) {
        throw new JobError('TARGET_FAILED', `not a key below "${root}": "${key}"`);
      }
      return key === '' ? prefix : `${prefix}${key}`;
    }

    /** Runs `work` with the bucket's objects; what S3 and its SDK throw becomes a JobError. */
    async function at<T>(
      key: string,
      signal: AbortSignal,
      work: (objects: S3Objects, full: string) => Promise<T>,
    ): Promise<T> {
      signal.throwIfAborted();
      const full = fullKey(key);
      try {
        const objects =
          objectsOf.get(bucket) ?? s3().then((opened) => s3Objects(opened, bucket, clock, limits));
        objectsOf.set(bucket, objects);
        return await work(await objects, full);
      } catch (error) {
        signal.throwIfAborted();
        throw s3Error(root, key, error);
      }
    }

    /** The object `prefix`, and all below it: not those whose names only begin alike. */
    async function below(objects: S3Objects, full: string, signal: AbortSignal) {
      const folder = full === '' || full.endsWith('/') ? full : `${full}/`;
      const entries = await objects.list(full, signal);
      return entries
        .filter(({ key }) => key === full || key.startsWith(folder))
        .map((entry) => ({ ...entry, key: entry.key.slice(prefix.length) }))
        .sort((a, b) => (a.key < b.key ? -1 : 1));
    }

    async function removeBelow(objects: S3Objects, full: string, signal: AbortSignal) {
      const entries = await below(objects, full, signal);
      const keys = entries.map(({ key }) => fullKey(key));
      await objects.remove(keys, signal);
    }

    /**
     * A copy in parts needs its source until the last part, and then nothing but its upload: a note
     * says which, from before the first part on. So whoever has deleted the source finds it.
     */
    async function copyStaged(objects: S3Objects, from: string, key: string, signal: AbortSignal) {
      return await objects.copy(from, key, async (uploadId) => {
        await objects.put(`${from}${UPLOAD}`, JSON.stringify({ key, uploadId }), signal);
      });
    }

    async function revokeBelow(objects: S3Objects, full: string, signal: AbortSignal) {
      // What is listed again was begun before its source was deleted.
      for (let times = 0; times < 2; times++) {
        const entries = await below(objects, full, signal);
        if (entries.length === 0) return;
        for (const { key } of entries) {
          const note = key.endsWith(UPLOAD) ? await objects.read(fullKey(key), signal) : undefined;
          if (note === undefined) continue;
          const upload = uploadNote.parse(JSON.parse(new TextDecoder().decode(note)));
          await objects.abortUpload(upload, signal);
        }
        const keys = entries.map(({ key }) => fullKey(key));
        await objects.remove(keys, signal);
      }
    }

    async function create(objects: S3Objects, full: string, content: Uint8Array | string) {
      if (!(await objects.putIfAbsent(full, content))) return false;
      if (settings.endpoint === undefined || conditional.has(bucket)) return true;
      // Some that are not AWS's take the header for nothing: they would let two runs win.
      if (await objects.putIfAbsent(full, content)) throw notConditional(root);
      conditional.add(bucket);
      return true;
    }

    return {
      root,
      revokesAtOnce: false,
      access: {
        bucket,
        ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
        region: (signal) =>
          at('', signal, async () => {
            const { client } = await s3();
            return await client.config.region();
          }),
        credentials: (signal) =>
          at('', signal, async () => {
            const { client } = await s3();
            const found = await client.config.credentials();
            const { accessKeyId, secretAccessKey, sessionToken, expiration } = found;
            return {
              accessKeyId,
              secretAccessKey,
              ...(sessionToken === undefined ? {} : { sessionToken }),
              ...(expiration === undefined ? {} : { expiresAt: expiration }),
            };
          }),
      },
      enginePath: (key) => `s3://${bucket}/${fullKey(key)}`.replace(/\/$/, ''),
      now: (signal) =>
        at('', signal, async (objects) => (await objects.now(prefix, signal)) ?? clock.now()),
      list: (key, signal) => at(key, signal, (objects, full) => below(objects, full, signal)),
      read: (key, signal) => at(key, signal, (objects, full) => objects.read(full, signal)),
      write: (key, content, signal) =>
        at(key, signal, (objects, full) => objects.put(full, content, signal)),
      create: (key, content, signal) =>
        at(key, signal, (objects, full) => create(objects, full, content)),
      upload: (localPath, key, signal) =>
        at(key, signal, (objects, full) => objects.upload(localPath, full, signal)),
      duplicate: (from, to, signal) =>
        at(to, signal, async (objects, full) => {
          if (await objects.copy(fullKey(from), full)) return;
          throw new JobError('TARGET_FAILED', `"${from}" in "${root}" is gone`);
        }),
      isDuplicate: (key, other, signal) =>
        at(key, signal, async (objects, full) => {
          const id = await objects.idOf(full, signal);
          return (
            id !== undefined && id !== '' && id === (await objects.idOf(fullKey(other), signal))
          );
        }),
      publish: (staged, final, { ifAbsent }, signal) =>
        at(final, signal, async (objects, full) => {
          const from = fullKey(staged);
          if (ifAbsent) {
            const content = await objects.read(from, signal);
            if (content === undefined) return 'missing';
            signal.throwIfAborted();
            if (!(await create(objects, full, content))) return 'exists';
          } else if (!(await copyStaged(objects, from, full, signal))) {
            return 'missing';
          }
          await unstage(objects, from);
          return 'published';
        }),
      retire: (final, staged, signal) =>
        at(final, signal, async (objects, full) => {
          const from = fullKey(staged);
          const isThere = (await objects.idOf(full, signal)) !== undefined;
          if (!isThere)
            return (await objects.idOf(from, signal)) === undefined ? 'missing' : 'absent';
          if (!(await copyStaged(objects, from, full, signal))) return 'missing';
          await unstage(objects, from);
          return 'retired';
        }),
      revoke: (key, signal) =>
        at(key, signal, (objects, full) => revokeBelow(objects, full, signal)),
      remove: (key, signal) => at(key, signal, (objects, full) => objects.remove([full], signal)),
      removeAll: (key, signal) =>
        at(key, signal, (objects, full) => removeBelow(objects, full, signal)),
    };
  };
}

/** What was published stays so; what is left here goes with the staging folder. */
async function unstage(objects: S3Objects, staged: string): Promise<void> {
  const names = [staged, `${staged}${UPLOAD}`];
  await objects.remove(names, AbortSignal.timeout(UNSTAGE_MS)).catch(() => undefined);
}

function notConditional(root: string): JobError {
  return new JobError('NOT_SUPPORTED', `the storage of "${root}" ignores If-None-Match`, {
    hint: 'use AWS S3, or a version of that storage with conditional writes: without them two runs could both commit',
  });
}
