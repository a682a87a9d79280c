import {
  CancelJobRunCommand,
  EMRServerlessClient,
  GetJobRunCommand,
  type JobRunSummary,
  ListJobRunsCommand,
  StartJobRunCommand,
} from '@aws-sdk/client-emr-serverless';
import { JobError } from '../../core/errors.ts';
import { isRemoteEnd, type Submitter } from '../../core/submitter.ts';
import { asked, clientOptions, SETTLE_MS } from '../aws/client.ts';
import { awsError, isRejected } from '../aws/errors.ts';
import { startRequest } from './request.ts';
import type { EmrServerlessSettings } from './settings.ts';
import { emrServerlessMeaning } from './states.ts';

const PAGE = 50;

export interface EmrServerlessPlace {
  readonly settings: EmrServerlessSettings;
  /** A server other than AWS's; the SDK takes `AWS_ENDPOINT_URL_EMR_SERVERLESS` by itself. */
  readonly endpoint?: string;
}

interface RunsPage {
  readonly runs: readonly JobRunSummary[];
  readonly nextToken: string | undefined;
}

/**
 * Sends runs to an application of EMR Serverless with the credentials that AWS's SDK finds. Our token
 * is its client token: of calls with the same one, EMR starts a run for the first.
 */
export function emrServerlessSubmitter({
  settings,
  endpoint,
}: EmrServerlessPlace): Submitter & Disposable {
  const { applicationId, region, stopGraceS } = settings;
  const client = new EMRServerlessClient(clientOptions(region, endpoint));
  const what = `the application ${applicationId}`;

  async function status(remoteId: string, signal: AbortSignal) {
    const asking = new GetJobRunCommand({ applicationId, jobRunId: remoteId });
    try {
      const { jobRun } = await client.send(asking, { abortSignal: signal });
      const { state = '', stateDetails = '' } = jobRun ?? {};
      return {
        ...emrServerlessMeaning(state),
        platformState: state,
        ...(stateDetails === '' ? {} : { message: stateDetails }),
      };
    } catch (error) {
      if (!(error instanceof Error && error.name === 'ResourceNotFoundException')) throw error;
      throw new JobError('REMOTE_LOST', `${what} has no run "${remoteId}"`, {
        hint: 'check region, account and application',
        cause: error,
      });
    }
  }

  async function runsPage(
    since: Date,
    after: string | undefined,
    signal: AbortSignal,
  ): Promise<RunsPage> {
    const asking = new ListJobRunsCommand({
      ...{ applicationId, createdAtAfter: since, maxResults: PAGE },
      ...(after === undefined ? {} : { nextToken: after }),
    });
    const { jobRuns = [], nextToken } = await client.send(asking, { abortSignal: signal });
    return { runs: jobRuns, nextToken };
  }

  return {
    name: 'EMR Serverless',
    // Whoever only looks, and does not call again, depends on the list.
    settleMs: SETTLE_MS,

    requests: (submission) => [
      { operation: 'StartJobRun', body: startRequest(settings, submission) },
    ],

    prepare: (submission) => {
      startRequest(settings, submission);
      return Promise.resolve();
    },

    async start(submission, signal) {
      try {
        const asking = new StartJobRunCommand(startRequest(settings, submission));
        const { jobRunId } = await client.send(asking, { abortSignal: signal });
        if (jobRunId !== undefined) return { remoteId: jobRunId };
      } catch (error) {
        signal.throwIfAborted();
        if (isRejected(error)) return { refused: awsError(error, what) };
        throw awsError(error, what);
      }
      throw new JobError('PLATFORM_UNAVAILABLE', `${what}: the answer has no jobRunId`);
    },

    find: (token, since, signal) =>
      asked(what, signal, async () => {
        let nextToken: string | undefined;
        do {
          const page: RunsPage = await runsPage(since, nextToken, signal);
          const run = page.runs.find(({ name }) => name?.endsWith(token) === true);
          if (run?.id !== undefined) return { remoteId: run.id };
          ({ nextToken } = page);
        } while (nextToken !== undefined);
        return undefined;
      }),

    status: (remoteId, signal) => asked(what, signal, async () => await status(remoteId, signal)),

    requestCancel: (remoteId, signal) =>
      asked(what, signal, async () => {
        const { state } = await status(remoteId, signal);
        // EMR refuses to cancel what has ended.
        if (isRemoteEnd(state) || state === 'STOPPING') return;
        const asking = new CancelJobRunCommand({
          ...{ applicationId, jobRunId: remoteId, shutdownGracePeriodInSeconds: stopGraceS },
        });
        await client.send(asking, { abortSignal: signal });
      }),

    [Symbol.dispose]() {
      client.destroy();
    },
  };
}
