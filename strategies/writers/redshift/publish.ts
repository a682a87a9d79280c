import { columnList, identifier } from '../../../core/engine.ts';
import { JobError, systemCodeOf } from '../../../core/errors.ts';
import type { Merged } from '../../../core/ledger.ts';
import type { LoadRequest } from '../../../core/strategy.ts';
import type { Query } from '../../postgres/connection.ts';
import { qualified, type TableName } from '../../postgres/table-name.ts';
import { windowPredicate } from '../postgres/target.ts';
import { inspect } from './catalog.ts';
import { addColumns } from '../add-columns.ts';
import { createTable, redshiftType, stagedValues } from './columns.ts';
import type { Staging } from './copy.ts';
import type { Layout } from './layout.ts';
import { mergeRows } from './merge.ts';

/**
 * Brings staged rows into the target, within the caller's transaction. There is no TRUNCATE in it:
 * in Redshift that commits.
 *
 * @returns of a merge: what it found and left.
 */
export async function publish(
  query: Query,
  target: TableName,
  staging: Staging,
  request: LoadRequest,
  layout: Layout,
  signal: AbortSignal,
): Promise<Merged | undefined> {
  const { contract, mode } = request;
  await assertStaged(query, staging, signal);
  const found = await inspect(query, target, signal);
  const prepare =
    found === undefined
      ? createTable(target, contract, layout)
      : addColumns(target, found.columns, contract, redshiftType);
  for (const sql of prepare) await query(sql, [], signal);
  if (mode === 'merge') return await mergeRows(query, target, staging.table, contract, signal);
  await removeOld(query, target, request, signal);
  await query(
    `insert into ${qualified(target)} (${columnList(contract.columns)})
     select ${stagedValues(contract)} from ${identifier(staging.table)}`,
    [],
    signal,
  );
  return undefined;
}

/** The temporary table is gone when the connection had to be opened again. */
async function assertStaged(
  query: Query,
  { table, rows }: Staging,
  signal: AbortSignal,
): Promise<void> {
  const sql = `select count(*) as "total" from ${identifier(table)}`;
  const [found] = await query(sql, [], signal).catch((error: unknown) => {
    if (error instanceof JobError && systemCodeOf(error.cause) === '42P01') return [];
    throw error;
  });
  const total = found?.['total'];
  if (Number(total) === rows) return;
  throw new JobError(
    'TARGET_CONFLICT',
    `the temporary table "${table}" had ${rows} rows and now has ${total ?? 'none'}`,
    { hint: 'the session that staged them has ended: retry' },
  );
}

async function removeOld(
  query: Query,
  target: TableName,
  request: LoadRequest,
  signal: AbortSignal,
): Promise<void> {
  const { contract, mode, window } = request;
  if (mode === 'append') return;
  const of = mode === 'overwrite' ? undefined : window;
  const { sql, values } = windowPredicate(contract, of);
  await query(`delete from ${qualified(target)} where ${sql}`, values, signal);
}
