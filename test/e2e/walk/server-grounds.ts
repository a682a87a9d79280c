import { createHash } from 'node:crypto';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import pg from 'pg';
import { systemCodeOf } from '../../../core/errors.ts';
import { type RedshiftDouble, ROLE } from '../../aws/redshift/cluster.ts';
import { BUCKET, type TestS3 } from '../../aws/s3.ts';
import type { World } from '../world.ts';
import { type Ground, type Place, SEEN } from './grounds.ts';

const OWN = ['promotions', '_dray_claims', '_dray_loads'];

/** A database of the test's server for each target. */
export function postgresGround(world: World): Ground {
  const { port, user } = world.postgres;
  return {
    sink: 'POSTGRES',
    ages: true,
    async place(name, like) {
      const database = nameOf(name);
      // Nobody may be connected to a database that is copied.
      const template = like === undefined ? '' : ` template ${nameOf(like)}`;
      await world.query(`create database ${database}${template}`);
      return {
        ...tablesIn(world, database, 'public'),
        loader: {
          strategy: 'POSTGRES',
          jdbc_url: `jdbc:postgresql://127.0.0.1:${String(port)}/${database}`,
          table: 'public.promotions',
          properties: { user, password: 'secret://env/PROMOS_DB_PASSWORD' },
        },
        remove: async () => {
          await world.query(`drop database ${database} with (force)`);
        },
      };
    },
  };
}

/** A schema behind the stand-in for a cluster, and a folder of the bucket, for each target. */
export function redshiftGround(world: World, s3: TestS3, double: RedshiftDouble): Ground {
  const { user, database } = world.postgres;
  const staged = async (schema: string): Promise<readonly string[]> => {
    const { Contents = [] } = await s3.client.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `staged/${schema}/` }),
    );
    return Contents.map(({ Key = '', ETag = '' }) => `${Key} ${ETag}`);
  };
  return {
    sink: 'REDSHIFT',
    env: s3.env,
    ages: true,
    async place(name, like) {
      const schema = nameOf(name);
      await world.query(`create schema ${schema}`);
      if (like !== undefined) await copySchema(world, nameOf(like), schema);
      const tables = tablesIn(world, database, schema);
      return {
        ...tables,
        loader: {
          strategy: 'REDSHIFT',
          jdbc_url: `jdbc:redshift://127.0.0.1:${String(double.port)}/${double.database}?ssl=false`,
          table: `${schema}.promotions`,
          properties: { user, password: 'secret://env/PROMOS_DB_PASSWORD' },
          staging_path: `s3://${BUCKET}/staged/${schema}`,
          iam_role: ROLE,
        },
        fingerprint: async () => [await tables.fingerprint(), ...(await staged(schema))].join('\n'),
        leftovers: async () => [
          ...(await tables.leftovers()).filter((table) => !table.startsWith('_dray_lock_')),
          ...(await staged(schema)),
        ],
        remove: async () => {
          await world.query(`drop schema ${schema} cascade`);
        },
      };
    },
  };
}

/** Postgres cuts names after 63 bytes, which made one of `...putStep-before-1` and `-10`. */
function nameOf(name: string): string {
  return `walk_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

/** The ledger's tables know the target by its name. */
async function copySchema(world: World, from: string, to: string): Promise<void> {
  for (const table of OWN) {
    await world.query(`create table ${to}.${table} (like ${from}.${table} including all)`);
    await world.query(`insert into ${to}.${table} select * from ${from}.${table}`);
    if (table === 'promotions') continue;
    await world.query(`update ${to}.${table} set target = replace(target, '${from}', '${to}')`);
  }
}

/** What others see of the tables in a schema. */
function tablesIn(
  world: World,
  database: string,
  schema: string,
): Pick<Place, 'age' | 'fingerprint' | 'content' | 'leftovers'> {
  const { port, user, password } = world.postgres;
  const known = new Map<string, string>();
  const texts = async (sql: string): Promise<readonly (string | null)[]> => {
    const session = new pg.Client({ host: '127.0.0.1', port, user, password, database });
    await session.connect();
    try {
      await session.query(`set lock_timeout = '50ms'`);
      return (await session.query<{ text: string | null }>(sql)).rows.map(({ text }) => text);
    } finally {
      await session.end();
    }
  };
  const names = async () =>
    (
      await texts(
        `select tablename::text as text from pg_tables where schemaname = '${schema}' order by 1`,
      )
    ).map(String);
  return {
    async age() {
      if (!(await names()).includes('_dray_claims')) return;
      await texts(
        `update ${schema}._dray_claims set renewed_at = renewed_at - interval '1 hour' returning run_id as text`,
      );
    },
    async fingerprint() {
      const tables = await names();
      for (const table of tables) {
        const [seen] = await texts(
          `select count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) as text
           from ${schema}."${table}" t`,
        ).catch((error: unknown) => {
          // Nobody can see anything in a table that a transaction has locked.
          if (systemCodeOf(error) === '55P03') return [known.get(table) ?? 'locked'];
          throw error;
        });
        known.set(table, String(seen));
      }
      return tables.map((table) => `${table} ${known.get(table) ?? ''}`).join('\n');
    },
    async content() {
      const [text] = await texts(
        `select count(*) || '/' || count(distinct promo_id) || '/' || coalesce(sum(hashtextextended(row(${SEEN})::text, 0)), 0) as text from ${schema}.promotions`,
      );
      return text ?? '';
    },
    leftovers: async () => (await names()).filter((name) => !OWN.includes(name)),
  };
}
