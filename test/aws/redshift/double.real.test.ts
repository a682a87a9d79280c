import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { never } from '../../strategies/postgres/harness.ts';
import { RedshiftWorld } from '../../strategies/redshift/harness.ts';
import { withoutMoto } from '../moto.ts';
import { BUCKET } from '../s3.ts';
import { ROLE } from './cluster.ts';

const COPY = `from 's3://${BUCKET}/in/manifest' iam_role '${ROLE}' format as parquet manifest`;

(withoutMoto === '' ? describe : describe.skip)(`the double of Redshift${withoutMoto}`, () => {
  let world: RedshiftWorld;
  let client: pg.Client;
  beforeAll(async () => {
    world = await RedshiftWorld.open();
  });
  beforeEach(async () => {
    await world.freshSchema();
    client = await connect();
    await client.query(`set search_path to ${world.schema}, public`);
  });
  afterEach(async () => {
    await client.end();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  async function connect(extra: pg.ClientConfig = {}): Promise<pg.Client> {
    const { user = '', password = '' } = world.properties;
    const { port, database } = world.double;
    const made = new pg.Client({ host: '127.0.0.1', port, database, user, password, ...extra });
    made.on('error', () => undefined);
    await made.connect();
    return made;
  }

  /** Puts one file of the query's rows, and a manifest, where COPY reads. */
  async function put(query: string, length?: number): Promise<void> {
    const path = join(world.session.scratchDir, 'in.parquet');
    await world.session.run(`copy (${query}) to '${path}' (format parquet)`, never);
    const body = await readFile(path);
    const url = `s3://${BUCKET}/in/file.parquet`;
    const meta = { content_length: length ?? body.length };
    const manifest = JSON.stringify({ entries: [{ url, mandatory: true, meta }] });
    for (const [Key, Body] of [
      ['in/file.parquet', body],
      ['in/manifest', manifest],
    ] as const) {
      await world.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
    }
  }

  it.each([
    'insert into t values (1) on conflict do nothing',
    'insert into t values (1) returning a',
    'create unlogged table u (a integer)',
    'create index i on t (a)',
    `select to_regclass('t')`,
    'select pg_advisory_xact_lock(1)',
    'select json_agg(a) from t',
    `select '{}'::jsonb`,
    'select clock_timestamp()',
    'select ctid from t',
    'select 1 from t where exists (select from t)',
    'select count(*) filter (where a = 1) from t',
    'set lock_timeout to 100',
    'create table u (a text)',
    'lock table t in share mode',
    'select a as partition from t',
  ])('refuses %s', async (sql) => {
    await client.query('create table t (a integer)');
    await expect(client.query(sql)).rejects.toThrow();
    // With a name it goes through the extended protocol.
    await expect(client.query({ name: 'prepared', text: sql })).rejects.toThrow();
    await expect(client.query('select a from t')).resolves.toMatchObject({ rows: [] });
  });

  it('refuses what a startup cannot ask for', async () => {
    await expect(connect({ lock_timeout: 5 })).rejects.toThrow('lock_timeout');
  });

  it('enforces no key, and takes distribution and order', async () => {
    await client.query(
      'create table t (a integer, unique (a), primary key (a)) distkey (a) compound sortkey (a)',
    );
    await client.query('insert into t values (1), (1)');
    expect((await client.query('select a from t')).rows).toHaveLength(2);
  });

  it('counts the length of text in bytes', async () => {
    await client.query('create table t ("a" varchar(4))');
    await client.query(`insert into t values ('𝄞')`);
    await expect(client.query(`insert into t values ('𝄞a')`)).rejects.toMatchObject({
      code: '22001',
    });
  });

  it('commits with TRUNCATE', async () => {
    await client.query('create table t (a integer); insert into t values (1)');
    await client.query('begin');
    await client.query('truncate t');
    await client.query('rollback');
    expect((await client.query('select a from t')).rows).toEqual([]);
  });

  it('aborts a transaction at a refusal, as at any error', async () => {
    await client.query('begin');
    await expect(client.query('select clock_timestamp()')).rejects.toThrow();
    await expect(client.query('select 1')).rejects.toMatchObject({ code: '25P02' });
    await client.query('rollback');
  });

  it('tells two transactions that no order explains so (1023)', async () => {
    const other = await connect();
    await other.query(`set search_path to ${world.schema}`);
    await client.query('create table t (a integer); create table u (a integer)');
    for (const each of [client, other]) await each.query('begin');
    await client.query('select a from t');
    await other.query('select a from u');
    await client.query('insert into u values (1)');
    await other.query('insert into t values (1)');
    await client.query('commit');
    await expect(other.query('commit')).rejects.toMatchObject({ code: 'XX000', message: '1023' });
    await other.end();
  });

  it.each([
    ['as many columns', 'select 1 as a', 'Unmatched number of columns'],
    ['columns in their order', `select 'x' as b, 1 as a`, `column 'a'. Column type: INTEGER`],
    ['integers of the same size', `select 1::bigint as a, 'x' as b`, 'Parquet schema: BIGINT'],
    ['texts that fit', `select 1 as a, 'xxxé' as b`, 'column b is longer'],
  ])('copies only %s', async (_, query, detail) => {
    await client.query('create temporary table "s" ("a" integer, "b" character varying(4))');
    await put(query);
    await expect(client.query(`copy "s" ${COPY}`)).rejects.toMatchObject({
      message: 'Spectrum Scan Error',
      detail: expect.stringContaining(detail),
    });
  });

  it('copies what fits, nulls and quotes, and only files of the length that was told', async () => {
    await client.query('create temporary table "s" ("a" integer, "b" character varying(8))');
    await put(`select 1 as a, '"x'',' as b union all select 2, null union all select 3, ''`);
    await client.query(`copy "s" ${COPY}`);
    expect((await client.query('select a, b from s order by a')).rows).toEqual([
      { a: 1, b: `"x',` },
      { a: 2, b: null },
      { a: 3, b: '' },
    ]);
    await put(`select 1 as a, 'x' as b`, 7);
    await expect(client.query(`copy "s" ${COPY}`)).rejects.toThrow('Spectrum Scan Error');
  });

  it('has no instants with a zone in columnar files', async () => {
    await client.query('create temporary table "s" ("a" timestamp with time zone)');
    await put('select now() as a');
    await expect(client.query(`copy "s" ${COPY}`)).rejects.toThrow('Spectrum Scan Error');
  });
});
