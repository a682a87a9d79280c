import { z } from 'zod';
import { identifier } from '../../../core/engine.ts';
import type { OutputContract } from '../../../core/schema.ts';
import type { Window } from '../../../core/window.ts';
import type { Query, Value } from '../../postgres/connection.ts';
import { isOurs, type TableColumn } from './columns.ts';
import { qualified, type TableName } from '../../postgres/table-name.ts';

/** What the catalog says of an existing table. */
export interface TargetState {
  readonly oid: string;
  /** `pg_class.relkind`: `r` table, `p` partitioned table, `v` view and so on. */
  readonly kind: string;
  readonly owner: string;
  readonly comment: string | null;
  readonly columns: readonly TableColumn[];
  /** Name and columns of the primary key. */
  readonly keyName: string | null;
  readonly keyColumns: readonly string[];
  readonly empty: boolean;
  /**
   * Nothing refers to the table and nobody set anything on it that a new table would lack: views,
   * foreign keys, triggers, policies, publications, inheritance, indexes, checks, defaults, storage
   * options, column grants. And we may give a new table to its owner.
   */
  readonly replaceable: boolean;
  /** TRUNCATE means the same as DELETE here: no triggers, foreign keys, rules or row policies. */
  readonly truncatable: boolean;
}

const INSPECT = `
select c.oid::text, c.relkind::text as kind, c.relowner::regrole::text as owner,
  obj_description(c.oid, 'pg_class') as comment, k.conname::text as key_name,
  (select json_agg(a.attname order by u.place) from unnest(k.conkey) with ordinality u(number, place)
    join pg_attribute a on a.attrelid = c.oid and a.attnum = u.number) as key_columns,
  (select json_agg(json_build_object('name', a.attname, 'notNull', a.attnotnull,
      'type', format_type(a.atttypid, a.atttypmod), 'collation', coalesce(l.collname, ''),
      'comment', col_description(c.oid, a.attnum))
      order by a.attnum)
    from pg_attribute a left join pg_collation l on l.oid = a.attcollation
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
  (c.relkind = 'r' and c.relpersistence = 'p' and c.relreplident = 'd' and c.reltablespace = 0
    and c.reloptions is null and c.reloftype = 0 and not c.relrowsecurity and not c.relispartition
    and not exists (select from pg_inherits where inhrelid = c.oid)
    and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
      and (a.attacl is not null or a.attoptions is not null or a.attidentity <> ''))
    and not exists (select from pg_depend d
      left join pg_constraint o on d.classid = 'pg_constraint'::regclass and o.oid = d.objid
      where d.deptype in ('n', 'a') and coalesce(o.contype, '-') not in ('p', 'n')
      and ((d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid)
        or (d.refclassid = 'pg_type'::regclass and d.refobjid = c.reltype)))
    and (c.relowner = current_user::regrole or (pg_has_role(c.relowner, 'MEMBER')
      and has_schema_privilege(c.relowner, c.relnamespace, 'CREATE'))))::text as replaceable,
  (c.relkind in ('r', 'p') and not c.relhastriggers and not c.relhasrules and not c.relrowsecurity
    and has_table_privilege(c.oid, 'TRUNCATE'))::text as truncatable
from pg_class c
left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
where c.oid = to_regclass($1)`;

const names = z.array(z.string()).nullable();
const tableColumns = z.array(
  z.object({
    name: z.string(),
    type: z.string(),
    notNull: z.boolean(),
    collation: z.string(),
    comment: z.string().nullable(),
  }),
);

/** Looks the table up; undefined when there is none of that name. */
export async function inspectTarget(
  query: Query,
  target: TableName,
  signal: AbortSignal,
): Promise<TargetState | undefined> {
  const [row] = await query(INSPECT, [qualified(target)], signal);
  if (row === undefined) return undefined;
  const kind = row['kind'] ?? '';
  return {
    oid: row['oid'] ?? '',
    kind,
    owner: row['owner'] ?? '',
    comment: row['comment'] ?? null,
    columns: tableColumns.parse(JSON.parse(row['columns'] ?? '[]')),
    keyName: row['key_name'] ?? null,
    keyColumns: names.parse(JSON.parse(row['key_columns'] ?? 'null')) ?? [],
    empty: isLoadable(kind) && (await isEmpty(query, target, signal)),
    replaceable: row['replaceable'] === 'true',
    truncatable: row['truncatable'] === 'true',
  };
}

/** Tables and partitioned tables can be loaded; views and foreign tables cannot. */
export function isLoadable(kind: string): boolean {
  return kind === 'r' || kind === 'p';
}

/** Whether a table made from the contract can take the place of this one without anybody noticing. */
export function canReplace(state: TargetState, contract: OutputContract): boolean {
  const { keyColumns } = state;
  const sameKey =
    keyColumns.length === 0 ||
    (keyColumns.length === contract.key.length &&
      keyColumns.every((name, index) => name === contract.key[index]));
  return state.replaceable && sameKey && isOurs(state.columns, contract);
}

/** SQL and values of the rows that a window selects; everything without one. */
export function windowPredicate(
  contract: OutputContract,
  window: Window | undefined,
): { readonly sql: string; readonly values: readonly Value[] } {
  if (window === undefined) return { sql: 'true', values: [] };
  const { from, to } = contract.validity;
  return {
    sql: `${identifier(from)} < $1::date and ${identifier(to)} > $2::date`,
    values: [window.endDate, window.startDate],
  };
}

async function isEmpty(query: Query, target: TableName, signal: AbortSignal): Promise<boolean> {
  const sql = `select not exists (select from ${qualified(target)}) as empty`;
  const [row] = await query(sql, [], signal);
  return row?.['empty'] === 't';
}
