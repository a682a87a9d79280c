import { z } from 'zod';
import { JobError } from '../../../core/errors.ts';
import { MODES } from '../../../core/ledger.ts';
import { defineWriter, type OpenWriter } from '../../../core/strategy.ts';
import { type CopyInto, copyInto } from './copy.ts';
import { chooseEndpoint } from '../../postgres/endpoint.ts';
import { jdbcInto } from './jdbc-copy.ts';
import { connectionSettings } from '../../postgres/settings.ts';
import { openPostgresSink } from './sink.ts';
import { displayName, parseTableName } from '../../postgres/table-name.ts';

const postgresConfig = z.strictObject({
  strategy: z.literal('POSTGRES'),
  jdbcUrl: z.string().min(1),
  /** Connection properties as the JDBC driver names them; `password` may be a `secret://`. */
  properties: z.record(z.string(), z.string()).default({}),
  table: z.string().min(1).default('public.promotions'),
  mode: z.enum(MODES).default('overwrite_window'),
  partitionBy: z.union([z.string(), z.array(z.string())]).optional(),
  options: z.record(z.string(), z.string()).optional(),
});
type PostgresConfig = z.output<typeof postgresConfig>;

const MEMORY_OPTION = 'maintenance_work_mem';
/** Sorts the key of 20 million rows in one go, in less than half the time that 64 MB take. */
const DEFAULT_MEMORY = '512MB';

/** Loads into a Postgres table: COPY (Spark: JDBC) into a staging table, then one transaction. */
export const postgresWriter = defineWriter({
  config: postgresConfig,
  modes: ['append', 'overwrite', 'overwrite_window', 'merge'],
  on: { row: openWith(copyInto), bulk: openWith(copyInto), bigdata: openWith(jdbcInto) },
});

function openWith(copy: CopyInto): OpenWriter<PostgresConfig> {
  return async (session, config, request, context, signal) => {
    refuseUnbuilt(config);
    const { lockTimeoutMs } = request;
    const settings = {
      ...connectionSettings(config.jdbcUrl, config.properties, `dray ${request.runId}`),
      ...(lockTimeoutMs === undefined ? {} : { lockTimeoutMs }),
    };
    const defaultSchema = settings.searchPath?.split(',')[0]?.trim();
    const table = parseTableName(config.table, defaultSchema);
    const maintenanceMemory = memorySize(config.options?.[MEMORY_OPTION] ?? DEFAULT_MEMORY);
    const password = settings.password && (await context.resolveSecret(settings.password));
    const endpoint = await chooseEndpoint(settings, password, displayName(table), context, signal);
    return openPostgresSink({
      session,
      endpoint,
      table,
      request,
      context,
      maintenanceMemory,
      copy,
    });
  };
}

function refuseUnbuilt({ options, partitionBy }: PostgresConfig): void {
  const option = Object.keys(options ?? {}).find((name) => name !== MEMORY_OPTION);
  if (option !== undefined) {
    throw new JobError('NOT_SUPPORTED', `the Postgres writer has no option "${option}"`, {
      hint: `leave it out; supported is: ${MEMORY_OPTION}`,
    });
  }
  if (partitionBy !== undefined) {
    throw new JobError('NOT_SUPPORTED', 'the Postgres writer does not make partitioned tables', {
      hint: 'leave "partition_by" out; a partitioned table that exists can be loaded',
    });
  }
}

function memorySize(text: string): string {
  if (/^[1-9][0-9]{0,6}(kB|MB|GB)$/.test(text)) return text;
  throw new JobError('CONFIG_INVALID', `"${MEMORY_OPTION}" cannot be "${text}"`, {
    hint: 'write a size as Postgres does, for example 512MB',
  });
}
