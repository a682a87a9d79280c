import { z } from 'zod';
import { asSpark, type SqlSession } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import {
  defineReader,
  type OpenReader,
  type Source,
  type StrategyContext,
} from '../../core/strategy.ts';
import { rowsOnDuckDb, rowsOnSpark } from './delta-rows.ts';
import { type ByVersion, type DeltaRows, versionsSource } from './delta-versions.ts';
import { ofSource } from './of-source.ts';
import { locateSource } from '../glue/locate.ts';

const LOG = '_delta_log/';

/** A Delta table at one version: the newest when the run starts, or the one that config names. */
export const deltaReader = defineReader({
  config: z
    .strictObject({
      strategy: z.literal('DELTA'),
      sourceTable: z.string().min(1),
      /** Time travel: the table's version to read. */
      version: z.int().min(0).optional(),
      incremental: z
        .strictObject({
          by: z.literal('version'),
          /** Commits that change or remove rows: refused, left out, or read as new rows. */
          onChange: z.enum(['fail', 'skip', 'read']).default('fail'),
          /** What the ledgers know the source by, in place of its location. */
          name: z.string().min(1).optional(),
        })
        .optional(),
    })
    .refine(
      ({ version, incremental }) => version === undefined || incremental === undefined,
      '"version" reads one version, "incremental" what came since one: give one of them',
    ),
  on: { row: located(openOnDuckDb), bulk: located(openOnDuckDb), bigdata: located(openOnSpark) },
  /** All data files in the folder, older versions' too: at least what this version has. */
  async bytes({ sourceTable }, context, signal) {
    const { location } = await locateSource(sourceTable, 'DELTA', signal);
    const entries = await ofSource(context.openStorage(location).list('', signal));
    const data = entries.filter(({ key }) => key.endsWith('.parquet') && !key.startsWith(LOG));
    return data.reduce((sum, entry) => sum + entry.bytes, 0);
  },
});

interface DeltaConfig {
  readonly sourceTable: string;
  readonly version?: number | undefined;
  readonly incremental?: ByVersion | undefined;
}

/** Reads a table of Glue where it is. */
function located(open: OpenReader<DeltaConfig>): OpenReader<DeltaConfig> {
  return async (session, config, context, signal) => {
    const { location, shown } = await locateSource(config.sourceTable, 'DELTA', signal);
    const source = await open(session, { ...config, sourceTable: location }, context, signal);
    return { ...source, location: source.location.replace(location, () => shown) };
  };
}

async function openOnDuckDb(
  session: SqlSession,
  config: DeltaConfig,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Source> {
  await ofSource(session.useStorage(context.openStorage(config.sourceTable), signal));
  await session.useExtension('delta', signal);
  return await openTable(
    session,
    config,
    rowsOnDuckDb(session, config.sourceTable, context, signal),
    context,
    signal,
  );
}

async function openOnSpark(
  session: SqlSession,
  config: DeltaConfig,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Source> {
  const spark = asSpark(session);
  await ofSource(spark.useStorage(context.openStorage(config.sourceTable), signal));
  await spark.useExtension('delta', signal);
  return await openTable(
    session,
    config,
    rowsOnSpark(spark, config.sourceTable, context, signal),
    context,
    signal,
  );
}

async function openTable(
  session: SqlSession,
  config: DeltaConfig,
  rows: DeltaRows,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Source> {
  const source = await rows.version(await chosenVersion(config, context, signal));
  const { sourceTable, incremental } = config;
  if (incremental === undefined) return source;
  const following = { sourceTable, incremental };
  return {
    ...source,
    incremental: await versionsSource(following, session, rows, context, signal),
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
