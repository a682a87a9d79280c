import { createJobRequest, glueJobName } from '../../platforms/glue/request.ts';
import { glueSettings } from '../../platforms/glue/settings.ts';
import { emrServerlessSettings } from '../../platforms/emr-serverless/settings.ts';
import { startRequest } from '../../platforms/emr-serverless/request.ts';
import { addStepRequest, wordsBefore } from '../../platforms/emr/request.ts';
import { emrSettings } from '../../platforms/emr/settings.ts';
import { type Duration, toMs } from '../duration.ts';
import type { DagNode, JobNode } from '../model.ts';
import { parseSettings } from '../settings.ts';
import { hasTemplate } from '../template.ts';
import type { EmrServerlessTarget, EmrTarget, GlueTarget } from '../target.ts';
import { asMap, type EntryArgs, entryArguments, tokenOf, type Way } from './arguments.ts';
import type { Operator, OperatorContext } from './operator.ts';
import { code, plain, rendered } from './python.ts';

const POLL: Duration = { seconds: 30 };
/** How long to wait for a run whose task has no timeout: the operators' own half hour is too short. */
const LONGEST: Duration = { days: 1 };

export async function glueOperator(
  node: JobNode,
  target: GlueTarget,
  context: OperatorContext,
): Promise<Operator | undefined> {
  const settings = parseSettings(glueSettings, target.settings, (text) => {
    context.problem(`glue: ${text}`);
  });
  if (settings === undefined) return undefined;
  const { resultPrefix, artifacts, role = '', manageJob } = settings;
  const all = await argumentsOf(node, context, {
    ...({ target: 'glue', serviceProvider: 'GLUE', resultPrefix } as const),
    upload: context.uploadTo(artifacts ?? resultPrefix),
  });
  return {
    name: 'GlueJobOperator',
    args: {
      ...awsArgs(target),
      job_name: rendered(glueJobName(settings, node.job.name)),
      ...(manageJob ? jobArgs(settings, node, role, target.updateJob) : {}),
      ...waits(target, node, target.deferrable === true),
      // A task that Airflow ends must not leave its run at work.
      stop_job_run_on_kill: true,
    },
    mapped: { name: 'script_args', values: all.map((args) => rendered(asMap(args))) },
  };
}

function jobArgs(
  settings: Parameters<typeof createJobRequest>[0],
  node: JobNode,
  role: string,
  updateJob: boolean,
): Operator['args'] {
  const request = createJobRequest(settings, node.job.name);
  const { Command, ExecutionProperty, MaxRetries, ...rest } = request;
  // What the operator has arguments of its own for.
  const job = { ...rest, Name: undefined, Description: undefined, Role: undefined };
  return {
    script_location: rendered(Command?.ScriptLocation ?? ''),
    ...(role.startsWith('arn:') || hasTemplate(role)
      ? { iam_role_arn: rendered(role) }
      : { iam_role_name: rendered(role) }),
    concurrent_run_limit: ExecutionProperty?.MaxConcurrentRuns,
    retry_limit: MaxRetries,
    create_job_kwargs: rendered({ Command, ...job }),
    update_config: updateJob,
  };
}

export async function emrOperator(
  node: JobNode,
  target: EmrTarget,
  context: OperatorContext,
): Promise<Operator | undefined> {
  const { cluster } = target;
  const isOwn = typeof cluster !== 'string';
  const where = isOwn ? { cluster: {} } : { clusterId: cluster };
  const settings = parseSettings(emrSettings, { ...target.settings, ...where }, (text) => {
    context.problem(`emr: ${text}`);
  });
  if (settings === undefined) return undefined;
  const { resultPrefix, artifacts, executionRole } = settings;
  const all = await argumentsOf(node, context, {
    ...({ target: 'emr', serviceProvider: 'EMR', resultPrefix } as const),
    words: wordsBefore(settings),
    upload: context.uploadTo(artifacts ?? resultPrefix),
  });
  const stepOf = (args: EntryArgs) => {
    const submission = { runId: '', attempt: 1, job: node.job.name, token: tokenOf(node), args };
    return rendered(addStepRequest(settings, '', submission).Steps);
  };
  return {
    name: 'EmrAddStepsOperator',
    args: {
      ...awsArgs(target),
      job_flow_id: isOwn
        ? code(`${context.variableOf(cluster as unknown as DagNode)}.output`)
        : rendered(cluster),
      ...(executionRole === undefined ? {} : { execution_role_arn: rendered(executionRole) }),
      ...(target.deferrable === true ? {} : { wait_for_completion: true }),
      ...waits(target, node, true),
    },
    mapped: { name: 'steps', values: all.map(stepOf) },
  };
}

export async function emrServerlessOperator(
  node: JobNode,
  target: EmrServerlessTarget,
  context: OperatorContext,
): Promise<Operator | undefined> {
  const settings = parseSettings(emrServerlessSettings, target.settings, (text) => {
    context.problem(`emr-serverless: ${text}`);
  });
  if (settings === undefined) return undefined;
  const { resultPrefix, artifacts, scriptLocation } = settings;
  const all = await argumentsOf(node, context, {
    ...({ target: 'emr-serverless', serviceProvider: 'EMR', resultPrefix } as const),
    words: [scriptLocation],
    upload: context.uploadTo(artifacts ?? resultPrefix),
  });
  const requests = all.map((args) =>
    startRequest(settings, {
      ...{ runId: '', attempt: 1, job: node.job.name, token: tokenOf(node), args },
    }),
  );
  const [request] = requests;
  if (request === undefined) return undefined;
  const { clientToken, executionTimeoutMinutes, mode, retryPolicy } = request;
  return {
    name: 'EmrServerlessStartJobOperator',
    args: {
      ...awsArgs(target),
      application_id: rendered(request.applicationId),
      execution_role_arn: rendered(request.executionRoleArn),
      configuration_overrides: rendered(request.configurationOverrides),
      name: rendered(request.name),
      // `client_request_token` is not rendered, and would be the same for all tries.
      config: rendered({
        ...{ clientToken, executionTimeoutMinutes, mode, retryPolicy },
        ...(Object.keys(settings.tags).length === 0 ? {} : { tags: settings.tags }),
      }),
      ...waits(target, node, true),
    },
    mapped: { name: 'job_driver', values: requests.map(({ jobDriver }) => rendered(jobDriver)) },
  };
}

async function argumentsOf(
  node: JobNode,
  context: OperatorContext,
  way: Way,
): Promise<readonly EntryArgs[]> {
  return await Promise.all(
    node.configs.map(async (config) => await entryArguments(node, config, context, way)),
  );
}

export function awsArgs(target: {
  readonly connection?: string | undefined;
  readonly region?: string | undefined;
}): Operator['args'] {
  const { connection, region } = target;
  return {
    ...(connection === undefined ? {} : { aws_conn_id: plain(connection) }),
    ...(region === undefined ? {} : { region_name: rendered(region) }),
  };
}

/** How the operator waits: Glue's has ways of its own unless it is deferred. */
function waits(
  { poll = POLL, deferrable }: EmrTarget | GlueTarget | EmrServerlessTarget,
  node: JobNode,
  hasWaiter: boolean,
): Operator['args'] {
  const seconds = Math.max(1, Math.round(toMs(poll) / 1000));
  if (!hasWaiter) return { job_poll_interval: seconds };
  const longestS = toMs(node.options.timeout ?? LONGEST) / 1000;
  return {
    waiter_delay: seconds,
    waiter_max_attempts: Math.ceil(longestS / seconds),
    ...(deferrable === undefined ? {} : { deferrable }),
  };
}
