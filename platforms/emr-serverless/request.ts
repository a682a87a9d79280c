import type { StartJobRunRequest } from '@aws-sdk/client-emr-serverless';
import type { Submission } from '../../core/submitter.ts';
import { runName } from '../emr/request.ts';
import { assertArrives } from '../envelope.ts';
import type { EmrServerlessSettings } from './settings.ts';

/** @throws JobError `ARGUMENTS_INVALID` for arguments that would not arrive. */
export function startRequest(
  settings: EmrServerlessSettings,
  submission: Submission,
): StartJobRunRequest {
  const { applicationId, executionRole, scriptLocation, archive, jars, logUri, tags } = settings;
  const { runId, attempt, token, args } = submission;
  const entryArgs = args.flatMap(([flag, value]) => [
    `--${flag}`,
    ...(value === undefined ? [] : [value]),
  ]);
  assertArrives('emr-serverless', entryArgs, [scriptLocation]);
  const properties = {
    ...settings.properties,
    ...(archive === undefined ? {} : { 'spark.archives': `${archive}#dray` }),
    ...(jars.length === 0 ? {} : { 'spark.jars': jars.join(',') }),
  };
  return {
    applicationId,
    clientToken: token,
    // The list of runs shows names, not client tokens.
    name: runName(submission),
    executionRoleArn: executionRole,
    jobDriver: { sparkSubmit: { entryPoint: scriptLocation, entryPointArguments: entryArgs } },
    configurationOverrides: {
      // Not as the parameters of spark-submit: those are one string, and quoted by rules of their own.
      applicationConfiguration: [{ classification: 'spark-defaults', properties }],
      ...(logUri === undefined
        ? {}
        : { monitoringConfiguration: { s3MonitoringConfiguration: { logUri } } }),
    },
    executionTimeoutMinutes: settings.timeoutMinutes,
    mode: 'BATCH',
    // A retry by EMR would be the same attempt again, behind our back.
    retryPolicy: { maxAttempts: 1 },
    tags: { ...tags, 'dray:run_id': runId, 'dray:attempt': String(attempt) },
  };
}
