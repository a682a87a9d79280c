import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { JobError } from '../../../core/errors.ts';
import { MODES } from '../../../core/ledger.ts';
import { defineWriter } from '../../../core/strategy.ts';
import { openDeltaSink } from './sink.ts';

const deltaConfig = z.strictObject({
  strategy: z.literal('DELTA'),
  path: z.string().min(1),
  mode: z.enum(MODES).default('overwrite_window'),
  partitionBy: z.union([z.string(), z.array(z.string())]).optional(),
  options: z.record(z.string(), z.string()).optional(),
});
type DeltaConfig = z.output<typeof deltaConfig>;

/** Loads into a Delta table: DuckDB's Parquet files, and a transaction log written here. */
export const deltaWriter = defineWriter({
  config: deltaConfig,
  modes: ['append', 'overwrite', 'overwrite_window'],
  on: {
    async bulk(session, config, request, context) {
      refuseUnbuilt(config, request.contract.partitionBy);
      return await Promise.resolve(
        openDeltaSink({
          storage: context.openStorage(config.path),
          session,
          request,
          context,
          chance: { random: Math.random, uuid: randomUUID },
        }),
      );
    },
  },
});

function refuseUnbuilt(config: DeltaConfig, partitionColumn: string): void {
  const [option] = Object.keys(config.options ?? {});
  if (option !== undefined) {
    throw new JobError('NOT_SUPPORTED', `the Delta writer has no option "${option}"`, {
      hint: 'leave "options" out',
    });
  }
  const given = config.partitionBy === undefined ? [partitionColumn] : [config.partitionBy].flat();
  if (given.length !== 1 || given[0] !== partitionColumn) {
    throw new JobError(
      'NOT_SUPPORTED',
      `the Delta writer does not partition by "${given.join(', ')}"`,
      { hint: `leave "partition_by" out, or set it to "${partitionColumn}"` },
    );
  }
}
