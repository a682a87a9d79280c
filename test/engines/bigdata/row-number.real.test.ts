import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import type { SqlSession } from '../../../core/engine.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { contentNumberOnDuckDb, contentNumberOnSpark } from '../../../plan/row-number.ts';
import { describeOnSpark, forever } from './on-spark.ts';

const COLUMNS = [
  { name: 'small', type: 'SMALLINT' },
  { name: 'big', type: 'BIGINT' },
  { name: 'price', type: 'DECIMAL(38,18)' },
  { name: 'odd "`name', type: 'VARCHAR' },
  { name: 'day', type: 'DATE' },
  { name: 'seen', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'local', type: 'TIMESTAMP' },
  { name: 'flag', type: 'BOOLEAN' },
];

/** The casts are what both engines understand. */
const ROWS = [
  ['1', '-9223372036854775808', '0.000000000000000001', 'é\u{1F600} x', '0001-01-01'],
  ['-1', '9223372036854775807', '-12345678901234567890.123456789012345678', '', '9999-12-31'],
] as const;
const INSTANTS = [
  ['1969-12-31 23:59:59.999999', '2017-06-05 10:00:00', 'true'],
  ['2017-06-05 10:00:00.5', '1969-12-31 23:59:59.9', 'false'],
] as const;

function rowsAs(name: (text: string) => string, instant: string, local: string): string {
  const types = ['smallint', 'bigint', 'decimal(38,18)', 'varchar(20)', 'date', instant, local];
  const all = ROWS.map((row, index) => [...row, ...(INSTANTS[index] ?? [])]);
  const row = (values: readonly (string | null)[]) =>
    `select ${COLUMNS.map((column, index) => {
      const value = values[index];
      const text = value == null ? 'null' : `'${value}'`;
      const type = types[index] ?? 'boolean';
      return `cast(${text} as ${type === 'varchar(20)' && instant === 'timestamp_ltz' ? 'string' : type}) as ${name(column.name)}`;
    }).join(', ')}`;
  return [...all, COLUMNS.map(() => null)].map(row).join(' union all ');
}

describeOnSpark('the number of a row by its values', (server) => {
  let spark: SqlSession;
  let duckdb: SqlSession;

  beforeAll(async () => {
    duckdb = await openBulkEngine({}, systemClock, forever);
    spark = await server.open();
  }, 300_000);
  afterAll(async () => {
    await spark[Symbol.asyncDispose]();
    await duckdb[Symbol.asyncDispose]();
  });

  it('is the same on DuckDB, and another for each row', async () => {
    const onSpark = rowsAs(
      (name) => `\`${name.replaceAll('`', '``')}\``,
      'timestamp_ltz',
      'timestamp_ntz',
    );
    const onDuckDb = rowsAs(
      (name) => `"${name.replaceAll('"', '""')}"`,
      'timestamptz',
      'timestamp',
    );
    const numbersOf = async (session: SqlSession, number: string, rows: string) => {
      const found = await session.rows(`select ${number} as number from (${rows}) r`, forever);
      return found.map((row) => String(row['number'])).sort();
    };
    const numbers = await numbersOf(duckdb, contentNumberOnDuckDb(COLUMNS), onDuckDb);
    expect(new Set(numbers).size).toBe(3);
    expect(await numbersOf(spark, contentNumberOnSpark(COLUMNS), onSpark)).toEqual(numbers);
  });
});
