import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { S3 } from './s3-client.ts';
import { isNoObject, isNoUpload } from './s3-errors.ts';

/** In the metadata of every object that dray puts; copies keep it. */
export const ID = 'dray-id';

/** What one request copies at most, and what it copies of an object that is larger. */
export interface CopyLimits {
  readonly mostBytes: number;
  readonly partBytes: number;
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const COPY_LIMITS: CopyLimits = { mostBytes: 5 * 2 ** 30, partBytes: 2 ** 30 };

const PARTS_AT_ONCE = 4;

export interface Copy {
  readonly bucket: string;
  readonly from: string;
  readonly to: string;
  /**
   * Gets the upload that a copy in parts makes, before the first part is copied: whoever aborts it
   * after the source is gone knows that the copy will not appear any more (docs/adr/0017).
   */
  begun(uploadId: string): Promise<void>;
}

/**
 * Copies an object with its metadata, in one request or in parts.
 *
 * @returns false when the source is not there, or was taken away before the copy was complete.
 */
export async function copyObject(s3: S3, copy: Copy, limits: CopyLimits): Promise<boolean> {
  const { client, sdk } = s3;
  const { bucket, from, to } = copy;
  try {
    const source = await client
      .send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: from }))
      .catch(absent);
    if (source !== undefined && (source.ContentLength ?? 0) > limits.mostBytes) {
      return await copyInParts(s3, copy, source, limits.partBytes);
    }
    await client.send(
      new sdk.CopyObjectCommand({ Bucket: bucket, Key: to, CopySource: sourceOf(copy) }),
    );
    return true;
  } catch (error) {
    if (isNoObject(error)) return false;
    throw error;
  }
}

/** HEAD does not tell a missing bucket from a missing object; the copy that is tried then does. */
function absent(error: unknown): undefined {
  if (!isNoObject(error)) throw error;
}

async function copyInParts(
  { client, sdk }: S3,
  copy: Copy,
  { ContentLength: bytes = 0, ETag: etag, Metadata }: HeadObjectCommandOutput,
  partBytes: number,
): Promise<boolean> {
  const at = { Bucket: copy.bucket, Key: copy.to };
  const CopySource = sourceOf(copy);
  const { UploadId } = await client.send(
    new sdk.CreateMultipartUploadCommand({ ...at, ...(Metadata && { Metadata }) }),
  );
  const upload = { ...at, UploadId };
  try {
    await copy.begun(UploadId ?? '');
    const count = Math.ceil(bytes / partBytes);
    const parts: { readonly PartNumber: number; readonly ETag: string | undefined }[] = [];
    for (let first = 0; first < count; first += PARTS_AT_ONCE) {
      const numbers = Array.from({ length: Math.min(PARTS_AT_ONCE, count - first) });
      const copied = numbers.map(async (_, index) => {
        const start = (first + index) * partBytes;
        const end = Math.min(bytes, start + partBytes) - 1;
        const part = { ...upload, PartNumber: first + index + 1, CopySource };
        const answer = await client.send(
          new sdk.UploadPartCopyCommand({
            ...part,
            CopySourceIfMatch: etag,
            CopySourceRange: `bytes=${String(start)}-${String(end)}`,
          }),
        );
        return { PartNumber: part.PartNumber, ETag: answer.CopyPartResult?.ETag };
      });
      parts.push(...(await Promise.all(copied)));
    }
    await client.send(
      new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } }),
    );
    return true;
  } catch (error) {
    if (isNoUpload(error)) return await isCopied();
    // The parts cost their owner money until then; whoever sweeps up after us does it otherwise.
    await client.send(new sdk.AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }

  /** The upload is gone: aborted by others, or complete, and only the answer to that was lost. */
  async function isCopied(): Promise<boolean> {
    const found = await client.send(new sdk.HeadObjectCommand(at));
    const id = Metadata?.[ID];
    return id !== undefined && found.Metadata?.[ID] === id;
  }
}

/** @returns once nothing can come of the upload any more. */
export async function abortUpload(
  { client, sdk }: S3,
  bucket: string,
  { key, uploadId }: { readonly key: string; readonly uploadId: string },
  signal: AbortSignal,
): Promise<void> {
  try {
    const upload = { Bucket: bucket, Key: key, UploadId: uploadId };
    await client.send(new sdk.AbortMultipartUploadCommand(upload), { abortSignal: signal });
  } catch (error) {
    if (!isNoUpload(error)) throw error;
  }
}

function sourceOf({ bucket, from }: Copy): string {
  return [bucket, ...from.split('/')].map(encodeURIComponent).join('/');
}
