import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { systemClock } from '../core/clock.ts';
import { storageOpener } from '../state/artifacts/open.ts';
import { s3SettingsOf, type Surroundings } from './context.ts';
import type { EntryOutput } from './generic-main.ts';

const READ_MS = 60_000;

/** The real process as the entry sees it. */
export function processSurroundings(): Surroundings {
  return {
    env: process.env,
    cwd: process.cwd(),
    nodeVersion: process.versions.node,
    readFile: (path) => readFile(path, 'utf8'),
    readObject: (uri) => readObject(uri),
  };
}

async function readObject(uri: string): Promise<Uint8Array | undefined> {
  const openStorage = storageOpener(s3SettingsOf(process.env), systemClock);
  const folder = posix.dirname(uri);
  return await openStorage(folder).read(posix.basename(uri), AbortSignal.timeout(READ_MS));
}

export function processOutput(): EntryOutput {
  return { stdout: process.stdout, stderr: process.stderr };
}
