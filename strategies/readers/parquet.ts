import { z } from 'zod';
import { asSpark, quote, type SqlSession } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import {
  defineReader,
  type OpenReader,
  type Source,
  type SourceColumn,
  type StrategyContext,
} from '../../core/strategy.ts';
import { sparkName } from '../../plan/spark/names.ts';
import { locateSource } from '../glue/locate.ts';
import { type LocatedFile, locateParquet } from './locate.ts';
import { ofSource } from './of-source.ts';
import { manifestSource } from './parquet-manifest.ts';

/** Parquet files: one, a folder (hive partitions become columns), or a glob. */
export const parquetReader = defineReader({
  config: z.strictObject({
    strategy: z.literal('PARQUET'),
    sourceTable: z.string().min(1),
    incremental: z
      .strictObject({
        by: z.literal('files'),
        /** What the ledgers know the source by, in place of its location. */
        name: z.string().min(1).optional(),
      })
      .optional(),
  }),
  on: { row: located(openOnDuckDb), bulk: located(openOnDuckDb), bigdata: located(openOnSpark) },
  async bytes({ sourceTable }, context, signal) {
    const { location } = await locateSource(sourceTable, 'PARQUET', signal);
    const files = await locateParquet(location, context.openStorage, signal);
    return files.reduce((sum, { entry }) => sum + entry.bytes, 0);
  },
});

interface ParquetConfig {
  readonly sourceTable: string;
  readonly incremental?: { readonly name?: string | undefined } | undefined;
}

/** Opens all files, and where config asks for it, a part of them. */
async function withManifest(
  { sourceTable, incremental }: ParquetConfig,
  context: StrategyContext,
  signal: AbortSignal,
  open: (files: readonly LocatedFile[]) => Promise<Source>,
): Promise<Source> {
  const files = await locateParquet(sourceTable, context.openStorage, signal);
  const source = await open(files);
  if (incremental === undefined) return source;
  const name = incremental.name ?? sourceTable.replace(/(?<=[^/])\/+$/, '');
  return { ...source, incremental: manifestSource(name, files, open) };
}

/** Reads a table of Glue where it is. */
function located(open: OpenReader<ParquetConfig>): OpenReader<ParquetConfig> {
  return async (session, config, context, signal) => {
    const { location, shown } = await locateSource(config.sourceTable, 'PARQUET', signal);
    const source = await open(session, { ...config, sourceTable: location }, context, signal);
    return { ...source, location: source.location.replace(location, () => shown) };
  };
}

async function openOnDuckDb(
  session: SqlSession,
  config: ParquetConfig,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Source> {
  await ofSource(session.useStorage(context.openStorage(config.sourceTable), signal));
  return await withManifest(config, context, signal, (files) =>
    filesOnDuckDb(session, config, files, context, signal),
  );
}

async function filesOnDuckDb(
  session: SqlSession,
  config: ParquetConfig,
  files: readonly LocatedFile[],
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Source> {
  const { sourceTable } = config;
  const list = `[${files.map((file) => quote(file.enginePath)).join(', ')}]`;
  const options = `hive_partitioning = ${String(isHive(files))}, union_by_name = true`;
  return {
    location: sourceTable,
    columns: await columnsOf(session, list, options, signal),
    relation: `select * from read_parquet(${list}, ${options})`,
    // Both are virtual columns of the scan: they cost nothing where they are not used.
    relationWithOrigin: `select *, filename as __file, file_row_number as __row
      from read_parquet(${list}, ${options})`,
    ...unchanging(config, files, context),
  };
}

async function openOnSpark(
  session: SqlSession,
  config: ParquetConfig,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Source> {
  await ofSource(session.useStorage(context.openStorage(config.sourceTable), signal));
  return await withManifest(config, context, signal, (files) =>
    filesOnSpark(session, config, files, context, signal),
  );
}

async function filesOnSpark(
  session: SqlSession,
  config: ParquetConfig,
  files: readonly LocatedFile[],
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Source> {
  const { sourceTable } = config;
  const spark = asSpark(session);
  const paths = files.map((file) => file.enginePath);
  const root = isHive(files) ? { basePath: hiveRoot(paths) } : undefined;
  const view = await spark.openSource(
    { format: 'parquet', paths, options: { mergeSchema: 'true', ...root } },
    signal,
  );
  // Where all files have one schema, no file lacks a column of it.
  const schemas = await spark.parquet.schemas(paths, signal);
  const lacking = (name: string): boolean =>
    schemas.length > 1 && !schemas.every((schema) => schema.some((column) => column.name === name));
  const partitions = new Set(root === undefined ? [] : hiveColumns(paths));
  return {
    location: sourceTable,
    columns: view.columns.map((column) =>
      lacking(column.name) && !partitions.has(column.name)
        ? { ...column, missingIn: sourceTable }
        : column,
    ),
    relation: `select ${view.columns.map(({ name }) => sparkName(name)).join(', ')} from ${view.name}`,
    relationWithOrigin: `select * from ${view.name}`,
    ...unchanging(config, files, context),
  };
}

/** What is read, and the check that it stayed so. */
function unchanging(
  { sourceTable, incremental }: ParquetConfig,
  files: readonly LocatedFile[],
  context: StrategyContext,
): Pick<Source, 'snapshot' | 'assertUnchanged'> {
  const snapshot = files.map(snapshotPart);
  const read = new Set(files.map(({ entry }) => entry.key));
  return {
    snapshot,
    async assertUnchanged(signal) {
      const now = await locateParquet(sourceTable, context.openStorage, signal);
      // Files that come while others are read are the next run's.
      const still =
        incremental === undefined ? now : now.filter(({ entry }) => read.has(entry.key));
      if (JSON.stringify(still.map(snapshotPart)) === JSON.stringify(snapshot)) return;
      throw new JobError('SOURCE_CHANGED', `"${sourceTable}" changed while it was read`, {
        hint: 'retry once whoever writes it has finished',
      });
    },
  };
}

/** The folder above the first `name=value` of a path: what Spark takes partition columns from. */
function hiveRoot(paths: readonly string[]): string {
  const [first = ''] = paths;
  return first.slice(0, Math.max(0, first.search(/\/[^/]+=[^/]*\//)));
}

function hiveColumns(paths: readonly string[]): readonly string[] {
  return [...(paths[0] ?? '').matchAll(/\/([^/]+)=[^/]*(?=\/)/g)].map(([, name = '']) => name);
}

function snapshotPart({ entry }: LocatedFile) {
  return { name: entry.key, bytes: entry.bytes, version: entry.etag };
}

function isHive(files: readonly LocatedFile[]): boolean {
  return files.every((file) => /(^|\/)[^/]+=[^/]*\//.test(file.entry.key));
}

/** The union of all files' columns; a column that some file lacks says so. */
async function columnsOf(
  session: SqlSession,
  list: string,
  options: string,
  signal: AbortSignal,
): Promise<readonly SourceColumn[]> {
  const described = await session.rows(
    `describe select * from read_parquet(${list}, ${options})`,
    signal,
  );
  const missing = await session.rows(
    `with present as (
       select distinct file_name, name from parquet_schema(${list}) where num_children is null),
     files as (select distinct file_name from present),
     names as (select distinct name from present)
     select name, min(file_name) as file from files cross join names
     anti join present using (file_name, name) group by name`,
    signal,
  );
  const missingIn = new Map(missing.map((row) => [String(row['name']), String(row['file'])]));
  return described.map((row) => {
    const name = String(row['column_name']);
    const file = missingIn.get(name);
    const column = { name, type: String(row['column_type']) };
    return file === undefined ? column : { ...column, missingIn: file };
  });
}
