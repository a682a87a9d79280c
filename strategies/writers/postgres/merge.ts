import { columnList, identifier } from '../../../core/engine.ts';
import type { Merged } from '../../../core/ledger.ts';
import { JobError } from '../../../core/errors.ts';
import type { OutputContract } from '../../../core/schema.ts';
import type { Query } from '../../postgres/connection.ts';
import { displayName, qualified, type TableName } from '../../postgres/table-name.ts';
import { contentHash } from './content.ts';

/** A unique index that enforces just this key, at once and for every row. */
const HAS_KEY = `
select exists (select from pg_index i
  where i.indrelid = to_regclass($1) and i.indisunique and i.indisvalid and i.indimmediate
    and i.indpred is null and i.indexprs is null
    and (select json_agg(a.attname order by a.attname)::text
      from unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) n
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = n)
    = (select json_agg(name order by name)::text
      from json_array_elements_text($2::json) name)) as has`;

/**
 * Brings staged rows into the target, each in the place of those with its key, within the caller's
 * transaction. Other writers wait until it ends, readers do not: what is counted and hashed here is
 * what the commit leaves.
 *
 * @throws JobError `MERGE_KEY_INVALID` when a row of the target has a key of the load in another
 *   partition.
 */
export async function mergeRows(
  query: Query,
  target: TableName,
  stage: TableName,
  contract: OutputContract,
  signal: AbortSignal,
): Promise<Merged> {
  await query(`lock table ${qualified(target)} in share row exclusive mode`, [], signal);
  const replaced = await countReplaced(query, target, stage, contract, signal);
  const [key] = await query(HAS_KEY, [qualified(target), JSON.stringify(contract.key)], signal);
  const columns = columnList(contract.columns);
  const keys = columnList(contract.key.map((name) => ({ name })));
  const all = contract.columns.map(({ name }) => identifier(name));
  // An update keeps what refers to the row; without a key to conflict with there is nothing to refer to.
  const isUpsert = key?.['has'] === 't';
  if (!isUpsert && replaced > 0) {
    const sql = `delete from ${qualified(target)} t using ${qualified(stage)} s where ${onKey(contract)}`;
    await query(sql, [], signal);
  }
  const update = all.map((column) => `${column} = excluded.${column}`).join(', ');
  // In the order of the key each page of its index is visited once.
  await query(
    `insert into ${qualified(target)} (${columns})
     select ${columns} from ${qualified(stage)} order by ${keys}
     ${isUpsert ? `on conflict (${keys}) do update set ${update}` : ''}`,
    [],
    signal,
  );
  const partition = identifier(contract.partitionBy);
  const touched = `${partition} in (select ${partition} from ${qualified(stage)})`;
  return { replaced, after: await contentOf(query, target, contract, touched, signal) };
}

/** Rows and content hash per partition, by the server. */
export async function contentOf(
  query: Query,
  table: TableName,
  contract: OutputContract,
  where: string,
  signal: AbortSignal,
): Promise<Merged['after']> {
  const rows = await query(
    `select ${identifier(contract.partitionBy)}::text as value, count(*) as rows,
       ${contentHash(contract)}::text as hash
     from ${qualified(table)} where ${where} group by ${identifier(contract.partitionBy)}
     order by ${identifier(contract.partitionBy)}`,
    [],
    signal,
  );
  return rows.map((row) => ({
    value: row['value'] ?? '',
    rows: Number(row['rows']),
    hash: row['hash'] ?? '0',
  }));
}

/** Rows of the target whose key is staged. */
export async function countMatches(
  query: Query,
  target: TableName,
  stage: TableName,
  contract: OutputContract,
  signal: AbortSignal,
): Promise<number> {
  const [counted] = await query(
    `select count(*) as rows from ${qualified(target)} t join ${qualified(stage)} s on ${onKey(contract)}`,
    [],
    signal,
  );
  return Number(counted?.['rows']);
}

async function countReplaced(
  query: Query,
  target: TableName,
  stage: TableName,
  contract: OutputContract,
  signal: AbortSignal,
): Promise<number> {
  const partition = identifier(contract.partitionBy);
  const keyText = contract.key.map((name) => `s.${identifier(name)}::text`).join(` || '|' || `);
  const elsewhere = `t.${partition} is distinct from s.${partition}`;
  const [found] = await query(
    `select count(*) as rows, min(${keyText}) filter (where ${elsewhere}) as stray
     from ${qualified(target)} t join ${qualified(stage)} s on ${onKey(contract)}`,
    [],
    signal,
  );
  const stray = found?.['stray'];
  if (stray == null) return Number(found?.['rows']);
  throw new JobError(
    'MERGE_KEY_INVALID',
    `table ${displayName(target)} has ${contract.key.join(', ')} "${stray}" with another ${contract.partitionBy} than the load`,
    {
      hint: `nothing was written; a key belongs to one ${contract.partitionBy}: correct the table`,
    },
  );
}

function onKey({ key }: OutputContract): string {
  return key.map((name) => `t.${identifier(name)} = s.${identifier(name)}`).join(' and ');
}
