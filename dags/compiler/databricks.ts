import { databricksSettings } from '../../platforms/databricks/settings.ts';
import { startRequest, type TaskRequest } from '../../platforms/databricks/request.ts';
import type { JobNode } from '../model.ts';
import { template } from '../template.ts';
import { parseSettings } from '../settings.ts';
import type { DatabricksTarget } from '../target.ts';
import { toMs } from '../duration.ts';
import { asMap, type EntryArgs, entryArguments, tokenOf } from './arguments.ts';
import type { Operator, OperatorContext } from './operator.ts';
import { rendered } from './python.ts';

export async function databricksOperator(
  node: JobNode,
  target: DatabricksTarget,
  context: OperatorContext,
): Promise<Operator | undefined> {
  const settings = parseSettings(databricksSettings, target.settings, (text) => {
    context.problem(`databricks: ${text}`);
  });
  if (settings === undefined) return undefined;
  const { resultPrefix, artifacts } = settings;
  const way = {
    ...({ target: 'databricks', serviceProvider: 'DATABRICKS', resultPrefix } as const),
    upload: context.uploadTo([artifacts, resultPrefix].find((at) => at?.startsWith('s3://'))),
  };
  const requests = await Promise.all(
    node.configs.map(async (config) => {
      const args = await entryArguments(node, config, context, way);
      const submission = { runId: '', attempt: 1, job: node.job.name, token: tokenOf(node), args };
      const request = startRequest(settings, submission);
      if (request.method !== 'submit') throw new TypeError('a DAG runs no job of Databricks');
      const { body } = request;
      const tasks = body.tasks.map((task) => (context.hasParams ? withNamed(task, args) : task));
      return rendered({ ...body, run_name: `${template('dag.dag_id')}.${node.path}`, tasks });
    }),
  );
  const { connection = 'databricks_default', deferrable, poll } = target;
  return {
    name: 'DatabricksSubmitRunOperator',
    args: {
      databricks_conn_id: rendered(connection),
      polling_period_seconds: poll && toMs(poll) / 1000,
      deferrable,
    },
    mapped: { name: 'json', values: requests },
  };
}

/**
 * The operator puts the parameters of a DAG into `named_parameters` where those are empty, and Databricks
 * refuses a wheel with both kinds.
 */
function withNamed(task: TaskRequest, args: EntryArgs): unknown {
  const { python_wheel_task: wheel } = task;
  if (wheel === undefined) return task;
  const named = { ...wheel, parameters: undefined, named_parameters: asMap(args, '') };
  return { ...task, python_wheel_task: named };
}
