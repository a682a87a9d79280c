import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { JobError } from '../../../core/errors.ts';
import { MODES } from '../../../core/ledger.ts';
import { defineWriter, type OpenWriter, type Sink } from '../../../core/strategy.ts';
import { assertReachable } from '../../catalog-location.ts';
import { afterUnityLoad, locateTable, type UnityTable } from '../../unity/catalog.ts';
import { unityAfterLoad, warehouseConfig } from '../../unity/config.ts';
import { parseUnityName } from '../../unity/table-name.ts';
import { assertFileSize } from './file-size.ts';
import { assertPartitioning } from './partitioning.ts';
import { tableProperties } from './properties.ts';
import { unsupportedFeature } from './protocol.ts';
import { openDeltaSink } from './sink.ts';
import { openSparkDeltaSink } from './spark-sink.ts';
import type { DeltaTarget } from './target.ts';

/** Option of a table on S3 that Spark has written to: `strategies/writers/delta/other-writers.ts`. */
const OTHER_WRITERS = 'dray.otherWriters';

const MEGABYTE = 1_000_000;

const deltaConfig = z
  .strictObject({
    strategy: z.literal('DELTA'),
    /** Absent: where Unity Catalog has `table`. */
    path: z.string().min(1).optional(),
    /** `catalog.schema.table` in Unity Catalog. */
    table: z.string().min(1).optional(),
    warehouse: warehouseConfig.optional(),
    afterLoad: unityAfterLoad.optional(),
    mode: z.enum(MODES).default('overwrite_window'),
    /** Absent: by the contract's column, or as the table is already. */
    partitionBy: z.union([z.string(), z.array(z.string())]).optional(),
    /** About how large a data file may become; absent: what the table's property says, if any. */
    targetFileSizeMb: z.number().positive().optional(),
    options: z.record(z.string(), z.string()).optional(),
  })
  .refine(
    ({ path, table }) => path !== undefined || table !== undefined,
    'give "path", or "table" with a "warehouse" that knows where it is',
  )
  .refine(
    ({ table, warehouse }) => (table === undefined) === (warehouse === undefined),
    'give "table" and "warehouse" together',
  )
  .refine(
    ({ table, afterLoad }) => afterLoad === undefined || table !== undefined,
    '"after_load" is for a "table" in Unity Catalog',
  );
type DeltaConfig = z.output<typeof deltaConfig>;

/** Where Unity Catalog has external tables; `file` is for a warehouse on this machine. */
const SCHEMES = ['s3', 'abfss', 'gs', 'r2', 'file'];

/**
 * Loads into a Delta table: DuckDB's Parquet files and a transaction log written here, or Spark with
 * Delta's own connector.
 */
export const deltaWriter = defineWriter({
  config: deltaConfig,
  modes: ['append', 'overwrite', 'overwrite_window', 'merge'],
  on: {
    row: openWith(openDeltaSink),
    bulk: openWith(openDeltaSink),
    bigdata: openWith(openOnSpark),
  },
});

type Open = (target: DeltaTarget, signal: AbortSignal) => Sink | Promise<Sink>;

function openWith(open: Open): OpenWriter<DeltaConfig> {
  return async (session, config, request, context, signal) => {
    const partitionBy = config.partitionBy === undefined ? undefined : [config.partitionBy].flat();
    if (partitionBy !== undefined) assertPartitioning(partitionBy, request.contract);
    const table = unityTable(config);
    if (table && config.path !== undefined) assertReachable(config.path, 'Unity Catalog', SCHEMES);
    const path =
      config.path ?? (table && (await locateTable(table, unsupportedFeature, context, signal)));
    if (path === undefined) throw new JobError('INTERNAL', 'neither a path nor a table');
    const storage = context.openStorage(path);
    await session.useStorage(storage, signal);
    const chance = { random: Math.random, uuid: randomUUID };
    const { [OTHER_WRITERS]: otherWriters, ...options } = config.options ?? {};
    if (otherWriters !== undefined && otherWriters !== 'stopped') {
      const message = `"${OTHER_WRITERS}" cannot be "${otherWriters}"`;
      throw new JobError('NOT_SUPPORTED', message, {
        hint: 'set it to "stopped", or leave it out',
      });
    }
    const properties = tableProperties(options);
    assertFileSize(properties);
    const size = config.targetFileSizeMb;
    const target = {
      ...{ storage, session, request, context, chance, properties },
      ...(partitionBy === undefined ? {} : { partitionBy }),
      ...(size === undefined ? {} : { fileBytes: Math.ceil(size * MEGABYTE) }),
    };
    const sink = await open(
      otherWriters === 'stopped' ? { ...target, otherWriters } : target,
      signal,
    );
    if (table === undefined) return sink;
    const wanted = config.afterLoad ?? unityAfterLoad.parse({});
    return { ...sink, afterLoad: afterUnityLoad(table, path, wanted, request.contract, context) };
  };
}

function unityTable({ table, warehouse }: DeltaConfig): UnityTable | undefined {
  if (table === undefined || warehouse === undefined) return undefined;
  return { name: parseUnityName(table), warehouse };
}

/**
 * Where a claim can be revoked at once Delta's own connector commits. On S3 it would commit whether
 * another writer took the version or not (docs/adr/0028), so dray's own log is written there.
 */
async function openOnSpark(target: DeltaTarget, signal: AbortSignal): Promise<Sink> {
  if (!target.storage.revokesAtOnce) return openDeltaSink(target);
  await target.session.useExtension('delta', signal);
  return openSparkDeltaSink(target);
}
