import { resolve } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { type JobError, messageOf, toJobError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { fromLines, fromLogLine, type TelemetryMessage } from '../../core/telemetry.ts';
import type { Submitter } from '../../core/submitter.ts';
import { patiently, type SubmitServices } from '../../platforms/submit-once.ts';
import { storageOpener } from '../../state/artifacts/open.ts';
import type { CommandContext } from '../command.ts';
import { s3SettingsOf } from '../context.ts';
import { chunkName, REPORT, TO_LOG } from '../telemetry/place.ts';
import type { Destination } from './platforms.ts';
import { telemetryPlace } from './place.ts';
import type { Submitted } from './watch.ts';

const READ_MS = 60_000;
/** Objects that are read before what they hold is kept and shown. */
const MOST_AT_ONCE = 200;

/** Takes what a remote run tells into the record here. */
export interface Ear {
  /** Of the run's folder: what has come since the last call. Absent: it tells its platform's log. */
  readonly read?: (signal: AbortSignal) => Promise<readonly TelemetryMessage[]>;
  /** Keeps messages, and gives those that were not known when this ear was opened. */
  keep(messages: readonly TelemetryMessage[]): Promise<readonly TelemetryMessage[]>;
  /** Takes all that is there, after the end of the run. */
  drain(): Promise<void>;
  /** The report that the run has left; undefined: none. */
  report(): Promise<Uint8Array | undefined>;
}

export async function openEar(
  record: Submitted,
  destination: Destination,
  services: SubmitServices,
  context: Pick<CommandContext, 'store' | 'surroundings' | 'err'>,
): Promise<Ear> {
  const { runId, attempt, remoteId } = record;
  const { store } = context;
  const { submitter } = services;
  const place = telemetryPlace(destination, submitter, record);
  const held = await store.telemetryPosition(runId, attempt);
  const readObject =
    place === undefined || place === TO_LOG
      ? undefined
      : objectReader(place, submitter, services, context);
  const next = positions(held.cursor);
  let complained = false;
  let denied: JobError | undefined;

  /** The objects of all processes of the attempt, each one's in its order. */
  async function objects(signal: AbortSignal): Promise<readonly TelemetryMessage[]> {
    if (readObject === undefined) return [];
    const found: TelemetryMessage[] = [];
    for (let writer = 1; writer <= next.length + 1; writer++) {
      for (let most = MOST_AT_ONCE; most > 0; most--) {
        const chunk = next[writer - 1] ?? 1;
        let bytes: Uint8Array | undefined;
        try {
          bytes = await readObject(chunkName(writer, chunk), signal);
        } catch (error) {
          // So S3 speaks of what is missing, too, to those who may not list the bucket.
          if (toJobError(error).code === 'TARGET_DENIED') denied = toJobError(error);
          else if (found.length > 0) return found;
          else throw error;
        }
        if (bytes === undefined) break;
        next[writer - 1] = chunk + 1;
        found.push(...fromLines(new TextDecoder().decode(bytes)));
      }
    }
    return found;
  }

  /** What cannot be read of this must not lose the run. */
  async function tolerant<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      complain(error);
      return undefined;
    }
  }

  function complain(error: unknown): void {
    if (!complained) {
      context.err(printable(`what the run tells cannot be read: ${messageOf(error)}`));
    }
    complained = true;
  }

  async function keep(messages: readonly TelemetryMessage[]) {
    if (messages.length === 0) return [];
    const cursor = readObject === undefined ? undefined : JSON.stringify(next);
    await store.keepTelemetry(runId, attempt, messages, cursor);
    return messages.filter(({ stream, number }) => number > (held.streams[stream] ?? 0));
  }

  const read = async (signal: AbortSignal) => (await tolerant(() => objects(signal), signal)) ?? [];

  return {
    ...(readObject === undefined ? {} : { read }),
    keep,
    async drain() {
      const { signal } = new AbortController();
      if (place === undefined) return;
      if (place === TO_LOG) {
        const page = await tolerant(
          async () => await submitter.logs?.(remoteId, undefined, AbortSignal.timeout(READ_MS)),
          signal,
        );
        await keep((page?.lines ?? []).map(fromLogLine).filter((one) => one !== undefined));
        return;
      }
      for (;;) {
        const messages = await read(signal);
        if (messages.length === 0) break;
        await keep(messages);
      }
      if (denied !== undefined && next.length === 0) complain(denied);
    },
    async report() {
      const { signal } = new AbortController();
      if (readObject === undefined) return undefined;
      return await readObject(REPORT, signal).catch(() => undefined);
    },
  };
}

/** The next object of each process: `[4,1]`. */
function positions(cursor: string | undefined): number[] {
  const found: unknown = cursor === undefined ? [] : JSON.parse(cursor);
  return Array.isArray(found) ? found.map(Number) : [];
}

function objectReader(
  place: string,
  submitter: Submitter,
  services: SubmitServices,
  { surroundings }: Pick<CommandContext, 'surroundings'>,
) {
  const { env, cwd, clock = systemClock } = surroundings;
  const isS3 = place.startsWith('s3://');
  const open = storageOpener(s3SettingsOf(env), clock);
  const storage =
    isS3 || submitter.readFile === undefined ? open(isS3 ? place : resolve(cwd, place)) : undefined;
  return async (name: string, signal: AbortSignal): Promise<Uint8Array | undefined> => {
    const within = AbortSignal.any([signal, AbortSignal.timeout(READ_MS)]);
    if (storage !== undefined) return await storage.read(name, within);
    return await patiently(
      async () => await submitter.readFile?.(`${place}/${name}`, within),
      services,
      within,
    );
  };
}
