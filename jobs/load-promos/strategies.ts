import type { output, ZodType } from 'zod';
import type { EngineName, SqlSession } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import type {
  LoadRequest,
  NotifierStrategy,
  Sink,
  Source,
  StrategyContext,
} from '../../core/strategy.ts';
import { notifiers, readers, writers } from '../../strategies/registry.ts';
import type { SendNotification } from '../notify.ts';
import type { SinkPlan } from '../sinks.ts';
import type { LoadPromosConfig } from './config.ts';

type ReaderConfig = LoadPromosConfig['extractorConfig'];
type NotifierConfig = NonNullable<LoadPromosConfig['jobFailedNotifications']>;
type WriterConfig = NonNullable<LoadPromosConfig['unityLoaderConfig']>;

/** Opens a source with the reader that its config names, on the session's engine. */
export async function openReader(
  config: ReaderConfig,
  session: SqlSession,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Source> {
  switch (config.strategy) {
    case 'PARQUET':
      return await on(readers.PARQUET.on, session.engine)(session, config, context, signal);
    case 'DELTA':
      return await on(readers.DELTA.on, session.engine)(session, config, context, signal);
    case 'JDBC':
      return await on(readers.JDBC.on, session.engine)(session, config, context, signal);
  }
}

/** About how many bytes a source has; undefined when that cannot be told. */
export async function sourceBytes(
  config: ReaderConfig,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<number | undefined> {
  switch (config.strategy) {
    case 'PARQUET':
      return await readers.PARQUET.bytes(config, context, signal);
    case 'DELTA':
      return await readers.DELTA.bytes(config, context, signal);
    case 'JDBC':
      return await readers.JDBC.bytes(config, context, signal);
  }
}

/** @throws JobError `NOT_SUPPORTED` for a mode, `ENGINE_UNSUPPORTED` for an engine a writer lacks. */
export function sinkPlans(config: LoadPromosConfig, engine: EngineName): readonly SinkPlan[] {
  const loaders = {
    unity: config.unityLoaderConfig,
    stage: config.stageLoaderConfig,
    redshift: config.redshiftLoaderConfig,
  };
  return Object.entries(loaders).flatMap(([name, loader]): SinkPlan[] => {
    if (loader === undefined) return [];
    const { modes } = writers[loader.strategy];
    if (!modes.includes(loader.mode)) {
      throw new JobError(
        'NOT_SUPPORTED',
        `${name}_loader_config: ${loader.strategy} has no mode "${loader.mode}"`,
        { hint: `set "mode" to one of: ${modes.join(', ')}` },
      );
    }
    on<unknown>(writers[loader.strategy].on, engine);
    return [
      {
        name,
        kind: loader.strategy.toLowerCase(),
        mode: loader.mode,
        open: (session, request, context, signal) =>
          openWriter(loader, session, request, context, signal),
      },
    ];
  });
}

async function openWriter(
  config: WriterConfig,
  session: SqlSession,
  request: LoadRequest,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Sink> {
  switch (config.strategy) {
    case 'DELTA':
      return await on(writers.DELTA.on, session.engine)(session, config, request, context, signal);
    case 'PARQUET':
      return await on(writers.PARQUET.on, session.engine)(
        session,
        config,
        request,
        context,
        signal,
      );
    case 'POSTGRES':
      return await on(writers.POSTGRES.on, session.engine)(
        session,
        config,
        request,
        context,
        signal,
      );
    case 'REDSHIFT':
      return await on(writers.REDSHIFT.on, session.engine)(
        session,
        config,
        request,
        context,
        signal,
      );
  }
}

/** How a config's notifier sends; undefined where nobody is to be told. */
export function notifierOf(config: NotifierConfig | undefined): SendNotification | undefined {
  switch (config?.notificationService) {
    case undefined:
    case 'NOOP':
      return undefined;
    case 'EMAIL':
      return sender(notifiers.EMAIL, config);
    case 'SLACK':
      return sender(notifiers.SLACK, config);
    case 'SNS':
      return sender(notifiers.SNS, config);
    case 'WEBHOOK':
      return sender(notifiers.WEBHOOK, config);
  }
}

function sender<Schema extends ZodType>(
  { notify }: NotifierStrategy<Schema>,
  config: output<Schema>,
): SendNotification {
  return (notification, context, signal) => notify(notification, config, context, signal);
}

function on<Open>(engines: Partial<Record<EngineName, Open>>, engine: EngineName): Open {
  const open = engines[engine];
  if (open !== undefined) return open;
  throw new JobError('ENGINE_UNSUPPORTED', `engine "${engine}" is not built for this yet`, {
    hint: `set "strategy_type" to one of: ${Object.keys(engines).join(', ')}`,
  });
}
