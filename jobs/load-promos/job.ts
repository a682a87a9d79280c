import type { SqlSession } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import { defineJob, type JobContext } from '../../core/job.ts';
import type { Notification, Source } from '../../core/strategy.ts';
import { describeWindow, sameWindow } from '../../core/window.ts';
import { notifiers } from '../../strategies/registry.ts';
import { chooseEngine } from '../engine-choice.ts';
import { LOAD_STEPS, type LoadPlan, runLoad } from '../template.ts';
import { type LoadPromosConfig, loadPromosConfig, refuseNotBuilt } from './config.ts';
import { openReader, sinkPlans } from './strategies.ts';
import { promotionsTransform } from './transform.ts';

/** Promotions from Parquet or Delta to Delta, Parquet staging and Postgres. */
export const loadPromos = defineJob({
  name: 'load_promos',
  summary: 'load promotions into the Delta table, Parquet staging and the warehouse',
  config: loadPromosConfig,
  steps: LOAD_STEPS,

  async executeJob(context, config, signal) {
    refuseNotBuilt(config);
    const plan = planOf(config, context);
    refuseUnalignedAppend(plan, context);
    if (config.timeoutS === undefined) return await runLoad(plan, context, signal);
    const timeout = AbortSignal.timeout(config.timeoutS * 1000);
    try {
      return await runLoad(plan, context, AbortSignal.any([signal, timeout]));
    } catch (error) {
      if (error !== timeout.reason) throw error;
      throw new JobError('TIMED_OUT', `the run took longer than ${String(config.timeoutS)} s`, {
        hint: 'raise "timeout_s", or load a shorter window',
        cause: error,
      });
    }
  },

  async onSuccess(outcome, context, config, signal) {
    const { run } = context;
    const loaded = outcome.sinks.map((sink) => `${sink.sink} ${String(sink.loaded)}`).join(', ');
    const text = `${describeWindow(run.window)}: ${loaded}`;
    await notify(config.jobSuccessNotifications, context, { event: 'success', text }, signal);
    if (outcome.counts.quarantined > 0 || outcome.warnings.length > 0) {
      const problems = [...outcome.warnings, `${String(outcome.counts.quarantined)} quarantined`];
      const quality = { event: 'data_quality', text: problems.join('\n') } as const;
      await notify(config.dataQualityNotifications, context, quality, signal);
    }
  },

  async onFailure(error, context, config, signal) {
    const failed = { event: 'failed', text: `${error.code}: ${error.message}` } as const;
    await notify(config.jobFailedNotifications, context, failed, signal);
    if (error.exitCode === 4) {
      const quality = { ...failed, event: 'data_quality' } as const;
      await notify(config.dataQualityNotifications, context, quality, signal);
    }
  },
});

function planOf(config: LoadPromosConfig, context: JobContext): LoadPlan {
  const { engine, reason } = chooseEngine(config.strategyType, context.hasSpark);
  const open =
    (reader: LoadPromosConfig['extractorConfig']) =>
    (session: SqlSession, signal: AbortSignal): Promise<Source> =>
      openReader(reader, session, context, signal);
  const { productsTable } = config;
  const products =
    typeof productsTable === 'string'
      ? ({ strategy: 'PARQUET', sourceTable: productsTable } as const)
      : productsTable;
  return {
    engine: { engine, reason },
    session: definedOnly(config.resources),
    transform: promotionsTransform(products && open(products)),
    openSource: open(config.extractorConfig),
    sinks: sinkPlans(config, engine),
    maxQuarantinedRatio: config.quality.maxQuarantinedRatio,
    onEmpty: config.onEmpty,
    lockTimeoutMs: config.lockTimeoutS * 1000,
    quarantinePath: quarantinePath(config, context.dataDir),
  };
}

/** Never inside a sink's folder: a reader of the sink must not meet rows that broke a rule. */
function quarantinePath(config: LoadPromosConfig, dataDir: string): string {
  if (config.quarantine !== undefined) return config.quarantine.path;
  const stage = config.stageLoaderConfig;
  return stage !== undefined && 'path' in stage
    ? `${stage.path.replace(/\/+$/, '')}.quarantine`
    : `${dataDir}/quarantine/load_promos`;
}

function refuseUnalignedAppend(plan: LoadPlan, context: JobContext): void {
  const { window } = context.run;
  if (window === undefined || !plan.sinks.some((sink) => sink.mode === 'append')) return;
  const nearest = plan.transform.wholePartitions(window);
  if (sameWindow(nearest, window)) return;
  throw new JobError(
    'APPEND_UNALIGNED',
    `mode "append" needs whole weeks, Monday to Monday: ${describeWindow(window)} is not`,
    { hint: `the nearest such window is ${describeWindow(nearest)}` },
  );
}

async function notify(
  config: LoadPromosConfig['jobFailedNotifications'],
  context: JobContext,
  message: Pick<Notification, 'event' | 'text'>,
  signal: AbortSignal,
): Promise<void> {
  if (config === undefined) return;
  const { job, runId } = context.run;
  const subject = `${job}: ${message.event}`;
  await notifiers[config.notificationService].notify(
    { ...message, job, runId, subject },
    config,
    signal,
  );
}

function definedOnly(resources: LoadPromosConfig['resources']): LoadPlan['session'] {
  const { memoryMb, threads, tempDir } = resources;
  return {
    ...(memoryMb === undefined ? {} : { memoryMb }),
    ...(threads === undefined ? {} : { threads }),
    ...(tempDir === undefined ? {} : { tempDir }),
  };
}
