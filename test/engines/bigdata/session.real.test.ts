import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { observed } from '../../../engines/bigdata/relations.ts';
import { describeOnSpark, forever } from './on-spark.ts';

describeOnSpark('the bigdata engine', (spark) => {
  it('tells the version and has the settings that fix the meaning of SQL', async () => {
    await using session = await spark.open();
    expect(session.version).toBe(spark.version);
    const [row] = await session.rows(
      `select current_timezone() as zone, typeof(timestamp '2020-01-01 00:00:00') as type,
        '\${spark.app.name}' as text`,
      forever,
    );
    expect(row).toEqual({ zone: 'UTC', type: 'timestamp_ntz', text: '$' + '{spark.app.name}' });
    expect(session.settings).toMatchObject({
      'spark.sql.ansi.enabled': 'true',
      'spark.sql.parquet.outputTimestampType': 'TIMESTAMP_MICROS',
    });
  });

  it('hands out every type without losing a digit', async () => {
    await using session = await spark.open();
    const [row] = await session.rows(
      `select 1 as i, 9223372036854775807 as l, cast(1.5 as decimal(10,2)) as d,
        cast('-0.00000000000000000001' as decimal(38,20)) as small, date '1500-02-28' as day,
        timestamp_ntz '0001-01-01 00:00:00.000001' as local, timestamp_ltz '2017-06-05 01:02:03.5+02:00' as instant,
        'ü😀' as text, true as yes, null as nothing, double('NaN') as nan, float(0.5) as half`,
      forever,
    );
    expect(row).toEqual({
      i: 1,
      l: 9223372036854775807n,
      d: '1.50',
      small: '-0.00000000000000000001',
      day: '1500-02-28',
      local: '0001-01-01 00:00:00.000001',
      instant: '2017-06-04 23:02:03.5+00',
      text: 'ü😀',
      yes: true,
      nothing: null,
      nan: NaN,
      half: 0.5,
    });
  });

  it('streams nested values, and refuses them as plain rows', async () => {
    await using session = await spark.open();
    const sql = `select binary('ab') as b, array(1, null) as a, struct(1 as x, 'y' as y) as s, map('k', 1) as m`;
    const rows = [];
    for await (const row of session.stream(sql, forever)) rows.push(row);
    expect(rows).toEqual([
      {
        b: Uint8Array.of(97, 98),
        a: [1, null],
        s: { x: 1, y: 'y' },
        m: [{ key: 'k', value: 1 }],
      },
    ]);
    await expect(session.rows(sql, forever)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
    await expect(session.schema(sql, forever)).resolves.toEqual([
      { name: 'b', type: 'binary', nullable: false },
      { name: 'a', type: 'array<int>', nullable: false },
      { name: 's', type: 'struct<x:int,y:string>', nullable: false },
      { name: 'm', type: 'map<string,int>', nullable: false },
    ]);
  });

  it('runs commands at once and queries to their end', async () => {
    await using session = await spark.open();
    await session.run('create temporary view numbers as select id from range(10)', forever);
    await expect(session.rows('select sum(id) as s from numbers', forever)).resolves.toEqual([
      { s: 45n },
    ]);
    const shown = await session.rows('show views', forever);
    expect(shown.map((row) => row['viewName'])).toEqual(['numbers']);
    await expect(
      session.run(`select raise_error('at row ' || id) from numbers`, forever),
    ).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });

  it('says in one line what Spark says in many', async () => {
    await using session = await spark.open();
    await expect(session.rows('select * from nowhere', forever)).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringMatching(
        /^the table or view `nowhere` cannot be found\..*\(TABLE_OR_VIEW_NOT_FOUND[^\n]*\)$/,
      ),
    });
    await expect(session.rows('select 1 / id from range(2)', forever)).rejects.toMatchObject({
      message: expect.stringMatching(/^division by zero\..*\(DIVIDE_BY_ZERO[^\n]*\)$/),
    });
  });

  it('observes metrics while rows pass by', async () => {
    await using session = await spark.open();
    const input = observed('select id, cast(id as decimal(20,2)) as d from range(1000)', 'seen', {
      read: 'count(*)',
      largest: 'max(d)',
      odd: 'count_if(id % 2 = 1)',
    });
    const seen = { read: 1000n, largest: '999.00', odd: 500n };
    const rows = session.stream(input, forever);
    let step = await rows.next();
    while (step.done !== true) step = await rows.next();
    expect(step.value.metrics).toEqual({ seen });
    const path = join(session.scratchDir, 'observed');
    const target = { format: 'parquet', mode: 'error', path } as const;
    const { metrics } = await session.write(input, target, forever);
    // 3.5 keeps those of a write to itself.
    expect(metrics).toEqual(spark.isSpark4 ? { seen } : {});
  });

  it('tells the progress of a query, growing (4.x only)', async () => {
    await using session = await spark.open();
    const shares: number[] = [];
    await session.run(
      `select /*+ repartition(16) */ reflect('java.lang.Thread', 'sleep', cast(2 as bigint)) as r
        from range(0, 1000, 1, 16)`,
      forever,
      (share) => shares.push(share),
    );
    expect(shares).toEqual([...new Set(shares)].sort((a, b) => a - b));
    expect(shares.every((share) => share > 0 && share < 1)).toBe(true);
    expect(shares.length > 0).toBe(spark.isSpark4);
  });

  it('writes one Parquet file per partition and counts its rows', async () => {
    await using session = await spark.open();
    const directory = join(session.scratchDir, 'out 100%25 *');
    const files = await session.writePartitions(
      `select id, cast(id % 3 as string) || '/0' as part from range(100000)`,
      'part',
      directory,
      forever,
    );
    expect(files.map(({ partition, rows }) => [partition, rows])).toEqual([
      ['0/0', 33334],
      ['1/0', 33333],
      ['2/0', 33333],
    ]);
    const paths = files.map(({ path }) => path);
    expect(paths.every((path) => existsSync(path))).toBe(true);
    await expect(session.parquet.rows(paths, forever)).resolves.toEqual(
      new Map(files.map(({ path, rows }) => [path, rows])),
    );
    await expect(session.parquet.schemas(paths, forever)).resolves.toEqual([
      [
        { name: 'id', type: 'BIGINT' },
        { name: 'part', type: 'VARCHAR' },
      ],
    ]);
    const merged = join(session.scratchDir, 'merged.parquet');
    await session.parquet.merge(paths.slice(0, 2), ['part', 'id'], merged, forever);
    await session.parquet.view('merged', [merged], forever);
    const [row] = await session.rows(
      'select count(*) as n, max(part) as p, count(distinct id) as d from merged',
      forever,
    );
    expect(row).toEqual({ n: 66_667n, p: '1/0', d: 66_667n });
    await expect(readdir(session.scratchDir)).resolves.toHaveLength(2);
  });

  it('has Delta and the Postgres driver here, and names what it has not', async () => {
    await using session = await spark.open();
    await expect(session.useExtension('delta', forever)).resolves.toBeUndefined();
    await expect(session.useExtension('postgres', forever)).resolves.toBeUndefined();
    await expect(session.useExtension('avro', forever)).rejects.toMatchObject({
      code: 'EXTENSION_MISSING',
      hint: 'its extensions are: delta, postgres',
    });
  });
});
