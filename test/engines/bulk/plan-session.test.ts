import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { quote } from '../../../core/engine.ts';
import { openBulkPlans } from '../../../engines/bulk/plan-session.ts';
import type { FillMapRow } from '../../../engines/bulk/preparation.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { count } from '../../../plan/aggregate.ts';
import { divide } from '../../../plan/expressions/arithmetic.ts';
import { cast } from '../../../plan/expressions/cast.ts';
import { isBetween } from '../../../plan/expressions/comparison.ts';
import { ascending, descending, read, type Relation, sql } from '../../../plan/plan.ts';
import type { PartitionedResult, PlanSession } from '../../../plan/session.ts';
import {
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
  binary,
} from '../../../plan/types.ts';

const forever = new AbortController().signal;
const silent = { onRows: () => undefined };
let folder: string;
let session: PlanSession;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dray-plans-'));
  session = await open();
});
afterEach(async () => {
  await session[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function open(fillMapRow?: FillMapRow): Promise<PlanSession> {
  const engine = await openBulkEngine({ tempDir: folder, threads: 2 }, systemClock, forever);
  return openBulkPlans(engine, fillMapRow);
}

describe('collect', () => {
  it('gives every value exactly', async () => {
    await session.bind(
      'source',
      `select true as b, (-2147483648)::integer as i, -9223372036854775808 as l, cast('-0.0' as double) as f,
         cast('-99999999999999999999999999999999999.999' as decimal(38,3)) as d, 'é😀' as s, from_hex('00ff') as raw,
         date '0001-01-01' as day, timestamptz '9999-12-31 23:59:59.999999+00' as at, timestamp '1969-12-31 23:59:59.999999' as local,
         [1.5::double, 'nan'::double, 'inf'::double, null] as items, {'n': 9007199254740993, 'of': ['x']} as pair`,
      forever,
    );
    const source = read('source', {
      ...{ b: bool, i: int32, l: int64, f: float64, d: decimal(38, 3), s: string, raw: binary },
      ...{ day: date, at: timestamp, local: localTimestamp, items: list(float64) },
      pair: struct([
        { name: 'n', type: int64, nullable: true },
        { name: 'of', type: list(string), nullable: true },
      ]),
    });
    expect(await session.collect(source, forever)).toEqual([
      {
        ...{ b: true, i: -2147483648, l: -(2n ** 63n), f: -0, s: 'é😀' },
        ...{ d: -99999999999999999999999999999999999999n, raw: Uint8Array.from([0, 255]) },
        ...{ day: -719162, at: 253402300799999999n, local: -1n },
        ...{ items: [1.5, NaN, Infinity, null], pair: [9007199254740993n, ['x']] },
      },
    ]);
  });

  it('keeps the order of a plan that sorts last', async () => {
    await session.bind('source', 'select range as n from range(10000)', forever);
    const sorted = read('source', { n: int64 }).sort([descending('n')]);
    const rows = await session.collect(sorted, forever);
    expect(rows.map((row) => row['n'])).toEqual(
      Array.from({ length: 10000 }, (_, i) => BigInt(9999 - i)),
    );
  });

  it('reads what a name was bound to last', async () => {
    await session.bind('source', 'select 1 as n', forever);
    await session.bind('source', 'with two as (select 2 as n) select * from two', forever);
    expect(await session.collect(read('source', { n: int32 }), forever)).toEqual([{ n: 2 }]);
  });

  it('names the expression and the value that has no result', async () => {
    await session.bind('source', `select unnest(['5', 'a\nb']) as t, unnest([1, 0]) as n`, forever);
    const source = read('source', { t: string, n: int32 });
    const read1 = source.select((row) => ({ n: cast(row.t, int32) }));
    await expect(session.collect(read1, forever)).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      message: 'cast(t, to: int32, onError: "fail") of a\\nb: it is no int32',
      exitCode: 4,
    });
    const divided = source.select((row) => ({ n: divide(row.n, row.n, { onZero: 'fail' }) }));
    await expect(session.collect(divided, forever)).rejects.toMatchObject({
      code: 'VALUE_INVALID',
    });
    const narrowed = source.select((row) => ({
      n: cast(cast(row.n, decimal(10, 0)), decimal(1, 1)),
    }));
    await expect(session.collect(narrowed, forever)).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      message: 'Casting value "1" to type DECIMAL(1,1) failed: value is out of range!',
    });
  });

  it('refuses a plan for another engine before any work', async () => {
    const spark = sql({ spark: 'select 1 as n' }, { n: int32 });
    await expect(session.collect(spark, forever)).rejects.toMatchObject({
      code: 'ENGINE_UNSUPPORTED',
    });
  });

  it('ends with the reason of its signal', async () => {
    const stopped = AbortSignal.abort(new Error('enough'));
    await expect(session.collect(read('source', { n: int32 }), stopped)).rejects.toThrow('enough');
  });
});

describe('writeFile', () => {
  it('counts the rows in the file', async () => {
    await session.bind('source', 'select range as n from range(5000)', forever);
    const path = join(folder, 'rows.parquet');
    expect(await session.writeFile(read('source', { n: int64 }), path, forever)).toBe(5000);
    const [row] = await session.sql.rows(
      `select sum(n)::bigint as n from read_parquet(${quote(path)})`,
      forever,
    );
    expect(row).toEqual({ n: 12497500n });
  });
});

const source = read('source', { week: int32, id: int64, score: int32, note: string });
const best = (rows: typeof source) =>
  rows.dedupe({ key: ['week', 'id'], keep: [descending('score')], dropped: 'deduplicated' });

function inParts(of: (rows: typeof source) => Relation, expectedRows: number): PartitionedResult {
  return {
    relation: of(source),
    partitionBy: 'week',
    expectedRows,
    parts: {
      values: ['1', '2', '3', '10'],
      of: (values) =>
        of(source.filter((row) => isBetween(row.week, Number(values[0]), Number(values.at(-1))))),
    },
  };
}

/** Each id is there once to three times a week; null ids are one key. */
const ROWS = `select w as week, case when id % 100 = 0 then null else id end as id, copy as score, 'n' || copy as note
  from (select unnest([1, 2, 3, 10]) as w) cross join range(1000) as r(id) cross join range(3) as c(copy)
  where copy <= id % 3`;

describe('writePartitions', () => {
  // 9,000,000 expected rows are three shares.
  it.each([
    ['at once', 100],
    ['in shares', 9_000_000],
  ])('keeps the best row of a key and counts the others %s', async (_, expectedRows) => {
    await session.bind('source', ROWS, forever);
    const seen: number[] = [];
    const { files, dropped } = await session.writePartitions(
      inParts((rows) => best(rows), expectedRows),
      join(folder, 'out'),
      { onRows: (rows) => seen.push(rows) },
      forever,
    );
    const [truth] = await session.sql.rows(
      `with ranked as (select *, row_number() over (partition by week, id order by score desc) as place from (${ROWS}))
       select count(*) filter (where place > 1) as dropped, count(*) filter (where place = 1) as kept,
         sum(score) filter (where place = 1)::bigint as score from ranked`,
      forever,
    );
    expect(dropped).toEqual({ deduplicated: Number(truth?.['dropped']) });
    expect(files.map((file) => file.partition)).toEqual(['1', '2', '3', '10']);
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    expect(rows).toBe(Number(truth?.['kept']));
    expect(seen.at(-1)).toBe(rows);
    const paths = files.map((file) => quote(file.path)).join(', ');
    const [written] = await session.sql.rows(
      `select sum(score)::bigint as score, count(distinct (week, id)) as keys
       from read_parquet([${paths}], hive_partitioning = false)`,
      forever,
    );
    expect(written).toEqual({ score: truth?.['score'], keys: BigInt(rows) });
  });

  it('counts duplicates inside duplicates, and what shares have in common once', async () => {
    await session.bind('source', ROWS, forever);
    await session.bind('names', `select unnest([1, 1, 2, null, null]) as id, 'x' as name`, forever);
    const names = read('names', { id: int64, name: string }).dedupe({
      key: ['id'],
      keep: [],
      dropped: 'names',
    });
    const { dropped } = await session.writePartitions(
      inParts(
        (rows) =>
          rows
            .dedupe({ key: ['week', 'id', 'score'], keep: [], dropped: 'same' })
            .dedupe({ key: ['week', 'id'], keep: [descending('score')], dropped: 'worse' })
            .leftJoin(names, ['id']),
        9_000_000,
      ),
      join(folder, 'out'),
      silent,
      forever,
    );
    const [truth] = await session.sql.rows(
      `select count(*) - count(distinct (week, id, score)) as same,
         count(distinct (week, id, score)) - count(distinct (week, id)) as worse from (${ROWS})`,
      forever,
    );
    expect(dropped).toEqual({
      same: Number(truth?.['same']),
      worse: Number(truth?.['worse']),
      names: 2,
    });
  });

  it('says zero where nothing is dropped, and leaves no table behind', async () => {
    await session.bind(
      'source',
      `select 1 as week, 1::bigint as id, 1 as score, 'n' as note`,
      forever,
    );
    const { dropped } = await session.writePartitions(
      inParts((rows) => best(rows), 1),
      join(folder, 'out'),
      silent,
      forever,
    );
    expect(dropped).toEqual({ deduplicated: 0 });
    expect(await session.sql.rows('select table_name from duckdb_tables()', forever)).toEqual([]);
  });

  it('has no file for no rows', async () => {
    await session.bind('source', `select * from (${ROWS}) where false`, forever);
    const written = await session.writePartitions(
      inParts((rows) => best(rows), 0),
      join(folder, 'out'),
      silent,
      forever,
    );
    expect(written).toEqual({ files: [], dropped: { deduplicated: 0 } });
  });

  it('ends all shares when a value has no result', async () => {
    await session.bind('source', ROWS, forever);
    const failing = (rows: typeof source) =>
      rows.derive((row) => ({ note: cast(cast(row.note, int32), string) })) as Relation;
    await expect(
      session.writePartitions(inParts(failing, 9_000_000), join(folder, 'out'), silent, forever),
    ).rejects.toMatchObject({ code: 'VALUE_INVALID' });
  });
});

describe('a function of a row', () => {
  const shouted = source
    .filter((row) => isBetween(row.week, 1, 1))
    .mapRow('shout', { id: int64, note: string }, (row) => row)
    .aggregate(['note'], () => ({ rows: count() }))
    .sort([ascending('note')]);

  it('is refused by an engine that cannot call it', async () => {
    await session.bind('source', ROWS, forever);
    await expect(session.collect(shouted, forever)).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
    });
  });

  it('gets the rows of its input, and its own are read in its place', async () => {
    const steps: string[] = [];
    await using plans = await open(async (engine, step, query, table, _watch, signal) => {
      steps.push(step.name);
      await engine.run(
        `create table "${table}" as select id, upper(note) as note from (${query})`,
        signal,
      );
    });
    await plans.bind('source', `${ROWS} and id < 4`, forever);
    expect(await plans.collect(shouted, forever)).toEqual([
      { note: 'N0', rows: 4n },
      { note: 'N1', rows: 2n },
      { note: 'N2', rows: 1n },
    ]);
    expect(steps).toEqual(['shout']);
    expect(await plans.sql.rows('select table_name from duckdb_tables()', forever)).toEqual([]);
  });
});
