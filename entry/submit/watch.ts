import { ERROR_CODES, JobError, toJobError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import type { SubmissionRecord } from '../../core/submission-store.ts';
import type { RemoteStatus } from '../../core/submitter.ts';
import { cancelRemote } from '../../platforms/cancel.ts';
import { conclude, type RemoteLine } from '../../platforms/conclude.ts';
import { follow } from '../../platforms/follow.ts';
import { amended, patiently, type SubmitServices } from '../../platforms/submit-once.ts';
import type { CommandContext } from '../command.ts';
import { readRemoteLine, toRemoteLine } from '../remote-line.ts';
import { openEar } from './ear.ts';
import { resultPlace } from './place.ts';
import type { Destination } from './platforms.ts';
import { remoteWatcher } from './remote-watcher.ts';
import { settle } from './settle.ts';

/** How long a platform may take to end a run that it was asked to stop. */
export const STOP_MS = 120_000;

export type Submitted = SubmissionRecord & { readonly remoteId: string };

export function isSubmitted(record: SubmissionRecord): record is Submitted {
  return record.state === 'SUBMITTED' && record.remoteId !== undefined;
}

/**
 * Follows a run to its end and records that. The first signal asks the platform to stop the run, the
 * second one leaves it alone.
 */
export async function watch(
  record: Submitted,
  destination: Destination,
  services: SubmitServices,
  context: CommandContext,
  signal: AbortSignal,
): Promise<SubmissionRecord> {
  const { name } = services.submitter;
  const second = context.surroundings.takeSecondSignal?.() ?? new AbortController().signal;
  try {
    const status = await told(record, destination, services, context, signal);
    return await ended(record, status, destination, services, context);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  context.err(`asking ${name} to stop ${record.remoteId}; once more only stops waiting for it`);
  try {
    const status = await cancelRemote(record, STOP_MS, services, second);
    return await ended(record, status, destination, services, context);
  } catch (error) {
    if (!second.aborted) throw error;
    const { code } = toJobError(signal.reason);
    throw new JobError(code, `nobody waits for run "${record.runId}" any more`, {
      hint: `${name} was asked to stop it; dray submissions follow ${record.runId} waits again`,
    });
  }
}

async function told(
  record: Submitted,
  destination: Destination,
  services: SubmitServices,
  context: CommandContext,
  signal: AbortSignal,
): Promise<RemoteStatus> {
  const ear = await openEar(record, destination, services, context);
  using watcher = await remoteWatcher(record, context);
  const events = follow(record.remoteId, services, signal, ear.read);
  for (;;) {
    const next = await events.next();
    if (next.done === true) return next.value;
    if (next.value.kind === 'telemetry') {
      watcher.show(await ear.keep(next.value.messages));
      continue;
    }
    if (next.value.kind === 'log') {
      watcher.say(next.value.line);
      continue;
    }
    const { state, platformState, message } = next.value.status;
    const own = platformState === state ? '' : ` (${platformState})`;
    watcher.say(`${state}${own}${message === undefined ? '' : `: ${message}`}`);
    await amended(record, { remoteState: state, platformState, ...optional(message) }, services);
  }
}

/** Records how a run has ended, by its own line, by what it has told, and by its platform. */
export async function ended(
  record: Submitted,
  status: RemoteStatus,
  destination: Destination,
  services: SubmitServices,
  context: CommandContext,
): Promise<SubmissionRecord> {
  const { submitter } = services;
  const { surroundings } = context;
  const { resultPrefix } = destination;
  let line: RemoteLine | undefined | 'unasked' = 'unasked';
  if (resultPrefix !== undefined) {
    const place = resultPlace(resultPrefix, record);
    if (submitter.readFile === undefined || place.startsWith('s3://')) {
      line = await readRemoteLine(place, record, surroundings);
    } else {
      const signal = AbortSignal.timeout(STOP_MS);
      const read = async () => await submitter.readFile?.(place, signal);
      const bytes = await patiently(read, services, signal);
      line = toRemoteLine(new TextDecoder().decode(bytes), record);
    }
  } else if (submitter.resultLine !== undefined) {
    const text = await submitter.resultLine(record.remoteId, AbortSignal.timeout(STOP_MS));
    line = toRemoteLine(text ?? '', record);
  }
  const { exitCode, error, contradiction } = conclude(status, line, record, submitter.name);
  if (contradiction !== undefined) context.err(printable(contradiction));
  const message = error?.message ?? contradiction ?? status.message;
  const own = typeof line === 'object' ? line : undefined;
  const ear = await openEar(record, destination, services, context);
  await settle(record, { status, exitCode, error, line: own }, ear, context);
  return await amended(
    record,
    {
      ...{ state: 'ENDED', exitCode, remoteState: status.state },
      ...{ platformState: status.platformState, ...optional(message) },
      ...(own === undefined ? {} : { result: own }),
    },
    services,
  );
}

/** Says how a submission stands, in a sentence, and gives the exit code of that. */
export function tellEnd(record: SubmissionRecord, { err }: Pick<CommandContext, 'err'>): number {
  const { runId, attempt, remoteState, exitCode = ERROR_CODES.REMOTE_UNPROVEN.exitCode } = record;
  const hint = exitCode === 0 ? '' : `; dray submit ... --run-id ${runId} --retry tries again`;
  const said = exitCode === 0 || record.message === undefined ? '' : `: ${record.message}`;
  err(
    printable(
      `attempt ${String(attempt)} of run ${runId} has ended: ${remoteState ?? 'UNKNOWN'}, exit code ${String(exitCode)}${said}${hint}`,
    ),
  );
  return exitCode;
}

function optional(message: string | undefined) {
  return message === undefined ? {} : { message };
}
