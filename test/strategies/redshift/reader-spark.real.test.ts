import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import type { SourceRange } from '../../../core/source-range.ts';
import type { Source } from '../../../core/strategy.ts';
import { type BigdataSession, openBigdataEngine } from '../../../engines/bigdata/session.ts';
import type { SparkServer } from '../../../entry/spark-server.ts';
import { jdbcReader } from '../../../strategies/readers/jdbc.ts';
import { CREDENTIALS, withoutMoto } from '../../aws/moto.ts';
import { ROLE } from '../../aws/redshift/cluster.ts';
import { BUCKET } from '../../aws/s3.ts';
import { sparkVersions, startSpark, withoutSpark } from '../../spark/server.ts';
import { never } from '../postgres/harness.ts';
import { COLUMNS, extremes, ROWS, TABLE } from './extremes.ts';
import { RedshiftWorld } from './harness.ts';

const without = withoutMoto || withoutSpark;
const [newest = ''] = sparkVersions;
const WAYS = [
  ['unloaded', { stagingPath: `s3://${BUCKET}/a=b/in`, iamRole: ROLE }],
  ['over the connection', {}],
] as const;

(without === '' ? describe : describe.skip)(
  `the reader JDBC of Redshift on Spark${without}`,
  () => {
    let world: RedshiftWorld;
    let spark: SparkServer;
    let session: BigdataSession;

    beforeAll(async () => {
      world = await RedshiftWorld.open();
      await world.freshSchema();
      await world.admin.query(`create table t (${TABLE})`);
      await world.admin.query(`insert into t values ${ROWS}`);
      // With credentials of its own, as buckets are read with them.
      spark = await startSpark(newest, { env: { ...process.env, ...CREDENTIALS } });
      session = await openBigdataEngine({ remote: spark.remote }, systemClock, never);
    });
    afterAll(async () => {
      await session[Symbol.asyncDispose]();
      await spark[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    });

    async function open(changes: object): Promise<Source> {
      const { bigdata } = jdbcReader.on;
      const config = jdbcReader.config.parse({
        ...{ strategy: 'JDBC', jdbcUrl: world.jdbcUrl, properties: world.properties },
        ...changes,
      });
      const source = await bigdata?.(session, config, world.context(), never);
      if (source === undefined) throw new Error('the reader does not run on bigdata');
      return source;
    }

    async function brought(source: Source | undefined): Promise<Source> {
      const copy = await source?.materialize?.(never);
      if (copy === undefined) throw new Error('rows of Redshift have to be brought');
      return copy;
    }

    const rowsOf = async (sql: string) => await session.rows(sql, never);

    it.each(WAYS)('reads a table %s, with its extremes unchanged', async (_, how) => {
      const source = await brought(await open({ sourceTable: `${world.schema}.t`, ...how }));
      expect(source.columns).toEqual(COLUMNS);
      const texts = COLUMNS.map(({ name }) => `cast(${name} as string) as ${name}`).join(', ');
      const sql = `select ${texts} from (${source.relation}) source order by source.id desc`;
      expect(await rowsOf(sql)).toEqual(extremes(''));
      const types = await session.schema(source.relation, never);
      expect(types.map(({ type }) => type)).toEqual([
        ...['bigint', 'smallint', 'int', 'decimal(38,18)', 'double', 'string', 'string', 'date'],
        ...['timestamp_ntz', 'timestamp', 'boolean'],
      ]);
      const places = `select count(distinct __row) as rows, min(__file) as file from (${source.relationWithOrigin})`;
      expect(await rowsOf(places)).toEqual([
        { rows: 3n, file: expect.stringMatching(/^redshift:.*\/test_\w+\.t$/) },
      ]);
      expect(await world.staged()).toEqual([]);
      expect(world.warnings).toEqual([]);
    });

    it.each(WAYS)('reads a query without rows %s', async (_, how) => {
      const query = `select * from ${world.schema}.t where 1 = 0`;
      const source = await brought(await open({ query, ...how }));
      expect(await rowsOf(source.relation)).toEqual([]);
      expect(await session.schema(source.relation, never)).toHaveLength(COLUMNS.length);
    });

    it.each(WAYS)('reads what came since %s', async (_, how) => {
      const query = `select * from ${world.schema}.t where born is not null`;
      const { incremental } = await open({ query, ...how, incremental: { cursorColumn: 'born' } });
      const had: SourceRange = { by: 'cursor', column: 'born', upTo: '0001-01-01' };
      const options = { fromStart: false, acceptLoss: false };
      const next = await incremental?.next([[had]], options, never);
      if (next === undefined) throw new Error('there is nothing new');
      expect(next.range).toEqual({ ...had, after: '0001-01-01', upTo: '9999-12-31' });
      const source = await brought(await incremental?.read(next.range, never));
      expect(await rowsOf(`select label from (${source.relation})`)).toEqual([{ label: '' }]);
    });

    it('does not take less than the server unloaded, and says what is not there', async () => {
      const [[, throughS3]] = WAYS;
      world.double.interfere(/pg_last_unload_count/, {
        meanwhile: async () => {
          const [key = ''] = await world.staged();
          await world.remove(key);
        },
      });
      const sourceTable = `${world.schema}.t`;
      await expect(brought(await open({ sourceTable, ...throughS3 }))).rejects.toMatchObject({
        code: 'SOURCE_UNREADABLE',
        message: expect.stringMatching(/sent 3 rows, and [12] arrived/),
      });
      expect(await world.staged()).toEqual([]);
      const elsewhere = { sourceTable, ...throughS3, stagingPath: 's3://no-such-bucket/x' };
      await expect(brought(await open(elsewhere))).rejects.toMatchObject({
        code: 'SOURCE_NOT_FOUND',
        message: expect.stringContaining('no-such-bucket'),
      });
    });
  },
);
