import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type JsonService, ServiceError } from '../../platforms/twins/aws-json.ts';
import { startGlueTwin } from '../../platforms/twins/glue.ts';
import { withoutMoto } from '../aws/moto.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';
import { type TestClock, testClock } from '../twins/clock.ts';
import { APPLICATION, startServerlessTwin } from '../twins/emr-serverless.ts';
import { startEmrTwin } from '../twins/emr.ts';
import { CONFIG, openTerminal, type Terminal } from './submit-desk.ts';

const ROLE = 'arn:aws:iam::123456789012:role/promos';
const SETTINGS = {
  script_location: `s3://${BUCKET}/generic_entry.py`,
  result_prefix: `s3://${BUCKET}/results`,
};

interface Twin {
  readonly service: JsonService;
  readonly settings: object;
}

/** Each with the operation that a submission calls first, and the one that starts a run. */
const PLATFORMS = {
  glue: {
    ...{ variable: 'AWS_ENDPOINT_URL_GLUE', first: 'GetJobRuns', start: 'StartJobRun' },
    async open(clock: TestClock): Promise<Twin> {
      return { service: await startGlueTwin({ clock }), settings: { role: ROLE } };
    },
  },
  emr: {
    ...{ variable: 'AWS_ENDPOINT_URL_EMR', first: 'ListSteps', start: 'AddJobFlowSteps' },
    async open(clock: TestClock): Promise<Twin> {
      const service = await startEmrTwin({ clock });
      return { service, settings: { cluster_id: service.addCluster().id } };
    },
  },
  'emr-serverless': {
    variable: 'AWS_ENDPOINT_URL_EMR_SERVERLESS',
    ...{ first: 'ListJobRuns', start: 'StartJobRun' },
    async open(clock: TestClock): Promise<Twin> {
      const settings = { application_id: APPLICATION, execution_role: ROLE };
      return { service: await startServerlessTwin({ clock }), settings };
    },
  },
} as const;

(withoutMoto === '' ? describe : describe.skip)(`what AWS refuses${withoutMoto}`, () => {
  let s3: TestS3;
  let before: NodeJS.ProcessEnv;

  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(async () => {
    await s3[Symbol.asyncDispose]();
  });

  describe.each(Object.entries(PLATFORMS))('of dray submit %s', (name, platform) => {
    let service: JsonService;
    /** What has no bucket for configs. */
    let bare: object;
    let terminal: Terminal;

    beforeEach(async () => {
      before = { ...process.env };
      const clock = testClock();
      const twin = await platform.open(clock);
      ({ service } = twin);
      bare = { ...twin.settings, script_location: SETTINGS.script_location };
      process.env[platform.variable] = service.endpoint;
      // No machine's own role is asked for.
      process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
      terminal = openTerminal(s3, name, { ...SETTINGS, ...twin.settings }, clock);
    });
    afterEach(async () => {
      process.env = before;
      await service[Symbol.asyncDispose]();
      terminal[Symbol.dispose]();
    });

    async function refused(...more: readonly string[]) {
      const answer = await terminal.cli(terminal.submit('--run-id', 'bad', ...more));
      expect(service.done).not.toContain(platform.start);
      return answer;
    }

    it.each([
      ['ExpiredTokenException', 'The security token included in the request is expired', 'aws sso'],
      ['UnrecognizedClientException', 'The security token is invalid', 'check region and clock'],
      ['AccessDeniedException', 'User is not authorized to perform this', 'docs/submit.md'],
    ])('says so of %s, at the first call and at the one that counts', async (code, text, hint) => {
      for (const operation of [platform.first, platform.start]) {
        service.fail(operation, new ServiceError(code, text));
        const { code: exit, err } = await refused();
        expect(err).toContain('PLATFORM_DENIED');
        expect(err).toContain(`${code}: ${text}`);
        expect(err).toContain(hint);
        expect(exit).toBe(1);
      }
    });

    it('says that there are no credentials', async () => {
      delete process.env['AWS_ACCESS_KEY_ID'];
      delete process.env['AWS_SECRET_ACCESS_KEY'];
      process.env['HOME'] = terminal.folder;
      const { code, err } = await refused();
      expect([code, err]).toEqual([1, expect.stringContaining('PLATFORM_DENIED')]);
      expect(err).toContain('set AWS_PROFILE');
    });

    it('says that there is no region', async () => {
      delete process.env['AWS_REGION'];
      process.env['HOME'] = terminal.folder;
      const { code, err } = await refused();
      expect([code, err]).toEqual([2, expect.stringContaining('no AWS region is set')]);
    });

    it('says that nobody answers in a region, or at an address, that is not there', async () => {
      process.env[platform.variable] = 'http://127.0.0.1:1';
      const { code, err } = await refused();
      expect([code, err]).toEqual([3, expect.stringContaining('PLATFORM_UNAVAILABLE')]);
      expect(err).toContain('check region and network');
    });

    it('says that a config is too long where there is no bucket for it, or the bucket is missing', async () => {
      const path = `/lake/${'x'.repeat(200_000)}`;
      const config = { ...CONFIG, unity_loader_config: { strategy: 'DELTA', path } };
      const base = terminal.submit('--run-id', 'long');
      const long = base.with(base.indexOf('--config') + 1, JSON.stringify(config));
      const nowhere = [
        ...long.with(long.indexOf('dev'), 'prod'),
        '--settings',
        JSON.stringify(bare),
      ];
      const { code, err } = await terminal.cli(nowhere);
      expect([code, err]).toEqual([
        2,
        expect.stringContaining('is too large for the arguments of'),
      ]);
      expect(err).toContain('the setting "artifacts"');
      const artifacts = 's3://no-such-bucket-of-dray/configs';
      const missing = await terminal.cli([...long, '--settings', JSON.stringify({ artifacts })]);
      expect([missing.code === 0, missing.err]).toEqual([
        false,
        expect.stringContaining('no-such-bucket-of-dray'),
      ]);
      expect(service.done).not.toContain(platform.start);
    });

    it('finds a bucket for results that is missing before anything runs', async () => {
      const result_prefix = 's3://no-such-bucket-of-dray/results';
      const { code, err } = await refused(
        '--wait',
        '--settings',
        JSON.stringify({ result_prefix }),
      );
      expect([code === 0, err]).toEqual([false, expect.stringContaining('no-such-bucket-of-dray')]);
    });
  });
});
