import { JobError, messageOf, toJobError } from '../core/errors.ts';
import type { RunWatcher } from '../core/events.ts';
import type { EngineName } from '../core/engine.ts';
import { effect } from '../core/failpoint.ts';
import type { PlanSession } from '../plan/session.ts';
import type { JobContext, JobOutcome, RuleOutcome, RunInfo, SessionOptions } from './job.ts';
import type { DetectedPlatform } from '../core/platform.ts';
import type { RunState } from '../core/run-state.ts';
import type { RunStore } from '../core/run-store.ts';
import type { StrategyContext } from '../core/strategy.ts';
import { sameWindow } from '../core/window.ts';
import type { BoundJob } from './factory.ts';
import { notificationsOf, sendNotifications } from './notify.ts';
import { type ResultLine, resultLine } from './result-line.ts';

const HEARTBEAT_EVERY_MS = 5_000;
const NOTIFY_TIMEOUT_MS = 30_000;

/** What the composition root hands to a run. */
export interface RunServices extends Omit<StrategyContext, 'warn'> {
  readonly platform: DetectedPlatform;
  readonly store: RunStore;
  readonly watcher: RunWatcher;
  readonly dataDir: string;
  openEngine(
    engine: EngineName,
    options: SessionOptions & { readonly runId: string },
    signal: AbortSignal,
  ): Promise<PlanSession>;
  /** Masks known secrets in a text that leaves the process. */
  redact(text: string): string;
  /** Writes the report of an ended run and returns where it is; undefined: there is none. */
  writeReport(ended: EndedRun): Promise<string | undefined>;
}

/** A run that has ended, for the report. */
export interface EndedRun {
  readonly run: RunInfo;
  readonly platform: DetectedPlatform;
  readonly config: Readonly<Record<string, unknown>>;
  readonly steps: readonly StepTiming[];
  readonly outcome?: JobOutcome;
  readonly error?: JobError;
  /** What the rules found, as far as the run came. */
  readonly rules: readonly RuleOutcome[];
  readonly seconds: number;
}

export interface StepTiming {
  readonly name: string;
  readonly seconds: number;
  readonly ok: boolean;
}

export interface RunResult {
  readonly line: ResultLine;
  readonly exitCode: number;
  readonly seconds: number;
  readonly outcome?: JobOutcome;
  readonly error?: JobError;
  readonly rules: readonly RuleOutcome[];
  /** Masks the secrets of this run in a text, such as a stack. */
  redact(text: string): string;
}

/**
 * Runs one attempt from its record to its notifications. The order is fixed here: record, execute,
 * report, record the end, notify; a job supplies what happens inside, not when.
 *
 * @param config - as the user gave it, already redacted; kept in the record.
 */
export async function runJob(
  job: BoundJob,
  run: RunInfo,
  config: Readonly<Record<string, unknown>>,
  services: RunServices,
  signal: AbortSignal,
): Promise<RunResult> {
  const { clock, store, platform } = services;
  const startMs = clock.monotonicMs();
  const steps: StepTiming[] = [];
  const warnings: string[] = [];
  let judged: readonly RuleOutcome[] = [];
  const context: JobContext = {
    ...contextOf(run, services, steps, warnings),
    judged(found) {
      judged = found;
    },
  };
  const recorded = !run.dryRun;
  if (recorded) {
    const done = await completedBefore(run, store);
    if (done !== undefined) return await answerAgain(done, job, context, services, startMs);
    await store.startAttempt({
      runId: run.runId,
      job: run.job,
      attempt: run.attempt,
      ...(run.window === undefined ? {} : { window: run.window }),
      createdBy: run.createdBy,
      servicePlatform: platform.platform,
      config,
      at: run.startedAt.toISOString(),
    });
  }
  const beating = recorded ? keepBeating(run, services) : undefined;
  const ended = await attemptOutcome(job, context, warnings, services, signal);
  await beating?.[Symbol.asyncDispose]();

  const rules = ended.outcome?.rules ?? judged;
  const seconds = (clock.monotonicMs() - startMs) / 1000;
  const report = recorded
    ? await guarded(
        effect(services.failpoints, 'report:write', () =>
          services.writeReport({ run, platform, config, steps, rules, seconds, ...ended }),
        ),
        context,
      )
    : undefined;
  const redact = (text: string) => services.redact(text);
  const line = resultLine(run, platform, { ...ended, rules }, report, redact);
  if (recorded) {
    const isOurs = await store.endAttempt({
      runId: run.runId,
      attempt: run.attempt,
      state: endState(ended.error),
      ...(ended.outcome === undefined ? {} : { engine: ended.outcome.engine }),
      result: { ...line },
      at: clock.now().toISOString(),
      notifications: notificationsOf({ run, ...ended }, line, job.notifiers, redact),
    });
    if (isOurs) {
      const time = AbortSignal.timeout(NOTIFY_TIMEOUT_MS);
      await guarded(sendNotifications(job.notifiers, context, services, time), context);
    }
  }
  return { line, exitCode: line.exit_code, seconds, rules, redact, ...ended };
}

/** What an earlier attempt has completed with: its process died before it could say so. */
async function completedBefore(run: RunInfo, store: RunStore): Promise<ResultLine | undefined> {
  const known = await store.getRun(run.runId);
  const isRetry =
    known?.state === 'COMPLETED' &&
    known.attempt < run.attempt &&
    known.job === run.job &&
    sameWindow(known.window, run.window);
  return isRetry ? (known.result as ResultLine | undefined) : undefined;
}

/** A retry of a run that has completed says so once more, and tells whom nobody has told yet. */
async function answerAgain(
  done: ResultLine,
  job: BoundJob,
  context: JobContext,
  services: RunServices,
  startMs: number,
): Promise<RunResult> {
  const { run, watcher } = context;
  watcher.note(
    'info',
    `attempt ${String(done.attempt)} of this run has completed: nothing is left to do`,
  );
  const time = AbortSignal.timeout(NOTIFY_TIMEOUT_MS);
  await guarded(sendNotifications(job.notifiers, context, services, time), context);
  return {
    line: { ...done, attempt: run.attempt },
    exitCode: done.exit_code,
    seconds: (services.clock.monotonicMs() - startMs) / 1000,
    rules: [],
    redact: (text) => services.redact(text),
  };
}

type Ended =
  | { readonly outcome: JobOutcome; readonly error?: never }
  | { readonly outcome?: never; readonly error: JobError };

async function attemptOutcome(
  job: BoundJob,
  context: JobContext,
  warnings: readonly string[],
  services: RunServices,
  signal: AbortSignal,
): Promise<Ended> {
  try {
    const outcome = await job.executeJob(context, signal);
    return { outcome: { ...outcome, warnings: [...outcome.warnings, ...warnings] } };
  } catch (thrown) {
    const error = toJobError(thrown);
    // The first message of a person is the last place where a secret could slip out.
    return {
      error: new JobError(error.code, services.redact(error.message), {
        ...(error.hint === undefined ? {} : { hint: services.redact(error.hint) }),
        cause: error.cause ?? error,
      }),
    };
  }
}

function endState(
  error: JobError | undefined,
): Extract<RunState, 'COMPLETED' | 'FAILED' | 'CANCELLED'> {
  if (error === undefined) return 'COMPLETED';
  return error.code === 'INTERRUPTED' || error.code === 'TERMINATED' ? 'CANCELLED' : 'FAILED';
}

function contextOf(
  run: RunInfo,
  services: RunServices,
  steps: StepTiming[],
  warnings: string[],
): Omit<JobContext, 'judged'> {
  const { clock, store, watcher, platform } = services;
  const { runId, attempt } = run;
  const now = () => clock.now().toISOString();
  const event: JobContext['event'] = async (type, data) => {
    if (!run.dryRun) await store.appendEvent({ runId, attempt, at: now(), type, data });
  };
  return {
    ...services,
    run,
    platform: platform.platform,
    platformEvidence: platform.evidence,
    hasSpark: platform.hasSpark,
    event,
    openEngine: (engine, options, signal) =>
      services.openEngine(engine, { ...options, runId }, signal),
    history: async () => (run.dryRun ? [] : await store.listEvents(runId)),
    warn(message) {
      warnings.push(services.redact(message));
      watcher.note('warning', services.redact(message));
    },
    async step(name, work) {
      const startedAt = now();
      const startMs = clock.monotonicMs();
      const record = async (state: 'RUNNING' | 'COMPLETED' | 'FAILED') => {
        if (run.dryRun) return;
        const ended = state === 'RUNNING' ? {} : { endedAt: now() };
        await store.putStep(runId, { name, attempt, state, startedAt, ...ended });
      };
      const end = async (ok: boolean) => {
        const seconds = (clock.monotonicMs() - startMs) / 1000;
        steps.push({ name, seconds, ok });
        watcher.stepEnded(name, { ok, seconds });
        await record(ok ? 'COMPLETED' : 'FAILED');
      };
      await record('RUNNING');
      watcher.stepStarted(name);
      let result;
      try {
        result = await work();
      } catch (error) {
        await end(false);
        throw error;
      }
      await end(true);
      return result;
    },
  };
}

function keepBeating(run: RunInfo, { clock, store }: RunServices): AsyncDisposable {
  const stop = new AbortController();
  async function beat(): Promise<void> {
    for (;;) {
      await clock.sleep(HEARTBEAT_EVERY_MS, stop.signal);
      await store.heartbeat(run.runId, run.attempt, clock.now().toISOString());
    }
  }
  // A missed heartbeat is not worth a failed load; the sinks' claims are what guards the targets.
  const beating = beat().catch(() => undefined);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await beating;
    },
  };
}

/** For work that must not change the outcome of a load that is already decided. */
async function guarded<T>(work: Promise<T>, context: JobContext): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    context.warn(`after the run: ${messageOf(error)}`);
    return undefined;
  }
}
