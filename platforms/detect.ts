import { JobError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import {
  type DetectedPlatform,
  type Platform,
  SERVICE_PROVIDERS,
  toPlatform,
} from '../core/platform.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables that only the platform itself sets; the first one found decides. Ones that people also
 * set on their own machine (`EMR_CLUSTER_ID`, `HADOOP_CONF_DIR`) prove nothing, nor does
 * `/.dockerenv`, which exists on plain build machines too.
 *
 * Where the launcher was not involved, a driver inside a YARN container has none of them.
 *
 * @see https://docs.databricks.com/aws/en/compute/configure#environment-variables
 * @see https://docs.aws.amazon.com/glue/latest/dg/add-job-python.html - `GLUE_INSTALLATION`
 * @see https://docs.aws.amazon.com/datazone/latest/userguide/datazone-data-lineage-automate-capture-from-tools.html -
 *   `GLUE_VERSION`, `GLUE_COMMAND_CRITERIA` and `GLUE_PYTHON_VERSION` in a Glue job
 * @see https://github.com/opensearch-project/opensearch-spark - reads `EMR_STEP_ID` in an EMR step,
 *   `SERVERLESS_EMR_JOB_ID` and `SERVERLESS_EMR_VIRTUAL_CLUSTER_ID` on EMR Serverless
 */
const EVIDENCE: readonly (readonly [variable: string, platform: Platform])[] = [
  ['DATABRICKS_RUNTIME_VERSION', 'databricks'],
  ['GLUE_VERSION', 'glue'],
  ['GLUE_COMMAND_CRITERIA', 'glue'],
  ['GLUE_PYTHON_VERSION', 'glue'],
  ['GLUE_INSTALLATION', 'glue'],
  ['SERVERLESS_EMR_JOB_ID', 'emr'],
  ['SERVERLESS_EMR_VIRTUAL_CLUSTER_ID', 'emr'],
  ['EMR_STEP_ID', 'emr'],
  ['DRAY_IMAGE', 'container'],
  ['KUBERNETES_SERVICE_HOST', 'container'],
];

/**
 * Where this process runs: what `--service_provider` says, else what the launcher handed over as
 * `SERVICE_PROVIDER`, else the first evidence in the environment, else `local`.
 *
 * @param override - the value of `--service_provider`, upper case.
 * @throws JobError `ARGUMENTS_INVALID` for a service provider that does not exist.
 */
export function detectPlatform(env: Environment, override?: string): DetectedPlatform {
  const hasSpark = isSet(env, 'SPARK_REMOTE');
  if (override !== undefined) {
    const platform = platformNamed(override, '--service_provider');
    return { platform, evidence: `--service_provider is ${override}`, hasSpark };
  }
  const handedOver = env['SERVICE_PROVIDER'];
  if (handedOver !== undefined && handedOver !== '') {
    const platform = platformNamed(handedOver, 'SERVICE_PROVIDER');
    return { platform, evidence: `SERVICE_PROVIDER is ${handedOver}`, hasSpark };
  }
  const found = EVIDENCE.find(([variable]) => isSet(env, variable));
  if (found === undefined) {
    return { platform: 'local', evidence: 'no platform has left a sign', hasSpark };
  }
  const [variable, platform] = found;
  return { platform, evidence: `${variable} is set`, hasSpark };
}

function isSet(env: Environment, variable: string): boolean {
  return (env[variable] ?? '') !== '';
}

function platformNamed(name: string, source: string): Platform {
  const platform = toPlatform(name);
  if (platform !== undefined) return platform;
  const near = nearest(name, SERVICE_PROVIDERS);
  throw new JobError('ARGUMENTS_INVALID', `${source} is not a service provider: "${name}"`, {
    hint:
      near === undefined
        ? `choose one of: ${SERVICE_PROVIDERS.join(', ')}`
        : `did you mean ${near}? the names are ${SERVICE_PROVIDERS.join(', ')}`,
  });
}
