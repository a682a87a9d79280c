import { describe, expect, it } from '@jest/globals';
import { parseConfig } from '../../core/wire.ts';
import { glueSettings } from '../../platforms/glue/settings.ts';
import { glueSubmitter } from '../../platforms/glue/submitter.ts';
import { withoutMoto } from '../aws/moto.ts';
import { askBoto } from './python-clients.ts';
import { testClock } from './clock.ts';
import { startGlueTwin } from '../../platforms/twins/glue.ts';

(withoutMoto === '' ? describe : describe.skip)(`boto3${withoutMoto}`, () => {
  it('is satisfied by the Glue twin, and its model of Glue by the requests of dray', async () => {
    await using twin = await startGlueTwin({ clock: testClock() });
    const settings = parseConfig(glueSettings, {
      ...{ role: 'r', script_location: 's3://b/generic_entry.py', connections: ['vpc'] },
      ...{ security_configuration: 'kms', options: { '--TempDir': 's3://b/t' }, tags: { a: 'b' } },
    });
    using glue = glueSubmitter({ settings, job: 'load_promos', endpoint: twin.endpoint });
    const args = [['run_id', 'r'], ['force']] as const;
    const submission = { runId: 'r', attempt: 1, job: 'load_promos', token: 'a'.repeat(64), args };
    const requests = glue.requests(submission);

    expect(await askBoto('glue-clients.py', { endpoint: twin.endpoint, requests })).toEqual({
      problems: [],
      states: ['STARTING', true, ['STOPPING', { '--a': 'b' }, 2017], ['r', 'other']],
      errors: [
        'ConcurrentRunsExceededException',
        'EntityNotFoundException',
        'InvalidInputException',
      ],
    });
  });
});
