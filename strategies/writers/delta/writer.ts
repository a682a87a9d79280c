import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { JobError } from '../../../core/errors.ts';
import { MODES } from '../../../core/ledger.ts';
import { defineWriter, type OpenWriter, type Sink } from '../../../core/strategy.ts';
import { tableProperties } from './properties.ts';
import { openDeltaSink } from './sink.ts';
import { openSparkDeltaSink } from './spark-sink.ts';
import type { DeltaTarget } from './target.ts';

const deltaConfig = z.strictObject({
  strategy: z.literal('DELTA'),
  path: z.string().min(1),
  mode: z.enum(MODES).default('overwrite_window'),
  partitionBy: z.union([z.string(), z.array(z.string())]).optional(),
  options: z.record(z.string(), z.string()).optional(),
});
/** Option of a table on S3 that Spark has written to: `strategies/writers/delta/other-writers.ts`. */
const OTHER_WRITERS = 'dray.otherWriters';
type DeltaConfig = z.output<typeof deltaConfig>;

/**
 * Loads into a Delta table: DuckDB's Parquet files and a transaction log written here, or Spark with
 * Delta's own connector.
 */
export const deltaWriter = defineWriter({
  config: deltaConfig,
  modes: ['append', 'overwrite', 'overwrite_window', 'merge'],
  on: { row: openWith(openDeltaSink), bulk: openWith(openDeltaSink), bigdata: openOnSpark },
});

function openWith(open: (target: DeltaTarget) => Sink): OpenWriter<DeltaConfig> {
  return async (session, config, request, context, signal) => {
    refuseUnbuilt(config, request.contract.partitionBy);
    const storage = context.openStorage(config.path);
    await session.useStorage(storage, signal);
    const chance = { random: Math.random, uuid: randomUUID };
    const { [OTHER_WRITERS]: otherWriters, ...options } = config.options ?? {};
    const properties = tableProperties(options);
    const target = { storage, session, request, context, chance, properties };
    return open(otherWriters === 'stopped' ? { ...target, otherWriters } : target);
  };
}

async function openOnSpark(...given: Parameters<OpenWriter<DeltaConfig>>): Promise<Sink> {
  const [session, , , , signal] = given;
  await session.useExtension('delta', signal);
  return await openWith(openSparkDeltaSink)(...given);
}

function refuseUnbuilt(config: DeltaConfig, partitionColumn: string): void {
  const given = config.partitionBy === undefined ? [partitionColumn] : [config.partitionBy].flat();
  if (given.length !== 1 || given[0] !== partitionColumn) {
    throw new JobError(
      'NOT_SUPPORTED',
      `the Delta writer does not partition by "${given.join(', ')}"`,
      { hint: `leave "partition_by" out, or set it to "${partitionColumn}"` },
    );
  }
}
