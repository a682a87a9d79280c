import { JobError } from '../../../core/errors.ts';
import type { OutputContract } from '../../../core/schema.ts';
import { differences } from './columns.ts';
import type { Query } from '../../postgres/connection.ts';
import type { Party } from '../../postgres/errors.ts';
import { displayName, type TableName } from '../../postgres/table-name.ts';
import { inspectTarget, isLoadable } from './target.ts';

const KINDS: Readonly<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
  S: 'a sequence',
  i: 'an index',
  I: 'an index',
  c: 'a type',
};

/**
 * Looks whether the load can go into the table, or can make it; writes nothing. Partitioned tables
 * are loaded in place.
 *
 * @throws JobError `TARGET_SCHEMA` with every difference; `TARGET_FAILED` without the schema;
 *   `TARGET_DENIED` when the user may not create tables there.
 */
export async function assertLoadable(
  query: Query,
  table: TableName,
  contract: OutputContract,
  party: Party,
  signal: AbortSignal,
): Promise<void> {
  const [schema] = await query(
    `select has_schema_privilege(oid, 'CREATE') as may from pg_namespace where nspname = $1`,
    [table.schema],
    signal,
  );
  if (schema === undefined) {
    throw new JobError('TARGET_FAILED', `${party.target}: there is no schema "${table.schema}"`, {
      hint: 'create the schema, or name another one in "table"',
    });
  }
  if (schema['may'] !== 't') {
    throw new JobError(
      'TARGET_DENIED',
      `${party.target}: user "${party.user}" may not create tables in schema "${table.schema}"`,
      { hint: `grant usage, create on schema "${table.schema}" to "${party.user}"` },
    );
  }
  const state = await inspectTarget(query, table, signal);
  if (state === undefined) return;
  if (!isLoadable(state.kind)) {
    const kind = KINDS[state.kind] ?? `of kind "${state.kind}"`;
    throw new JobError('TARGET_SCHEMA', `${displayName(table)} is ${kind}, not a table`, {
      hint: 'name a table in "table"; it is made when it does not exist',
    });
  }
  const found = differences(state.columns, contract);
  if (found.length === 0) return;
  throw new JobError(
    'TARGET_SCHEMA',
    `table ${displayName(table)} has other columns: ${found.join('; ')}`,
    { hint: 'alter the table, or name another one in "table"; it is made when it does not exist' },
  );
}
