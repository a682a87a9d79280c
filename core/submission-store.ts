import type { RemoteState } from './submitter.ts';
import type { Window } from './window.ts';

/**
 * Where sending one attempt is. INTENDED: nothing was sent, or the platform has refused it. CALLING:
 * a call has begun, and what came of it is not known. SUBMITTED: the remote run is known. ENDED: so
 * is its end.
 */
export const SUBMISSION_STATES = ['INTENDED', 'CALLING', 'SUBMITTED', 'ENDED'] as const;
export type SubmissionState = (typeof SUBMISSION_STATES)[number];

export const SUBMISSION_MOVES = {
  INTENDED: ['CALLING', 'SUBMITTED', 'ENDED'],
  CALLING: ['INTENDED', 'SUBMITTED'],
  SUBMITTED: ['ENDED'],
  ENDED: [],
} as const satisfies Record<SubmissionState, readonly SubmissionState[]>;

export function canMoveSubmission(from: SubmissionState, to: SubmissionState): boolean {
  return from === to || (SUBMISSION_MOVES[from] as readonly SubmissionState[]).includes(to);
}

/** What is known before the first call: committed first, never changed. */
export interface SubmissionIntent {
  readonly runId: string;
  readonly attempt: number;
  readonly job: string;
  readonly window?: Window;
  readonly platform: string;
  readonly token: string;
  /** Where on the platform, with what: enough to follow the run later. Without secrets. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The run that this one is a rerun of. */
  readonly rerunOf?: string;
  /** ISO 8601. */
  readonly at: string;
}

/** What becomes known on the way. */
export interface SubmissionProgress {
  readonly state: SubmissionState;
  /** When the latest call began. */
  readonly calledAt?: string;
  readonly calls: number;
  readonly remoteId?: string;
  readonly remoteState?: RemoteState;
  readonly platformState?: string;
  /** What the platform, or the last refused call, has said. */
  readonly message?: string;
  readonly cancelRequestedAt?: string;
  /** Since when a next attempt may be sent though the platform has not confirmed the end of this one. */
  readonly fencedAt?: string;
  readonly exitCode?: number;
  /** The result line of the remote run. */
  readonly result?: Readonly<Record<string, unknown>>;
}

export interface SubmissionRecord extends Omit<SubmissionIntent, 'at'>, SubmissionProgress {
  /** Grows with every change. */
  readonly revision: number;
  readonly createdAt: string;
  readonly changedAt: string;
}

/** Keeps what was sent where. Every change is a compare-and-set on the revision that it was made from. */
export interface SubmissionStore {
  /**
   * Commits an intent. Where the attempt was sent already, that one stays and is returned; one that is
   * still INTENDED takes the new platform, token and settings.
   *
   * @throws JobError `ARGUMENTS_INVALID` when the run was submitted with another job or window, or
   *   the attempt to another platform.
   */
  intendSubmission(intent: SubmissionIntent): Promise<SubmissionRecord>;
  /**
   * Changes a submission that is exactly as `from` has it.
   *
   * @returns undefined, with nothing changed, when somebody else has changed it since.
   */
  moveSubmission(
    from: SubmissionRecord,
    change: Partial<SubmissionProgress>,
    at: string,
  ): Promise<SubmissionRecord | undefined>;
  /** The submissions of a run, first attempt first. */
  submissionsOf(runId: string): Promise<readonly SubmissionRecord[]>;
  /** The reruns of a run, oldest first; each by its latest attempt. */
  rerunsOf(runId: string): Promise<readonly SubmissionRecord[]>;
  /** Newest first. */
  listSubmissions(limit: number): Promise<readonly SubmissionRecord[]>;
}
