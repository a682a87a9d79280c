import { betweenFailpoints, type EffectKind, type Failpoints } from './failpoint.ts';
import type { RunEvent } from './events.ts';
import type { Notification } from './notification.ts';
import type { RunState } from './run-state.ts';
import type { SubmissionStore } from './submission-store.ts';
import type { TelemetryStore } from './telemetry.ts';
import type { Window } from './window.ts';

export interface StepRecord {
  readonly name: string;
  readonly attempt: number;
  readonly state: 'RUNNING' | 'COMPLETED' | 'FAILED';
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt?: string;
}

export interface RunRecord {
  readonly runId: string;
  readonly job: string;
  readonly state: RunState;
  readonly attempt: number;
  readonly window?: Window;
  readonly createdBy: string;
  readonly servicePlatform: string;
  readonly engine?: string;
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** The result line of the last attempt, as it went to stdout; redacted. */
  readonly result?: Readonly<Record<string, unknown>>;
}

export interface NewAttempt {
  readonly runId: string;
  readonly job: string;
  readonly attempt: number;
  readonly window?: Window;
  readonly createdBy: string;
  readonly servicePlatform: string;
  /** The config as resolved, redacted. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly at: string;
}

/** A notification that waits to be sent, or has been. */
export interface QueuedNotification extends Notification {
  readonly state: 'PENDING' | 'SENT' | 'GIVEN_UP';
  readonly createdAt: string;
  /** How often somebody has taken it to send it. */
  readonly tries: number;
  /** What the last try said. */
  readonly error?: string;
}

export interface RunFilter {
  readonly job?: string;
  readonly state?: RunState;
  /** Newest first, at most this many. */
  readonly limit: number;
}

/**
 * Keeps runs, steps and events. Every change of state is a compare-and-set on
 * (runId, attempt, state) and appends its event in the same transaction.
 */
export interface RunStore extends SubmissionStore, TelemetryStore, AsyncDisposable {
  /**
   * Records a new run, or a higher attempt of a known one, as RUNNING. The same attempt again, of a
   * run that is RUNNING or has FAILED, is taken as the restart of a process that was killed.
   *
   * @throws JobError `LEASE_LOST` when the store knows a higher attempt of the run;
   *   `ARGUMENTS_INVALID` when the run has COMPLETED, or has another job or window.
   */
  startAttempt(attempt: NewAttempt): Promise<void>;
  /** Moves RUNNING to an end state. Returns false when the run has moved on without us. */
  endAttempt(end: {
    readonly runId: string;
    readonly attempt: number;
    readonly state: 'COMPLETED' | 'FAILED' | 'CANCELLED';
    readonly engine?: string;
    readonly result: Readonly<Record<string, unknown>>;
    readonly at: string;
    /** To be sent now that the run has ended so; those whose id is known already are left out. */
    readonly notifications?: readonly Notification[];
  }): Promise<boolean>;
  /** Says that the attempt is alive; no effect once the run has moved on. */
  heartbeat(runId: string, attempt: number, at: string): Promise<void>;
  /** @throws JobError `RUN_UNKNOWN`, as does `appendEvent`. */
  putStep(runId: string, step: StepRecord): Promise<void>;
  appendEvent(event: RunEvent): Promise<void>;
  getRun(runId: string): Promise<RunRecord | undefined>;
  /** The config that the run was started with, on the wire's terms, secrets masked. */
  getConfig(runId: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  listRuns(filter: RunFilter): Promise<readonly RunRecord[]>;
  listSteps(runId: string): Promise<readonly StepRecord[]>;
  listEvents(runId: string): Promise<readonly RunEvent[]>;
  /**
   * Takes the oldest pending notifications of a job for the caller alone: until `heldUntil` nobody
   * else gets them. Counts as a try of each.
   */
  takeNotifications(take: {
    readonly job: string;
    readonly at: string;
    readonly heldUntil: string;
    readonly limit: number;
  }): Promise<readonly QueuedNotification[]>;
  /** Says what came of a taken notification; PENDING ones can be taken again at once. */
  settleNotification(settled: {
    readonly id: string;
    readonly state: QueuedNotification['state'];
    readonly at: string;
    readonly error?: string;
  }): Promise<void>;
  /** Newest first. */
  listNotifications(limit: number): Promise<readonly QueuedNotification[]>;
}

const STORE_EFFECTS = {
  startAttempt: 'effect',
  endAttempt: 'effect',
  heartbeat: 'effect',
  putStep: 'effect',
  appendEvent: 'effect',
  takeNotifications: 'effect',
  settleNotification: 'effect',
  getRun: 'look',
  getConfig: 'look',
  listRuns: 'look',
  listSteps: 'look',
  listEvents: 'look',
  listNotifications: 'look',
  intendSubmission: 'effect',
  moveSubmission: 'effect',
  submissionsOf: 'look',
  rerunsOf: 'look',
  listSubmissions: 'look',
  storeId: 'look',
  telemetryPosition: 'look',
  keepTelemetry: 'effect',
  settleRun: 'effect',
  listProgress: 'look',
} as const satisfies Record<Exclude<keyof RunStore, symbol>, EffectKind>;

export function storeBetweenFailpoints(store: RunStore, failpoints: Failpoints): RunStore {
  return betweenFailpoints(store, 'store', STORE_EFFECTS, failpoints);
}
