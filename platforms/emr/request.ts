import type {
  AddJobFlowStepsInput,
  InstanceGroupConfig,
  RunJobFlowInput,
  StepConfig,
} from '@aws-sdk/client-emr';
import type { Submission } from '../../core/submitter.ts';
import { assertArrives } from '../envelope.ts';
import type { EmrSettings, TransientCluster } from './settings.ts';

/** Of the 256 characters that a name may have; the token takes 64. */
const JOB_CHARACTERS = 150;

/**
 * Unpacks the archive where the step begins: Spark does so for containers, not for a driver on the
 * primary node. No argument stands in the script itself.
 */
const UNPACK =
  'set -eo pipefail; mkdir dray; aws s3 cp "$1" - | tar -xz -C dray; shift; exec spark-submit "$@"';

/** YARN's retry would be the same attempt again, behind our back; the step has to wait for its driver. */
const ON_YARN = {
  'spark.yarn.maxAppAttempts': '1',
  'spark.yarn.submit.waitAppCompletion': 'true',
} as const;

/** What a run, and the cluster made for it, is found by: EMR has no client token. */
export function runName({ job, token }: Pick<Submission, 'job' | 'token'>): string {
  return `dray ${job.slice(0, JOB_CHARACTERS)} ${token}`;
}

/** Whether the name is one of a run of dray's, whichever. */
export function isRunName(name: string | undefined): boolean {
  return /^dray \S+ [0-9a-f]{64}$/.test(name ?? '');
}

/** On a cluster that is there already. */
export function addStepRequest(
  settings: EmrSettings,
  clusterId: string,
  submission: Submission,
): AddJobFlowStepsInput {
  const { executionRole } = settings;
  return {
    JobFlowId: clusterId,
    // The only one that clusters with several steps at once take.
    Steps: [stepOf(settings, submission, 'CONTINUE')],
    ...(executionRole === undefined ? {} : { ExecutionRoleArn: executionRole }),
  };
}

/** With a cluster of its own, which ends when the step does. */
export function runClusterRequest(
  settings: EmrSettings,
  cluster: TransientCluster,
  submission: Submission,
): RunJobFlowInput {
  const { runId, attempt } = submission;
  const { subnetId, logUri, securityConfiguration, bootstrapActions, configurations } = cluster;
  const { executionRole } = settings;
  const tags = { ...cluster.tags, 'dray:run_id': runId, 'dray:attempt': String(attempt) };
  return {
    Name: runName(submission),
    ReleaseLabel: cluster.releaseLabel,
    Applications: [{ Name: 'Spark' }],
    Instances: {
      InstanceGroups: instanceGroups(cluster),
      ...(subnetId === undefined ? {} : { Ec2SubnetId: subnetId }),
      KeepJobFlowAliveWhenNoSteps: false,
      TerminationProtected: false,
    },
    Steps: [stepOf(settings, submission, 'TERMINATE_CLUSTER')],
    ...(bootstrapActions.length === 0
      ? {}
      : {
          BootstrapActions: bootstrapActions.map(({ name, path, args }) => ({
            Name: name,
            ScriptBootstrapAction: { Path: path, Args: args },
          })),
        }),
    ...(configurations.length === 0
      ? {}
      : {
          Configurations: configurations.map(({ classification, properties }) => ({
            Classification: classification,
            Properties: properties,
          })),
        }),
    ServiceRole: cluster.serviceRole,
    JobFlowRole: cluster.instanceProfile,
    VisibleToAllUsers: true,
    ...(executionRole === undefined ? {} : { StepExecutionRoleArn: executionRole }),
    ...(logUri === undefined ? {} : { LogUri: logUri }),
    ...(securityConfiguration === undefined
      ? {}
      : { SecurityConfiguration: securityConfiguration }),
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

function instanceGroups({ instanceType, workers, spot }: TransientCluster): InstanceGroupConfig[] {
  const InstanceType = instanceType;
  const primary: InstanceGroupConfig = {
    ...{ Name: 'primary', InstanceRole: 'MASTER', Market: 'ON_DEMAND' },
    ...{ InstanceType, InstanceCount: 1 },
  };
  const core: InstanceGroupConfig = {
    ...{ Name: 'workers', InstanceRole: 'CORE', Market: spot ? 'SPOT' : 'ON_DEMAND' },
    ...{ InstanceType, InstanceCount: workers },
  };
  return workers === 0 ? [primary] : [primary, core];
}

function stepOf(
  settings: EmrSettings,
  submission: Submission,
  onFailure: 'CONTINUE' | 'TERMINATE_CLUSTER',
): StepConfig {
  const before = wordsBefore(settings);
  const entryArgs = submission.args.flatMap(([flag, value]) => [
    `--${flag}`,
    ...(value === undefined ? [] : [value]),
  ]);
  assertArrives('emr', entryArgs, before);
  return {
    Name: runName(submission),
    ActionOnFailure: onFailure,
    HadoopJarStep: { Jar: 'command-runner.jar', Args: [...before, ...entryArgs] },
  };
}

/** The command of a step as far as the script: what follows are the entry's own arguments. */
export function wordsBefore(settings: EmrSettings): string[] {
  const { archive, jars, scriptLocation, properties } = settings;
  const deployMode =
    settings.deployMode ?? (settings.clusterId === undefined ? 'cluster' : 'client');
  const isOnYarn = deployMode === 'cluster';
  const conf = { ...properties, ...(isOnYarn ? ON_YARN : {}) };
  return [
    ...(!isOnYarn && archive !== undefined
      ? ['bash', '-c', UNPACK, 'dray', archive]
      : ['spark-submit']),
    ...['--deploy-mode', deployMode],
    ...(isOnYarn && archive !== undefined ? ['--archives', `${archive}#dray`] : []),
    ...(jars.length === 0 ? [] : ['--jars', jars.join(',')]),
    ...Object.entries(conf).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
    scriptLocation,
  ];
}
