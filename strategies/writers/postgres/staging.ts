import { columnList, identifier, type SqlSession } from '../../../core/engine.ts';
import type { Failpoints } from '../../../core/failpoint.ts';
import type { LoadRequest, StageInput } from '../../../core/strategy.ts';
import { refuseWrongKey, wrongKeyQuery } from '../merge-key.ts';
import { createTable } from './columns.ts';
import type { Connection } from '../../postgres/connection.ts';
import type { CopyInto } from './copy.ts';
import type { Endpoint } from '../../postgres/endpoint.ts';
import { setLocal } from './ledger.ts';
import { qualified, stageName, type TableName } from '../../postgres/table-name.ts';
import { canReplace, inspectTarget } from './target.ts';

/** Rows in a table of their own, which becomes the target or is emptied into it. */
export interface Staging {
  readonly table: TableName;
  readonly rows: number;
  /** It is logged, has the key and statistics, and can take the target's place by renaming. */
  readonly complete: boolean;
}

export interface StagingJob {
  readonly session: SqlSession;
  readonly endpoint: Endpoint;
  readonly connection: Connection;
  readonly target: TableName;
  readonly request: LoadRequest;
  readonly failpoints: Failpoints;
  readonly copy: CopyInto;
  /** Memory for building the key, as Postgres writes sizes. */
  readonly maintenanceMemory: string;
}

/** Whether the load leaves nothing of what is in the target. */
export function replacesAll({ mode, window }: LoadRequest): boolean {
  return mode === 'overwrite' || (mode === 'overwrite_window' && window === undefined);
}

/** Loads the result into the staging table of the claim. */
export async function stageRows(
  job: StagingJob,
  input: StageInput,
  signal: AbortSignal,
): Promise<Staging> {
  const { connection, target, request, failpoints } = job;
  const state = await inspectTarget(connection.query, target, signal);
  const complete =
    state === undefined ||
    ((replacesAll(request) || state.empty) && canReplace(state, request.contract));

  const table = stageName(target, input.claim.number);
  await failpoints.reach('postgres:staging:before');
  // A table that is emptied into the target needs no write-ahead log of its own.
  const kind = complete ? 'logged' : 'unlogged';
  const { query } = connection;
  await query(`drop table if exists ${qualified(table)}`, [], signal);
  await query(createTable(table, request.contract, kind, target.table), [], signal);
  await failpoints.reach('postgres:staging:after');

  await failpoints.reach('postgres:copy:before');
  const onRows = (rows: number) => {
    input.onRows(rows);
  };
  await job.copy(job.session, job.endpoint, table, input.result, onRows, signal);
  await failpoints.reach('postgres:copy:after');
  if (request.mode === 'merge') await assertKey(job, table, signal);

  if (complete) {
    await failpoints.reach('postgres:key:before');
    await addKey(job, table, signal);
    await failpoints.reach('postgres:key:after');
  }
  const sql = `select count(*) as rows from ${qualified(table)}`;
  const [counted] = await query(sql, [], signal);
  return { table, rows: Number(counted?.['rows']), complete };
}

/** @throws JobError `MERGE_KEY_INVALID` when a key is null, or there twice. */
async function assertKey(
  { connection, request: { contract }, endpoint }: StagingJob,
  table: TableName,
  signal: AbortSignal,
): Promise<void> {
  // What is merged is joined with the target: its size should be known then.
  await connection.query(`analyze ${qualified(table)}`, [], signal);
  const sql = wrongKeyQuery(qualified(table), contract.key.map(identifier));
  const [wrong] = await connection.query(sql, [], signal);
  refuseWrongKey(contract.key, wrong, endpoint.party.target);
}

/** Built once over all rows: COPY into a table that has its key takes about twice as long. */
async function addKey(job: StagingJob, table: TableName, signal: AbortSignal): Promise<void> {
  const { key } = job.request.contract;
  await job.connection.transaction(async (query) => {
    await setLocal(query, 'maintenance_work_mem', job.maintenanceMemory, signal);
    const columns = columnList(key.map((name) => ({ name })));
    await query(
      `alter table ${qualified(table)} add constraint ${identifier(keyName(table))}
       primary key (${columns})`,
      [],
      signal,
    );
  }, signal);
  await job.connection.query(`analyze ${qualified(table)}`, [], signal);
}

/** Name of a table's primary key, as Postgres itself would choose it. */
export function keyName({ table }: TableName): string {
  const ending = '_pkey';
  let start = table;
  while (Buffer.byteLength(start + ending) > 63) start = start.slice(0, -1);
  return start + ending;
}
