import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { OutputContract } from '../../../core/schema.ts';
import { never, rowsOfWeek, World } from './harness.ts';

describe('the table that the Postgres writer loads', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
  });
  beforeEach(async () => {
    await world.freshSchema();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  const oid = async () => await world.texts(`select 'promotions'::regclass::oid::text as text`);

  it('is replaced by a new one with its owner, grants, comment and key', async () => {
    const { admin, schema } = world;
    await admin.query(`create role owner_${schema}; create role reader_${schema};
      grant create, usage on schema ${schema} to owner_${schema}`);
    await world.load(rowsOfWeek(1, 5, 'old'));
    await admin.query(`alter table promotions owner to owner_${schema};
      grant select on promotions to reader_${schema} with grant option;
      grant update on promotions to public;
      comment on table promotions is 'Bob''s \\ promotions';
      comment on column promotions.note is 'Bob''s \\ note';
      alter table promotions rename constraint promotions_pkey to the_key`);
    await admin.query(
      `alter default privileges in schema ${schema} grant delete on tables to reader_${schema}`,
    );
    const facts = async () =>
      await world.texts(`select relowner::regrole || ' ' || relacl::text || ' '
        || obj_description(oid, 'pg_class') || col_description(oid, 5) || ' ' || (select conname from pg_constraint
          where conrelid = c.oid and contype = 'p') as text
        from pg_class c where oid = 'promotions'::regclass`);
    const [before, oidBefore] = [await facts(), await oid()];
    await world.load(rowsOfWeek(1, 6, 'new'));
    expect(await facts()).toEqual(before);
    expect(await oid()).not.toEqual(oidBefore);
    expect(await world.content()).toEqual(['1 new 6']);
  });

  it('is made with the comments of the contract', async () => {
    await world.load(rowsOfWeek(1, 5, 'old'));
    expect(
      await world.texts(`select obj_description('promotions'::regclass, 'pg_class') || ': '
        || col_description('promotions'::regclass, 1) as text`),
    ).toEqual(["a row's \\ week: it's the key"]);
  });

  it.each([
    ['a view', `create view v as select count(*)::text as text from promotions`],
    [
      'a trigger',
      `create function nothing() returns trigger language plpgsql as 'begin return null;
      end'; create trigger t after insert on promotions execute function nothing()`,
    ],
    [
      'a foreign key',
      `create table refers (id varchar(32) references promotions
      deferrable initially deferred)`,
    ],
    ['an index', `create index by_note on promotions (note)`],
    ['a default', `alter table promotions alter note set default 'x'`],
    ['a policy', `create policy p on promotions using (true)`],
    ['a check', `alter table promotions add check (week > 0)`],
    ['a column grant', `grant select (note) on promotions to public`],
    ['a storage option', `alter table promotions set (fillfactor = 50)`],
    ['a use of its row type', `create table uses (row promotions)`],
    ['a publication', `create publication p_SCHEMA for table promotions`],
    ['a child', `create table child () inherits (promotions)`],
  ])('stays in place when it has %s', async (_, sql) => {
    await world.load(rowsOfWeek(1, 5, 'old'));
    await world.admin.query(sql.replace('SCHEMA', world.schema));
    const before = await oid();
    await world.load(rowsOfWeek(1, 6, 'new'));
    expect(await world.content()).toEqual(['1 new 6']);
    expect(await oid()).toEqual(before);
    expect((await world.tables()).filter((name) => name.startsWith('_dray'))).toEqual([]);
  });

  it('shows the new rows through a view', async () => {
    await world.load(rowsOfWeek(1, 5, 'old'));
    await world.admin.query(`create view v as select note as text from promotions`);
    await world.load(rowsOfWeek(1, 1, 'new'));
    expect(await world.texts('select text from v')).toEqual(['new']);
  });

  it('may be partitioned', async () => {
    await world.admin.query(`create table promotions (id varchar(32) not null, week int not null,
      start_date date not null, end_date date not null, note text) partition by list (week);
      create table p1 partition of promotions for values in (1);
      create table p2 partition of promotions default`);
    await world.load(`${rowsOfWeek(1, 3, 'a')} union all ${rowsOfWeek(2, 2, 'a')}`);
    await world.load(rowsOfWeek(1, 4, 'b'), {
      window: { startDate: '2016-12-26', endDate: '2017-01-02' },
    });
    expect(await world.content()).toEqual(['1 b 4', '2 a 2']);
  });

  it('is refused with every difference when it has other columns', async () => {
    await world.admin.query(`create table promotions (id varchar(8) not null, week bigint,
      start_date date not null, end_date timestamp not null, more int, note text not null)`);
    await using sink = await world.openSink();
    await expect(sink.check(never)).rejects.toMatchObject({
      code: 'TARGET_SCHEMA',
      message: `table ${world.schema}.promotions has other columns: "id" is character varying(8), expected character varying(32); "week" is nullable, expected not null; "end_date" is timestamp without time zone, expected date; "note" is not null, expected nullable; "more" (integer) is not expected`,
    });
  });

  it('keeps its wider types', async () => {
    await world.admin.query(`create table promotions (note text, id text not null primary key,
      week bigint not null, start_date date not null, end_date date not null)`);
    await world.load(rowsOfWeek(1, 3, 'a'));
    await world.load(rowsOfWeek(1, 4, 'b'));
    expect(await world.content()).toEqual(['1 b 4']);
    expect(
      await world.texts(`select format_type(atttypid, atttypmod) as text from pg_attribute
      where attrelid = 'promotions'::regclass and attname in ('id', 'week') order by attnum`),
    ).toEqual(['text', 'bigint']);
  });

  it('cannot be a view, and its schema must exist', async () => {
    await world.admin.query(`create view promotions as select 1 as id`);
    await using view = await world.openSink();
    await expect(view.check(never)).rejects.toMatchObject({
      code: 'TARGET_SCHEMA',
      message: expect.stringContaining('is a view'),
    });
    await using nowhere = await world.openSink({ table: 'nowhere.promotions' });
    await expect(nowhere.check(never)).rejects.toMatchObject({
      code: 'TARGET_FAILED',
      message: expect.stringContaining('there is no schema "nowhere"'),
    });
  });

  it('may have an odd name', async () => {
    const table = `${world.schema}."Pro ""motions"" ü"`;
    await world.load(rowsOfWeek(1, 3, 'a'), { table });
    await world.load(rowsOfWeek(1, 4, 'b'), { table });
    expect(await world.texts(`select count(*)::text as text from ${table}`)).toEqual(['4']);
  });

  it('gets extreme values unchanged', async () => {
    const contract: OutputContract = {
      columns: [
        { name: 'id', type: { kind: 'int64' }, nullable: false },
        { name: 'week', type: { kind: 'int32' }, nullable: false },
        { name: 'price', type: { kind: 'decimal', precision: 38, scale: 18 }, nullable: true },
        { name: 'day', type: { kind: 'date' }, nullable: false },
        { name: 'last_day', type: { kind: 'date' }, nullable: false },
        { name: 'seen', type: { kind: 'timestamp' }, nullable: true },
        { name: 'name', type: { kind: 'string' }, nullable: true },
        { name: 'flag', type: { kind: 'bool' }, nullable: true },
        { name: 'ratio', type: { kind: 'float64' }, nullable: true },
        { name: 'raw', type: { kind: 'binary' }, nullable: true },
      ],
      key: ['id'],
      partitionBy: 'week',
      validity: { from: 'day', to: 'last_day' },
    };
    const query = `select case when i % 2 = 0 then 9223372036854775807 - i
        else -9223372036854775808 + i end::bigint as id,
      (case when i % 2 = 0 then 2147483647 else -2147483648 end)::integer as week,
      case i % 4 when 0 then 99999999999999999999.999999999999999999
        when 1 then -99999999999999999999.999999999999999999
        when 2 then 0.000000000000000001 end::decimal(38, 18) as price,
      case when i % 2 = 0 then date '0001-01-01' else date '9999-12-31' end as day,
      date '1582-10-10' + i::integer as last_day,
      case i % 3 when 0 then timestamptz '0001-01-01 00:00:00.000001+00'
        when 1 then timestamptz '9999-12-31 23:59:59.999999+00' end as seen,
      case i % 4 when 0 then '' when 1 then ' é𝒳 \\ '' " tab\t ' || chr(10) || '  '
        when 2 then '\\N' end as name,
      case i % 3 when 0 then true when 1 then false end as flag,
      case i % 4 when 0 then 'nan'::double when 1 then '-inf'::double when 2 then 5e-324 end as ratio,
      case when i % 2 = 0 then '\\x00\\xFF'::blob end as raw
      from range(1000) t(i)`;
    const plain = ['id', 'week', 'price', 'day', 'last_day', 'flag'];
    const shown = [
      ...plain.map((name) => `${name}::text as ${name}`),
      'name',
      `(ratio = 'nan')::text as nan`,
      '(ratio = 5e-324)::text as tiny',
      '(ratio < -1e300)::text as inf',
    ].join(', ');
    await world.load(query, { contract });
    const wanted = await world.session.rows(
      `select ${shown}, epoch_us(seen)::text as seen, hex(raw) as raw from (${query}) as rows`,
      never,
    );
    const { rows } = await world.admin.query<Record<string, string | null>>(
      `select ${shown}, upper(encode(raw, 'hex')) as raw,
        (extract(epoch from seen) * 1000000)::numeric(30, 0)::text as seen from promotions`,
    );
    expect(rows).toHaveLength(1000);
    const byId = (row: Readonly<Record<string, unknown>>) => [String(row['id']), row] as const;
    expect(Object.fromEntries(rows.map(byId))).toEqual(Object.fromEntries(wanted.map(byId)));
  });

  it('takes no NUL character, and says so', async () => {
    await expect(
      world.load(rowsOfWeek(1, 3, 'x').replace(`'x' as note`, `'a' || chr(0) as note`)),
    ).rejects.toMatchObject({
      code: 'TARGET_FAILED',
      hint: expect.stringContaining('NUL character'),
    });
    expect(await world.tables()).toEqual([]);
  });
});
