import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { ServerError } from './wire.ts';

/** What the cluster throws at the session whose statement it runs. */
export class Refusal extends Error {
  readonly error: ServerError;

  constructor(error: ServerError) {
    super(error.message);
    this.error = error;
  }
}

export function refuse(message: string, detail?: string): never {
  throw new Refusal({ code: 'XX000', message, ...(detail === undefined ? {} : { detail }) });
}

const manifestSchema = z.strictObject({
  entries: z.array(
    z.strictObject({
      url: z.string(),
      mandatory: z.boolean(),
      meta: z.strictObject({ content_length: z.int().positive() }),
    }),
  ),
});

/** A file of the bucket, brought here. */
export interface Fetched {
  readonly url: string;
  readonly path: string;
}

interface Place {
  readonly Bucket: string;
  readonly Key: string;
}

/** What a role can do in S3. */
export interface BucketFiles {
  /** The files that a manifest of columnar files names. */
  fetchManifest(url: string): Promise<readonly Fetched[]>;
  put(url: string, path: string): Promise<void>;
  isEmpty(prefix: string): Promise<boolean>;
}

export function openBucketFiles(s3: S3Client, directory: string): BucketFiles {
  async function get(url: string): Promise<Buffer> {
    try {
      const { Body } = await s3.send(new GetObjectCommand(placeOf(url)));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    } catch {
      return refuse(
        `S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey,Rid 1,CanRetry 1`,
        url,
      );
    }
  }

  return {
    async fetchManifest(url) {
      const text = (await get(url)).toString();
      const manifest = manifestSchema.safeParse(JSON.parse(text));
      if (!manifest.success) return refuse('Manifest file is not in correct json format', text);
      const fetched: Fetched[] = [];
      for (const entry of manifest.data.entries) {
        const content = await get(entry.url);
        if (content.length !== entry.meta.content_length) {
          refuse('Spectrum Scan Error', `context: content_length of ${entry.url} is not its size`);
        }
        const path = join(directory, `${randomUUID()}.parquet`);
        await writeFile(path, content);
        fetched.push({ url: entry.url, path });
      }
      return fetched;
    },
    async put(url, path) {
      await s3.send(new PutObjectCommand({ ...placeOf(url), Body: await readFile(path) }));
    },
    async isEmpty(prefix) {
      const { Bucket, Key } = placeOf(prefix);
      const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: Key }));
      return KeyCount === 0;
    },
  };
}

function placeOf(url: string): Place {
  const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(url) ?? [];
  if (Bucket === undefined || Key === undefined) return refuse('S3 path is not valid', url);
  return { Bucket, Key };
}
