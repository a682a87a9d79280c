import {
  BatchStopJobRunCommand,
  CreateJobCommand,
  GetJobCommand,
  GetJobRunCommand,
  GetJobRunsCommand,
  GlueClient,
  type JobRun,
  StartJobRunCommand,
  UpdateJobCommand,
} from '@aws-sdk/client-glue';
import { JobError } from '../../core/errors.ts';
import type { RemoteRun, Submission, Submitter } from '../../core/submitter.ts';
import { asked, clientOptions, SETTLE_MS } from '../aws/client.ts';
import { awsError, isNotThere, isRejected } from '../aws/errors.ts';
import {
  createJobRequest,
  glueJobName,
  isOurs,
  isUpToDate,
  jobDefinition,
  startRequest,
  TOKEN_ARGUMENT,
} from './request.ts';
import type { GlueSettings } from './settings.ts';
import { glueMeaning } from './states.ts';

const PAGE = 200;

interface RunsPage {
  readonly runs: readonly JobRun[];
  readonly NextToken: string | undefined;
}

export interface GluePlace {
  readonly settings: GlueSettings;
  /** dray's job. */
  readonly job: string;
  /** A server other than AWS's; the SDK takes `AWS_ENDPOINT_URL_GLUE` by itself. */
  readonly endpoint?: string;
}

/**
 * Sends runs to AWS Glue with the credentials that AWS's SDK finds. Glue has no token of its own to
 * tell a repeated call from a new one: ours is an argument of the run, and its list shows it.
 */
export function glueSubmitter({ settings, job, endpoint }: GluePlace): Submitter & Disposable {
  const name = glueJobName(settings, job);
  const client = new GlueClient(clientOptions(settings.region, endpoint));
  const what = `the Glue job "${name}"`;

  async function there(signal: AbortSignal) {
    const options = { abortSignal: signal };
    try {
      return (await client.send(new GetJobCommand({ JobName: name }), options)).Job;
    } catch (error) {
      if (isNotThere(error)) return undefined;
      throw error;
    }
  }

  return {
    name: 'Glue',
    settleMs: SETTLE_MS,

    requests: (submission) => [
      ...(settings.manageJob
        ? [{ operation: 'CreateJob', body: createJobRequest(settings, job) }]
        : []),
      { operation: 'StartJobRun', body: startRequest(settings, submission) },
    ],

    prepare: (_, signal) =>
      asked(what, signal, async () => {
        const options = { abortSignal: signal };
        const found = await there(signal);
        if (!settings.manageJob) {
          if (found !== undefined) return;
          throw new JobError('SUBMIT_REFUSED', `there is no Glue job "${name}"`, {
            hint: 'check "job_name" and "region", or let dray make the job: "manage_job": true',
          });
        }
        if (found === undefined) {
          await client.send(new CreateJobCommand(createJobRequest(settings, job)), options);
          return;
        }
        if (!isOurs(found)) {
          throw new JobError('SUBMIT_REFUSED', `${what} was not made by dray`, {
            hint: 'take it as it is with "manage_job": false, or choose another "job_name"',
          });
        }
        const wanted = jobDefinition(settings);
        if (isUpToDate(found, wanted)) return;
        await client.send(new UpdateJobCommand({ JobName: name, JobUpdate: wanted }), options);
      }),

    async start(submission: Submission, signal) {
      try {
        const { JobRunId } = await client.send(
          new StartJobRunCommand(startRequest(settings, submission)),
          { abortSignal: signal },
        );
        if (JobRunId !== undefined) return { remoteId: JobRunId };
      } catch (error) {
        signal.throwIfAborted();
        if (isRejected(error)) return { refused: awsError(error, what) };
        throw awsError(error, what);
      }
      throw new JobError('PLATFORM_UNAVAILABLE', `${what}: the answer has no JobRunId`);
    },

    find: (token, since, signal) =>
      asked(what, signal, async () => {
        let NextToken: string | undefined;
        do {
          const page: RunsPage = await runsPage(NextToken, signal);
          const run = page.runs.find(({ Arguments }) => Arguments?.[TOKEN_ARGUMENT] === token);
          if (run?.Id !== undefined) return { remoteId: run.Id } satisfies RemoteRun;
          // Newest first: what follows is older still.
          const oldest = page.runs.at(-1)?.StartedOn;
          if (oldest !== undefined && oldest < since) return undefined;
          NextToken = page.NextToken;
        } while (NextToken !== undefined);
        return undefined;
      }),

    status: (remoteId, signal) =>
      asked(what, signal, async () => {
        const asking = new GetJobRunCommand({ JobName: name, RunId: remoteId });
        try {
          const { JobRun } = await client.send(asking, { abortSignal: signal });
          const { JobRunState, ErrorMessage, StateDetail } = JobRun ?? {};
          const message = ErrorMessage ?? StateDetail;
          return {
            ...glueMeaning(JobRunState),
            platformState: JobRunState ?? '',
            ...(message === undefined ? {} : { message }),
          };
        } catch (error) {
          if (!isNotThere(error)) throw error;
          throw new JobError('REMOTE_LOST', `${what} has no run "${remoteId}"`, {
            hint: 'check region and account; Glue forgets runs after 90 days',
            cause: error,
          });
        }
      }),

    requestCancel: (remoteId, signal) =>
      asked(what, signal, async () => {
        const { Errors = [] } = await client.send(
          new BatchStopJobRunCommand({ JobName: name, JobRunIds: [remoteId] }),
          { abortSignal: signal },
        );
        const [refused] = Errors;
        if (refused?.ErrorDetail === undefined) return;
        const { ErrorCode = '', ErrorMessage = '' } = refused.ErrorDetail;
        // A run that has ended, or is being stopped: whoever waits for its end will see it.
        if (ErrorCode === 'JobRunCannotBeStoppedException' || /terminal/i.test(ErrorMessage))
          return;
        throw Object.assign(new Error(ErrorMessage), { name: ErrorCode });
      }),

    [Symbol.dispose]() {
      client.destroy();
    },
  };

  async function runsPage(after: string | undefined, signal: AbortSignal): Promise<RunsPage> {
    const from = after === undefined ? {} : { NextToken: after };
    const asking = new GetJobRunsCommand({ JobName: name, MaxResults: PAGE, ...from });
    try {
      const { JobRuns = [], NextToken } = await client.send(asking, { abortSignal: signal });
      return { runs: JobRuns, NextToken };
    } catch (error) {
      // Without the job there is no run of it.
      if (isNotThere(error)) return { runs: [], NextToken: undefined };
      throw error;
    }
  }
}
