import { z } from 'zod';
import { JobError } from '../../../core/errors.ts';
import { type Mode, MODES } from '../../../core/ledger.ts';
import {
  defineWriter,
  type LoadRequest,
  type OpenWriter,
  type Sink,
} from '../../../core/strategy.ts';
import { assertReachable } from '../../catalog-location.ts';
import { afterGlueLoad } from '../../glue/catalog.ts';
import { parseGlueName } from '../../glue/table-name.ts';
import { partitionFolders } from './folder.ts';
import { openParquetSink } from './sink.ts';

const config = z.strictObject({
  strategy: z.literal('PARQUET'),
  path: z.string().min(1),
  /** `database.table` in the Glue Data Catalog, kept up to date after each load. */
  glueTable: z.string().min(1).optional(),
  mode: z.enum(MODES).default('overwrite_window'),
  partitionBy: z.string().optional(),
  /** Refused: the one file of a partition is what its readers see replaced in one step. */
  targetFileSizeMb: z.number().optional(),
  options: z.record(z.string(), z.unknown()).optional(),
});
type ParquetConfig = z.output<typeof config>;

const modes: readonly Mode[] = ['append', 'overwrite', 'overwrite_window'];

/** Where Athena and Glue read; `file` is for readers on this machine. */
const SCHEMES = ['s3', 'file'];

/** Parquet files in a folder, one per partition value, with manifests beside them in `_dray/`. */
export const parquetWriter = defineWriter({
  config,
  modes,
  on: { row: open, bulk: open, bigdata: open },
});

async function open(...given: Parameters<OpenWriter<ParquetConfig>>): Promise<Sink> {
  const [session, chosen, request, context, signal] = given;
  refuseNotBuilt(chosen, request);
  const { path, glueTable } = chosen;
  const storage = context.openStorage(path);
  await session.useStorage(storage, signal);
  const sink = openParquetSink(session, path, request, context);
  if (glueTable === undefined) return sink;
  assertReachable(path, 'the Glue Data Catalog', SCHEMES);
  const { contract } = request;
  const afterLoad = afterGlueLoad(parseGlueName(glueTable, 'glue_table'), {
    location: path,
    contract,
    partitions: (stop) => partitionFolders(storage, contract.partitionBy, stop),
  });
  return { ...sink, afterLoad };
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
  if (chosen.targetFileSizeMb !== undefined) {
    throw new JobError(
      'NOT_SUPPORTED',
      `Parquet folders have one file per ${contract.partitionBy}, whatever "target_file_size_mb"`,
      { hint: 'leave it out, or load into DELTA, whose loads may have many files' },
    );
  }
  const [option] = Object.keys(chosen.options ?? {});
  if (option !== undefined) {
    throw new JobError('NOT_SUPPORTED', `the Parquet option "${option}" is not built yet`, {
      hint: 'leave "options" out',
    });
  }
}
