import { expect, it } from '@jest/globals';
import { detectPlatform } from '../../platforms/detect.ts';

it.each([
  [{}, 'local', 'no platform has left a sign'],
  [{ HOME: '/home/ada', PATH: '/usr/bin' }, 'local', 'no platform has left a sign'],
  [{ DATABRICKS_RUNTIME_VERSION: '16.4' }, 'databricks', 'DATABRICKS_RUNTIME_VERSION is set'],
  [{ GLUE_VERSION: '5.0' }, 'glue', 'GLUE_VERSION is set'],
  [{ GLUE_COMMAND_CRITERIA: 'glueetl' }, 'glue', 'GLUE_COMMAND_CRITERIA is set'],
  [{ GLUE_PYTHON_VERSION: '3' }, 'glue', 'GLUE_PYTHON_VERSION is set'],
  [{ GLUE_INSTALLATION: '/glue/lib/installation' }, 'glue', 'GLUE_INSTALLATION is set'],
  [{ SERVERLESS_EMR_JOB_ID: '00f1' }, 'emr', 'SERVERLESS_EMR_JOB_ID is set'],
  [{ SERVERLESS_EMR_VIRTUAL_CLUSTER_ID: '0' }, 'emr', 'SERVERLESS_EMR_VIRTUAL_CLUSTER_ID is set'],
  [{ EMR_STEP_ID: 's-07767992IY7VC5NVV854' }, 'emr', 'EMR_STEP_ID is set'],
  [{ DRAY_IMAGE: 'dray:0.1.0' }, 'container', 'DRAY_IMAGE is set'],
  [{ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, 'container', 'KUBERNETES_SERVICE_HOST is set'],
  // EMR Serverless and Databricks run in containers themselves: the more telling sign wins.
  [{ KUBERNETES_SERVICE_HOST: 'x', EMR_STEP_ID: 's-1' }, 'emr', 'EMR_STEP_ID is set'],
  [{ SERVICE_PROVIDER: 'GLUE', DRAY_IMAGE: 'x' }, 'glue', 'SERVICE_PROVIDER is GLUE'],
  // Set by people on their own machines, or to nothing.
  [
    { EMR_CLUSTER_ID: 'j-1', HADOOP_CONF_DIR: '/etc/hadoop' },
    'local',
    'no platform has left a sign',
  ],
  [{ SERVICE_PROVIDER: '', GLUE_VERSION: '' }, 'local', 'no platform has left a sign'],
])('with %j the platform is %s, because %s', (env, platform, evidence) => {
  expect(detectPlatform(env)).toEqual({ platform, evidence, hasSpark: false });
});

it('believes --service_provider before everything else', () => {
  const env = { SERVICE_PROVIDER: 'GLUE', DATABRICKS_RUNTIME_VERSION: '16.4' };
  expect(detectPlatform(env, 'LOCAL')).toEqual({
    platform: 'local',
    evidence: '--service_provider is LOCAL',
    hasSpark: false,
  });
});

it.each([
  [{ SPARK_REMOTE: 'sc://localhost:15002' }, true],
  [{ SPARK_REMOTE: '' }, false],
  [{ SPARK_HOME: '/opt/spark' }, false],
])('with %j it is %s that there is Spark', (env, hasSpark) => {
  expect(detectPlatform(env).hasSpark).toBe(hasSpark);
});

it.each(['glue', 'GLUEE', 'AZURE'])('refuses the service provider "%s"', (name) => {
  for (const detect of [
    () => detectPlatform({}, name),
    () => detectPlatform({ SERVICE_PROVIDER: name }),
  ]) {
    expect(detect).toThrow(
      expect.objectContaining({
        code: 'ARGUMENTS_INVALID',
        message: expect.stringContaining(`"${name}"`),
        hint: expect.stringContaining('DATABRICKS, GLUE, EMR, CONTAINER, LOCAL'),
      }),
    );
  }
});
