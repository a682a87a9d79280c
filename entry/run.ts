import { systemClock } from '../core/clock.ts';
import { type JobError, toJobError } from '../core/errors.ts';
import type { RunWatcher } from '../core/events.ts';
import type { Corrections } from '../jobs/corrections.ts';
import type { RunInfo } from '../jobs/job.ts';
import { redactConfig } from '../core/redact.ts';
import { createRedactor, type Redactor } from '../core/secrets.ts';
import { parseWindow } from '../core/window.ts';
import { createJob } from '../jobs/factory.ts';
import { resultLine } from '../jobs/result-line.ts';
import { runJob, type RunResult } from '../jobs/runner.ts';
import { detectPlatform } from '../platforms/detect.ts';
import { createServices, openStore, type Surroundings } from './context.ts';
import { newRunId } from './run-id.ts';
import { type Listeners, listenTo } from './telemetry/listen.ts';

/** One run, as flags or a program ask for it. */
export interface RunRequest {
  readonly jobName: string;
  /** The job's config in wire spelling. */
  readonly config: unknown;
  /** `YYYY-MM-DD`; both or neither. */
  readonly startDate?: string;
  readonly endDate?: string;
  readonly createdBy?: string;
  readonly runId?: string;
  readonly attempt?: number;
  readonly serviceProvider?: string;
  readonly store?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly preview?: boolean;
  readonly corrections?: Corrections;
}

const NOBODY: Listeners = { err: () => undefined };

/**
 * Runs a job from its raw config. Every failure ends as a result with its exit code; nothing is
 * thrown for what a user can get wrong.
 */
export async function runFromConfig(
  request: RunRequest,
  surroundings: Surroundings,
  show: {
    readonly watcher: RunWatcher;
    readonly redactor?: Redactor;
    readonly listeners?: Listeners;
  },
  signal: AbortSignal,
): Promise<RunResult> {
  const clock = surroundings.clock ?? systemClock;
  const redactor = show.redactor ?? createRedactor();
  const startedAt = clock.now();
  const run = {
    runId: request.runId ?? newRunId(request.jobName, startedAt),
    attempt: request.attempt ?? 1,
    job: request.jobName,
    createdBy: request.createdBy ?? 'dray',
    startedAt,
    force: request.force ?? false,
    dryRun: request.dryRun ?? false,
    preview: request.preview ?? false,
    ...(request.corrections === undefined ? {} : { corrections: request.corrections }),
  };
  let known: RunInfo = run;
  try {
    const window = parseWindow(request.startDate, request.endDate);
    known = window === undefined ? run : { ...run, window };
    const job = createJob(request.jobName, request.config);
    await using store = await openStore(surroundings, request.store);
    await using heard = await listenTo(
      known,
      { store, watcher: show.watcher },
      known.dryRun ? NOBODY : (show.listeners ?? NOBODY),
      { surroundings, redact: (text) => redactor.redact(text) },
      signal,
    );
    const services = createServices(surroundings, heard.store, {
      watcher: heard.watcher,
      redactor,
      ...(request.serviceProvider === undefined
        ? {}
        : { serviceProvider: request.serviceProvider }),
      ...(request.store === undefined ? {} : { store: request.store }),
    });
    const config = redactConfig(request.config) as Readonly<Record<string, unknown>>;
    return await runJob(job, known, config, heard.reporting(services), signal);
  } catch (thrown) {
    return failedResult(toJobError(thrown), surroundings, {
      ...show,
      run: known,
      serviceProvider: request.serviceProvider,
    });
  }
}

/** The result of a run that failed before it could begin. */
export function failedResult(
  error: JobError,
  surroundings: Surroundings,
  known: {
    readonly run?: RunInfo;
    readonly runId?: string;
    readonly redactor?: Redactor;
    readonly serviceProvider?: string | undefined;
  } = {},
): RunResult {
  const run = known.run ?? {
    runId: known.runId ?? '',
    attempt: 1,
    job: '',
    createdBy: '',
    startedAt: (surroundings.clock ?? systemClock).now(),
    force: false,
    dryRun: false,
  };
  const platform = detectPlatform(surroundings.env, known.serviceProvider);
  const redact = (text: string) => known.redactor?.redact(text) ?? text;
  const line = resultLine(run, platform, { error, rules: [] }, undefined, redact);
  return { line, exitCode: error.exitCode, seconds: 0, error, rules: [], redact };
}
