import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EngineName } from '../../../core/engine.ts';
import type { SourceRange } from '../../../core/source-range.ts';
import type { Source } from '../../../core/strategy.ts';
import { jdbcReader } from '../../../strategies/readers/jdbc.ts';
import { withoutMoto } from '../../aws/moto.ts';
import { ROLE } from '../../aws/redshift/cluster.ts';
import { BUCKET } from '../../aws/s3.ts';
import { never } from '../postgres/harness.ts';
import { COLUMNS, extremes, ROWS, TABLE } from './extremes.ts';
import { RedshiftWorld } from './harness.ts';
import { describeSql } from './sql.ts';

const THROUGH_S3 = { stagingPath: `s3a://${BUCKET}/in`, iamRole: ROLE };

(withoutMoto === '' ? describe : describe.skip)(`the reader JDBC on Redshift${withoutMoto}`, () => {
  let world: RedshiftWorld;
  beforeAll(async () => {
    world = await RedshiftWorld.open();
  });
  beforeEach(async () => {
    await world.freshSchema();
    await world.admin.query(`create table t (${TABLE})`);
    await world.admin.query(`insert into t values ${ROWS}`);
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  async function open(changes: object, engine: EngineName = 'bulk'): Promise<Source> {
    const read = jdbcReader.on[engine];
    if (read === undefined) throw new Error(`the reader does not run on ${engine}`);
    const config = jdbcReader.config.parse({
      ...{ strategy: 'JDBC', jdbcUrl: world.jdbcUrl, properties: world.properties },
      ...changes,
    });
    return await read(world.session, config, world.context(), never);
  }

  async function brought(changes: object): Promise<Source> {
    const source = await (await open(changes)).materialize?.(never);
    if (source === undefined) throw new Error('rows of Redshift have to be brought here');
    return source;
  }

  const table = () => ({ sourceTable: `${world.schema.toUpperCase()}.T` });
  const rowsOf = async (sql: string) => await world.session.rows(sql, never);

  it.each([
    ['unloaded', THROUGH_S3],
    ['over the connection', {}],
  ])('reads a table %s, with its extremes unchanged and nothing left behind', async (_, how) => {
    const source = await brought({ ...table(), ...how });
    expect(source.columns).toEqual(COLUMNS);
    const texts = `select columns(*)::varchar from (${source.relation}) source order by source.id desc`;
    const sorted = await rowsOf(texts);
    expect(sorted).toEqual(extremes('+00'));
    const types = await rowsOf(`describe ${source.relation}`);
    expect(types.map((row) => row['column_type'])).toEqual(source.columns.map(({ type }) => type));
    const places = `select count(distinct __row) as rows, min(__file) as file from (${source.relationWithOrigin})`;
    expect(await rowsOf(places)).toEqual([
      { rows: 3n, file: expect.stringMatching(/^redshift:.*\/test_\w+\.t$/) },
    ]);
    expect(await world.staged()).toEqual([]);
    expect(world.warnings).toEqual([]);
  });

  it.each([
    ['unloaded', THROUGH_S3],
    ['over the connection', {}],
  ])('reads a query %s, and none of its rows where there are none', async (_, how) => {
    const query = `select id, label || '''' as "Text" from ${world.schema}.t where label is not null;\n`;
    const some = await brought({ query, ...how });
    expect(some.columns.map(({ name }) => name)).toEqual(['id', 'Text']);
    const found = await rowsOf(
      `select count(*) as n, min("Text") as least from (${some.relation})`,
    );
    expect(found).toEqual([{ n: 2n, least: "'" }]);
    const none = await brought({ query: `select * from ${world.schema}.t where 1 = 0`, ...how });
    expect(await rowsOf(none.relation)).toEqual([]);
    expect((await rowsOf(`describe ${none.relation}`))[3]).toMatchObject({
      column_type: 'DECIMAL(38,18)',
    });
    expect(await world.staged()).toEqual([]);
  });

  it('reads many rows over the connection, all of one moment', async () => {
    await world.admin.query(
      `create table many as select i as id, md5(i::text) as label from generate_series(1, 5500) i`,
    );
    const sourceTable = `${world.schema}.many`;
    world.double.interfere(/^fetch/, {
      meanwhile: async () => {
        await world.admin.query('delete from many where id > 100');
      },
    });
    const source = await brought({ sourceTable });
    const sums = `select count(*) as rows, count(distinct label) as labels, sum(id)::bigint as sum from (${source.relation})`;
    expect(await rowsOf(sums)).toEqual([{ rows: 5500n, labels: 5500n, sum: 15_127_750n }]);
  });

  it('does not take less than the server unloaded', async () => {
    world.double.interfere(/pg_last_unload_count/, {
      meanwhile: async () => {
        const [key = ''] = await world.staged();
        await world.remove(key);
      },
    });
    await expect(brought({ ...table(), ...THROUGH_S3 })).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringMatching(/sent 3 rows, and [12] arrived/),
    });
    expect(await world.staged()).toEqual([]);
  });

  it.each([
    [{ sourceTable: 'nobody.here' }, 'SOURCE_UNREADABLE', 'nobody.here'],
    [{ properties: { user: 'nobody', password: 'x' } }, 'SOURCE_DENIED', 'nobody'],
    [{ jdbcUrl: 'jdbc:redshift://127.0.0.1:1/none?ssl=false' }, 'SOURCE_UNAVAILABLE', ':1/none'],
    [{ query: `select 'a\\b' as a`, ...THROUGH_S3 }, 'NOT_SUPPORTED', 'backslash'],
    [{ query: 'select time \'12:00\' as "noon"' }, 'SOURCE_SCHEMA', '"noon"'],
    [{ query: 'select sum(1::bigint) as "total"' }, 'SOURCE_SCHEMA', '"total"'],
    [{ ...THROUGH_S3, iamRole: 'admin' }, 'CONFIG_INVALID', '"admin"'],
    [{ ...THROUGH_S3, stagingPath: '/tmp' }, 'CONFIG_INVALID', '"/tmp"'],
    [
      { ...THROUGH_S3, iamRole: 'arn:aws:iam::123456789012:role/other' },
      'SOURCE_DENIED',
      'role/other',
    ],
    [{ partitionColumn: 'id', numPartitions: 2 }, 'NOT_SUPPORTED', 'partition_column'],
  ])('says what is wrong with %j: %s', async (changes, code, text) => {
    const base = 'query' in changes ? {} : table();
    await expect(brought({ ...base, ...changes })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
      hint: expect.any(String),
    });
    expect(await world.staged()).toEqual([]);
  });

  describe('incrementally', () => {
    /** What a target with these ranges gets next: the range, and the numbers of its rows. */
    async function next(changes: object, had: readonly SourceRange[], fromStart = false) {
      const { incremental } = await open(changes);
      const options = { fromStart, acceptLoss: false };
      const found = await incremental?.next([had], options, never);
      if (found === undefined) return undefined;
      const read = await incremental?.read(found.range, never);
      const source = await read?.materialize?.(never);
      const rows = await rowsOf(
        `select n::integer as n from (${source?.relation ?? ''}) order by n`,
      );
      return { range: found.range, rows: rows.map(({ n }) => n) };
    }

    it.each([
      ['bigint', ['-5', '9007199254740993', '9007199254740994']],
      ['numeric(10,2)', ['1.25', '1.50', '1.75']],
      ['real', ['0.1', '0.2', '1e+10']],
      ['double precision', ['0.3', '0.30000000000000004', '1e+300']],
      ['date', ['2017-06-05', '2017-06-06', '10000-01-01']],
      ['timestamp', ['2017-06-05 00:00:00', '2017-06-05 00:00:00.000001', '2017-06-06 00:00:00']],
      [
        'timestamptz',
        ['2017-06-05 00:00:00+00', '2017-06-05 00:00:00.5+00', '2017-06-06 00:00:00+00'],
      ],
      [`varchar(400)`, [`${'x'.repeat(300)}a`, `${'x'.repeat(300)}b`, "y'"]],
    ])(
      'by a cursor of type %s, each row once, unloaded and over the connection',
      async (type, texts) => {
        await world.admin.query(`create table grows (n integer, c ${type})`);
        const add = async (n: number) => {
          await world.admin.query('insert into grows values ($1, $2)', [n, texts[n]]);
        };
        const incremental = { cursorColumn: 'c', name: 'g' };
        const table = { sourceTable: `${world.schema}.grows`, incremental };
        const query = { query: `select n, c from ${world.schema}.grows;`, incremental };
        await add(0);
        const first = await next({ ...table, ...THROUGH_S3 }, []);
        expect(first).toMatchObject({ range: { by: 'cursor', column: 'c' }, rows: [0] });
        const had = first === undefined ? [] : [first.range];
        expect(await next(table, had)).toBeUndefined();
        await add(1);
        await add(2);
        const [unloaded, fetched] = [
          await next({ ...table, ...THROUGH_S3 }, had),
          await next(query, had),
        ];
        expect(unloaded).toMatchObject({ rows: [1, 2] });
        expect(fetched).toEqual(unloaded);
        const all = await next(table, had, true);
        expect(all?.rows).toEqual([0, 1, 2]);
        expect(await world.staged()).toEqual([]);
      },
    );

    it('reads a stretch again, lets targets catch up, and warns of nulls', async () => {
      await world.admin.query(`create table grows (n integer, at timestamptz)`);
      await world.admin.query(
        `insert into grows select i, timestamptz '2017-06-05 00:00:00+00' + i * interval '1 hour' from generate_series(1, 6) i`,
      );
      await world.admin.query('insert into grows values (7, null)');
      const sourceTable = `${world.schema}.grows`;
      const upTo = (hour: number): SourceRange => ({
        ...{ by: 'cursor', column: 'at', upTo: `2017-06-05 0${String(hour)}:00:00+00` },
      });
      const incremental = { cursorColumn: 'at', lookBack: '90 minutes' };
      expect(await next({ sourceTable, incremental }, [upTo(5)])).toMatchObject({
        rows: [4, 5, 6],
      });
      const source = await open({ sourceTable, incremental: { cursorColumn: 'at' } });
      expect(source.incremental?.name).toMatch(
        /^redshift:\/\/127\.0\.0\.1:\d+\/\w+\/test_\w+\.grows#at$/,
      );
      const options = { fromStart: false, acceptLoss: false };
      expect(
        await source.incremental?.next([[upTo(4)], [upTo(2)], [upTo(4)]], options, never),
      ).toMatchObject({
        range: { after: '2017-06-05 02:00:00+00', upTo: '2017-06-05 04:00:00+00' },
        lacking: [false, true, false],
      });
      expect(world.warnings).toContainEqual(
        expect.stringContaining('null in "at" are not read: 1'),
      );
    });

    it('does not guess what a backslash in a cursor means', async () => {
      const query = `select 1 as n, chr(92) || 'a' as c`;
      await expect(next({ query, incremental: { cursorColumn: 'c' } }, [])).rejects.toMatchObject({
        code: 'NOT_SUPPORTED',
        message: expect.stringContaining('backslash'),
      });
    });
  });

  it('takes keys of Redshift for a URL of Redshift only', () => {
    const base = { strategy: 'JDBC', jdbcUrl: 'jdbc:postgresql://h/d', sourceTable: 'a.b' };
    expect(() => jdbcReader.config.parse({ ...base, ...THROUGH_S3 })).toThrow('are for Redshift');
  });

  describeSql(() => world.double.statements, 15);
});
