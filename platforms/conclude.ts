import { ERROR_CODES, JobError } from '../core/errors.ts';
import type { SubmissionRecord } from '../core/submission-store.ts';
import type { RemoteStatus } from '../core/submitter.ts';

/** The result line of the remote run, as far as somebody who waits for it has to know it. */
export interface RemoteLine {
  readonly run_id: string;
  readonly attempt: number;
  readonly exit_code: number;
  readonly [key: string]: unknown;
}

export interface Verdict {
  readonly exitCode: number;
  /** Why the exit code is not 0, where no line says it. */
  readonly error?: JobError;
  /** The platform says one thing, the job's own line another. */
  readonly contradiction?: string;
}

/**
 * What came of a remote run that has ended. The line that the job itself has left, after its commits,
 * decides; a platform knows only how the process around it ended.
 *
 * @param line - `unasked`: the run was given no place to leave one.
 */
export function conclude(
  status: RemoteStatus,
  line: RemoteLine | undefined | 'unasked',
  { runId, remoteId = '' }: Pick<SubmissionRecord, 'runId' | 'remoteId'>,
  platform: string,
): Verdict {
  const says = `${platform} says ${status.platformState}`;
  const told = status.message === undefined ? '' : `: ${status.message}`;
  if (typeof line === 'object') {
    const agrees = (status.state === 'SUCCEEDED') === (line.exit_code === 0);
    if (agrees) return { exitCode: line.exit_code };
    const contradiction = `${says}${told}, but the job's own line says exit code ${String(line.exit_code)}: that one counts`;
    return { exitCode: line.exit_code, contradiction };
  }
  if (status.state === 'SUCCEEDED') {
    if (line === 'unasked') return { exitCode: 0 };
    return failed(
      new JobError('REMOTE_UNPROVEN', `${says} of run "${runId}", which has left no result line`, {
        hint: `look at ${remoteId} on ${platform}: was it dray that ran? A retry finds what was loaded`,
      }),
    );
  }
  const code =
    status.state === 'CANCELLED'
      ? 'REMOTE_CANCELLED'
      : status.platformFault === true
        ? 'PLATFORM_FAILED'
        : 'REMOTE_FAILED';
  return failed(
    new JobError(code, `${says} of run "${runId}"${told}`, {
      hint:
        code === 'REMOTE_FAILED'
          ? `look at the log of ${remoteId} on ${platform}`
          : 'submit the next attempt with --retry; it loads nothing twice',
    }),
  );
}

function failed(error: JobError): Verdict {
  return { exitCode: ERROR_CODES[error.code].exitCode, error };
}
