import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { JobError } from '../../../core/errors.ts';
import { withoutMoto } from '../../aws/moto.ts';
import { ROLE } from '../../aws/redshift/cluster.ts';
import { CONTRACT, never, rowsOfWeek } from '../postgres/harness.ts';
import { type RedshiftOptions, RedshiftWorld } from './harness.ts';
import { describeSql } from './sql.ts';

const FULL = { mayRead: true, mayWrite: true };

(withoutMoto === '' ? describe : describe.skip)(
  `the Redshift writer when something goes wrong${withoutMoto}`,
  () => {
    let world: RedshiftWorld;
    beforeAll(async () => {
      world = await RedshiftWorld.open();
    });
    beforeEach(async () => {
      await world.freshSchema();
      world.double.setRoles(new Map([[ROLE, FULL]]));
    });
    afterAll(async () => {
      await world[Symbol.asyncDispose]();
    });

    async function errorOf(work: Promise<unknown>): Promise<JobError> {
      const error: unknown = await work.catch((thrown: unknown) => thrown);
      if (error instanceof JobError) return error;
      throw new Error(`expected a JobError, got ${String(error)}`);
    }

    /** One old load of week 1, and nothing else. */
    async function expectOld(): Promise<void> {
      expect(await world.content()).toEqual(['1 old 5']);
      await using sink = await world.openSink();
      expect(await sink.loads(never)).toHaveLength(1);
      expect(await world.staged()).toEqual([]);
    }

    it.each<[string, RedshiftOptions, string, string]>([
      ['a wrong password', { properties: { password: 'wr0ng-canary' } }, 'TARGET_DENIED', '28P01'],
      ['an unknown user', { properties: { user: 'nobody_here' } }, 'TARGET_DENIED', '28'],
      [
        'a closed port',
        { jdbcUrl: 'jdbc:redshift://127.0.0.1:1/x?ssl=false' },
        'TARGET_UNAVAILABLE',
        'ECONNREFUSED',
      ],
    ])('tells %s', async (_, options, code, text) => {
      await using sink = await world.openSink(options);
      const error = await errorOf(sink.check(never));
      expect(error).toMatchObject({ code, message: expect.stringContaining(text) });
      expect(`${error.message} ${error.hint ?? ''}`).not.toContain('canary');
      expect(error.message).toContain('redshift://127.0.0.1:');
    });

    it('asks for encryption unless it is told not to', async () => {
      const jdbcUrl = world.jdbcUrl.replace('?ssl=false', '');
      await using sink = await world.openSink({ jdbcUrl });
      await expect(sink.check(never)).rejects.toMatchObject({
        message: expect.stringContaining('does not support SSL'),
      });
    });

    it('tells a role that the cluster does not have', async () => {
      world.double.setRoles(new Map());
      const error = await errorOf(world.load(rowsOfWeek(1, 5, 'x')));
      expect(error).toMatchObject({ code: 'TARGET_DENIED' });
      expect(error.message).toContain(`Not authorized to get credentials of role ${ROLE}`);
      expect(error.hint).toContain('iam_role');
      const unset = await errorOf(world.load(rowsOfWeek(1, 5, 'x'), { iamRole: 'default' }));
      expect(unset).toMatchObject({ code: 'TARGET_DENIED' });
      expect(await world.staged()).toEqual([]);
    });

    it('uses the default role of the cluster', async () => {
      world.double.setRoles(new Map([['default', FULL]]));
      expect(await world.load(rowsOfWeek(1, 5, 'x'), { iamRole: 'default' })).toBe(5);
    });

    it('tells a role that may not read, or write for a look, the staging path', async () => {
      await world.load(rowsOfWeek(1, 5, 'old'));
      world.double.setRoles(new Map([[ROLE, { mayRead: false, mayWrite: false }]]));
      expect(await errorOf(world.load(rowsOfWeek(1, 6, 'new')))).toMatchObject({
        code: 'TARGET_DENIED',
        hint: expect.stringContaining('staging_path'),
      });
      await using sink = await world.openSink();
      const look = await errorOf(Promise.resolve(sink.content?.(never)));
      expect(look).toMatchObject({ code: 'TARGET_DENIED' });
      await expectOld();
    });

    it('shows the value that COPY refused, where it is, and why; and cuts none', async () => {
      await world.load(rowsOfWeek(1, 5, 'old'));
      const long = `select repeat('é𝄞', 30) as id, week, start_date, end_date, note
        from (${rowsOfWeek(1, 1, 'new')})`;
      const error = await errorOf(world.load(long));
      expect(error).toMatchObject({
        code: 'TARGET_FAILED',
        hint: expect.stringContaining('source'),
      });
      expect(error.message).toContain('The length of the data column id is longer');
      expect(error.message).toContain('part-00000.parquet line 1, column "id", value "é𝄞é𝄞');
      expect(error.message).toContain('String length exceeds DDL length');
      await expectOld();
    });

    it('shows it from the view of serverless workgroups, too', async () => {
      world.double.interfere(/from stl_load_errors/, {
        error: { code: '42P01', message: 'relation "stl_load_errors" does not exist' },
      });
      const long = `select repeat('x', 129) as id, week, start_date, end_date, note
        from (${rowsOfWeek(1, 1, 'new')})`;
      const { message } = await errorOf(world.load(long));
      expect(message).toContain('part-00000.parquet line 1, column "id": String length exceeds');
    });

    it('does not cut a value that a table of somebody else is too short for', async () => {
      await world.admin.query(`create table promotions (id varchar(32) not null,
        week integer not null, start_date date not null, end_date date not null,
        note varchar(3))`);
      await using sink = await world.openSink();
      await sink.check(never);
      expect(await errorOf(world.load(rowsOfWeek(1, 5, 'long')))).toMatchObject({
        code: 'TARGET_FAILED',
        message: expect.stringContaining('22001'),
      });
      expect(await world.load(rowsOfWeek(1, 5, 'new'))).toBe(5);
      expect(await world.content()).toEqual(['1 new 5']);
    });

    it('tells all that is wrong with a table at once', async () => {
      await world.admin.query(`create table promotions (id varchar(16) not null, week text,
        start_date date not null, note varchar(3), extra integer)`);
      await using sink = await world.openSink();
      const { code, message } = await errorOf(sink.check(never));
      expect(code).toBe('TARGET_SCHEMA');
      for (const text of [
        '"id" is character varying(16), expected character varying(128)',
        '"week" is text, expected integer',
        '"week" is nullable, expected not null',
        '"end_date" is missing (date)',
        '"extra" (integer) is not expected',
      ]) {
        expect(message).toContain(text);
      }
    });

    it('tells a view, a missing schema, and that it may not create', async () => {
      await world.admin.query('create view promotions as select 1 as id');
      await using view = await world.openSink();
      expect((await errorOf(view.check(never))).message).toContain('is a view, not a table');
      await using nowhere = await world.openSink({ table: 'nowhere.promotions' });
      expect((await errorOf(nowhere.check(never))).message).toContain('no schema "nowhere"');
      const user = `poor_${world.schema}`;
      await world.admin.query(`create role ${user} login password 'poor-canary'`);
      await using poor = await world.openSink({ properties: { user, password: 'poor-canary' } });
      expect(await errorOf(poor.check(never))).toMatchObject({
        code: 'TARGET_DENIED',
        hint: expect.stringContaining(user),
      });
    });

    it.each([
      [{ stagingPath: '/data/stage' }, 'CONFIG_INVALID', '"staging_path" cannot be "/data/stage"'],
      [{ iamRole: 'AKIA0123456789:secret' }, 'CONFIG_INVALID', '"iam_role" cannot be'],
      [{ options: { sort_key: 'nope' } }, 'CONFIG_INVALID', 'there is no column "nope"'],
      [{ options: { encode: 'zstd' } }, 'NOT_SUPPORTED', 'has no option "encode"'],
      [{ jdbcUrl: 'jdbc:redshift:iam://c:eu-central-1/db' }, 'NOT_SUPPORTED', 'iam'],
    ])('refuses %j', async (options: RedshiftOptions, code, text) => {
      await expect(world.openSink(options)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(text),
      });
    });

    it('describes the table that it would make', async () => {
      await using sink = await world.openSink({
        options: { dist_key: 'id', sort_key: 'start_date, week' },
      });
      const { exists, create } = await sink.describe(never);
      expect(exists).toBe(false);
      expect(create).toContain('"id" character varying(128) not null');
      expect(create).toContain(
        'primary key ("id")\n) distkey ("id") sortkey ("start_date", "week");',
      );
      await using plain = await world.openSink();
      expect((await plain.describe(never)).create).toContain(
        ') diststyle auto sortkey ("start_date");\ncomment on table',
      );
      expect(CONTRACT.validity.from).toBe('start_date');
    });

    describeSql(() => world.double.statements, 20);
  },
);
