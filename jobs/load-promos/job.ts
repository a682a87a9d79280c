import { ENGINES, type SqlSession } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import { parseSecret } from '../../core/secrets.ts';
import type { Source, StrategyContext } from '../../core/strategy.ts';
import { describeWindow, sameWindow } from '../../core/window.ts';
import { assertRunsOn, enginesOf } from '../../plan/support.ts';
import { chooseEngine, type EngineChoice, isEngineFailure } from '../engine-choice.ts';
import { defineJob, type JobContext, type JobOutcome, type SessionOptions } from '../job.ts';
import { LOAD_STEPS, type LoadPlan, runLoad } from '../template.ts';
import {
  type LoadPromosConfig,
  loadPromosConfig,
  refuseNotBuilt,
  refuseReplacedIncrement,
} from './config.ts';
import { notifierOf, openReader, sinkPlans, sourceBytes } from './strategies.ts';
import type { OpenReference } from '../quality/references.ts';
import type { Transform } from '../transform.ts';
import { promotionsTransform } from './transform.ts';

/** Promotions from Parquet or Delta to Delta, Parquet staging and Postgres. */
export const loadPromos = defineJob({
  name: 'load_promos',
  summary: 'load promotions into the Delta table, Parquet staging and the warehouse',
  config: loadPromosConfig,
  steps: LOAD_STEPS,

  async executeJob(context, config, signal) {
    refuseNotBuilt(config);
    if (config.timeoutS === undefined) return await runOnEngines(config, context, signal);
    const timeout = AbortSignal.timeout(config.timeoutS * 1000);
    try {
      return await runOnEngines(config, context, AbortSignal.any([signal, timeout]));
    } catch (error) {
      if (error !== timeout.reason) throw error;
      throw new JobError('TIMED_OUT', `the run took longer than ${String(config.timeoutS)} s`, {
        hint: 'raise "timeout_s", or load a shorter window',
        cause: error,
      });
    }
  },

  async computation(config, context) {
    return {
      transform: transformOf(config, context),
      session: await sessionOf(config, context),
      openSource: readerOf(config.extractorConfig, context),
      sinks: () => sinkPlans(config, 'bulk'),
    };
  },

  notifiers: (config) => ({
    failed: notifierOf(config.jobFailedNotifications),
    success: notifierOf(config.jobSuccessNotifications),
    data_quality: notifierOf(config.dataQualityNotifications),
  }),
});

/** Runs on the engine that is chosen, and on those of `fallback` when it fails as an engine. */
async function runOnEngines(
  config: LoadPromosConfig,
  context: JobContext,
  signal: AbortSignal,
): Promise<JobOutcome> {
  const transform = transformOf(config, context);
  let choice = await choiceOf(config, transform, context, signal);
  const others = config.fallback.filter((engine) => engine !== choice.engine);
  for (;;) {
    assertRunsOn(transform.plan.node, choice.engine);
    const plan = await planOf(config, transform, choice, context);
    refuseUnalignedAppend(plan, context);
    refuseReplacedIncrement(config, plan.sinks);
    await context.event('engine.chosen', { ...choice });
    try {
      return await runLoad(plan, context, signal);
    } catch (error) {
      const next = others.shift();
      if (next === undefined || signal.aborted || !isEngineFailure(error)) throw error;
      const { code, message } = error;
      context.warn(
        `engine "${choice.engine}" failed (${code}: ${message}): going on with "${next}"`,
      );
      await context.event('engine.fallback', { from: choice.engine, to: next, code, message });
      choice = { engine: next, reason: `fallback: "${choice.engine}" failed with ${code}` };
    }
  }
}

async function choiceOf(
  config: LoadPromosConfig,
  transform: Transform,
  context: JobContext,
  signal: AbortSignal,
): Promise<EngineChoice> {
  const isOpen = config.strategyType === 'auto';
  const events = isOpen ? await context.history() : [];
  const earlier = events.findLast((event) => event.type === 'engine.chosen')?.data['engine'];
  return chooseEngine({
    asked: config.strategyType,
    hasSpark: context.hasSpark || config.sparkRemote !== undefined,
    against: enginesOf(transform.plan.node),
    sourceBytes: isOpen ? await sourceBytes(config.extractorConfig, context, signal) : undefined,
    earlier: ENGINES.find((engine) => engine === earlier),
  });
}

function readerOf(reader: LoadPromosConfig['extractorConfig'], context: StrategyContext) {
  return (session: SqlSession, signal: AbortSignal): Promise<Source> =>
    openReader(reader, session, context, signal);
}

function transformOf(
  { productsTable, quality, schemaContract }: LoadPromosConfig,
  context: StrategyContext,
): Transform {
  const products =
    productsTable === undefined ? undefined : readerOf(asReader(productsTable), context);
  const rules = {
    rules: quality.rules,
    open: (config: Parameters<OpenReference>[0], session: SqlSession, signal: AbortSignal) =>
      readerOf(asReader(config), context)(session, signal),
  };
  const warn = (message: string) => {
    context.warn(message);
  };
  return promotionsTransform(products, rules, { policies: schemaContract, warn });
}

/** A path means Parquet. */
function asReader(config: NonNullable<LoadPromosConfig['productsTable']>) {
  return typeof config === 'string'
    ? ({ strategy: 'PARQUET', sourceTable: config } as const)
    : config;
}

async function sessionOf(
  { sparkRemote, resources }: LoadPromosConfig,
  context: StrategyContext,
): Promise<SessionOptions> {
  const remote = sparkRemote && (await context.resolveSecret(parseSecret(sparkRemote)));
  return { ...definedOnly(resources), ...(remote === undefined ? {} : { sparkRemote: remote }) };
}

async function planOf(
  config: LoadPromosConfig,
  transform: Transform,
  engine: EngineChoice,
  context: JobContext,
): Promise<LoadPlan> {
  return {
    engine,
    session: await sessionOf(config, context),
    transform,
    openSource: readerOf(config.extractorConfig, context),
    sinks: sinkPlans(config, engine.engine),
    maxQuarantinedRatio: config.quality.maxQuarantinedRatio,
    // The rules have taken out every row that a step could fail for.
    onRowError: 'fail',
    onEmpty: config.onEmpty,
    lockTimeoutMs: config.lockTimeoutS * 1000,
    quarantinePath: quarantinePath(config, context.dataDir),
  };
}

/** Never inside a sink's folder: a reader of the sink must not meet rows that broke a rule. */
function quarantinePath(config: LoadPromosConfig, dataDir: string): string {
  if (config.quarantine !== undefined) return config.quarantine.path;
  const stage = config.stageLoaderConfig;
  const path = stage !== undefined && 'path' in stage ? stage.path : undefined;
  return path === undefined
    ? `${dataDir}/quarantine/load_promos`
    : `${path.replace(/\/+$/, '')}.quarantine`;
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

function definedOnly(resources: LoadPromosConfig['resources']): LoadPlan['session'] {
  const { memoryMb, threads, tempDir } = resources;
  return {
    ...(memoryMb === undefined ? {} : { memoryMb }),
    ...(threads === undefined ? {} : { threads }),
    ...(tempDir === undefined ? {} : { tempDir }),
  };
}
