import { JobError } from '../../../core/errors.ts';
import type { OutputContract } from '../../../core/schema.ts';
import type { Query } from '../../postgres/connection.ts';
import type { Party } from '../../postgres/errors.ts';
import { displayName, type TableName } from '../../postgres/table-name.ts';
import { differences, type TableColumn } from './columns.ts';

const KINDS: Readonly<Record<string, string>> = { v: 'a view', m: 'a materialized view' };

/** What there is by a name: `pg_class.relkind` and the columns in their order. */
export interface Relation {
  readonly kind: string;
  readonly columns: readonly TableColumn[];
}

/** Redshift keeps Postgres' catalog for what it stores itself, on its leader node. */
const COLUMNS = `
select c.relkind as "kind", a.attname as "name", a.attnotnull as "notnull",
  format_type(a.atttypid, a.atttypmod) as "type"
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid
where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped
order by a.attnum`;

/** Looks a table up; undefined when there is nothing of that name. */
export async function inspect(
  query: Query,
  { schema, table }: TableName,
  signal: AbortSignal,
): Promise<Relation | undefined> {
  const rows = await query(COLUMNS, [schema, table], signal);
  const [first] = rows;
  if (first === undefined) return undefined;
  const columns = rows.map((row) => ({
    name: row['name'] ?? '',
    type: row['type'] ?? '',
    notNull: row['notnull'] === 't',
  }));
  return { kind: first['kind'] ?? '', columns };
}

/**
 * Looks whether the load can go into the table, or can make it; writes nothing.
 *
 * @throws JobError `TARGET_SCHEMA` with every difference; `TARGET_FAILED` without the schema;
 *   `TARGET_DENIED` when the user may not create tables there.
 */
export async function assertLoadable(
  query: Query,
  table: TableName,
  contract: OutputContract,
  { user, target }: Party,
  signal: AbortSignal,
): Promise<void> {
  const [schema] = await query(
    `select has_schema_privilege(n.nspname, 'create') as "may" from pg_namespace n
     where n.nspname = $1`,
    [table.schema],
    signal,
  );
  if (schema === undefined) {
    throw new JobError('TARGET_FAILED', `${target}: there is no schema "${table.schema}"`, {
      hint: 'create the schema, or name another one in "table"',
    });
  }
  if (schema['may'] !== 't') {
    throw new JobError(
      'TARGET_DENIED',
      `${target}: user "${user}" may not create tables in schema "${table.schema}"`,
      { hint: `grant usage, create on schema "${table.schema}" to "${user}"` },
    );
  }
  const found = await inspect(query, table, signal);
  if (found === undefined) return;
  if (found.kind !== 'r') {
    const kind = KINDS[found.kind] ?? `of kind "${found.kind}"`;
    throw new JobError('TARGET_SCHEMA', `${displayName(table)} is ${kind}, not a table`, {
      hint: 'name a table in "table"; it is made when it does not exist',
    });
  }
  const problems = differences(found.columns, contract);
  if (problems.length === 0) return;
  throw new JobError(
    'TARGET_SCHEMA',
    `table ${displayName(table)} has other columns: ${problems.join('; ')}`,
    { hint: 'alter the table, or name another one in "table"; it is made when it does not exist' },
  );
}
