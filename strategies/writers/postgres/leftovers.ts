import { type ClaimRecord, isDead } from '../../../core/claims.ts';
import { messageOf } from '../../../core/errors.ts';
import type { Connection } from '../../postgres/connection.ts';
import { setLocal } from './ledger.ts';
import { qualified, stagePrefix, type TableName } from '../../postgres/table-name.ts';

/** A claim beside ours (another window) that nobody has renewed for so long is taken for dead. */
const DEAD_AFTER_MS = 600_000;
/** A stopped process may still hold its staging table; the next claim tries again. */
const LOCK_TIMEOUT = '2s';

/**
 * Drops staging tables of claims that can never be committed.
 *
 * @param own - the record of the claim just made.
 * @param warn - gets what could not be dropped.
 */
export async function removeLeftovers(
  connection: Connection,
  target: TableName,
  own: ClaimRecord,
  records: readonly ClaimRecord[],
  warn: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const prefix = stagePrefix(target);
  const tables = await connection.query(
    `select relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind = 'r' and starts_with(relname, $2)`,
    [target.schema, prefix],
    signal,
  );
  for (const { name } of tables) {
    const number = Number((name ?? '').slice(prefix.length));
    if (name == null || !isLeftover(number, own, records)) continue;
    try {
      await connection.transaction(async (query) => {
        await setLocal(query, 'lock_timeout', LOCK_TIMEOUT, signal);
        await query(`drop table if exists ${qualified({ ...target, table: name })}`, [], signal);
      }, signal);
    } catch (error) {
      signal.throwIfAborted();
      warn(`could not remove the leftover table "${name}": ${messageOf(error)}`);
    }
  }
}

/**
 * Whether what claim `number` has staged can never be committed.
 *
 * @param own - the record of the claim just made.
 */
export function isLeftover(
  number: number,
  own: ClaimRecord,
  records: readonly ClaimRecord[],
): boolean {
  if (number === own.number) return false;
  const record = records.find((candidate) => candidate.number === number);
  if (record === undefined || isDead(record, records)) return number < own.number;
  return own.renewedAt.getTime() - record.renewedAt.getTime() > DEAD_AFTER_MS;
}
