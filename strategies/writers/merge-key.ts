import type { SqlRow, SqlValue } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';

/**
 * A query, in the words of DuckDB, Spark and Postgres alike, for one key of the rows to merge that
 * stands for more than one row, or is null: the key's columns, and `key_rows`.
 *
 * @param relation - the rows, as SQL names them.
 * @param key - the key's columns, quoted.
 */
export function wrongKeyQuery(relation: string, key: readonly string[]): string {
  const columns = key.join(', ');
  const isNull = key.map((column) => `${column} is null`).join(' or ');
  return `select ${columns}, count(*) as key_rows from ${relation} group by ${columns}
    having count(*) > 1 or ${isNull} limit 1`;
}

/** @throws JobError `MERGE_KEY_INVALID` for a row of {@link wrongKeyQuery}. */
export function refuseWrongKey(
  key: readonly string[],
  found: SqlRow | undefined,
  target: string,
): void {
  if (found === undefined) return;
  const values = key.map((name) => found[name] ?? null);
  const named = key.map((name, index) => `${name} ${textOf(values[index] ?? null)}`).join(', ');
  const rows = Number(found['key_rows']);
  throw new JobError(
    'MERGE_KEY_INVALID',
    values.includes(null)
      ? `${target}: a row to merge has no key: ${named}`
      : `${target}: ${String(rows)} rows to merge have the same key: ${named}`,
    { hint: 'nothing was written; correct the source, or use a mode that needs no key' },
  );
}

function textOf(value: SqlValue): string {
  return value === null ? 'null' : `"${String(value)}"`;
}
