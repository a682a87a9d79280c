import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EngineName } from '../../../core/engine.ts';
import type { Source } from '../../../core/strategy.ts';
import { jdbcReader } from '../../../strategies/readers/jdbc.ts';
import { withoutMoto } from '../../aws/moto.ts';
import { ROLE } from '../../aws/redshift/cluster.ts';
import { BUCKET } from '../../aws/s3.ts';
import { never } from '../postgres/harness.ts';
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
    await world.admin.query(
      `create table t (id bigint, small smallint, whole integer, price numeric(38,18), ratio double precision,
         label varchar(200), code char(2), born date, local timestamp, at timestamptz, sure boolean)`,
    );
    await world.admin.query(
      `insert into t values
         (9223372036854775807, -32768, 2147483647, 12345678901234567890.123456789012345678,
          0.1::double precision + 0.2, 'é''😀, "q"
' || chr(92) || 'n', 'A', '0001-01-01', '9999-12-31 23:59:59.999999', '2017-06-12 02:00:00.123456+02', true),
         (-9223372036854775808, null, null, -99999999999999999999.999999999999999999, null, '', null, '9999-12-31',
          null, '0001-01-01 00:00:00+00', false),
         (0, null, null, null, null, null, null, null, null, null, null)`,
    );
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

  const EXTREMES = [
    {
      ...{ id: '9223372036854775807', small: '-32768', whole: '2147483647', sure: 'true' },
      ...{ price: '12345678901234567890.123456789012345678', ratio: '0.30000000000000004' },
      ...{ label: 'é\'😀, "q"\n\\n', code: 'A', born: '0001-01-01' },
      ...{ local: '9999-12-31 23:59:59.999999', at: '2017-06-12 00:00:00.123456+00' },
    },
    {
      ...{ id: '-9223372036854775808', small: null, whole: null, sure: 'false' },
      ...{ price: '-99999999999999999999.999999999999999999', ratio: null, label: '', code: null },
      ...{ born: '9999-12-31', local: null, at: '0001-01-01 00:00:00+00' },
    },
    {
      ...{ id: '0', small: null, whole: null, sure: null, price: null, ratio: null, label: null },
      ...{ code: null, born: null, local: null, at: null },
    },
  ];

  it.each([
    ['unloaded', THROUGH_S3],
    ['over the connection', {}],
  ])('reads a table %s, with its extremes unchanged and nothing left behind', async (_, how) => {
    const source = await brought({ ...table(), ...how });
    expect(source.columns).toEqual([
      { name: 'id', type: 'BIGINT' },
      { name: 'small', type: 'SMALLINT' },
      { name: 'whole', type: 'INTEGER' },
      { name: 'price', type: 'DECIMAL(38,18)' },
      { name: 'ratio', type: 'DOUBLE' },
      { name: 'label', type: 'VARCHAR' },
      { name: 'code', type: 'VARCHAR' },
      { name: 'born', type: 'DATE' },
      { name: 'local', type: 'TIMESTAMP' },
      { name: 'at', type: 'TIMESTAMP WITH TIME ZONE' },
      { name: 'sure', type: 'BOOLEAN' },
    ]);
    const texts = `select columns(*)::varchar from (${source.relation}) order by abs(id::double) desc, id desc`;
    const sorted = await rowsOf(texts);
    expect(sorted).toEqual(EXTREMES);
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
    [{ incremental: { cursorColumn: 'id' } }, 'NOT_SUPPORTED', 'incrementally'],
  ])('says what is wrong with %j: %s', async (changes, code, text) => {
    const base = 'query' in changes ? {} : table();
    await expect(brought({ ...base, ...changes })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
      hint: expect.any(String),
    });
    expect(await world.staged()).toEqual([]);
  });

  it('is refused on Spark', async () => {
    await expect(open(table(), 'bigdata')).rejects.toMatchObject({ code: 'ENGINE_UNSUPPORTED' });
  });

  it('takes keys of Redshift for a URL of Redshift only', () => {
    const base = { strategy: 'JDBC', jdbcUrl: 'jdbc:postgresql://h/d', sourceTable: 'a.b' };
    expect(() => jdbcReader.config.parse({ ...base, ...THROUGH_S3 })).toThrow('are for Redshift');
  });

  describeSql(() => world.double.statements, 15);
});
