import { basename, dirname, posix, resolve } from 'node:path';
import { z } from 'zod';
import { systemClock } from '../core/clock.ts';
import type { RemoteLine } from '../platforms/conclude.ts';
import { storageOpener } from '../state/artifacts/open.ts';
import { s3SettingsOf, type Surroundings } from './context.ts';

const LIMIT_MS = 60_000;

const lineSchema = z.looseObject({
  schema: z.literal('dray.result/1'),
  run_id: z.string(),
  attempt: z.int(),
  exit_code: z.int(),
});

/** Leaves the result line of a run where its submitter looks for it: a file, or an object in S3. */
export async function writeRemoteLine(
  place: string,
  line: object,
  surroundings: Surroundings,
): Promise<void> {
  const { storage, key } = at(place, surroundings);
  await storage.write(key, `${JSON.stringify(line)}\n`, AbortSignal.timeout(LIMIT_MS));
}

/** The line that an attempt has left; undefined when there is none, or it is that of another one. */
export async function readRemoteLine(
  place: string,
  of: { readonly runId: string; readonly attempt: number },
  surroundings: Surroundings,
): Promise<RemoteLine | undefined> {
  const { storage, key } = at(place, surroundings);
  const bytes = await storage.read(key, AbortSignal.timeout(LIMIT_MS));
  return bytes === undefined ? undefined : toRemoteLine(new TextDecoder().decode(bytes), of);
}

/** A text as the line of just this attempt; undefined when it is something else. */
export function toRemoteLine(
  text: string,
  of: { readonly runId: string; readonly attempt: number },
): RemoteLine | undefined {
  const found = lineSchema.safeParse(parsed(text));
  if (!found.success) return undefined;
  const isOurs = found.data.run_id === of.runId && found.data.attempt === of.attempt;
  return isOurs ? found.data : undefined;
}

function at(place: string, { env, cwd, clock = systemClock }: Surroundings) {
  const open = storageOpener(s3SettingsOf(env), clock);
  if (/^s3a?:\/\//i.test(place)) {
    return { storage: open(posix.dirname(place)), key: posix.basename(place) };
  }
  const path = resolve(cwd, place);
  return { storage: open(dirname(path)), key: basename(path) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
