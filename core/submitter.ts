import type { JobError } from './errors.ts';
import { betweenFailpoints, type EffectKind, type Failpoints } from './failpoint.ts';

/**
 * Where a remote run is, whatever its platform calls that; `docs/states.md` has the tables.
 * UNKNOWN: a word that the tables lack. It is neither an end nor ever a success.
 */
export const REMOTE_STATES = [
  'PENDING',
  'RUNNING',
  'STOPPING',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
  'UNKNOWN',
] as const;
export type RemoteState = (typeof REMOTE_STATES)[number];

export const REMOTE_ENDS = ['SUCCEEDED', 'FAILED', 'CANCELLED'] as const satisfies RemoteState[];
export type RemoteEnd = (typeof REMOTE_ENDS)[number];

export function isRemoteEnd(state: RemoteState): state is RemoteEnd {
  return (REMOTE_ENDS as readonly RemoteState[]).includes(state);
}

/** What one of a platform's states means; `platformFault`: another try may well succeed. */
export interface RemoteMeaning {
  readonly state: RemoteState;
  readonly platformFault?: true;
}

export interface RemoteStatus extends RemoteMeaning {
  /** As the platform spells it: `TIMEOUT`, `TERMINATED RUN_EXECUTION_ERROR`. */
  readonly platformState: string;
  /** What the platform says beside it. */
  readonly message?: string;
}

/** One attempt of a run, ready to be sent. */
export interface Submission {
  readonly runId: string;
  readonly attempt: number;
  readonly job: string;
  /** At most 64 characters of [0-9a-f]; the same for every try at sending this attempt. */
  readonly token: string;
  /** Arguments of the generic entry, in order; a flag without a value has none. */
  readonly args: readonly (readonly [flag: string, value?: string])[];
}

export interface RemoteRun {
  readonly remoteId: string;
}

/** The platform's answer to a call: a run, or words that rule out that it has started one. */
export type StartAnswer =
  (RemoteRun & { readonly refused?: never }) | { readonly refused: JobError };

/** What a platform is asked, by the name of its operation. */
export interface RemoteRequest {
  readonly operation: string;
  readonly body: unknown;
}

/** Sends runs to a platform. What a method throws is a JobError, or the signal's reason. */
export interface Submitter {
  /** As people name it: `Glue`. */
  readonly name: string;
  /**
   * How long after a call has begun its run may still be missing from `find`, in milliseconds: the
   * call's own time limit and the platform's lag together.
   */
  readonly settleMs: number;
  /** The platform itself gives the first run back to everybody who calls `start` with its token again. */
  readonly honoursToken?: true;
  /** The requests of `prepare` and `start` as they would be sent to an empty platform. */
  requests(submission: Submission): readonly RemoteRequest[];
  /** Makes or updates what the run needs to be there; nothing runs yet. May be repeated. */
  prepare(submission: Submission, signal: AbortSignal): Promise<void>;
  /**
   * Sends one call, once. When it throws, nobody knows whether the run has started: the caller has to
   * look before it calls again.
   */
  start(submission: Submission, signal: AbortSignal): Promise<StartAnswer>;
  /** The run that was started with the token, if the platform shows one that is not older. */
  find(token: string, since: Date, signal: AbortSignal): Promise<RemoteRun | undefined>;
  /** @throws JobError `REMOTE_LOST` when the platform knows no such run. */
  status(remoteId: string, signal: AbortSignal): Promise<RemoteStatus>;
  /** Asks for the end of a run; done already or asked twice is no error. */
  requestCancel(remoteId: string, signal: AbortSignal): Promise<void>;
  /**
   * What the run has printed since `cursor`, where the platform hands it out.
   *
   * @param cursor - of the call before; undefined: from the beginning.
   */
  logs?(
    remoteId: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly lines: readonly string[]; readonly cursor?: string }>;
  /** The result line of a run that has ended, where the platform keeps what runs print. */
  resultLine?(remoteId: string, signal: AbortSignal): Promise<string | undefined>;
  /** A file that runs have left in a place of the platform's own; undefined when there is none. */
  readFile?(path: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
}

const SUBMITTER_EFFECTS = {
  prepare: 'effect',
  start: 'effect',
  requestCancel: 'effect',
  find: 'look',
  status: 'look',
  logs: 'look',
  resultLine: 'look',
  readFile: 'look',
  requests: 'look',
} as const satisfies Record<
  Exclude<keyof Submitter, 'name' | 'settleMs' | 'honoursToken'>,
  EffectKind
>;

export function submitterBetweenFailpoints(
  submitter: Submitter,
  failpoints: Failpoints,
): Submitter {
  return betweenFailpoints(submitter, 'submitter', SUBMITTER_EFFECTS, failpoints);
}
