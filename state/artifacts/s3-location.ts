import { JobError } from '../../core/errors.ts';

/** A bucket, and the keys in it that begin with `prefix`, which is empty or ends in `/`. */
export interface S3Location {
  readonly bucket: string;
  readonly prefix: string;
}

const SCHEME = /^s3a?:/i;
/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

export function isS3(location: string): boolean {
  return SCHEME.test(location);
}

/**
 * Takes `s3://bucket/prefix` apart; `s3a:`, Hadoop's word, is the same.
 *
 * @throws JobError `CONFIG_INVALID` when it names no bucket, or a key that no folder can have.
 */
export function s3Location(location: string): S3Location {
  const [, bucket = '', path = ''] = /^s3a?:\/\/([^/]*)\/*(.*)$/is.exec(location) ?? [];
  if (!BUCKET.test(bucket)) {
    throw new JobError('CONFIG_INVALID', `"${location}" names no bucket of S3`, {
      hint: 'write s3://bucket/folder; a bucket has 3 to 63 lower-case letters, digits, dots and hyphens',
    });
  }
  const parts = path.replace(/\/+$/, '').split('/');
  if (path !== '' && parts.some((part) => ['', '.', '..'].includes(part))) {
    throw new JobError(
      'CONFIG_INVALID',
      `"${location}" is no folder: a part of it is empty or dots`,
      {
        hint: 'write s3://bucket/folder/folder with single slashes',
      },
    );
  }
  return { bucket, prefix: path === '' ? '' : `${parts.join('/')}/` };
}
