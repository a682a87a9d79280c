import type { Clock } from '../../core/clock.ts';
import {
  type Answer,
  type JsonService,
  serveAwsJson,
  ServiceError,
} from '../../platforms/twins/aws-json.ts';
import {
  CLUSTER_ENDS,
  concurrencyOf,
  type EmrBehaviour,
  type EmrCluster,
  emrMachine,
  type EmrMachineOptions,
  type EmrStep,
  isActive,
  staysUp,
} from './emr-machine.ts';

export interface EmrTwin extends JsonService {
  readonly behaviour: EmrBehaviour;
  /** In the order they were made. */
  clusters(): readonly EmrCluster[];
  /** Every step of every cluster, in order. */
  steps(): readonly EmrStep[];
  /** A cluster that is up, and stays. */
  addCluster(concurrency?: number): EmrCluster;
}

export interface EmrTwinOptions {
  readonly clock: Clock;
  readonly port?: number;
  readonly execute?: EmrMachineOptions['execute'];
}

const MOST_ACTIVE = 256;
const MOST_CHARACTERS = 10_280;
const PAGE = 50;

/**
 * Amazon EMR, as far as clusters and their steps go, with its states, limits and refusals.
 *
 * @see https://docs.aws.amazon.com/emr/latest/APIReference/Welcome.html
 */
export async function startEmrTwin({ clock, port, execute }: EmrTwinOptions): Promise<EmrTwin> {
  const clusters: EmrCluster[] = [];
  const behaviour: EmrBehaviour = {
    ...{ bootMs: 300_000, startMs: 3_000, runMs: 30_000, stopMs: 2_000, hiddenMs: 0 },
    end: 'COMPLETED',
  };
  let made = 0;
  const nowMs = () => clock.now().getTime();
  const { advance, cancel, terminate } = emrMachine({ nowMs, execute });
  const newId = (kind: 'j' | 's') =>
    `${kind}-${(++made).toString(36).toUpperCase().padStart(13, '0')}`;

  function clusterOf(id: unknown, error = 'InvalidRequestException'): EmrCluster {
    const found = clusters.find((cluster) => cluster.id === id);
    if (found !== undefined) return advance(found);
    throw new ServiceError(error, `Cluster id '${String(id)}' is not valid.`);
  }

  function add(cluster: EmrCluster, configs: readonly Answer[]): readonly string[] {
    const steps = configs.map((config) => newStep(config, newId('s'), nowMs(), behaviour));
    if (cluster.steps.filter(isActive).length + steps.length > MOST_ACTIVE) {
      throw refused(
        "Maximum number of active steps(State = 'Running', 'Pending' or 'Cancel_Pending') for cluster exceeded.",
      );
    }
    const isAlone = steps.some(({ config }) => config['ActionOnFailure'] !== 'CONTINUE');
    if (isAlone && concurrencyOf(cluster) > 1) {
      throw refused('ActionOnFailure of a step has to be CONTINUE where steps run concurrently');
    }
    cluster.steps.push(...steps);
    return steps.map(({ id }) => id);
  }

  function newCluster(request: Answer, own: Readonly<EmrBehaviour>): EmrCluster {
    const cluster: EmrCluster = {
      ...{ id: newId('j'), request, createdMs: nowMs(), behaviour: own, steps: [] },
      state: 'STARTING',
    };
    clusters.push(cluster);
    return cluster;
  }

  function described(cluster: EmrCluster): Answer {
    const { code } = cluster.ending ?? {};
    return {
      ...{ Id: cluster.id, Name: cluster.request['Name'], NormalizedInstanceHours: 0 },
      ...{ ReleaseLabel: cluster.request['ReleaseLabel'], Tags: cluster.request['Tags'] ?? [] },
      ...{ AutoTerminate: !staysUp(cluster), StepConcurrencyLevel: concurrencyOf(cluster) },
      Status: {
        State: cluster.state,
        StateChangeReason: code === undefined ? {} : { Code: code, Message: `because of ${code}` },
        Timeline: { CreationDateTime: cluster.createdMs / 1000 },
      },
    };
  }

  const service = await serveAwsJson(
    'ElasticMapReduce',
    {
      RunJobFlow(body) {
        const { Name, Instances, ReleaseLabel, ServiceRole, Steps = [] } = body;
        if (typeof Name !== 'string' || Instances === undefined || ReleaseLabel === undefined) {
          throw refused('Name, Instances and ReleaseLabel have to be there');
        }
        if (ServiceRole === 'missing') throw refused('Invalid ServiceRole: missing');
        const cluster = newCluster(body, { ...behaviour });
        add(cluster, Steps as readonly Answer[]);
        return { JobFlowId: cluster.id, ClusterArn: `arn:aws:elasticmapreduce:${cluster.id}` };
      },
      AddJobFlowSteps(body) {
        const cluster = clusterOf(body['JobFlowId'], 'ValidationException');
        if (cluster.ending !== undefined) {
          throw refused(
            'A job flow that is shutting down, terminated, or finished may not be modified.',
          );
        }
        return { StepIds: add(cluster, body['Steps'] as readonly Answer[]) };
      },
      DescribeCluster: (body) => ({ Cluster: described(clusterOf(body['ClusterId'])) }),
      DescribeStep(body) {
        const { steps } = clusterOf(body['ClusterId']);
        const step = steps.find(({ id }) => id === body['StepId']);
        if (step !== undefined) return { Step: describedStep(step) };
        const message = `Step id '${String(body['StepId'])}' is not valid.`;
        throw new ServiceError('InvalidRequestException', message);
      },
      ListSteps(body) {
        const { steps } = clusterOf(body['ClusterId']);
        const page = pageOf(steps, body['Marker'], nowMs());
        return { Steps: page.items.map(describedStep), ...page.next };
      },
      ListClusters(body) {
        const after = Number(body['CreatedAfter'] ?? 0) * 1000;
        const all = clusters.filter(({ createdMs }) => createdMs >= after);
        const page = pageOf(all, body['Marker'], nowMs());
        return { Clusters: page.items.map(advance).map(described), ...page.next };
      },
      CancelSteps(body) {
        const cluster = clusterOf(body['ClusterId']);
        const infos = (body['StepIds'] as readonly string[]).map((StepId) => {
          const step = cluster.steps.find(({ id }) => id === StepId);
          if (step === undefined || !['PENDING', 'RUNNING'].includes(step.state)) {
            const Reason = `Step is in state ${step?.state ?? 'UNKNOWN'}`;
            return { StepId, Status: 'FAILED', Reason };
          }
          if (body['StepCancellationOption'] === 'TERMINATE_PROCESS') cancel(cluster, step);
          return { StepId, Status: 'SUBMITTED' };
        });
        return { CancelStepsInfoList: infos };
      },
      TerminateJobFlows(body) {
        for (const id of body['JobFlowIds'] as readonly string[]) {
          const cluster = clusterOf(id, 'ValidationException');
          if (CLUSTER_ENDS.includes(cluster.state)) continue;
          terminate(cluster, 'USER_REQUEST');
          advance(cluster);
        }
        return {};
      },
    },
    port,
  );
  return {
    ...{ ...service, behaviour },
    clusters: () => clusters.map(advance),
    steps: () => clusters.map(advance).flatMap(({ steps }) => steps),
    addCluster: (concurrency = 1) =>
      newCluster(
        {
          ...{ Name: 'shared', StepConcurrencyLevel: concurrency, ReleaseLabel: 'emr-7.5.0' },
          Instances: { KeepJobFlowAliveWhenNoSteps: true },
        },
        { ...behaviour, bootMs: 0 },
      ),
  };
}

function newStep(config: Answer, id: string, createdMs: number, behaviour: EmrBehaviour): EmrStep {
  const { Jar, Args: args = [] } = config['HadoopJarStep'] as {
    readonly Jar?: string;
    readonly Args?: readonly string[];
  };
  if (Jar === undefined || typeof config['Name'] !== 'string' || config['Name'].length > 256) {
    throw refused('A step has to have a Jar, and a Name of at most 256 characters');
  }
  if (args.reduce((sum, word) => sum + word.length, 0) > MOST_CHARACTERS) {
    throw refused(`The arguments of a step have at most ${String(MOST_CHARACTERS)} characters`);
  }
  return { ...{ id, config, args, createdMs, behaviour: { ...behaviour } }, state: 'PENDING' };
}

function describedStep(step: EmrStep): Answer {
  const { id, config, args, state, behaviour } = step;
  const failed = state === 'FAILED' || state === 'INTERRUPTED';
  const Reason = step.exit === undefined ? behaviour.message : `exit code ${String(step.exit)}`;
  return {
    ...{ Id: id, Name: config['Name'], ActionOnFailure: config['ActionOnFailure'] },
    Config: { Jar: 'command-runner.jar', Args: args },
    Status: {
      State: state,
      StateChangeReason: {},
      ...(failed && Reason !== undefined ? { FailureDetails: { Reason } } : {}),
      Timeline: {
        CreationDateTime: step.createdMs / 1000,
        ...(step.startedMs === undefined ? {} : { StartDateTime: step.startedMs / 1000 }),
        ...(step.endedMs === undefined ? {} : { EndDateTime: step.endedMs / 1000 }),
      },
    },
  };
}

interface Listed {
  readonly createdMs: number;
  readonly behaviour: Readonly<EmrBehaviour>;
}

/** Newest first, without those that lists do not show yet. */
function pageOf<Item extends Listed>(items: readonly Item[], marker: unknown, nowMs: number) {
  const shown = items
    .filter(({ createdMs, behaviour }) => nowMs - createdMs >= behaviour.hiddenMs)
    .toReversed();
  const from = Number(marker ?? 0);
  const to = from + PAGE;
  return { items: shown.slice(from, to), next: to < shown.length ? { Marker: String(to) } : {} };
}

function refused(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}
