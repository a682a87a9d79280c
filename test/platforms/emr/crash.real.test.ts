import { parseConfig } from '../../../core/wire.ts';
import { emrSettings } from '../../../platforms/emr/settings.ts';
import { emrSubmitter } from '../../../platforms/emr/submitter.ts';
import type { EmrStep } from '../../twins/emr-machine.ts';
import { startEmrTwin } from '../../twins/emr.ts';
import { describeSubmitOnce } from '../submit-once-suite.ts';

const SCRIPT = { region: 'eu-central-1', script_location: 's3://artifacts/generic_entry.py' };

function isOf(runId: string) {
  return ({ args }: EmrStep) => args[args.indexOf('--run_id') + 1] === runId;
}

describeSubmitOnce('a cluster of EMR that is there', async (clock) => {
  const twin = await startEmrTwin({ clock });
  const { id } = twin.addCluster(100);
  const settings = parseConfig(emrSettings, { ...SCRIPT, cluster_id: id });
  return {
    twin,
    open: () => emrSubmitter({ settings, endpoint: twin.endpoint }),
    hide(ms) {
      twin.behaviour.hiddenMs = ms;
    },
    ...{ start: 'AddJobFlowSteps', list: 'ListSteps', stopped: 'CANCELLED' },
    startedFor: (runId) =>
      twin
        .steps()
        .filter(isOf(runId))
        .map((step) => ({ remoteId: step.id, state: step.state })),
  };
});

describeSubmitOnce('a new cluster of EMR', async (clock) => {
  const twin = await startEmrTwin({ clock });
  twin.behaviour.bootMs = 2_000;
  const settings = parseConfig(emrSettings, { ...SCRIPT, cluster: {} });
  return {
    twin,
    open: () => emrSubmitter({ settings, endpoint: twin.endpoint }),
    hide(ms) {
      twin.behaviour.hiddenMs = ms;
    },
    ...{ start: 'RunJobFlow', list: 'ListClusters', stopped: 'TERMINATED' },
    startedFor: (runId) =>
      twin
        .clusters()
        .filter(({ steps }) => steps.some(isOf(runId)))
        .map((cluster) => ({ remoteId: cluster.id, state: cluster.state })),
  };
});
