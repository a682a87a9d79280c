import type { Clock } from '../../core/clock.ts';
import type { OpenStorage } from '../../core/storage.ts';
import { openFileStorage } from './file.ts';
import { s3Storages } from './s3.ts';
import type { S3Settings } from './s3-client.ts';
import { isS3 } from './s3-location.ts';

/** Opens locations by their scheme; nothing is asked for before a method is called. */
export function storageOpener(s3: S3Settings, clock: Clock): OpenStorage {
  const openS3 = s3Storages(s3, clock);
  return (location) => (isS3(location) ? openS3(location) : openFileStorage(location, clock));
}
