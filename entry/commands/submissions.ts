import { systemClock } from '../../core/clock.ts';
import { ERROR_CODES, JobError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { printable } from '../../core/printable.ts';
import type { SubmissionRecord } from '../../core/submission-store.ts';
import { describeWindow } from '../../core/window.ts';
import { cancelRemote } from '../../platforms/cancel.ts';
import { amended, resolveCall, type SubmitServices } from '../../platforms/submit-once.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { type Destination, destinationOf, isSubmitPlatform } from '../submit/platforms.ts';
import { submitServices } from '../submit/services.ts';
import { submissionLine } from '../submit/view.ts';
import { ended, isSubmitted, STOP_MS, tellEnd, watch } from '../submit/watch.ts';
import { type TableColumn, tableLines } from '../table.ts';
import { instant, paint } from '../wording.ts';
import { assertLimit, LIMIT } from './limit.ts';

const COLUMNS: readonly TableColumn[] = [
  { title: 'RUN ID' },
  { title: 'ATTEMPT', align: 'right' },
  { title: 'PLATFORM' },
  { title: 'STATE' },
  { title: 'THERE' },
  { title: 'EXIT', align: 'right' },
  { title: 'REMOTE ID', shrinkTo: 12, optional: true },
  { title: 'SUBMITTED (UTC)', optional: true },
];

const RUN_ID = { type: 'string', demandOption: true, describe: 'id of the run' } as const;
const JSON_FLAG = { type: 'boolean', default: false, describe: 'print JSON' } as const;

export const submissionsList = defineCommand({
  usage: 'submissions list',
  summary: 'list the newest runs that were sent to platforms',
  flags: (yargs) => yargs.option('limit', LIMIT).option('json', JSON_FLAG),
  async run({ limit, json }, context) {
    const { store, color, width } = context;
    assertLimit(limit);
    const all = await store.listSubmissions(limit);
    if (json) context.out(JSON.stringify(all.map(submissionLine), null, 2));
    else if (all.length === 0) context.err('nothing was submitted from here yet');
    else {
      const [titles = '', ...lines] = tableLines(COLUMNS, all.map(cells), width);
      context.out([paint('bold', titles, color), ...lines].join('\n'));
    }
    return 0;
  },
});

export const submissionsShow = defineCommand({
  usage: 'submissions show <run_id>',
  summary: 'show every attempt of a run that was sent to a platform',
  flags: (yargs) => yargs.positional('run_id', RUN_ID).option('json', JSON_FLAG),
  async run({ run_id: runId, json }, context) {
    const all = await known(runId, context.store);
    if (json) context.out(JSON.stringify(all.map(submissionLine), null, 2));
    else context.out(all.map((record) => described(record).join('\n')).join('\n\n'));
    return 0;
  },
});

export const submissionsFollow = defineCommand({
  usage: 'submissions follow <run_id>',
  summary: 'follow a run on its platform to its end; exit code is that of the run',
  flags: (yargs) => yargs.positional('run_id', RUN_ID).option('json', JSON_FLAG),
  async run({ run_id: runId, json }, context, signal) {
    const [last] = (await known(runId, context.store)).slice(-1);
    if (last === undefined) throw unknownRun(runId, []);
    const record =
      last.state === 'ENDED'
        ? last
        : await atPlatform(last, context, signal, async (found, destination, services) => {
            if (isSubmitted(found))
              return await watch(found, destination, services, context, signal);
            throw notSent(found);
          });
    if (json) context.out(JSON.stringify(submissionLine(record)));
    return tellEnd(record, context);
  },
});

export const submissionsCancel = defineCommand({
  usage: 'submissions cancel <run_id>',
  summary: 'ask the platform to stop a run, and wait until it has stopped',
  flags: (yargs) =>
    yargs
      .positional('run_id', RUN_ID)
      .option('within', {
        type: 'number',
        default: STOP_MS / 1000,
        describe: 'seconds that the platform may take',
      })
      .option('json', JSON_FLAG),
  async run({ run_id: runId, within, json }, context, signal) {
    if (!(Number.isFinite(within) && within >= 0)) {
      throw new JobError('ARGUMENTS_INVALID', '--within is no number of seconds', {
        hint: 'such as --within 120',
      });
    }
    const [last] = (await known(runId, context.store)).slice(-1);
    if (last === undefined) throw unknownRun(runId, []);
    const record =
      last.state === 'ENDED'
        ? last
        : await atPlatform(last, context, signal, async (found, destination, services) => {
            if (!isSubmitted(found)) return await neverSent(found, services);
            const status = await cancelRemote(found, within * 1000, services, signal);
            return await ended(found, status, destination, services, context);
          });
    if (json) context.out(JSON.stringify(submissionLine(record)));
    tellEnd(record, context);
    // What was asked for is done, whichever way the run has ended.
    return 0;
  },
});

async function atPlatform(
  record: SubmissionRecord,
  context: CommandContext,
  signal: AbortSignal,
  work: (
    record: SubmissionRecord,
    destination: Destination,
    services: SubmitServices,
  ) => Promise<SubmissionRecord>,
): Promise<SubmissionRecord> {
  const { platform, settings, job } = record;
  if (!isSubmitPlatform(platform)) {
    throw new JobError('NOT_SUPPORTED', `this version of dray knows no platform "${platform}"`, {
      hint: 'use the version that has submitted the run',
    });
  }
  const destination = destinationOf(platform, settings, job, context.surroundings.env);
  using submitter = await destination.open(context.surroundings.clock ?? systemClock);
  const services = submitServices(submitter, destination, context);
  return await work(await resolveCall(record, services, signal), destination, services);
}

/** Nothing runs: what was intended is taken back. */
async function neverSent(
  record: SubmissionRecord,
  services: SubmitServices,
): Promise<SubmissionRecord> {
  return await amended(
    record,
    {
      ...{ state: 'ENDED', remoteState: 'CANCELLED', message: 'cancelled before it was sent' },
      exitCode: ERROR_CODES.REMOTE_CANCELLED.exitCode,
    },
    services,
  );
}

async function known(
  runId: string,
  store: CommandContext['store'],
): Promise<readonly SubmissionRecord[]> {
  const all = await store.submissionsOf(runId);
  if (all.length > 0) return all;
  throw unknownRun(runId, await store.listSubmissions(200));
}

function unknownRun(runId: string, recent: readonly SubmissionRecord[]): JobError {
  const near = nearest(
    runId,
    recent.map((one) => one.runId),
  );
  return new JobError('RUN_UNKNOWN', `nobody has submitted a run "${printable(runId)}" from here`, {
    hint: near === undefined ? 'dray submissions list shows them' : `did you mean "${near}"?`,
  });
}

function notSent({ runId, message }: SubmissionRecord): JobError {
  const said = message === undefined ? '' : `: ${message}`;
  return new JobError('REMOTE_LOST', `run "${runId}" was not sent${said}`, {
    hint: 'submit it again with the same --run-id',
  });
}

function cells(record: SubmissionRecord): readonly string[] {
  return [
    printable(record.runId),
    String(record.attempt),
    record.platform,
    record.state,
    printable(record.platformState ?? '-'),
    record.exitCode === undefined ? '-' : String(record.exitCode),
    printable(record.remoteId ?? '-'),
    instant(record.createdAt),
  ];
}

function described(record: SubmissionRecord): readonly string[] {
  const pairs: readonly (readonly [name: string, value: string | undefined])[] = [
    ['job', record.job],
    ['window', describeWindow(record.window)],
    ['rerun of', record.rerunOf],
    ['platform', record.platform],
    ['remote id', record.remoteId],
    ['there', record.platformState],
    ['says', record.message],
    ['exit code', record.exitCode?.toString()],
    ['calls', String(record.calls)],
    ['intended', `${instant(record.createdAt)} UTC`],
    ['changed', `${instant(record.changedAt)} UTC`],
    ['stop asked', record.cancelRequestedAt && `${instant(record.cancelRequestedAt)} UTC`],
    ['fenced', record.fencedAt && `${instant(record.fencedAt)} UTC`],
    ['token', record.token],
  ];
  return [
    `${printable(record.runId)}  attempt ${String(record.attempt)}  ${record.state}`,
    ...pairs.flatMap(([name, value]) =>
      value === undefined ? [] : [`  ${name.padEnd(12)}${printable(value)}`],
    ),
  ];
}
