import {
  AddJobFlowStepsCommand,
  CancelStepsCommand,
  type Cluster,
  type ClusterSummary,
  DescribeClusterCommand,
  DescribeStepCommand,
  EMRClient,
  ListClustersCommand,
  ListStepsCommand,
  RunJobFlowCommand,
  type StepSummary,
  TerminateJobFlowsCommand,
} from '@aws-sdk/client-emr';
import { JobError } from '../../core/errors.ts';
import { isRemoteEnd, type Submission, type Submitter } from '../../core/submitter.ts';
import { asked, clientOptions, SETTLE_MS } from '../aws/client.ts';
import { awsError, isRejected } from '../aws/errors.ts';
import { addStepRequest, isRunName, runClusterRequest } from './request.ts';
import { clusterOf, type EmrSettings, type TransientCluster } from './settings.ts';
import { clusterStatus, EMR_CLUSTER_STATES, stepStatus } from './states.ts';

interface Page<Item> {
  readonly items: readonly Item[];
  readonly Marker: string | undefined;
}

export interface EmrPlace {
  readonly settings: EmrSettings;
  /** A server other than AWS's; the SDK takes `AWS_ENDPOINT_URL_EMR` by itself. */
  readonly endpoint?: string;
}

/**
 * Sends runs to Amazon EMR with the credentials that AWS's SDK finds: as a step of a cluster that is
 * there, or with a cluster of their own. EMR has no token to tell a repeated call from a new one: ours
 * is in the name of the step, and of the cluster, and EMR's lists show it.
 */
export function emrSubmitter({ settings, endpoint }: EmrPlace): Submitter & Disposable {
  const client = new EMRClient(clientOptions(settings.region, endpoint));
  const where = clusterOf(settings);
  return {
    name: 'EMR',
    settleMs: SETTLE_MS,
    ...('clusterId' in where
      ? onCluster(client, settings, where.clusterId)
      : onItsOwn(client, settings, where.cluster)),
    [Symbol.dispose]() {
      client.destroy();
    },
  };
}

type Platform = Omit<Submitter, 'name' | 'settleMs'>;

/** A run is a step of a cluster that others use, too. */
function onCluster(client: EMRClient, settings: EmrSettings, clusterId: string): Platform {
  const what = `the cluster ${clusterId}`;
  const requestOf = (submission: Submission) => addStepRequest(settings, clusterId, submission);

  async function status(remoteId: string, signal: AbortSignal) {
    const asking = new DescribeStepCommand({ ClusterId: clusterId, StepId: remoteId });
    try {
      const { Step } = await client.send(asking, { abortSignal: signal });
      return stepStatus(Step?.Status ?? {});
    } catch (error) {
      throw isNotThere(error) ? lost(`${what} has no step "${remoteId}"`, error) : error;
    }
  }

  return {
    requests: (submission) => [{ operation: 'AddJobFlowSteps', body: requestOf(submission) }],

    prepare: (submission, signal) =>
      asked(what, signal, async () => {
        requestOf(submission);
        const { Status } = await described(client, clusterId, signal);
        const { State } = Status ?? {};
        const meaning = State === undefined ? undefined : EMR_CLUSTER_STATES[State];
        if (meaning === undefined || meaning.state === 'PENDING' || meaning.state === 'RUNNING')
          return;
        throw new JobError('SUBMIT_REFUSED', `${what} is ${String(State)}`, {
          hint: 'name one that is up in "cluster_id", or let dray make one: "cluster": {}',
        });
      }),

    async start(submission, signal) {
      return await started(what, signal, async () => {
        const asking = new AddJobFlowStepsCommand(requestOf(submission));
        return (await client.send(asking, { abortSignal: signal })).StepIds?.[0];
      });
    },

    find: (token, since, signal) =>
      asked(what, signal, async () => {
        const page = async (Marker: string | undefined): Promise<Page<StepSummary>> => {
          const asking = new ListStepsCommand({ ClusterId: clusterId, Marker });
          const found = await client.send(asking, { abortSignal: signal });
          return { items: found.Steps ?? [], Marker: found.Marker };
        };
        return await named(token, since, page);
      }),

    status: (remoteId, signal) => asked(what, signal, async () => await status(remoteId, signal)),

    requestCancel: (remoteId, signal) =>
      asked(what, signal, async () => {
        const { CancelStepsInfoList = [] } = await client.send(
          new CancelStepsCommand({
            ClusterId: clusterId,
            StepIds: [remoteId],
            // A signal that a process may ignore is no stop; this ends all of its processes.
            StepCancellationOption: 'TERMINATE_PROCESS',
          }),
          { abortSignal: signal },
        );
        const [answer] = CancelStepsInfoList;
        if (answer?.Status !== 'FAILED') return;
        const { state, platformState } = await status(remoteId, signal);
        // It has ended, or is being stopped: whoever waits for its end will see it.
        if (isRemoteEnd(state) || state === 'STOPPING') return;
        const message = `${what} does not cancel the step ${remoteId}, which is ${platformState}: ${answer.Reason ?? ''}`;
        throw new JobError('SUBMIT_REFUSED', message, {
          hint: 'EMR cancels running steps from release 5.28 on; look at the step in its console',
        });
      }),
  };
}

/** A run has a cluster that ends with it. */
function onItsOwn(client: EMRClient, settings: EmrSettings, cluster: TransientCluster): Platform {
  const what = 'a cluster of its own';
  const requestOf = (submission: Submission) => runClusterRequest(settings, cluster, submission);

  return {
    requests: (submission) => [{ operation: 'RunJobFlow', body: requestOf(submission) }],

    prepare: (submission) => {
      requestOf(submission);
      return Promise.resolve();
    },

    async start(submission, signal) {
      return await started(what, signal, async () => {
        const asking = new RunJobFlowCommand(requestOf(submission));
        return (await client.send(asking, { abortSignal: signal })).JobFlowId;
      });
    },

    find: (token, since, signal) =>
      asked(what, signal, async () => {
        const page = async (Marker: string | undefined): Promise<Page<ClusterSummary>> => {
          const asking = new ListClustersCommand({ CreatedAfter: since, Marker });
          const found = await client.send(asking, { abortSignal: signal });
          return { items: found.Clusters ?? [], Marker: found.Marker };
        };
        return await named(token, since, page);
      }),

    status: (remoteId, signal) =>
      asked(what, signal, async () => {
        const asking = new ListStepsCommand({ ClusterId: remoteId });
        try {
          // The step is asked for last: once its cluster has ended, what it says is final.
          const found = await described(client, remoteId, signal);
          const { Steps = [] } = await client.send(asking, { abortSignal: signal });
          return clusterStatus(found, Steps.find(({ Name }) => isRunName(Name))?.Status);
        } catch (error) {
          throw isNotThere(error) ? lost(`EMR has no cluster "${remoteId}"`, error) : error;
        }
      }),

    requestCancel: (remoteId, signal) =>
      asked(what, signal, async () => {
        const asking = new TerminateJobFlowsCommand({ JobFlowIds: [remoteId] });
        await client.send(asking, { abortSignal: signal });
      }),
  };
}

/** Sends the one call that starts a run. */
async function started(what: string, signal: AbortSignal, call: () => Promise<string | undefined>) {
  try {
    const remoteId = await call();
    if (remoteId !== undefined) return { remoteId };
  } catch (error) {
    signal.throwIfAborted();
    if (isRejected(error)) return { refused: refusal(error, what) };
    throw awsError(error, what);
  }
  throw new JobError('PLATFORM_UNAVAILABLE', `${what}: the answer has no id`);
}

async function described(
  client: EMRClient,
  clusterId: string,
  signal: AbortSignal,
): Promise<Cluster> {
  const asking = new DescribeClusterCommand({ ClusterId: clusterId });
  return (await client.send(asking, { abortSignal: signal })).Cluster ?? {};
}

/** Goes through a list, newest first, to the one whose name has the token. */
async function named<Item extends StepSummary | ClusterSummary>(
  token: string,
  since: Date,
  page: (Marker: string | undefined) => Promise<Page<Item>>,
) {
  let Marker: string | undefined;
  do {
    const found = await page(Marker);
    const run = found.items.find(({ Name }) => isRunName(Name) && Name?.endsWith(token) === true);
    if (run?.Id !== undefined) return { remoteId: run.Id };
    const oldest = found.items.at(-1)?.Status?.Timeline?.CreationDateTime;
    if (oldest !== undefined && oldest < since) return undefined;
    ({ Marker } = found);
  } while (Marker !== undefined);
  return undefined;
}

function refusal(error: unknown, what: string): JobError {
  const refused = awsError(error, what);
  if (!/maximum number of active steps/i.test(refused.message)) return refused;
  return new JobError('PLATFORM_BUSY', refused.message, {
    hint: 'wait for the other steps, or set wait_for_room_s',
    cause: error,
  });
}

/** EMR says in words alone that it does not know an id. */
function isNotThere(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^(InvalidRequestException|ValidationException)$/.test(error.name) &&
    /not (valid|found|exist)/i.test(error.message)
  );
}

function lost(message: string, cause: unknown): JobError {
  return new JobError('REMOTE_LOST', message, {
    hint: 'check region and account; EMR forgets clusters after two months',
    cause,
  });
}
