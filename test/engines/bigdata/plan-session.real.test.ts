import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openBigdataPlans } from '../../../engines/bigdata/plan-session.ts';
import type { BigdataSession } from '../../../engines/bigdata/session.ts';
import { max } from '../../../plan/aggregate.ts';
import { cast } from '../../../plan/expressions/cast.ts';
import { equal, greater } from '../../../plan/expressions/comparison.ts';
import { literal } from '../../../plan/expressions/literal.ts';
import { ascending, descending, read, readFields, relation } from '../../../plan/plan.ts';
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
  string,
  struct,
  timestamp,
} from '../../../plan/types.ts';
import { describeOnSpark, failureOf, forever } from './on-spark.ts';

const ROWS = `select * from values
  (1, 'a', double('NaN'), cast(1.50 as decimal(5,2))),
  (1, 'b', double('-0.0'), cast(2.50 as decimal(5,2))),
  (null, 'c', 0D, null), (null, null, double('NaN'), cast(0.01 as decimal(5,2))),
  (2, '😀', null, cast(-1 as decimal(5,2)))
  as t(k, s, f, d)`;
const rows = read('rows', { k: int32, s: string, f: float64, d: decimal(5, 2) });

describeOnSpark('plans', (spark) => {
  let session: BigdataSession;
  let plans: PlanSession;

  beforeAll(async () => {
    session = await spark.open();
    plans = openBigdataPlans(session);
    await plans.bind('rows', ROWS, forever);
  });
  afterAll(async () => {
    await plans[Symbol.asyncDispose]();
  });

  it('give values of every type exactly', async () => {
    const fields = [
      { name: 'n', type: int32, nullable: true },
      { name: 'day', type: date, nullable: true },
    ];
    const values = {
      yes: literal(true, bool),
      small: literal(-(2 ** 31), int32),
      big: literal(2n ** 63n - 1n, int64),
      nan: literal(NaN, float64),
      zero: literal(-0, float64),
      least: literal(5e-324, float64),
      exact: literal(1n - 10n ** 38n, decimal(38, 19)),
      tiny: literal(-1n, decimal(38, 38)),
      words: literal('\0 \n\t\'"\\`${env:HOME} %_! \u{1f600}e\u0301 ', string),
      bytes: literal(Uint8Array.of(0, 255, 39), binary),
      none: literal(new Uint8Array(), binary),
      first: literal(-719162, date),
      instant: literal(-62135596800000000n, timestamp),
      before: literal(-1n, timestamp),
      local: literal(253402300799999999n, localTimestamp),
      items: literal(['a', null, ''], list(string)),
      empty: literal([], list(decimal(5, 2))),
      pair: literal([7, 17197], struct(fields)),
      nothing: literal(null, struct(fields)),
    };
    const [row] = await plans.collect(
      rows.sort([ascending('k')], 1).select(() => values),
      forever,
    );
    expect(row).toEqual(
      Object.fromEntries(
        Object.entries(values).map(([name, each]) => [name, each.op === 'literal' && each.value]),
      ),
    );
  });

  it('narrow a source to its declared types, null where a value does not fit', async () => {
    await plans.bind(
      'wide',
      `select 3000000000 as big, 7S as small, 1.5D as fraction, '12' as digits,
        cast(18446744073709551615 as decimal(20,0)) as unsigned, date '2017-01-31' as day, true as yes,
        float('0.1') as half, timestamp_ntz '2017-01-01 00:00:00' as local, cast(123.45 as decimal(10,2)) as money,
        cast('text' as binary) as bytes, 5 as same`,
      forever,
    );
    const found = await plans.collect(
      readFields('wide', [
        { name: 'too_big', from: 'BIG', type: int32, nullable: true },
        { name: 'small', type: int32, nullable: true },
        { name: 'fraction', type: int64, nullable: true },
        { name: 'digits', type: int32, nullable: true },
        { name: 'unsigned', type: int64, nullable: true },
        { name: 'day', type: int32, nullable: true },
        { name: 'yes', type: date, nullable: true },
        { name: 'half', type: float64, nullable: true },
        { name: 'local', type: timestamp, nullable: true },
        { name: 'money', type: decimal(4, 2), nullable: true },
        { name: 'bytes', type: string, nullable: true },
        { name: 'same', type: int32, nullable: true },
        { name: 'day_text', from: 'day', type: string, nullable: true, asText: true },
      ]),
      forever,
    );
    expect(found).toEqual([
      {
        too_big: null,
        small: 7,
        fraction: null,
        digits: null,
        unsigned: null,
        day: null,
        yes: null,
        half: 0.10000000149011612,
        local: 1483228800000000n,
        money: null,
        bytes: 'text',
        same: 5,
        day_text: '2017-01-31',
      },
    ]);
  });

  it('refuse a function per row before any work', async () => {
    const mapped = read('not bound', { k: int32 }).mapRow('twice', { k: int32 }, (row) => row);
    expect(await failureOf(plans.collect(mapped, forever))).toMatchObject({
      code: 'ENGINE_UNSUPPORTED',
    });
  });

  it('write one file, its rows counted in it, also when there are none', async () => {
    const folder = join(session.scratchDir, 'one file');
    await mkdir(folder);
    const many = join(folder, 'many.parquet');
    expect(await plans.writeFile(rows, many, forever)).toBe(5);
    const none = join(folder, 'none.parquet');
    const nobody = rows.filter((row) => equal(row.s, 'nobody'));
    expect(await plans.writeFile(nobody, none, forever)).toBe(0);
    expect((await readdir(folder)).sort()).toEqual(['many.parquet', 'none.parquet']);
    await plans.bind('again', `select * from parquet.\`${many}\``, forever);
    const again = read('again', { s: string }).aggregate([], (row) => ({ high: max(row.s) }));
    expect(await plans.collect(again, forever)).toEqual([{ high: '😀' }]);
  });

  it('write a file for each partition, and count what a dedupe leaves out', async () => {
    await plans.bind(
      'many',
      `select cast(id % 12 as int) as week, cast(id % 1000 as int) as product, id from range(30000)`,
      forever,
    );
    const best = read('many', { week: int32, product: int32, id: int64 })
      .dedupe({ key: ['week', 'product'], keep: [descending('id')], dropped: 'deduplicated' })
      .filter((row) => greater(row.product, -1));
    const seen: number[] = [];
    const { files, dropped } = await plans.writePartitions(
      { relation: relation(best.node), partitionBy: 'week', expectedRows: 3000 },
      join(session.scratchDir, 'weeks'),
      { onRows: (done) => seen.push(done) },
      forever,
    );
    expect(files.map(({ partition, rows: n }) => [partition, n])).toEqual(
      Array.from({ length: 12 }, (_, week) => [String(week), 250]),
    );
    expect(dropped).toEqual({ deduplicated: 27_000 });
    expect(seen.at(-1)).toBe(3000);
    expect(files.every(({ bytes, path }) => bytes > 0 && path.endsWith('.parquet'))).toBe(true);
    const paths = files.map(({ path }) => path);
    await session.parquet.view('written', paths, forever);
    expect(
      await session.rows(
        'select count(distinct week, product) as n, sum(id) as total, min(week) as low from written',
        forever,
      ),
    ).toEqual([{ n: 3000n, total: 85_498_500n, low: 0 }]);
  });

  it('write no file of a run that a value ends', async () => {
    const failing = rows.select((row) => ({ s: row.s, n: cast(row.s, int32) }));
    const path = join(session.scratchDir, 'failing.parquet');
    expect(await failureOf(plans.writeFile(relation(failing.node), path, forever))).toMatchObject({
      code: 'VALUE_INVALID',
      message: expect.stringMatching(
        /^cast\(s, to: int32, onError: "fail"\) of .*: it is no int32$/,
      ) as unknown,
    });
    expect((await readdir(session.scratchDir)).filter((name) => /fail|writing/.test(name))).toEqual(
      [],
    );
  });
});
