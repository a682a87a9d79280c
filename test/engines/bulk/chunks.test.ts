import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { appendRows } from '../../../engines/bulk/appender.ts';
import { streamRows } from '../../../engines/bulk/chunks.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { duckDbType } from '../../../plan/duckdb/types.ts';
import * as types from '../../../plan/types.ts';
import { decimal, list, type PlanCell, type PlanType, struct } from '../../../plan/types.ts';

const forever = new AbortController().signal;
const { bool, int32, int64, float64, string, binary, date, timestamp, localTimestamp } = types;

const TEXTS = ['', 'a', '😀', 'twelve bytes', 'thirteen byte', 'é'.repeat(6), 'x'.repeat(70), '\0'];
const bytes = (text: string) => Uint8Array.from(Buffer.from(text));

const VALUES: readonly (readonly [PlanType, readonly PlanCell[]])[] = [
  [bool, [true, false]],
  [int32, [2 ** 31 - 1, -(2 ** 31), 0]],
  [int64, [2n ** 63n - 1n, -(2n ** 63n), 0n]],
  [float64, [NaN, Infinity, -0, 5e-324, 0.1]],
  [decimal(4, 2), [9999n, -9999n]],
  [decimal(9, 0), [999999999n, -999999999n]],
  [decimal(18, 18), [10n ** 18n - 1n, 1n - 10n ** 18n]],
  [decimal(38, 10), [10n ** 38n - 1n, 1n - 10n ** 38n, -1n]],
  [string, TEXTS],
  [binary, TEXTS.map(bytes)],
  [date, [-719162, 2932896]],
  [timestamp, [-62135596800000000n, 253402300799999999n]],
  [localTimestamp, [-1n]],
  [list(string), [[], [null], ['a', null, 'y'.repeat(40)]]],
  [
    struct([
      { name: 'a', type: int32, nullable: true },
      { name: 'b', type: list(decimal(20, 1)), nullable: true },
    ]),
    [
      [1, [10n ** 19n]],
      [null, null],
    ],
  ],
];

/** Rows of several chunks; a null in each seventh of them. */
const ROWS = 5000;
const columns = VALUES.map(([, values], index) =>
  Array.from({ length: ROWS }, (_, row) =>
    (row + index) % 7 === 0 ? null : (values[row % values.length] ?? null),
  ),
);
const all = VALUES.map(([type]) => type);

describe('rows between DuckDB and this process', () => {
  it('keep every value of every type on the way in and out', async () => {
    await using session = await openBulkEngine({ threads: 1 }, systemClock, forever);
    const declared = all.map((type, index) => `c${String(index)} ${duckDbType(type)}`);
    await session.run(`create table t (${declared.join(', ')})`, forever);
    const half = Array.from({ length: ROWS / 2 }, (_, row) => row);
    await appendRows(
      session,
      't',
      all,
      (sink) => {
        sink.append(columns, half);
        sink.append(
          columns,
          half.map((row) => row + ROWS / 2),
        );
        return Promise.resolve();
      },
      forever,
    );
    const found: PlanCell[][] = all.map(() => []);
    await streamRows(
      session,
      'select * from t',
      all,
      (rows) => {
        for (const [index, column] of rows.columns.entries()) found[index]?.push(...column);
      },
      forever,
    );
    expect(found).toEqual(columns);
  });

  it('are as DuckDB makes them itself', async () => {
    await using session = await openBulkEngine({ threads: 1 }, systemClock, forever);
    const rows: (readonly PlanCell[])[] = [];
    await streamRows(
      session,
      `select 1.50::decimal(3,2), date '1970-01-02', timestamptz '1970-01-01 00:00:01+00',
        'a long text that is outside', ['x', null], {'a': 1, 'b': [2.5::decimal(20,1)]}, null::integer`,
      [decimal(3, 2), date, timestamp, string, list(string), VALUES.at(-1)?.[0] ?? int32, int32],
      (chunk) => {
        rows.push(...chunk.columns);
      },
      forever,
    );
    expect(rows.map(([value]) => value)).toEqual([
      ...[150n, 1, 1_000_000n, 'a long text that is outside', ['x', null], [1, [25n]], null],
    ]);
  });

  it('are refused where a column has another type than it is read as', async () => {
    await using session = await openBulkEngine({ threads: 1 }, systemClock, forever);
    const reading = streamRows(session, 'select 1::integer', [string], () => undefined, forever);
    await expect(reading).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'columns of INTEGER are read as VARCHAR',
    });
  });

  it('stop where the consumer fails, and leave no row of a failed append', async () => {
    await using session = await openBulkEngine({ threads: 1 }, systemClock, forever);
    await session.run('create table t (n integer)', forever);
    const append = appendRows(
      session,
      't',
      [int32],
      (sink) => {
        sink.append([[1]], [0]);
        return Promise.reject(new Error('no more'));
      },
      forever,
    );
    await expect(append).rejects.toMatchObject({ message: 'no more' });
    expect(await session.rows('select count(*) as n from t', forever)).toEqual([{ n: 0n }]);
  });
});
