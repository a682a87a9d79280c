import type { Clock } from '../core/clock.ts';
import { JobError, messageOf, toJobError } from '../core/errors.ts';
import { type Backoff, halfJitterMs, retry, type Waits } from '../core/retry.ts';
import type {
  SubmissionIntent,
  SubmissionProgress,
  SubmissionRecord,
  SubmissionStore,
} from '../core/submission-store.ts';
import type { RemoteRun, StartAnswer, Submission, Submitter } from '../core/submitter.ts';

/** What sending and following need. */
export interface SubmitServices {
  readonly store: SubmissionStore;
  readonly submitter: Submitter;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Tells a person what goes on. */
  readonly note: (level: 'info' | 'warning', message: string) => void;
  /** How long to go on trying while the platform has no room for another run; default 0. */
  readonly waitForRoomMs?: number;
}

/** Calls whose answer was lost, one after another, before we give up; each costs a look. */
const MOST_LOST = 4;
/** The same where no look is needed: in about two minutes. */
const MOST_REPEATED = 8;
const LOOK_EVERY_MS = 2_000;
/** A list may hold the run of a store that was lost: of a machine that had tried this attempt before. */
const LOOK_BACK_MS = 24 * 60 * 60 * 1000;
/** Of requests that change nothing, or may be repeated. */
const PATIENT: Backoff = { tries: 6, firstMs: 500, maxMs: 20_000 };
/** Waits after a refusal that may pass: the first, doubled up to the second. */
const PAUSE: Waits = { firstMs: 1_000, maxMs: 30_000 };
const MOST_REFUSED = 6;

/**
 * Sends one attempt so that its platform runs it once, however often this is called and wherever an
 * earlier call has died. The intent is committed before the platform is called; what came of a call is
 * looked up by the token, after the time that the platform's list may lag, before another one is made.
 * A platform that honours the token is called again instead.
 *
 * @returns the submission as SUBMITTED, or as ENDED where an earlier call has followed it to its end.
 * @throws JobError the platform's refusal, with the submission as INTENDED, or as CALLING where an earlier
 *   call may have started the run; `SUBMIT_UNCERTAIN` when no call was answered, with it as CALLING.
 */
export async function submitOnce(
  intent: SubmissionIntent,
  submission: Submission,
  services: SubmitServices,
  signal: AbortSignal,
): Promise<SubmissionRecord> {
  const { store, submitter, clock, note } = services;
  const startMs = clock.monotonicMs();
  let record = await store.intendSubmission(intent);
  let isPrepared = false;
  let lost = 0;
  let refusals = 0;
  const repeats = submitter.honoursToken === true;
  const mostLost = repeats ? MOST_REPEATED : MOST_LOST;
  for (;;) {
    if (record.state === 'SUBMITTED' || record.state === 'ENDED') return record;
    const found = repeats ? undefined : await lookFor(record, services, signal);
    if (found !== undefined) {
      note('info', `${submitter.name} has this attempt already: ${found.remoteId}`);
      record = await settled(record, found, services, signal);
      continue;
    }
    if (lost === mostLost) throw uncertain(record, submitter);
    if (!isPrepared) {
      await patiently(() => submitter.prepare(submission, signal), services, signal);
      isPrepared = true;
    }
    // A refusal of this call says nothing of one before it that was never answered, nor looked for.
    const isOpen = repeats && record.state === 'CALLING';
    const calling = await store.moveSubmission(
      // From CALLING again: what we looked for is not there.
      record,
      { state: 'CALLING', calledAt: now(clock), calls: record.calls + 1 },
      now(clock),
    );
    if (calling === undefined) {
      record = await reloaded(record, store);
      continue;
    }
    record = calling;
    let answer: StartAnswer;
    try {
      answer = await submitter.start(submission, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isUnanswered(error)) throw error;
      lost += 1;
      const { name } = submitter;
      const next = repeats
        ? `calling ${name} again with the same token`
        : `looking whether ${name} has started the run`;
      note('warning', `${messageOf(error)}; ${next}`);
      if (repeats && lost < mostLost) await pause(lost, toJobError(error), services, signal);
      continue;
    }
    const { refused } = answer;
    if (refused === undefined) {
      record = await settled(record, answer, services, signal);
      continue;
    }
    const state = isOpen ? 'CALLING' : 'INTENDED';
    record = await changed(record, { state, message: refused.message }, services);
    refusals += 1;
    const waited = clock.monotonicMs() - startMs;
    const isPatient =
      refused.code === 'PLATFORM_BUSY'
        ? waited < (services.waitForRoomMs ?? 0)
        : refusals < MOST_REFUSED;
    if (!refused.retryable || !isPatient) throw refused;
    note('info', `${refused.message}; trying again`);
    await pause(refusals, refused, services, signal);
  }
}

/**
 * Finds out what came of a call whose answer nobody has seen.
 *
 * @returns the submission as SUBMITTED, or as INTENDED where the platform has not started it.
 */
export async function resolveCall(
  record: SubmissionRecord,
  services: SubmitServices,
  signal: AbortSignal,
): Promise<SubmissionRecord> {
  if (record.state !== 'CALLING') return record;
  const found = await lookFor(record, services, signal);
  if (found !== undefined) return await settled(record, found, services, signal);
  return await changed(record, { state: 'INTENDED' }, services);
}

/**
 * The run of the token. After a call it may come into sight late: then this waits until it has to
 * be there.
 */
async function lookFor(
  record: SubmissionRecord,
  services: SubmitServices,
  signal: AbortSignal,
): Promise<RemoteRun | undefined> {
  const { submitter, clock } = services;
  const since = new Date(Date.parse(record.createdAt) - LOOK_BACK_MS);
  const called = record.state === 'CALLING' ? Date.parse(record.calledAt ?? record.createdAt) : 0;
  for (;;) {
    const askedAt = clock.now().getTime();
    const found = await patiently(
      () => submitter.find(record.token, since, signal),
      services,
      signal,
    );
    if (found !== undefined || askedAt >= called + submitter.settleMs) return found;
    await clock.sleep(Math.min(LOOK_EVERY_MS, called + submitter.settleMs - askedAt), signal);
  }
}

/** Tries again for as long as the platform cannot be reached or asks for time. */
export async function patiently<T>(
  work: () => Promise<T>,
  { clock, random }: Pick<SubmitServices, 'clock' | 'random'>,
  signal: AbortSignal,
): Promise<T> {
  const again = (error: unknown) =>
    !signal.aborted && toJobError(error).code === 'PLATFORM_UNAVAILABLE';
  return await retry(work, again, PATIENT, clock, random, signal);
}

async function pause(
  tries: number,
  { retryAfterMs }: JobError,
  { clock, random }: SubmitServices,
  signal: AbortSignal,
): Promise<void> {
  await clock.sleep(Math.max(retryAfterMs, halfJitterMs(PAUSE, tries, random())), signal);
}

/**
 * Records the run. Another process that took us for dead may have recorded one of its own: of two the
 * recorded one stays.
 */
async function settled(
  record: SubmissionRecord,
  { remoteId }: RemoteRun,
  services: SubmitServices,
  signal: AbortSignal,
): Promise<SubmissionRecord> {
  const { store, submitter, clock, note } = services;
  for (let from = record; ; from = await reloaded(record, store)) {
    if (from.state === 'SUBMITTED' || from.state === 'ENDED') {
      if (from.remoteId === remoteId) return from;
      note('warning', `${submitter.name} runs this attempt twice; stopping ${remoteId}`);
      await patiently(() => submitter.requestCancel(remoteId, signal), services, signal);
      return from;
    }
    const change = { state: 'SUBMITTED', remoteId, remoteState: 'PENDING' } as const;
    const done = await store.moveSubmission(from, change, now(clock));
    if (done !== undefined) return done;
  }
}

/** Changes what only we should be changing; where somebody else has, what they made of it counts. */
async function changed(
  record: SubmissionRecord,
  change: Partial<SubmissionProgress>,
  { store, clock }: SubmitServices,
): Promise<SubmissionRecord> {
  return (
    (await store.moveSubmission(record, change, now(clock))) ?? (await reloaded(record, store))
  );
}

/** Adds what is a fact whoever else has changed the submission meanwhile. */
export async function amended(
  record: SubmissionRecord,
  fact: Partial<SubmissionProgress>,
  { store, clock }: Pick<SubmitServices, 'store' | 'clock'>,
): Promise<SubmissionRecord> {
  for (;;) {
    const current = await reloaded(record, store);
    if (current.state === 'ENDED') return current;
    const done = await store.moveSubmission(current, fact, now(clock));
    if (done !== undefined) return done;
  }
}

async function reloaded(
  record: SubmissionRecord,
  store: SubmissionStore,
): Promise<SubmissionRecord> {
  const all = await store.submissionsOf(record.runId);
  const found = all.find(({ attempt }) => attempt === record.attempt);
  if (found !== undefined) return found;
  throw new JobError('STORE_FAILED', `the submission of run "${record.runId}" is gone`, {
    hint: 'somebody has changed the run store; submit again to find the run by its token',
  });
}

function isUnanswered(error: unknown): boolean {
  return error instanceof JobError && error.code === 'PLATFORM_UNAVAILABLE';
}

function uncertain({ runId, calls }: SubmissionRecord, { name }: Submitter): JobError {
  return new JobError(
    'SUBMIT_UNCERTAIN',
    `${name} has answered none of ${String(calls)} calls, and no run "${runId}" is to be seen`,
    { hint: 'submit the same run again: one that was started is found, and no second one started' },
  );
}

function now(clock: Clock): string {
  return clock.now().toISOString();
}
