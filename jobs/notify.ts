import { type JobError, toJobError } from '../core/errors.ts';
import { effect } from '../core/failpoint.ts';
import {
  FACTS,
  type Facts,
  notAccepted,
  notDelivered,
  type Notification,
  type NotificationEvent,
} from '../core/notification.ts';
import { retry } from '../core/retry.ts';
import type { QueuedNotification } from '../core/run-store.ts';
import type { StrategyContext } from '../core/strategy.ts';
import { describeWindow } from '../core/window.ts';
import type { JobContext, JobOutcome, RunInfo } from './job.ts';
import type { ResultLine } from './result-line.ts';
import type { EndedRun, RunServices } from './runner.ts';

/** Sends one notification, once. */
export type SendNotification = (
  notification: Notification,
  context: StrategyContext,
  signal: AbortSignal,
) => Promise<void>;

/** Whom a job tells of which event. */
export type Notifiers = Readonly<Partial<Record<NotificationEvent, SendNotification | undefined>>>;

/** A run sends at most so many: its own, and those that earlier runs of the job could not. */
const MOST = 20;
const BACKOFF = { tries: 3, firstMs: 500, maxMs: 4_000 } as const;
/** Longer than one process tries; then another may. */
const HELD_MS = 5 * 60_000;
/** After this many runs have tried, or this long, nobody wants it any more. */
const MAX_TRIES = 10;
const MAX_AGE_MS = 3 * 24 * 3_600_000;

/**
 * What the end of a run gives to tell. Nobody is told of a run that a person has stopped, or that a
 * newer attempt has taken over.
 */
export function notificationsOf(
  { run, outcome, error }: Pick<EndedRun, 'run' | 'outcome' | 'error'>,
  line: ResultLine,
  notifiers: Notifiers,
  redact: (text: string) => string,
): readonly Notification[] {
  if (error?.code === 'INTERRUPTED' || error?.code === 'LEASE_LOST') return [];
  const facts = factsOf(run, line, outcome, redact);
  const events: NotificationEvent[] = [error === undefined ? 'success' : 'failed'];
  if (isAboutData(outcome, error?.exitCode)) events.push('data_quality');
  return events
    .filter((event) => notifiers[event] !== undefined)
    .map((event) => ({
      // A retry that fails in the same way has nothing new to say.
      id: [run.runId, event, error?.code ?? 'completed'].join(':'),
      ...{ event, job: run.job, runId: run.runId, facts: { ...facts, event } },
    }));
}

function isAboutData(outcome: JobOutcome | undefined, exitCode: number | undefined): boolean {
  if (outcome === undefined) return exitCode === 4;
  return outcome.counts.quarantined > 0 || outcome.warnings.length > 0;
}

function factsOf(
  run: RunInfo,
  line: ResultLine,
  outcome: JobOutcome | undefined,
  redact: (text: string) => string,
): Facts {
  const { counts } = line;
  const figure = (value: unknown) =>
    typeof value === 'number' ? value.toLocaleString('en-US') : '';
  const known: Partial<Facts> = {
    job: run.job,
    run_id: run.runId,
    attempt: String(run.attempt),
    window: describeWindow(run.window),
    created_by: run.createdBy,
    service_provider: line.service_provider,
    engine: line.engine ?? '',
    source: outcome?.source ?? '',
    read: figure(counts?.['read']),
    quarantined: figure(counts?.['quarantined'] ?? 0),
    filtered: figure(counts?.['filtered']),
    dropped: figure(counts?.['dropped']),
    deduplicated: figure(counts?.['deduplicated']),
    loaded: figure(line.sinks[0]?.['loaded']),
    sinks: line.sinks
      .map(({ sink, kind, loaded, target }) =>
        [sink, `(${String(kind)})`, figure(loaded), 'rows in', target].map(String).join(' '),
      )
      .join('\n'),
    quarantine: outcome?.quarantine ?? '',
    warnings: line.warnings.join('\n'),
    error_code: line.error?.code ?? '',
    error: line.error?.message ?? '',
    hint: line.error?.hint ?? '',
    report: line.report ?? '',
  };
  return Object.fromEntries(FACTS.map((fact) => [fact, redact(known[fact] ?? '')])) as Facts;
}

/**
 * Sends what the store has for a job: this run's notifications and those that earlier runs could not
 * send. What cannot be sent is a warning, and stays in the store for the job's next run.
 */
export async function sendNotifications(
  notifiers: Notifiers,
  context: JobContext,
  { store, clock, redact }: Pick<RunServices, 'store' | 'clock' | 'redact'>,
  signal: AbortSignal,
): Promise<void> {
  const { job } = context.run;
  const now = clock.now();
  const heldUntil = new Date(now.getTime() + HELD_MS).toISOString();
  const taken = await store.takeNotifications({
    ...{ job, at: now.toISOString(), heldUntil, limit: MOST },
  });
  for (const each of taken) {
    const error = await failureOf(each, notifiers[each.event], context, signal);
    const state = stateAfter(each, error, now);
    const at = clock.now().toISOString();
    const told = error === undefined ? {} : { error: redact(error.message) };
    await store.settleNotification({ id: each.id, state, at, ...told });
    const type = error === undefined ? 'notification.sent' : 'notification.failed';
    await context.event(type, { event: each.event, run_id: each.runId, state, ...told });
    if (error === undefined) continue;
    const outlook = state === 'PENDING' ? 'the next run of the job tries again' : error.hint;
    context.warn(
      `the notification "${each.event}" of run "${each.runId}" was not sent: ${error.message}; ${outlook ?? ''}`,
    );
  }
}

function stateAfter(
  { tries, createdAt }: QueuedNotification,
  error: JobError | undefined,
  now: Date,
): QueuedNotification['state'] {
  if (error === undefined) return 'SENT';
  const isOld = tries >= MAX_TRIES || now.getTime() - Date.parse(createdAt) > MAX_AGE_MS;
  return error.retryable && !isOld ? 'PENDING' : 'GIVEN_UP';
}

async function failureOf(
  notification: QueuedNotification,
  send: SendNotification | undefined,
  context: JobContext,
  signal: AbortSignal,
): Promise<JobError | undefined> {
  if (send === undefined) {
    return notAccepted('the config names nobody to tell', 'name a notifier for the event');
  }
  try {
    await retry(
      () => effect(context.failpoints, 'notify:send', () => send(notification, context, signal)),
      (error) => toJobError(error).code === 'NOTIFICATION_FAILED',
      BACKOFF,
      context.clock,
      Math.random,
      signal,
    );
    return undefined;
  } catch (error) {
    return signal.aborted ? notDelivered('the time for it was over', error) : toJobError(error);
  }
}
