import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { identifier, quote, type SqlSession } from '../../core/engine.ts';
import { JobError, messageOf } from '../../core/errors.ts';
import type { Source, StrategyContext } from '../../core/strategy.ts';
import type { Endpoint } from '../postgres/endpoint.ts';
import { qualified } from '../postgres/table-name.ts';
import { fetched, fetchRows } from '../redshift/fetch-rows.ts';
import {
  type RedshiftColumn,
  selected,
  sourceColumns,
  taken,
  unloaded,
} from '../redshift/source-columns.ts';
import { roleOf, stagingRoot } from '../redshift/staging.ts';
import { type UnloadPlace, withUnloaded } from '../redshift/unload.ts';
import { copiedSource, copyRows } from './jdbc-copy.ts';
import { asTable, type JdbcConfig, named, placeOf, unversioned } from './jdbc-place.ts';

/**
 * A table, view or query of Redshift, which has neither snapshots to share nor physical row numbers:
 * it is unloaded to S3 by one statement, or fetched by one over the connection.
 */
export async function openRedshift(
  session: SqlSession,
  given: JdbcConfig,
  context: StrategyContext,
  signal: AbortSignal,
): Promise<Source> {
  refuseUnsupported(given);
  const { endpoint, table } = await placeOf(given, context, signal);
  const { target: location } = endpoint.party;
  const from = table === undefined ? asTable(given.query) : qualified(table);
  const place = stagingOf(given, location, context);
  const columns = await named(endpoint, async () => {
    await using connection = endpoint.connect();
    // Of a view without schema binding the catalog has no columns: the server is asked for a result.
    const sql = `select * from ${from} where 1 = 0`;
    return sourceColumns(await connection.columns(sql, signal), location);
  });
  const described = {
    ...unversioned(endpoint),
    columns: columns.map(({ name, type }) => ({ name, type })),
  };
  const file = join(session.scratchDir, `redshift-${randomUUID()}.parquet`);
  const notBrought = `select * from read_parquet(${quote(file)})`;
  const job = { session, endpoint, context, from, columns, file };
  return {
    // There is nothing to read before the rows have been brought.
    ...{ ...described, relation: notBrought, relationWithOrigin: notBrought },
    async materialize(copying) {
      await named(endpoint, () =>
        place === undefined ? overWire(job, copying) : throughS3(job, place, copying),
      );
      return copiedSource(described, [file]);
    },
  };
}

interface Copying {
  readonly session: SqlSession;
  readonly endpoint: Endpoint;
  readonly context: StrategyContext;
  readonly from: string;
  readonly columns: readonly RedshiftColumn[];
  readonly file: string;
}

async function throughS3(
  { session, endpoint, context, from, columns, file }: Copying,
  place: UnloadPlace,
  signal: AbortSignal,
): Promise<void> {
  await using connection = endpoint.connect();
  await session.useStorage(place.storage, signal);
  await withUnloaded(
    connection,
    `select ${columns.map(unloaded).join(', ')} from ${from}`,
    place,
    async ({ keys, rows }) => {
      const paths = keys.map((key) => quote(place.storage.enginePath(key))).join(', ');
      const typed = columns.map(taken).join(', ');
      const none = columns.map(({ name, type }) => `cast(null as ${type}) as ${identifier(name)}`);
      await copyRows(
        session,
        keys.length === 0
          ? `select ${none.join(', ')} where false`
          : `select ${typed} from read_parquet([${paths}], hive_partitioning = false)`,
        file,
        signal,
      );
      await assertAll(session, file, rows, endpoint, signal);
    },
    (error) => {
      context.warn(
        `could not remove unloaded files of ${endpoint.party.target}: ${messageOf(error)}`,
      );
    },
    signal,
  );
}

async function overWire(
  { session, endpoint, from, columns, file }: Copying,
  signal: AbortSignal,
): Promise<void> {
  await using connection = endpoint.connect();
  const texts = `${file}.csv`;
  try {
    const select = `select ${columns.map(selected).join(', ')} from ${from}`;
    const rows = await fetchRows(connection, select, columns, texts, signal);
    await copyRows(session, fetched(texts, columns), file, signal);
    await assertAll(session, file, rows, endpoint, signal);
  } finally {
    await rm(texts, { force: true });
  }
}

async function assertAll(
  session: SqlSession,
  file: string,
  rows: number,
  { party }: Endpoint,
  signal: AbortSignal,
): Promise<void> {
  const arrived = (await session.parquet.rows([file], signal)).get(file) ?? 0;
  if (arrived === rows) return;
  throw new JobError(
    'SOURCE_UNREADABLE',
    `${party.target}: the server sent ${String(rows)} rows, and ${String(arrived)} arrived`,
    { hint: 'run the job again; nothing else may write below "staging_path"' },
  );
}

function stagingOf(
  { stagingPath, iamRole = 'default' }: JdbcConfig,
  owner: string,
  context: StrategyContext,
): UnloadPlace | undefined {
  const role = roleOf(iamRole);
  if (stagingPath === undefined) return undefined;
  const root = stagingRoot(stagingPath);
  return { storage: context.openStorage(root), root, role, owner };
}

function refuseUnsupported({ incremental, partitionColumn }: JdbcConfig): void {
  if (incremental !== undefined) {
    throw new JobError('NOT_SUPPORTED', 'Redshift is not read incrementally', {
      hint: 'leave "incremental" out; a "query" with a condition reads a part',
    });
  }
  if (partitionColumn === undefined) return;
  throw new JobError('NOT_SUPPORTED', 'Redshift is not read by ranges of a "partition_column"', {
    hint: 'leave it out and name a "staging_path": the slices of the cluster unload at the same time',
  });
}
