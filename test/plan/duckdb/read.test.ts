import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { printLiteral } from '../../../plan/duckdb/literals.ts';
import { printDuckDb } from '../../../plan/duckdb/print.ts';
import { isBetween, notEqual } from '../../../plan/expressions/comparison.ts';
import { decimalNumber } from '../../../plan/expressions/literal.ts';
import { read, readFields } from '../../../plan/plan.ts';
import type { PlanSession } from '../../../plan/session.ts';
import {
  binary,
  bool,
  date,
  decimal,
  float64,
  int32,
  int64,
  list,
  localTimestamp,
  type PlanCell,
  type PlanType,
  string,
  struct,
  timestamp,
} from '../../../plan/types.ts';
import { forever, openPlans } from './evaluate.ts';

let session: PlanSession;
beforeAll(async () => {
  session = await openPlans();
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
});

async function readAs(values: string, type: PlanType): Promise<readonly (PlanCell | undefined)[]> {
  await session.bind('source', `select unnest([${values}]) as x`, forever);
  const rows = await session.collect(read('source', { x: type }), forever);
  return rows.map((row) => row['x']);
}

describe('a read in DuckDB', () => {
  it.each<[string, PlanType, string, readonly PlanCell[]]>([
    ['smaller integers', int64, '1::tinyint, null', [1n, null]],
    ['unsigned integers', int32, '4294967295::uinteger, 7::uinteger', [null, 7]],
    ['larger integers', int32, '2147483648::bigint, -5::bigint', [null, -5]],
    ['integers beyond int64', int64, '9223372036854775808::hugeint, 1::hugeint', [null, 1n]],
    ['floats', float64, '0.5::float, null', [0.5, null]],
    ['wider decimals', decimal(5, 2), '1.50::decimal(20,2), 1000.00::decimal(20,2)', [150n, null]],
    ['integers as decimals', decimal(5, 2), '1, 1000', [100n, null]],
    ['coarser times', localTimestamp, "timestamp_s '1970-01-01 00:00:01'", [1_000_000n]],
    ['finer times', localTimestamp, "timestamp_ns '1970-01-01 00:00:00.000001999'", [1n]],
    ['zoneless times as UTC', timestamp, "timestamp '1970-01-01 00:00:01'", [1_000_000n]],
    ['other values as text', string, '15, null', ['15', null]],
    ['items of a list', list(int32), '[1::bigint, 3000000000::bigint]', [[1, null]]],
  ])('narrows %s', async (_, type, values, expected) => {
    expect(await readAs(values, type)).toEqual(expected);
  });

  it.each<[string, PlanType, string]>([
    ['text', int32, "'5', '1e3'"],
    ['doubles', int32, '1.0::double, 2147483647.5::double'],
    ['decimals', int64, '1.5::decimal(5,2)'],
    ['booleans', int32, 'true'],
    ['lists', int64, '[1]'],
    ['intervals', int64, 'interval 1 day'],
    ['structs', decimal(5, 2), "{'a': 1}"],
    ['text', decimal(5, 2), "'5e-4'"],
    ['doubles', decimal(5, 2), '1.005::double'],
    ['text', bool, "'t'"],
    ['integers', bool, '1'],
    ['text', date, "'24-01-05'"],
    ['times', date, "timestamp '2017-01-01 12:00:00'"],
    ['text', timestamp, "'2017-01-01'"],
    ['dates', timestamp, "date '2017-01-01'"],
    ['text', binary, "'\\xAA'"],
    ['text', float64, "'1_0'"],
  ])('takes %s for no %j', async (_, type, values) => {
    const found = await readAs(values, type);
    expect(found).toEqual(found.map(() => null));
  });

  it('has text for anything when asked, under the name that it wants', async () => {
    await session.bind('source', `select {'a': 1.5} as s, interval 1 day as i`, forever);
    const fields = ['s', 'i'].map((from) => ({
      name: `${from}_text`,
      from,
      asText: true,
      type: string,
      nullable: true,
    }));
    expect(await session.collect(readFields('source', fields), forever)).toEqual([
      { s_text: "{'a': 1.5}", i_text: '1 day' },
    ]);
  });

  it('compares what it has narrowed, not what was there', async () => {
    await session.bind('source', 'select 4294967297 as n, 100000.5 as d', forever);
    const narrow = read('source', { n: int32, d: decimal(3, 1) });
    const kept = [
      narrow.filter((row) => notEqual(row.n, 16)),
      narrow.filter((row) => notEqual(row.d, decimalNumber('1.5'))),
    ];
    for (const relation of kept) expect(await session.collect(relation, forever)).toEqual([]);
  });

  it('costs nothing where the column has the type: conditions reach the scan', async () => {
    const path = `${session.sql.scratchDir}/weeks.parquet`;
    await session.sql.run(
      `copy (select range as week, 1 as n from range(1000)) to '${path}'`,
      forever,
    );
    await session.bind('source', `select * from read_parquet('${path}')`, forever);
    const weeks = read('source', { week: int64, n: int32 })
      .filter((row) => isBetween(row.week, 5, 7))
      .select((row) => ({ n: row.n }));
    const [plan] = await session.sql.rows(`explain ${printDuckDb(weeks.node)}`, forever);
    expect(plan?.['explain_value']).toContain('week>=5 AND week<=7');
    expect(plan?.['explain_value']).not.toMatch(/CAST|CASE|PROJECTION/);
  });
});

describe('a literal in DuckDB', () => {
  const shape = struct([
    { name: 'Some name', type: list(decimal(3, 2)), nullable: true },
    { name: 'b', type: int32, nullable: true },
  ]);
  it.each<[PlanType, PlanCell, string, string]>([
    [int32, -2147483648, 'INTEGER', '-2147483648'],
    [int32, 5, 'INTEGER', '5'],
    [int64, -(2n ** 63n), 'BIGINT', '-9223372036854775808'],
    [int64, 1n, 'BIGINT', '1'],
    [float64, 0.1, 'DOUBLE', '0.1'],
    [float64, 1e21, 'DOUBLE', '1e+21'],
    [float64, -5e-324, 'DOUBLE', '-5e-324'],
    [float64, 1.7976931348623157e308, 'DOUBLE', '1.7976931348623157e+308'],
    [float64, -0, 'DOUBLE', '-0.0'],
    [float64, NaN, 'DOUBLE', 'nan'],
    [float64, -Infinity, 'DOUBLE', '-inf'],
    [decimal(38, 38), -(10n ** 38n) + 1n, 'DECIMAL(38,38)', `-.${'9'.repeat(38)}`],
    [decimal(5, 2), 150n, 'DECIMAL(5,2)', '1.50'],
    [string, `it's "\\" \${x} \n 😀`, 'VARCHAR', `it's "\\" \${x} \n 😀`],
    [string, '', 'VARCHAR', ''],
    [binary, Uint8Array.from([0, 39, 255]), 'BLOB', "\\x00'\\xFF".replace("'", '\\x27')],
    [bool, true, 'BOOLEAN', 'true'],
    [date, -719162, 'DATE', '0001-01-01'],
    [date, 2932896, 'DATE', '9999-12-31'],
    [timestamp, -1n, 'TIMESTAMP WITH TIME ZONE', '1969-12-31 23:59:59.999999+00'],
    [localTimestamp, -62135596800000000n, 'TIMESTAMP', '0001-01-01 00:00:00'],
    [localTimestamp, 253402300799999999n, 'TIMESTAMP', '9999-12-31 23:59:59.999999'],
    [list(int64), [1n, null], 'BIGINT[]', '[1, NULL]'],
    [list(string), [], 'VARCHAR[]', '[]'],
    [
      shape,
      [[150n], null],
      'STRUCT("Some name" DECIMAL(3,2)[], b INTEGER)',
      "{'Some name': [1.50], 'b': NULL}",
    ],
    [decimal(5, 2), null, 'DECIMAL(5,2)', 'null'],
  ])('has its type and value: %j %s', async (type, value, typeName, text) => {
    const sql = printLiteral(value, type);
    const [row] = await session.sql.rows(
      `select typeof(${sql}) as t, coalesce(cast(${sql} as varchar), 'null') as v`,
      forever,
    );
    expect(row).toEqual({ t: typeName, v: text });
  });

  it('holds the character that SQL cannot spell', async () => {
    const [row] = await session.sql.rows(
      `select hex(${printLiteral("a\0'", string)}) as h`,
      forever,
    );
    expect(row?.['h']).toBe('610027');
  });
});
