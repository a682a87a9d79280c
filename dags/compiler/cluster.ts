import { runClusterRequest } from '../../platforms/emr/request.ts';
import { emrSettings } from '../../platforms/emr/settings.ts';
import type { ClusterNode } from '../model.ts';
import { parseSettings } from '../settings.ts';
import { template } from '../template.ts';
import { awsArgs } from './aws.ts';
import type { Operator, OperatorContext } from './operator.ts';
import { code, rendered } from './python.ts';

/** A cluster that nothing has ended ends itself. */
const IDLE_S = 3600;

/** The tasks around those on a cluster: make it, end it. */
export function clusterOperators(
  node: ClusterNode,
  context: OperatorContext,
): readonly [make: Operator, end: Operator] | undefined {
  const given = { cluster: node.cluster, scriptLocation: '/generic_entry.py' };
  const settings = parseSettings(emrSettings, given, (text) => {
    context.problem(`emr: ${text}`);
  });
  if (settings === undefined) return undefined;
  const { cluster } = settings;
  if (cluster === undefined) return undefined;
  const submission = { runId: '', attempt: 1, job: '', token: '', args: [] };
  const request = runClusterRequest(settings, cluster, submission);
  const overrides = {
    ...request,
    Name: `${template('dag.dag_id')} ${template('run_id')}`,
    Instances: { ...request.Instances, KeepJobFlowAliveWhenNoSteps: true },
    AutoTerminationPolicy: { IdleTimeout: IDLE_S },
    Steps: undefined,
    Tags: Object.entries(cluster.tags).map(([Key, Value]) => ({ Key, Value })),
  };
  return [
    {
      name: 'EmrCreateJobFlowOperator',
      args: {
        ...awsArgs(node),
        // All of the request is here: nothing comes from a connection.
        emr_conn_id: null,
      },
      mapped: { name: 'job_flow_overrides', values: [rendered(overrides)] },
    },
    {
      name: 'EmrTerminateJobFlowOperator',
      args: awsArgs(node),
      mapped: { name: 'job_flow_id', values: [code(`${context.variableOf(node)}.output`)] },
    },
  ];
}
