import { systemClock } from '../../core/clock.ts';
import { configUri, uploadTo } from '../../platforms/envelope.ts';
import { storageOpener } from '../../state/artifacts/open.ts';
import { s3SettingsOf, type Surroundings } from '../context.ts';
import type { ConfigWay } from './arguments.ts';
import type { Destination } from './platforms.ts';

type Upload = Pick<ConfigWay, 'upload'>;

/** Puts a config that is too long for arguments where the destination's settings say. */
export function configUpload(
  { configFolder }: Destination,
  { env, clock = systemClock }: Surroundings,
  signal: AbortSignal,
): Upload {
  if (configFolder === undefined) return {};
  const openStorage = storageOpener(s3SettingsOf(env), clock);
  return { upload: uploadTo(openStorage, configFolder, signal) };
}

/** The same place, with nothing put there. */
export function uploadLater({ configFolder }: Destination): Upload {
  if (configFolder === undefined) return {};
  return { upload: (_, sha256) => Promise.resolve(configUri(configFolder, sha256)) };
}
