import { identifier, type SqlSession } from '../core/engine.ts';

/** One relation column by column: its type, how many values are there, and the sum of their hashes. */
export interface Fingerprint {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, ColumnPrint>;
  /** Sum over the rows of a hash of the whole row: columns that are right but mixed up differ here. */
  readonly rowHash: string;
}

export interface ColumnPrint {
  readonly type: string;
  readonly values: number;
  readonly hash: string;
}

/** The first 15 hex digits of an md5 as an integer; sums of it do not depend on the order of rows. */
function hash(text: string): string {
  return `cast(cast('0x' || substr(md5(${text}), 1, 15) as ubigint) as hugeint)`;
}

/** @param relation - SQL that can stand after FROM. */
export async function fingerprint(
  session: SqlSession,
  relation: string,
  signal: AbortSignal,
): Promise<Fingerprint> {
  const described = await session.rows(`describe select * from ${relation}`, signal);
  const names = described.map((row) => String(row['column_name'])).sort();
  const types = new Map(
    described.map((row) => [String(row['column_name']), String(row['column_type'])]),
  );
  const columns = new Map<string, ColumnPrint>();
  for (const name of names) {
    const column = identifier(name);
    // Most columns have few distinct values: one md5 per value, times how often it is there.
    const [print] = await session.rows(
      `select cast(coalesce(sum(n), 0) as bigint) as present,
         cast(coalesce(sum(n * ${hash('value')}), 0) as varchar) as hash
       from (select cast(${column} as varchar) as value, count(*) as n
             from ${relation} where ${column} is not null group by ${column})`,
      signal,
    );
    columns.set(name, {
      type: types.get(name) ?? '',
      values: Number(print?.['present']),
      hash: String(print?.['hash']),
    });
  }
  const text = names.map((name) => `coalesce(cast(${identifier(name)} as varchar), '(null)')`);
  const [all] = await session.rows(
    `select count(*) as rows, cast(sum(${hash(`concat_ws('|', ${text.join(', ')})`)}) as varchar) as hash
     from ${relation}`,
    signal,
  );
  return { rows: Number(all?.['rows']), columns, rowHash: String(all?.['hash']) };
}

/** Everything in which a sink differs from what it must hold; empty when it is equal. */
export function compare(sink: string, found: Fingerprint, expected: Fingerprint): string[] {
  const differences: string[] = [];
  const check = (what: string, is: string | number, shouldBe: string | number) => {
    if (is !== shouldBe) differences.push(`${sink}: ${what} is ${is}, expected ${shouldBe}`);
  };
  check('the number of rows', found.rows, expected.rows);
  check('columns', [...found.columns.keys()].join(), [...expected.columns.keys()].join());
  for (const [name, print] of expected.columns) {
    const other = found.columns.get(name);
    check(`the type of ${name}`, other?.type ?? 'missing', print.type);
    check(`the number of values of ${name}`, other?.values ?? 0, print.values);
    check(`the hash of ${name}`, other?.hash ?? '', print.hash);
  }
  check('the hash of the rows', found.rowHash, expected.rowHash);
  return differences;
}
