import { describe, expect, it } from '@jest/globals';
import { parseConfig } from '../../core/wire.ts';
import { emrServerlessSettings } from '../../platforms/emr-serverless/settings.ts';
import { emrServerlessSubmitter } from '../../platforms/emr-serverless/submitter.ts';
import { emrSettings } from '../../platforms/emr/settings.ts';
import { emrSubmitter } from '../../platforms/emr/submitter.ts';
import { withoutMoto } from '../aws/moto.ts';
import { askBoto } from './python-clients.ts';
import { testClock } from './clock.ts';
import { APPLICATION, startServerlessTwin } from './emr-serverless.ts';
import { startEmrTwin } from './emr.ts';

const SCRIPT = 's3://b/generic_entry.py';
const ARN = 'arn:aws:iam::123456789012:role/promos';
const args = [['run_id', 'r'], ['force']] as const;
const SUBMISSION = { runId: 'r', attempt: 1, job: 'load_promos', token: 'a'.repeat(64), args };

(withoutMoto === '' ? describe : describe.skip)(`boto3${withoutMoto}`, () => {
  it('is satisfied by the EMR twin, and its model of EMR by the requests of dray', async () => {
    await using twin = await startEmrTwin({ clock: testClock() });
    const { id } = twin.addCluster();
    const onCluster = parseConfig(emrSettings, {
      ...{ script_location: SCRIPT, cluster_id: id, archive: 's3://b/a.tar.gz' },
      ...{ execution_role: ARN, properties: { 'spark.a': 'b' }, jars: ['s3://b/j.jar'] },
    });
    const cluster = {
      ...{ subnet_id: 'subnet-1', log_uri: 's3://b/logs', security_configuration: 'kms' },
      bootstrap_actions: [{ name: 'a', path: 's3://b/a.sh', args: ['-v'] }],
      configurations: [{ classification: 'spark', properties: { a: 'b' } }],
      ...{ tags: { a: 'b' }, spot: true },
    };
    const onItsOwn = parseConfig(emrSettings, {
      ...{ script_location: SCRIPT, execution_role: ARN, cluster },
    });
    const requests = [onCluster, onItsOwn].flatMap((settings) => {
      using emr = emrSubmitter({ settings, endpoint: twin.endpoint });
      return emr.requests(SUBMISSION);
    });
    const given = { endpoint: twin.endpoint, requests, cluster: id };
    expect(await askBoto('emr-clients.py', given)).toEqual({
      problems: [],
      states: [
        ...['WAITING', 'PENDING', 'SUBMITTED', ['CANCELLED', ['spark-submit', 'x.py'], 2017]],
        ...[['STARTING', false], ['own', [{ Key: 'a', Value: 'b' }]], 'TERMINATING', 'FAILED'],
      ],
      errors: ['InvalidRequestException', 'ValidationException', 'ValidationException'],
    });
  });

  it('is satisfied by the twin of EMR Serverless, and its model of that by the requests of dray', async () => {
    await using twin = await startServerlessTwin({ clock: testClock() });
    const settings = parseConfig(emrServerlessSettings, {
      ...{ application_id: APPLICATION, execution_role: ARN, script_location: SCRIPT },
      ...{ archive: 's3://b/a.tar.gz', jars: ['s3://b/j.jar'], log_uri: 's3://b/logs' },
      ...{ properties: { 'spark.a': 'b' }, tags: { a: 'b' } },
    });
    using serverless = emrServerlessSubmitter({ settings, endpoint: twin.endpoint });
    const requests = serverless.requests(SUBMISSION);
    const given = { endpoint: twin.endpoint, requests, application: APPLICATION };
    expect(await askBoto('emr-serverless-clients.py', given)).toEqual({
      problems: [],
      states: [['SUBMITTED', 'x.py', 2017], true, ['boto'], 'CANCELLING'],
      errors: ['ConflictException', 'ResourceNotFoundException', 'ValidationException'],
    });
  });
});
