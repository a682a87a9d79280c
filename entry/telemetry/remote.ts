import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import {
  fitting,
  type Tell,
  TELEMETRY_SCHEMA,
  type TelemetryBody,
  type TelemetryMessage,
  toLogLine,
} from '../../core/telemetry.ts';
import type { Storage } from '../../core/storage.ts';
import { storageOpener } from '../../state/artifacts/open.ts';
import { s3SettingsOf, type Surroundings } from '../context.ts';
import { openOutbox } from './outbox.ts';
import { chunkName, REPORT, TO_LOG } from './place.ts';

/** A run that is asked again and again for a lock would else fill the place with its notes. */
const MOST_LOGS = 1_000;
/** How many processes may have worked at one attempt. */
const MOST_WRITERS = 1_000;
const REPORT_MS = 20_000;

/** What a run tells its submitter while it works. */
export interface RemoteTelemetry extends AsyncDisposable {
  readonly tell: Tell;
  /** Brings what waits away now. */
  hurry(): void;
  /** Leaves the report for the submitter; resolves also when that fails. */
  leaveReport(html: string): Promise<void>;
}

export interface RemoteOptions {
  /** A folder, `s3://...`, or `log`: lines on stderr. */
  readonly place: string;
  readonly runId: string;
  readonly attempt: number;
  /** Id of the run store that has the run here. */
  readonly storeId: string;
  readonly surroundings: Surroundings;
  /** Writes a line where the platform's log gets it. */
  readonly err: (line: string) => void;
  readonly redact: (text: string) => string;
}

/** Tells what it hears, numbered, from the side: what cannot be brought away is counted and said. */
export function openRemoteTelemetry(options: RemoteOptions): RemoteTelemetry {
  const { place, runId, attempt, storeId, surroundings, err, redact } = options;
  const { clock = systemClock } = surroundings;
  const stream = randomUUID();
  const isLog = place === TO_LOG;
  let number = 0;
  let logs = 0;

  const numbered = ({ at, body }: Heard): TelemetryMessage => ({
    ...{ schema: TELEMETRY_SCHEMA, run_id: runId, attempt, stream, number: ++number },
    ...{ store: storeId, at, ...body },
  });
  const storage = isLog ? undefined : openPlace(place, surroundings);
  const deliver = storage === undefined ? toLog(err) : toObjects(storage);
  const heard = (body: TelemetryBody, at = clock.now().toISOString()): Heard => ({ at, body });

  const outbox = openOutbox<Heard>({
    clock,
    deliver,
    dropped: (count) => heard({ kind: 'dropped', count }),
    render: (items) =>
      redact(
        items
          .map(numbered)
          .map((one) => (isLog ? toLogLine(one) : JSON.stringify(one)))
          .join('\n'),
      ),
    onLost(count, why) {
      err(`telemetry: ${String(count)} messages could not be written to ${place}: ${why}`);
    },
  });

  return {
    tell(body, at) {
      if (body.kind === 'log' && ++logs > MOST_LOGS) return;
      const key = body.kind === 'progress' ? `${body.step}/${body.part}` : undefined;
      outbox.put(heard(fitting(body), at), key);
    },
    hurry() {
      outbox.hurry();
    },
    async leaveReport(html) {
      try {
        await storage?.write(REPORT, html, AbortSignal.timeout(REPORT_MS));
      } catch {
        err(`telemetry: the report could not be written to ${place}`);
      }
    },
    [Symbol.asyncDispose]: () => outbox[Symbol.asyncDispose](),
  };
}

interface Heard {
  readonly at: string;
  readonly body: TelemetryBody;
}

function openPlace(place: string, { env, cwd, clock = systemClock }: Surroundings): Storage {
  const open = storageOpener(s3SettingsOf(env), clock);
  return open(/^s3a?:\/\//i.test(place) ? place : resolve(cwd, place));
}

function toLog(err: (line: string) => void) {
  return (text: string): Promise<void> => {
    err(text);
    return Promise.resolve();
  };
}

/** Objects that are never changed; the names of an attempt's earlier processes are left alone. */
function toObjects(storage: Storage) {
  let writer: number | undefined;
  return async (text: string, chunk: number, signal: AbortSignal): Promise<void> => {
    const content = `${text}\n`;
    if (writer !== undefined) {
      await storage.write(chunkName(writer, chunk), content, signal);
      return;
    }
    for (let free = 1; free <= MOST_WRITERS; free++) {
      if (!(await taken(storage, chunkName(free, 1), content, signal))) {
        writer = free;
        return;
      }
    }
    throw new Error(`${storage.root} has the telemetry of too many processes`);
  };
}

async function taken(
  storage: Storage,
  key: string,
  content: string,
  signal: AbortSignal,
): Promise<boolean> {
  // Volumes of Databricks have no hard links, which `create` needs; S3 need not let the job read.
  if (!storage.revokesAtOnce)
    return !(await storage.create(key, content, signal)) && !(await isOurs());
  if ((await storage.read(key, signal)) !== undefined) return !(await isOurs());
  await storage.write(key, content, signal);
  return false;

  /** Written before, by a call whose answer was lost. */
  async function isOurs(): Promise<boolean> {
    const found = await storage.read(key, signal).catch(() => undefined);
    return found !== undefined && new TextDecoder().decode(found) === content;
  }
}
