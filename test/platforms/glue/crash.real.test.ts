import { parseConfig } from '../../../core/wire.ts';
import { glueSettings } from '../../../platforms/glue/settings.ts';
import { glueSubmitter } from '../../../platforms/glue/submitter.ts';
import { startGlueTwin } from '../../../platforms/twins/glue.ts';
import { describeSubmitOnce } from '../submit-once-suite.ts';

describeSubmitOnce('Glue', async (clock) => {
  const twin = await startGlueTwin({ clock });
  const settings = parseConfig(glueSettings, {
    ...{ role: 'promos', script_location: 's3://artifacts/generic_entry.py' },
    ...{ region: 'eu-central-1', max_concurrent_runs: 1000 },
  });
  return {
    twin,
    open: () => glueSubmitter({ settings, job: 'load_promos', endpoint: twin.endpoint }),
    hide(ms) {
      twin.behaviour.hiddenMs = ms;
    },
    ...{ start: 'StartJobRun', list: 'GetJobRuns', stopped: 'STOPPED' },
    startedFor: (runId) =>
      twin.runs
        .filter((run) => run.arguments['--run_id'] === runId)
        .map((run) => ({ remoteId: run.id, state: twin.stateOf(run) })),
  };
});
