import { columnList, identifier } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import type { Merged } from '../../../core/ledger.ts';
import type { OutputContract } from '../../../core/schema.ts';
import type { LoadRequest } from '../../../core/strategy.ts';
import type { Query } from '../../postgres/connection.ts';
import { addColumns } from '../add-columns.ts';
import { postgresType } from './columns.ts';
import { commentStatements } from './comments.ts';
import { copyGrants } from './grants.ts';
import { contentOf, mergeRows } from './merge.ts';
import { keyName, replacesAll, type Staging } from './staging.ts';
import { displayName, qualified, type TableName } from '../../postgres/table-name.ts';
import { canReplace, inspectTarget, type TargetState, windowPredicate } from './target.ts';

/**
 * Brings staged rows into the target, within the caller's transaction. What is right is decided
 * here, not when the rows were staged: another window's load may have come in between.
 *
 * @returns of a merge: what it found and left. Its staging table stays, with the keys of the load.
 */
export async function publish(
  query: Query,
  target: TableName,
  staging: Staging,
  request: LoadRequest,
  signal: AbortSignal,
): Promise<Merged | undefined> {
  const { contract, mode } = request;
  let state = await inspectTarget(query, target, signal);
  if (staging.complete && state !== undefined && mayReplace(state, request)) {
    // Nobody reads or writes the old table while the new one takes its place; look again then.
    await query(`lock table ${qualified(target)} in access exclusive mode`, [], signal);
    state = await inspectTarget(query, target, signal);
  }
  if (staging.complete && (state === undefined || mayReplace(state, request))) {
    await takePlace(query, target, staging.table, state, contract, signal);
    if (mode !== 'merge') return undefined;
    return { replaced: 0, after: await contentOf(query, target, contract, 'true', signal) };
  }
  if (state === undefined) {
    throw new JobError('TARGET_CONFLICT', `table ${displayName(target)} was dropped meanwhile`, {
      hint: 'retry: the load then makes the table',
    });
  }
  await assertComplete(query, staging, signal);
  for (const sql of addColumns(target, state.columns, contract, postgresType))
    await query(sql, [], signal);
  if (mode === 'merge') return await mergeRows(query, target, staging.table, contract, signal);
  await removeOld(query, target, state, request, signal);
  const columns = columnList(contract.columns);
  // In the order of the key each page of its index is visited once.
  const order = columnList(contract.key.map((name) => ({ name })));
  await query(
    `insert into ${qualified(target)} (${columns})
     select ${columns} from ${qualified(staging.table)} order by ${order}`,
    [],
    signal,
  );
  await query(`drop table ${qualified(staging.table)}`, [], signal);
  return undefined;
}

function mayReplace(state: TargetState, request: LoadRequest): boolean {
  return (replacesAll(request) || state.empty) && canReplace(state, request.contract);
}

/** A server that restarts after a crash empties its unlogged tables. */
async function assertComplete(
  query: Query,
  { table, rows }: Staging,
  signal: AbortSignal,
): Promise<void> {
  const sql = `select count(*) as rows from ${qualified(table)}`;
  const [counted] = await query(sql, [], signal);
  if (Number(counted?.['rows']) === rows) return;
  throw new JobError(
    'TARGET_CONFLICT',
    `the staging table "${table.table}" had ${rows} rows and now has ${counted?.['rows'] ?? 'none'}`,
    { hint: 'the server may have restarted: retry' },
  );
}

async function removeOld(
  query: Query,
  target: TableName,
  state: TargetState,
  request: LoadRequest,
  signal: AbortSignal,
): Promise<void> {
  if (request.mode === 'append' || state.empty) return;
  if (replacesAll(request)) {
    const emptied = state.truncatable ? 'truncate' : 'delete from';
    await query(`${emptied} ${qualified(target)}`, [], signal);
    return;
  }
  const { sql, values } = windowPredicate(request.contract, request.window);
  await query(`delete from ${qualified(target)} where ${sql}`, values, signal);
}

/** DROP refuses while something depends on the table: a second look at what the first decided. */
async function takePlace(
  query: Query,
  target: TableName,
  stage: TableName,
  state: TargetState | undefined,
  contract: OutputContract,
  signal: AbortSignal,
): Promise<void> {
  if (state !== undefined) {
    await query(`alter table ${qualified(stage)} owner to ${state.owner}`, [], signal);
    await copyGrants(query, state.oid, stage, signal);
    await query(`drop table ${qualified(target)}`, [], signal);
  }
  // A person may have changed those of the old table.
  for (const statement of commentStatements(stage, state ?? contract)) {
    await query(statement, [], signal);
  }
  const newName = `alter table ${qualified(stage)} rename to ${identifier(target.table)}`;
  await query(newName, [], signal);
  const key = state?.keyName ?? keyName(target);
  const taken = 'select to_regclass($1) is not null as taken';
  const [row] = await query(taken, [qualified({ ...target, table: key })], signal);
  if (row?.['taken'] === 't') return;
  await query(
    `alter table ${qualified(target)}
     rename constraint ${identifier(keyName(stage))} to ${identifier(key)}`,
    [],
    signal,
  );
}
