import { JobError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import type { SubmissionRecord, SubmissionStore } from '../../core/submission-store.ts';
import { sameWindow, type Window } from '../../core/window.ts';

/** What is to be sent, or followed where it has been sent already. */
export interface ChosenAttempt {
  readonly runId: string;
  readonly attempt: number;
  readonly window?: Window;
  readonly rerunOf?: string;
  /** The attempt as the store has it, when somebody has submitted it before. */
  readonly known?: SubmissionRecord;
  /** Why it is another attempt than the one that was asked for. */
  readonly note?: string;
}

export interface AttemptFlags {
  readonly runId?: string | undefined;
  readonly attempt?: number | undefined;
  readonly retry: boolean;
  readonly repair: boolean;
  readonly rerun?: string | undefined;
  readonly force: boolean;
}

/**
 * Which attempt of which run a command means. An attempt that is still open is never passed over by
 * the next one: both would work at the same time.
 *
 * @throws JobError `ARGUMENTS_INVALID`, `RUN_UNKNOWN`.
 */
export async function chooseAttempt(
  flags: AttemptFlags,
  window: Window | undefined,
  newRunId: () => string,
  store: SubmissionStore,
): Promise<ChosenAttempt> {
  assertOne(flags);
  if (flags.rerun !== undefined) return await rerunOf(flags.rerun, window, store);
  const next = flags.retry || flags.repair;
  if (flags.runId === undefined) {
    if (!next) return { runId: newRunId(), attempt: flags.attempt ?? 1, ...optional(window) };
    throw invalid('--retry and --repair need --run-id', 'dray submissions list shows the runs');
  }
  const { runId } = flags;
  const all = await store.submissionsOf(runId);
  const last = all.at(-1);
  if (last === undefined) {
    if (next) throw unknown(runId);
    return { runId, attempt: flags.attempt ?? 1, ...optional(window) };
  }
  const at = { runId, ...optional(window ?? last.window), ...rerunMark(last) };
  const wanted = next ? last.attempt + 1 : (flags.attempt ?? last.attempt);
  const same = all.find(({ attempt }) => attempt === wanted);
  if (same !== undefined) return { ...at, attempt: wanted, known: same };
  if (wanted < last.attempt) throw tooLate(last, wanted);
  if (last.state !== 'ENDED' && last.fencedAt === undefined) {
    const note = `attempt ${String(last.attempt)} of "${runId}" has not ended: going on with it`;
    return { ...at, attempt: last.attempt, known: last, note };
  }
  if (next && last.exitCode === 0) {
    throw invalid(`run "${runId}" has completed`, `--rerun ${runId} loads its window again`);
  }
  return { ...at, attempt: wanted };
}

/** A rerun that was cut short goes on; else it is one more. */
async function rerunOf(
  original: string,
  window: Window | undefined,
  store: SubmissionStore,
): Promise<ChosenAttempt> {
  const [first] = await store.submissionsOf(original);
  if (first === undefined) throw unknown(original);
  if (window !== undefined && !sameWindow(window, first.window)) {
    throw invalid('a rerun has the window of its run', 'leave --from and --to out');
  }
  const at = { rerunOf: original, ...optional(first.window) };
  const reruns = await store.rerunsOf(original);
  const last = reruns.at(-1);
  if (last !== undefined && last.state !== 'ENDED') {
    const note = `"${last.runId}" has not ended: going on with it`;
    return { ...at, runId: last.runId, attempt: last.attempt, known: last, note };
  }
  return { ...at, runId: `${original}.rerun-${String(reruns.length + 1)}`, attempt: 1 };
}

function assertOne(flags: AttemptFlags): void {
  const given = [
    ...(flags.attempt === undefined ? [] : ['--attempt']),
    ...(flags.retry ? ['--retry'] : []),
    ...(flags.repair ? ['--repair'] : []),
    ...(flags.rerun === undefined ? [] : ['--rerun']),
  ];
  if (given.length > 1) {
    throw invalid(`${given.join(' and ')} exclude each other`, 'dray submit --help explains them');
  }
  if (flags.rerun !== undefined && flags.runId !== undefined) {
    throw invalid('a rerun is a new run: --rerun takes no --run-id', 'leave --run-id out');
  }
  if (flags.repair && flags.force) {
    throw invalid(
      '--repair loads only what failed, --force all of it',
      '--retry --force loads all of it again in the next attempt',
    );
  }
  if (flags.attempt !== undefined && !(Number.isInteger(flags.attempt) && flags.attempt >= 1)) {
    throw invalid('--attempt is not a positive whole number', 'the first attempt is 1');
  }
}

function rerunMark({ rerunOf: of }: SubmissionRecord) {
  return of === undefined ? {} : { rerunOf: of };
}

function optional(window: Window | undefined) {
  return window === undefined ? {} : { window };
}

function unknown(runId: string): JobError {
  return new JobError('RUN_UNKNOWN', `nobody has submitted a run "${printable(runId)}" from here`, {
    hint: 'dray submissions list shows them; --store names the file that has them',
  });
}

function tooLate({ runId, attempt }: SubmissionRecord, wanted: number): JobError {
  return new JobError(
    'LEASE_LOST',
    `run "${runId}" is at attempt ${String(attempt)}, attempt ${String(wanted)} comes too late`,
    { hint: `dray submissions follow ${runId}` },
  );
}

function invalid(message: string, hint: string): JobError {
  return new JobError('ARGUMENTS_INVALID', printable(message), { hint });
}
