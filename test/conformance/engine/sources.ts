import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { quote } from '../../../core/engine.ts';
import { greater, isIn, notEqual } from '../../../plan/expressions/comparison.ts';
import { decimalNumber } from '../../../plan/expressions/literal.ts';
import { not, or } from '../../../plan/expressions/logic.ts';
import { cellText } from '../../../plan/parity/cells.ts';
import { read, readFields } from '../../../plan/plan.ts';
import {
  bool,
  date,
  decimal,
  float64,
  int32,
  int64,
  localTimestamp,
  type PlanCell,
  type PlanType,
  string,
  timestamp,
} from '../../../plan/types.ts';
import { day, dec, micros } from './case.ts';
import type { World } from './world.ts';

interface SourceColumn {
  /** DuckDB's query of the column's only value. */
  readonly holds: string;
  readonly readAs: readonly (readonly [PlanType | 'text', PlanCell])[];
}

const NOON = micros('2017-01-02T12:00:00');

/** What a file may hold, and what a plan that declares another type sees of it. */
const SOURCE: Readonly<Record<string, SourceColumn>> = {
  tiny: {
    holds: '(-128)::tinyint',
    readAs: [
      [int32, -128],
      [int64, -128n],
      [decimal(5, 2), dec('-128.00')],
    ],
  },
  byte: {
    holds: '255::utinyint',
    readAs: [
      [int32, 255],
      ['text', '255'],
    ],
  },
  unsigned: {
    holds: '4294967295::uinteger',
    readAs: [
      [int32, null],
      [int64, 4_294_967_295n],
    ],
  },
  huge: {
    holds: '18446744073709551615::ubigint',
    readAs: [
      [int64, null],
      [decimal(20, 0), 2n ** 64n - 1n],
      [int32, null],
    ],
  },
  whole: {
    holds: '2147483648::bigint',
    readAs: [
      [int32, null],
      [int64, 2_147_483_648n],
      [decimal(5, 2), null],
      [float64, null],
      [string, '2147483648'],
      [bool, null],
    ],
  },
  small: {
    holds: '7::integer',
    readAs: [
      [int64, 7n],
      [decimal(3, 2), dec('7.00')],
      [date, null],
      [string, '7'],
    ],
  },
  single: {
    holds: '0.1::float',
    readAs: [
      [float64, 0.10000000149011612],
      [decimal(5, 2), null],
      [int32, null],
    ],
  },
  double: {
    holds: '2.0::double',
    readAs: [
      [int32, null],
      [decimal(5, 2), null],
      [float64, 2],
    ],
  },
  money: {
    holds: '12345.67::decimal(10, 2)',
    readAs: [
      [decimal(12, 4), dec('12345.6700')],
      [decimal(5, 2), null],
      [int32, null],
      [float64, null],
      [string, '12345.67'],
    ],
  },
  text: {
    holds: `'12'`,
    readAs: [
      [int32, null],
      [float64, null],
      [decimal(5, 2), null],
      [date, null],
      [bool, null],
      [timestamp, null],
      [string, '12'],
    ],
  },
  flag: {
    holds: 'true',
    readAs: [
      [bool, true],
      [string, 'true'],
      [int32, null],
    ],
  },
  day: {
    holds: `date '0001-01-01'`,
    readAs: [
      [date, day('0001-01-01')],
      [string, '0001-01-01'],
      [int32, null],
      [timestamp, null],
    ],
  },
  instant: {
    holds: `timestamptz '2017-01-02 12:00:00+00'`,
    readAs: [
      [timestamp, NOON],
      [localTimestamp, NOON],
      [date, null],
      [int64, null],
    ],
  },
  local: {
    holds: `timestamp '2017-01-02 12:00:00'`,
    readAs: [
      [localTimestamp, NOON],
      [timestamp, NOON],
    ],
  },
  millis: { holds: `timestamp_ms '2017-01-02 12:00:00'`, readAs: [[localTimestamp, NOON]] },
  nothing: {
    holds: 'null::integer',
    readAs: [
      [int32, null],
      [string, null],
      [decimal(5, 2), null],
    ],
  },
};

const FIELDS = Object.entries(SOURCE).flatMap(([from, { readAs }]) =>
  readAs.map(([type, value], at) => ({
    value,
    field: {
      name: `${from}_${String(at)}`,
      from,
      type: type === 'text' ? string : type,
      nullable: true,
      ...(type === 'text' ? { asText: true } : {}),
    },
  })),
);

export function itReadsTheSame(world: () => World): void {
  it('narrows columns of other types, with null where a value does not fit', async () => {
    const { engines, signal } = world();
    await bindSource(world());
    const source = readFields(
      'narrowed',
      FIELDS.map(({ field }) => field),
    );
    for (const { name: engine, plans } of engines) {
      const [row = {}] = await plans.collect(source, signal);
      const [found, expected] = [
        FIELDS.map(({ field: { name, type } }) => `${name} ${cellText(row[name] ?? null, type)}`),
        FIELDS.map(({ field: { name, type }, value }) => `${name} ${cellText(value, type)}`),
      ];
      expect([engine, found]).toEqual([engine, expected]);
    }
  });

  it('compares what a column of another type was narrowed to', async () => {
    const { engines, signal } = world();
    await bindSource(world());
    const narrowed = read('narrowed', { whole: int32, money: decimal(5, 2), unsigned: int32 });
    const kept = narrowed.filter(({ whole, money, unsigned }) =>
      or(
        notEqual(whole, 16),
        greater(money, decimalNumber('16', decimal(5, 2))),
        not(isIn(unsigned, [16, 17])),
      ),
    );
    for (const { name, plans } of engines) {
      expect([name, await plans.collect(kept, signal)]).toEqual([name, []]);
    }
  });
}

async function bindSource({ engines, directory, signal }: World): Promise<void> {
  const path = join(directory, 'source.parquet');
  const columns = Object.entries(SOURCE).map(([name, { holds }]) => `${holds} as "${name}"`);
  const [, bulk] = engines;
  await bulk.plans.sql.run(
    `copy (select ${columns.join(', ')}) to ${quote(path)} (format parquet)`,
    signal,
  );
  for (const engine of engines) await engine.bindFile('narrowed', path, signal);
}
