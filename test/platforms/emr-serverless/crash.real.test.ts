import { parseConfig } from '../../../core/wire.ts';
import { emrServerlessSettings } from '../../../platforms/emr-serverless/settings.ts';
import { emrServerlessSubmitter } from '../../../platforms/emr-serverless/submitter.ts';
import { APPLICATION, startServerlessTwin } from '../../twins/emr-serverless.ts';
import { describeSubmitOnce } from '../submit-once-suite.ts';

describeSubmitOnce('EMR Serverless', async (clock) => {
  const twin = await startServerlessTwin({ clock });
  const settings = parseConfig(emrServerlessSettings, {
    ...{ region: 'eu-central-1', application_id: APPLICATION },
    execution_role: 'arn:aws:iam::123456789012:role/promos',
    script_location: 's3://artifacts/generic_entry.py',
  });
  return {
    twin,
    open: () => emrServerlessSubmitter({ settings, endpoint: twin.endpoint }),
    hide(ms) {
      twin.behaviour.hiddenMs = ms;
    },
    ...{ start: 'StartJobRun', list: 'ListJobRuns', stopped: 'CANCELLED', isIdempotent: true },
    startedFor: (runId) =>
      twin.runs
        .filter((run) => twin.argumentsOf(run).includes(runId))
        .map((run) => ({ remoteId: run.id, state: twin.stateOf(run) })),
  };
});
