import { columnList, identifier } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import type { Merged } from '../../../core/ledger.ts';
import type { OutputContract } from '../../../core/schema.ts';
import type { Query } from '../../postgres/connection.ts';
import { displayName, qualified, type TableName } from '../../postgres/table-name.ts';
import { stagedValues } from './columns.ts';
import { contentHash } from './content-hash.ts';

/**
 * Brings staged rows into the target, each in the place of those with its key, within the caller's
 * transaction. By DELETE and INSERT: MERGE would update each of several rows that have one key, which
 * nothing here keeps out.
 *
 * @throws JobError `MERGE_KEY_INVALID` when a row of the target has a key of the load in another
 *   partition.
 */
export async function mergeRows(
  query: Query,
  target: TableName,
  stage: string,
  contract: OutputContract,
  signal: AbortSignal,
): Promise<Merged> {
  const replaced = await countReplaced(query, target, stage, contract, signal);
  const into = qualified(target);
  const staged = identifier(stage);
  if (replaced > 0) {
    // No alias: Redshift's DELETE knows the target by its name only.
    const sql = `delete from ${into} using ${staged} where ${onKey(contract, into, staged)}`;
    await query(sql, [], signal);
  }
  await query(
    `insert into ${into} (${columnList(contract.columns)})
     select ${stagedValues(contract)} from ${staged}`,
    [],
    signal,
  );
  const partition = identifier(contract.partitionBy);
  const rows = await query(
    `select ${partition} as "value", count(*) as "total", ${contentHash(contract)} as "hash"
     from ${into} where ${partition} in (select ${partition} from ${staged})
     group by ${partition} order by ${partition}`,
    [],
    signal,
  );
  const after = rows.map((row) => ({
    value: row['value'] ?? '',
    rows: Number(row['total']),
    hash: row['hash'] ?? '0',
  }));
  return { replaced, after };
}

/** Rows of the target whose key is staged. */
export async function countMatches(
  query: Query,
  target: TableName,
  stage: string,
  contract: OutputContract,
  signal: AbortSignal,
): Promise<number> {
  const on = onKey(contract, 't', 's');
  const [counted] = await query(
    `select count(*) as "total" from ${qualified(target)} t join ${identifier(stage)} s on ${on}`,
    [],
    signal,
  );
  return Number(counted?.['total']);
}

async function countReplaced(
  query: Query,
  target: TableName,
  stage: string,
  contract: OutputContract,
  signal: AbortSignal,
): Promise<number> {
  const partition = identifier(contract.partitionBy);
  const key = contract.key.map((name) => `cast(s.${identifier(name)} as varchar)`);
  const [found] = await query(
    `select count(*) as "total",
       min(case when t.${partition} = s.${partition} then null else ${key.join(` || '|' || `)} end) as "stray"
     from ${qualified(target)} t join ${identifier(stage)} s on ${onKey(contract, 't', 's')}`,
    [],
    signal,
  );
  const stray = found?.['stray'];
  if (stray == null) return Number(found?.['total']);
  throw new JobError(
    'MERGE_KEY_INVALID',
    `table ${displayName(target)} has ${contract.key.join(', ')} "${stray}" with another ${contract.partitionBy} than the load`,
    {
      hint: `nothing was written; a key belongs to one ${contract.partitionBy}: correct the table`,
    },
  );
}

function onKey({ key }: OutputContract, left: string, right: string): string {
  return key
    .map((name) => `${left}.${identifier(name)} = ${right}.${identifier(name)}`)
    .join(' and ');
}
