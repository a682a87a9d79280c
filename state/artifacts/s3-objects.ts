import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import type { Clock } from '../../core/clock.ts';
import type { StorageEntry } from '../../core/storage.ts';
import type { S3 } from './s3-client.ts';
import { abortUpload, type CopyLimits, copyObject, ID } from './s3-copy.ts';
import { isNoObject, requestsOf, statusOf } from './s3-errors.ts';

const PART_BYTES = 16 * 2 ** 20;
const MOST_PARTS = 10_000;
const PARTS_AT_ONCE = 4;
/** The most that one request may delete. */
const DELETED_AT_ONCE = 1_000;
const READ_TRIES = 4;
const CONFLICT_TRIES = 20;
const CONFLICT_WAIT_MS = 100;
const UNSTOPPED = new AbortController().signal;

/** A bucket's objects by their full keys. Throws what the SDK throws. */
export interface S3Objects {
  list(prefix: string, signal: AbortSignal): Promise<readonly StorageEntry[]>;
  read(key: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
  put(key: string, content: Uint8Array | string, signal: AbortSignal): Promise<void>;
  /** False when there is such an object already, of somebody else. */
  putIfAbsent(key: string, content: Uint8Array | string): Promise<boolean>;
  upload(localPath: string, key: string, signal: AbortSignal): Promise<void>;
  /**
   * False when there is nothing to copy.
   *
   * @param begun - gets the upload that a copy in parts makes, before the first part is copied.
   */
  copy(from: string, to: string, begun?: (uploadId: string) => Promise<void>): Promise<boolean>;
  /** Once this is done no copy in parts comes of the upload any more. */
  abortUpload(
    upload: { readonly key: string; readonly uploadId: string },
    signal: AbortSignal,
  ): Promise<void>;
  /** The id that dray gave the object's content; empty for others' objects, undefined without one. */
  idOf(key: string, signal?: AbortSignal): Promise<string | undefined>;
  remove(keys: readonly string[], signal: AbortSignal): Promise<void>;
  /** The time of an answer that was asked for now. */
  now(prefix: string, signal: AbortSignal): Promise<Date | undefined>;
}

export function s3Objects(s3: S3, bucket: string, clock: Clock, limits: CopyLimits): S3Objects {
  const { client, sdk } = s3;
  const at = (key: string) => ({ Bucket: bucket, Key: key });
  const newId = () => ({ [ID]: randomUUID() });

  async function idOf(key: string, signal?: AbortSignal): Promise<string | undefined> {
    try {
      const command = new sdk.HeadObjectCommand(at(key));
      const head = await client.send(command, signal && { abortSignal: signal });
      return head.Metadata?.[ID] ?? '';
    } catch (error) {
      if (isNoObject(error)) return undefined;
      throw error;
    }
  }

  return {
    idOf,
    async list(prefix, signal) {
      const entries: StorageEntry[] = [];
      const pages = sdk.paginateListObjectsV2(
        { client },
        { Bucket: bucket, Prefix: prefix },
        { abortSignal: signal },
      );
      for await (const page of pages) {
        for (const { Key, Size = 0, LastModified, ETag = '' } of page.Contents ?? []) {
          // A key that ends in a slash is how consoles show an empty folder.
          if (Key === undefined || LastModified === undefined || Key.endsWith('/')) continue;
          entries.push({ key: Key, bytes: Size, modifiedAt: LastModified, etag: ETag });
        }
      }
      return entries;
    },
    async read(key, signal) {
      for (let tries = 1; ; tries++) {
        let answer: GetObjectCommandOutput;
        try {
          answer = await client.send(new sdk.GetObjectCommand(at(key)), { abortSignal: signal });
        } catch (error) {
          if (isNoObject(error)) return undefined;
          throw error;
        }
        try {
          return await answer.Body?.transformToByteArray();
        } catch (error) {
          // The SDK tries again until an answer begins, not when its body breaks off.
          signal.throwIfAborted();
          if (tries === READ_TRIES) throw error;
        }
      }
    },
    async put(key, content, signal) {
      const input = { ...at(key), Body: Buffer.from(content), Metadata: newId() };
      await client.send(new sdk.PutObjectCommand(input), { abortSignal: signal });
    },
    async putIfAbsent(key, content) {
      const id = newId();
      const input = { ...at(key), Body: Buffer.from(content), Metadata: id, IfNoneMatch: '*' };
      let mayBeOurs = false;
      for (let tries = 1; ; tries++) {
        try {
          // Without a signal: S3 does what it has been sent, so the answer has to be known.
          await client.send(new sdk.PutObjectCommand(input));
          return true;
        } catch (error) {
          const status = statusOf(error);
          if (status !== 412 && status !== 409) throw error;
          // Ours after all, when the answer to an earlier request got lost. The one request that was
          // sent and refused can have made nothing.
          mayBeOurs ||= status === 409 || requestsOf(error) !== 1;
          if (!mayBeOurs) return false;
          const found = await idOf(key);
          if (found === id[ID]) return true;
          if (found !== undefined || status === 412) return false;
          // 409: S3 was busy with another request for the key, which came to nothing.
          if (tries === CONFLICT_TRIES) throw error;
          await clock.sleep(CONFLICT_WAIT_MS, UNSTOPPED);
        }
      }
    },
    async upload(localPath, key, signal) {
      const { Upload } = await import('@aws-sdk/lib-storage');
      const { size } = await stat(localPath);
      const abortController = new AbortController();
      const abort = () => {
        abortController.abort(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      try {
        await new Upload({
          client,
          abortController,
          queueSize: PARTS_AT_ONCE,
          partSize: Math.max(PART_BYTES, Math.ceil(size / MOST_PARTS)),
          params: { ...at(key), Body: createReadStream(localPath), Metadata: newId() },
        }).done();
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    copy: (from, to, begun = () => Promise.resolve()) =>
      copyObject(s3, { bucket, from, to, begun }, limits),
    abortUpload: (upload, signal) => abortUpload(s3, bucket, upload, signal),
    async remove(keys, signal) {
      for (let start = 0; start < keys.length; start += DELETED_AT_ONCE) {
        const Objects = keys.slice(start, start + DELETED_AT_ONCE).map((Key) => ({ Key }));
        const answer = await client.send(
          new sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
          { abortSignal: signal },
        );
        const [failed] = answer.Errors ?? [];
        if (failed === undefined) continue;
        throw Object.assign(new Error(failed.Message ?? 'not deleted'), { Code: failed.Code });
      }
    },
    async now(prefix, signal) {
      await client.send(
        new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }),
        {
          abortSignal: signal,
        },
      );
      return s3.serverTime();
    },
  };
}
