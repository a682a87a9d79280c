import { readFile, writeFile } from 'node:fs/promises';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { expect } from '@jest/globals';
import { type RedshiftDouble, ROLE, startRedshiftDouble } from '../aws/redshift/cluster.ts';
import { BUCKET, startS3, type TestS3 } from '../aws/s3.ts';
import { contentsOf, type Ended, openWorld, type Prepared, type World } from './world.ts';

/** A world with a cluster and its S3, whose warehouse sink is the cluster. */
export interface RedshiftDesk extends AsyncDisposable {
  readonly world: World;
  readonly s3: TestS3;
  readonly double: RedshiftDouble;
  readonly source: string;
  /** A config whose warehouse is Redshift; what `others` names is merged over it. */
  prepare(name: string, loader?: object, others?: object): Promise<Prepared>;
  /** A table of the cluster as a source. */
  unloaded(table: string): Readonly<Record<string, unknown>>;
  run(at: Prepared, args: readonly string[], env?: Env): Promise<Ended>;
  /** The same of a run that has to succeed. */
  loaded(at: Prepared, args: readonly string[], env?: Env): Promise<Ended>;
  dray(...args: readonly string[]): Promise<Ended>;
  /** Keys of all objects in the bucket. */
  staged(): Promise<readonly string[]>;
  /** All sinks have the same, the cluster in so many loads, and nothing is left in the bucket. */
  expectWhole(at: Prepared, loads: number): Promise<void>;
}
type Env = Readonly<Record<string, string>>;

export async function openRedshiftDesk(): Promise<RedshiftDesk> {
  const world = await openWorld();
  const s3 = await startS3();
  const double = await startRedshiftDouble({
    ...{ postgres: world.postgres, s3: s3.client, engine: world.session },
  });
  const source = await world.smallSource();
  // The server behind the double is also the Postgres that it is compared with.
  await world.query('create schema warehouse');
  const place = {
    jdbc_url: `jdbc:redshift://127.0.0.1:${String(double.port)}/${double.database}?ssl=false`,
    properties: { user: world.postgres.user, password: 'secret://env/PROMOS_DB_PASSWORD' },
    iam_role: ROLE,
  };
  const desk: RedshiftDesk = {
    ...{ world, s3, double, source },
    async prepare(name, loader = {}, others = {}) {
      const made = await world.config(name, { source });
      const at = { ...made, table: made.table.replace('public.', 'warehouse.') };
      const config = JSON.parse(await readFile(at.file, 'utf8')) as object;
      const redshift_loader_config = {
        ...{ strategy: 'REDSHIFT', ...place, table: at.table },
        ...{ staging_path: `s3a://${BUCKET}/staged/${name}`, ...loader },
      };
      await writeFile(at.file, JSON.stringify({ ...config, redshift_loader_config, ...others }));
      return at;
    },
    unloaded: (table) => ({
      ...{ strategy: 'JDBC', ...place, source_table: table },
      staging_path: `s3://${BUCKET}/unloaded`,
    }),
    run: async (at, args, env = {}) =>
      await world.run([...at.args, ...args], { ...s3.env, ...env }),
    async loaded(at, args, env) {
      const ended = await desk.run(at, args, env);
      expect(ended.stderr).toMatch(/completed|nothing loaded twice/);
      expect(ended.code).toBe(0);
      return ended;
    },
    dray: async (...args) => await world.start(args, s3.env, 'entry/dray.ts').ended,
    async staged() {
      const { Contents = [] } = await s3.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
      return Contents.map(({ Key = '' }) => Key);
    },
    async expectWhole(at, loads) {
      const { unity, stage, redshift } = await contentsOf(world, at);
      expect([stage, redshift]).toEqual([unity, unity]);
      const [row] = await world.query(
        `select count(distinct number)::integer as loads from warehouse._dray_loads where target = '${at.table}'`,
      );
      expect(row).toEqual({ loads });
      expect(await desk.staged()).toEqual([]);
    },
    async [Symbol.asyncDispose]() {
      await double[Symbol.asyncDispose]();
      await s3[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
  return desk;
}
