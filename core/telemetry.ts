import { z } from 'zod';
import type { RunState } from './run-state.ts';

export const TELEMETRY_SCHEMA = 'dray.telemetry/1';

/**
 * Bytes of a message, at most. Docker splits a line of a container's log at 16 kB.
 *
 * @see https://docs.docker.com/engine/logging/ - partial messages
 */
export const MAX_MESSAGE_BYTES = 12_000;
const MAX_TEXT = 2_000;

const object = z.record(z.string(), z.unknown());
const count = z.int().nonnegative();

const envelope = z.object({
  schema: z.literal(TELEMETRY_SCHEMA),
  run_id: z.string(),
  attempt: z.int().positive(),
  /** One for each process: an attempt has several when its platform starts it again. */
  stream: z.string(),
  /** Within the stream, from 1, without gaps. */
  number: z.int().positive(),
  /** Id of the run store that has the run already. */
  store: z.string(),
  at: z.iso.datetime(),
});

const body = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('start'),
    job: z.string(),
    window: z.object({ start_date: z.string(), end_date: z.string() }).nullable(),
    created_by: z.string(),
    service_provider: z.string(),
    /** Redacted; null when it is too long. */
    config: object.nullable(),
  }),
  z.object({
    kind: z.literal('step'),
    name: z.string(),
    state: z.enum(['RUNNING', 'COMPLETED', 'FAILED']),
    started_at: z.string(),
    ended_at: z.string().optional(),
  }),
  z.object({ kind: z.literal('event'), type: z.string(), data: object }),
  z.object({
    kind: z.literal('progress'),
    step: z.string(),
    part: z.string(),
    /** Rows. */
    done: count,
    total: count,
  }),
  z.object({ kind: z.literal('log'), level: z.enum(['info', 'warning']), text: z.string() }),
  z.object({
    kind: z.literal('end'),
    state: z.enum(['COMPLETED', 'FAILED', 'CANCELLED'] satisfies RunState[]),
    engine: z.string().optional(),
    /** The result line; null when it is too long, or nobody has left one. */
    result: object.nullable(),
  }),
  /** So many messages could not be kept. */
  z.object({ kind: z.literal('dropped'), count }),
]);

const message = z.intersection(envelope, body);

/** What a run tells of itself while it works, without what tells one message from another. */
export type TelemetryBody = z.output<typeof body>;
/** A numbered message, as it is on the wire: `dray.telemetry/1`. */
export type TelemetryMessage = z.output<typeof message>;

/**
 * Whoever listens to a run. Returns at once, and never throws.
 *
 * @param at - when it was, ISO 8601; default: now.
 */
export type Tell = (body: TelemetryBody, at?: string) => void;

/** A body that fits a message: what is too long of it is left out. */
export function fitting(whole: TelemetryBody): TelemetryBody {
  const short = whole.kind === 'log' ? { ...whole, text: whole.text.slice(0, MAX_TEXT) } : whole;
  const bytes = Buffer.byteLength(JSON.stringify(short));
  if (bytes <= MAX_MESSAGE_BYTES - 500) return short;
  switch (short.kind) {
    case 'start':
      return { ...short, config: null };
    case 'end':
      return { ...short, result: null };
    case 'event':
      return { ...short, data: { left_out_bytes: bytes } };
    default:
      return { kind: 'dropped', count: 1 };
  }
}

/** One line of a platform's log. */
export function toLogLine(one: TelemetryMessage): string {
  return `${TELEMETRY_SCHEMA} ${JSON.stringify(one)}`;
}

/** The message in a line of a platform's log, whatever a logger has put before it. */
export function fromLogLine(line: string): TelemetryMessage | undefined {
  const at = line.indexOf(`${TELEMETRY_SCHEMA} {`);
  return at < 0 ? undefined : toMessage(line.slice(at + TELEMETRY_SCHEMA.length + 1));
}

/** The messages of an object with one a line; lines that are something else are left out. */
export function fromLines(text: string): readonly TelemetryMessage[] {
  return text
    .split('\n')
    .map(toMessage)
    .filter((found) => found !== undefined);
}

function toMessage(line: string): TelemetryMessage | undefined {
  try {
    return message.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** How far one stream of work within a step had come when it was last heard of. */
export interface ProgressRecord {
  readonly attempt: number;
  readonly step: string;
  readonly part: string;
  readonly done: number;
  readonly total: number;
  /** ISO 8601. */
  readonly at: string;
}

/** What is known already of the telemetry of an attempt. */
export interface TelemetryPosition {
  /** Where the reader was, in its own words. */
  readonly cursor?: string;
  /** The number of the last message of each stream. */
  readonly streams: Readonly<Record<string, number>>;
}

/** Keeps what remote runs tell, as if they had run here. */
export interface TelemetryStore {
  /** Tells this store from any other; the same for all who open it. */
  storeId(): Promise<string>;
  telemetryPosition(runId: string, attempt: number): Promise<TelemetryPosition>;
  /**
   * Takes messages of an attempt into the record of its run, each exactly once whoever brings it how
   * often, in the order of their numbers. Those of a run that this very store has recorded itself change
   * nothing.
   *
   * @param cursor - kept with them, for the next reader.
   */
  keepTelemetry(
    runId: string,
    attempt: number,
    messages: readonly TelemetryMessage[],
    cursor?: string,
  ): Promise<void>;
  /**
   * Records the end of a remote run as its submitter knows it at last: ends an attempt that is RUNNING
   * here, and puts the result in the place of what is there. No effect where the run is not known, or
   * is at another attempt.
   */
  settleRun(end: {
    readonly runId: string;
    readonly attempt: number;
    readonly state: 'COMPLETED' | 'FAILED' | 'CANCELLED';
    readonly engine?: string;
    readonly result: Readonly<Record<string, unknown>>;
    readonly at: string;
  }): Promise<void>;
  /** Of remote runs alone: how far each part had come; in the order of steps. */
  listProgress(runId: string): Promise<readonly ProgressRecord[]>;
}
