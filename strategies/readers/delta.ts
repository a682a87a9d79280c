import { z } from 'zod';
import { asSpark, quote, type SqlSession } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import { defineReader, type Source, type StrategyContext } from '../../core/strategy.ts';
import { sparkName } from '../../plan/spark/names.ts';
import { ofSource } from './of-source.ts';

const LOG = '_delta_log/';

/** A Delta table at one version: the newest when the run starts, or the one that config names. */
export const deltaReader = defineReader({
  config: z.strictObject({
    strategy: z.literal('DELTA'),
    sourceTable: z.string().min(1),
    /** Time travel: the table's version to read. */
    version: z.int().min(0).optional(),
  }),
  on: { row: openOnDuckDb, bulk: openOnDuckDb, bigdata: openOnSpark },
  /** All data files in the folder, older versions' too: at least what this version has. */
  async bytes({ sourceTable }, context, signal) {
    const entries = await ofSource(context.openStorage(sourceTable).list('', signal));
    const data = entries.filter(({ key }) => key.endsWith('.parquet') && !key.startsWith(LOG));
    return data.reduce((sum, entry) => sum + entry.bytes, 0);
  },
});

interface DeltaConfig {
  readonly sourceTable: string;
  readonly version?: number | undefined;
}

async function openOnDuckDb(
  session: SqlSession,
  config: DeltaConfig,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Source> {
  const storage = context.openStorage(config.sourceTable);
  await ofSource(session.useStorage(storage, signal));
  const version = await chosenVersion(config, context, signal);
  await session.useExtension('delta', signal);
  const path = storage.enginePath('');
  const scan = `delta_scan(${quote(path)}, version = ${String(version)})`;
  const described = await session.rows(`describe select * from ${scan}`, signal);
  return {
    ...atVersion(config, version),
    columns: described.map((row) => ({
      name: String(row['column_name']),
      type: String(row['column_type']),
    })),
    relation: `select * from ${scan}`,
    relationWithOrigin: `select *, filename as __file, file_row_number as __row from ${scan}`,
  };
}

async function openOnSpark(
  session: SqlSession,
  config: DeltaConfig,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Source> {
  const spark = asSpark(session);
  const storage = context.openStorage(config.sourceTable);
  await ofSource(spark.useStorage(storage, signal));
  const version = await chosenVersion(config, context, signal);
  await spark.useExtension('delta', signal);
  const path = storage.enginePath('');
  const { name, columns } = await spark.openSource(
    { format: 'delta', paths: [path], options: { versionAsOf: String(version) } },
    signal,
  );
  return {
    ...atVersion(config, version),
    columns,
    relation: `select ${columns.map((column) => sparkName(column.name)).join(', ')} from ${name}`,
    relationWithOrigin: `select * from ${name}`,
  };
}

/** A version of a Delta table never changes. */
function atVersion(
  { sourceTable }: DeltaConfig,
  version: number,
): Pick<Source, 'location' | 'snapshot' | 'assertUnchanged'> {
  return {
    location: `${sourceTable} version ${String(version)}`,
    snapshot: [{ name: 'delta', version: String(version) }],
    assertUnchanged: () => Promise.resolve(),
  };
}

async function chosenVersion(
  { sourceTable, version }: DeltaConfig,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<number> {
  const newest = await newestVersion(sourceTable, context, signal);
  if (version === undefined || version <= newest) return version ?? newest;
  throw new JobError('SOURCE_NOT_FOUND', `"${sourceTable}" has no version ${String(version)}`, {
    hint: `its newest version is ${String(newest)}: name one up to it, or none`,
  });
}

/** The highest version in the log, by commit or by checkpoint: old commits may be cleaned up. */
async function newestVersion(
  sourceTable: string,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<number> {
  const entries = await ofSource(context.openStorage(sourceTable).list(LOG, signal));
  const versions = entries
    .map((entry) => /^_delta_log\/([0-9]{20})\.(json|checkpoint\.)/.exec(entry.key)?.[1])
    .filter((text) => text !== undefined)
    .map(Number);
  if (versions.length === 0) {
    throw new JobError('SOURCE_NOT_FOUND', `"${sourceTable}" is not a Delta table`, {
      hint: 'name the folder that holds _delta_log, or use strategy "PARQUET"',
    });
  }
  return Math.max(...versions);
}
