import { z } from 'zod';
import { JobError } from '../../../core/errors.ts';
import { type Mode, MODES } from '../../../core/ledger.ts';
import {
  defineWriter,
  type LoadRequest,
  type OpenWriter,
  type Sink,
} from '../../../core/strategy.ts';
import { openParquetSink } from './sink.ts';

const config = z.strictObject({
  strategy: z.literal('PARQUET'),
  path: z.string().min(1),
  mode: z.enum(MODES).default('overwrite_window'),
  partitionBy: z.string().optional(),
  options: z.record(z.string(), z.unknown()).optional(),
});
type ParquetConfig = z.output<typeof config>;

const modes: readonly Mode[] = ['append', 'overwrite', 'overwrite_window'];

/** Parquet files in a folder, one per partition value, with manifests beside them in `_dray/`. */
export const parquetWriter = defineWriter({
  config,
  modes,
  on: { row: open, bulk: open, bigdata: open },
});

async function open(...given: Parameters<OpenWriter<ParquetConfig>>): Promise<Sink> {
  const [session, chosen, request, context, signal] = given;
  refuseNotBuilt(chosen, request);
  await session.useStorage(context.openStorage(chosen.path), signal);
  return openParquetSink(session, chosen.path, request, context);
}

function refuseNotBuilt(chosen: ParquetConfig, { mode, contract }: LoadRequest): void {
  if (!modes.includes(mode)) {
    throw new JobError('NOT_SUPPORTED', `Parquet files have no mode "${mode}"`, {
      hint: `set "mode" to one of: ${modes.join(', ')}`,
    });
  }
  if (chosen.partitionBy !== undefined && chosen.partitionBy !== contract.partitionBy) {
    throw new JobError('NOT_SUPPORTED', `"partition_by" cannot be "${chosen.partitionBy}"`, {
      hint: `leave it out, or set it to "${contract.partitionBy}"`,
    });
  }
  const [option] = Object.keys(chosen.options ?? {});
  if (option !== undefined) {
    throw new JobError('NOT_SUPPORTED', `the Parquet option "${option}" is not built yet`, {
      hint: 'leave "options" out',
    });
  }
}
