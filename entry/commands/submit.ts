import { systemClock } from '../../core/clock.ts';
import { JobError, toJobError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { printable } from '../../core/printable.ts';
import type { SubmissionIntent, SubmissionRecord } from '../../core/submission-store.ts';
import type { Submission, Submitter } from '../../core/submitter.ts';
import { parseWindow } from '../../core/window.ts';
import { createJob } from '../../jobs/factory.ts';
import { submitOnce } from '../../platforms/submit-once.ts';
import { submissionToken } from '../../platforms/token.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { toRunId } from '../arguments.ts';
import { newRunId } from '../run-id.ts';
import { openConfig } from '../config-envelope.ts';
import { readRemoteLine } from '../remote-line.ts';
import {
  type ConfigWay,
  entryArguments,
  holdsSecret,
  type JobArguments,
  shownConfig,
} from '../submit/arguments.ts';
import { type ChosenAttempt, chooseAttempt } from '../submit/attempt.ts';
import {
  type Destination,
  destinationOf,
  isSubmitPlatform,
  SUBMIT_PLATFORMS,
} from '../submit/platforms.ts';
import { configUpload, uploadLater } from '../submit/config-upload.ts';
import { submitServices } from '../submit/services.ts';
import { settingsFor } from '../submit/settings.ts';
import { submissionLine } from '../submit/view.ts';
import { resultPlace, telemetryPlace } from '../submit/place.ts';
import { isSubmitted, tellEnd, watch } from '../submit/watch.ts';

/** `dray submit PLATFORM --job JOB --config FILE`: one run there, once. */
export const submit = defineCommand({
  usage: 'submit <platform>',
  summary: 'send a run to a platform, once, and follow it',
  flags: (yargs) =>
    yargs
      .positional('platform', {
        type: 'string',
        demandOption: true,
        describe: SUBMIT_PLATFORMS.join(', '),
      })
      .option('job', { type: 'string', demandOption: true, describe: 'name of the job' })
      .option('config', {
        type: 'string',
        demandOption: true,
        describe: "file with the job's config, or the JSON itself",
      })
      .option('from', { type: 'string', describe: 'first day of the window, YYYY-MM-DD' })
      .option('to', { type: 'string', describe: 'day after its last one, YYYY-MM-DD' })
      .option('env', { type: 'string', describe: 'environment of dray.config.ts' })
      .option('settings', { type: 'string', describe: "the platform's settings: file or JSON" })
      .option('run-id', { type: 'string', describe: 'id of the run (default: a new one)' })
      .option('attempt', { type: 'number', describe: 'number of the attempt, for schedulers' })
      .option('retry', {
        type: 'boolean',
        default: false,
        describe: 'the same run again, next attempt; needs --run-id',
      })
      .option('repair', {
        type: 'boolean',
        default: false,
        describe: 'as --retry, but never with --force: loads only what failed',
      })
      .option('rerun', { type: 'string', describe: 'a new run of the window of this run' })
      .option('force', { type: 'boolean', default: false, describe: 'load again what is loaded' })
      .option('created-by', { type: 'string', default: 'dray', describe: 'column created_by' })
      .option('wait', {
        type: 'boolean',
        default: false,
        describe: 'follow the run to its end; exit code is that of the run',
      })
      .option('print', { type: 'boolean', default: false, describe: 'show requests; send nothing' })
      .option('json', {
        type: 'boolean',
        default: false,
        describe: 'print the submission as JSON',
      }),
  async run(args, context, signal) {
    const { surroundings, store } = context;
    const { platform, job } = args;
    if (!isSubmitPlatform(platform)) throw noPlatform(platform);
    const config = await openConfig(args.config, surroundings);
    // What is wrong with it is known here, not after minutes on a platform.
    createJob(job, config);
    const window = parseWindow(args.from, args.to);
    const settings = await settingsFor(
      platform,
      { env: args.env, given: args.settings },
      surroundings,
    );
    const destination = destinationOf(platform, settings, job, surroundings.env);
    toRunId(args['run-id']);
    const newId = () => newRunId(job, (surroundings.clock ?? systemClock).now());
    const chosen = await chooseAttempt({ ...args, runId: args['run-id'] }, window, newId, store);
    const details = {
      ...{ job, config, force: args.force, createdBy: args['created-by'] },
      serviceProvider: destination.serviceProvider ?? platform.toUpperCase(),
    };
    if (args.print) return await print(details, chosen, destination, context);
    if (chosen.note !== undefined) context.err(printable(chosen.note));
    if (holdsSecret(config)) {
      context.err(
        `the config holds a secret itself, which ${platform} shows to all who may see the run: write it as secret://...`,
      );
    }
    const record = await sent(details, chosen, destination, args.wait, context, signal);
    if (args.json) context.out(JSON.stringify(submissionLine(record)));
    if (record.state === 'ENDED') return tellEnd(record, context);
    context.err(
      printable(
        `run ${record.runId}, attempt ${String(record.attempt)}, is ${record.remoteId ?? ''} there; dray submissions follow ${record.runId} waits for its end`,
      ),
    );
    return 0;
  },
});

/** Where the run leaves what is for its submitter follows from the destination. */
type JobDetails = Omit<JobArguments, 'result' | 'telemetry'>;

/** Sends an attempt; with `wait`, to its end. */
export async function sent(
  details: JobDetails,
  chosen: ChosenAttempt,
  destination: Destination,
  wait: boolean,
  context: CommandContext,
  signal: AbortSignal,
): Promise<SubmissionRecord> {
  using submitter = await destination.open(context.surroundings.clock ?? systemClock);
  const services = submitServices(submitter, destination, context);
  const upload = configUpload(destination, context.surroundings, signal);
  const submission = await submissionOf(details, chosen, destination, submitter, upload);
  const { runId, attempt, window, rerunOf } = chosen;
  const intent: SubmissionIntent = {
    ...{ runId, attempt, job: details.job, token: submission.token },
    ...{ platform: destination.platform, settings: destination.settings },
    ...(window === undefined ? {} : { window }),
    ...(rerunOf === undefined ? {} : { rerunOf }),
    at: services.clock.now().toISOString(),
  };
  context.err(printable(`run ${runId}, attempt ${String(attempt)}, to ${submitter.name}`));
  await assertResultsReadable(submission, destination, context.surroundings);
  let record: SubmissionRecord;
  try {
    record = await submitOnce(intent, submission, services, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new JobError(toJobError(signal.reason).code, `stopped while sending run "${runId}"`, {
      hint: `${submitter.name} may have started it: dray submissions follow ${runId} looks, dray submissions cancel ${runId} stops it`,
      cause: error,
    });
  }
  if (!wait || !isSubmitted(record)) return record;
  return await watch(record, destination, services, context, signal);
}

/** Else the run would work to its end before anybody learned that nobody can tell how it went. */
async function assertResultsReadable(
  { runId, attempt }: Submission,
  { resultPrefix = '' }: Destination,
  surroundings: CommandContext['surroundings'],
): Promise<void> {
  if (!resultPrefix.startsWith('s3://')) return;
  const place = resultPlace(resultPrefix, { runId, attempt });
  try {
    await readRemoteLine(place, { runId, attempt }, surroundings);
  } catch (error) {
    // Where objects alone may be read, S3 denies a look at one that is not there yet; the like of no
    // credentials or no network is what the platform says, too.
    const { cause } = toJobError(error);
    if (cause instanceof Error && cause.name === 'NoSuchBucket') throw error;
  }
}

/** The requests as they would be sent, but for secrets. */
async function print(
  details: JobDetails,
  chosen: ChosenAttempt,
  destination: Destination,
  context: CommandContext,
): Promise<number> {
  using submitter = await destination.open(context.surroundings.clock ?? systemClock);
  const config = shownConfig(details.config);
  const upload = uploadLater(destination);
  const masked = { ...details, config };
  const submission = await submissionOf(masked, chosen, destination, submitter, upload);
  const requests = submitter.requests(submission);
  context.out(JSON.stringify(requests, null, 2));
  if (holdsSecret(details.config)) context.err('secrets of the config are shown as ***');
  context.err('nothing was sent');
  return 0;
}

async function submissionOf(
  details: JobDetails,
  chosen: ChosenAttempt,
  destination: Destination,
  submitter: Submitter,
  upload: Pick<ConfigWay, 'upload'>,
): Promise<Submission> {
  const { runId, attempt } = chosen;
  const { job } = details;
  const { platform, place, resultPrefix, words = [] } = destination;
  const result = resultPrefix === undefined ? {} : { result: resultPlace(resultPrefix, chosen) };
  const telemetry = telemetryPlace(destination, submitter, chosen);
  const told = telemetry === undefined ? {} : { telemetry };
  return {
    ...{ runId, attempt, job },
    token: submissionToken({ platform, place, job, runId, attempt }),
    args: await entryArguments({ ...details, ...result, ...told }, chosen, {
      ...{ target: platform, words, ...upload },
    }),
  };
}

export function noPlatform(name: string): JobError {
  const near = nearest(name, SUBMIT_PLATFORMS);
  return new JobError('ARGUMENTS_INVALID', `runs cannot be sent to "${printable(name)}"`, {
    hint: `${near === undefined ? '' : `did you mean "${near}"? `}platforms: ${SUBMIT_PLATFORMS.join(', ')}`,
  });
}
