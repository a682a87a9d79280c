import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { quote, type SqlSession } from '../../core/engine.ts';
import { JobError, messageOf } from '../../core/errors.ts';
import type { Source, StrategyContext } from '../../core/strategy.ts';
import type { Endpoint } from '../postgres/endpoint.ts';
import { qualified } from '../postgres/table-name.ts';
import { fetchRows } from '../redshift/fetch-rows.ts';
import {
  type RedshiftColumn,
  selected,
  sourceColumns,
  unloaded,
} from '../redshift/source-columns.ts';
import { roleOf, stagingRoot } from '../redshift/staging.ts';
import { type UnloadPlace, withUnloaded } from '../redshift/unload.ts';
import { cursorSource } from './jdbc-cursor.ts';
import { type Intake, openIntake } from './jdbc-intake.ts';
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
  const place = stagingOf(given, location, context);
  const whole = table === undefined ? asTable(given.query) : qualified(table);
  const columns = await named(endpoint, async () => {
    await using connection = endpoint.connect();
    // Of a view without schema binding the catalog has no columns: the server is asked for a result.
    const sql = `select * from ${whole} where 1 = 0`;
    return sourceColumns(await connection.columns(sql, signal), location);
  });
  const described = {
    ...unversioned(endpoint),
    columns: columns.map(({ name, type }) => ({ name, type })),
  };
  const intake = openIntake(session, described, columns);
  // There is nothing to read before the rows have been brought.
  const notBrought = `select * from ${quote('rows that are still in Redshift')}`;
  const sourceOf = (from: string): Source => ({
    ...{ ...described, relation: notBrought, relationWithOrigin: notBrought },
    async materialize(copying) {
      const job = { session, endpoint, context, from, columns, intake };
      return await named(endpoint, () =>
        place === undefined ? overWire(job, copying) : throughS3(job, place, copying),
      );
    },
  });
  const rows = { query: (sql: string) => Promise.resolve(sourceOf(asTable(sql))) };
  const incremental = cursorSource(given, { endpoint, table }, rows, context);
  return { ...sourceOf(whole), ...(incremental === undefined ? {} : { incremental }) };
}

interface Copying {
  readonly session: SqlSession;
  readonly endpoint: Endpoint;
  readonly context: StrategyContext;
  readonly from: string;
  readonly columns: readonly RedshiftColumn[];
  readonly intake: Intake;
}

async function throughS3(
  { session, endpoint, context, from, columns, intake }: Copying,
  place: UnloadPlace,
  signal: AbortSignal,
): Promise<Source> {
  await using connection = endpoint.connect();
  await session.useStorage(place.storage, signal);
  return await withUnloaded(
    connection,
    `select ${columns.map(unloaded).join(', ')} from ${from}`,
    place,
    async ({ keys, rows }) => {
      const paths = keys.map((key) => place.storage.enginePath(key));
      return await whole(session, await intake.files(paths, signal), rows, endpoint, signal);
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
  { session, endpoint, from, columns, intake }: Copying,
  signal: AbortSignal,
): Promise<Source> {
  await using connection = endpoint.connect();
  const texts = join(session.scratchDir, `redshift-${randomUUID()}.txt`);
  try {
    const select = `select ${columns.map(selected).join(', ')} from ${from}`;
    const rows = await fetchRows(connection, select, intake.line, texts, signal);
    return await whole(session, await intake.lines(texts, signal), rows, endpoint, signal);
  } finally {
    await rm(texts, { force: true });
  }
}

/** The source, if all has arrived. */
async function whole(
  session: SqlSession,
  source: Source,
  rows: number,
  { party }: Endpoint,
  signal: AbortSignal,
): Promise<Source> {
  const sql = `select count(*) as arrived from (${source.relation}) as source_rows`;
  const arrived = Number((await session.rows(sql, signal))[0]?.['arrived']);
  if (arrived === rows) return source;
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

function refuseUnsupported({ partitionColumn }: JdbcConfig): void {
  if (partitionColumn === undefined) return;
  throw new JobError('NOT_SUPPORTED', 'Redshift is not read by ranges of a "partition_column"', {
    hint: 'leave it out and name a "staging_path": the slices of the cluster unload at the same time',
  });
}
