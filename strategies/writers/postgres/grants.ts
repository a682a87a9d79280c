import type { Query } from '../../postgres/connection.ts';
import { qualified, type TableName } from '../../postgres/table-name.ts';

const GRANTS = `
select case when grantee = 0 then 'public' else grantee::regrole::text end as grantee,
  privilege_type as privilege, is_grantable as grantable
from pg_class, aclexplode(relacl)
where oid = $1::oid and grantee <> relowner`;

/**
 * Gives a table the grants of another one of the same owner, and takes away those that default
 * privileges gave it. Role names come quoted from the server.
 */
export async function copyGrants(
  query: Query,
  fromOid: string,
  to: TableName,
  signal: AbortSignal,
): Promise<void> {
  const wanted = await query(GRANTS, [fromOid], signal);
  const [own] = await query('select to_regclass($1)::oid::text as oid', [qualified(to)], signal);
  const given = await query(GRANTS, [own?.['oid'] ?? null], signal);
  for (const grantee of new Set(given.map((row) => row['grantee'] ?? ''))) {
    await query(`revoke all on table ${qualified(to)} from ${grantee}`, [], signal);
  }
  for (const { grantee, privilege, grantable } of wanted) {
    const option = grantable === 't' ? ' with grant option' : '';
    await query(
      `grant ${privilege ?? ''} on table ${qualified(to)} to ${grantee ?? ''}${option}`,
      [],
      signal,
    );
  }
}
