import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import pg from 'pg';
import { GenericContainer, Network, Wait } from 'testcontainers';
import { systemClock } from '../../core/clock.ts';
import { openBulkEngine } from '../../engines/bulk/session.ts';
import { storageOpener } from '../../state/artifacts/open.ts';
import { docker, type Exited, images, runContainer } from './docker.ts';

const ROOT = join(import.meta.dirname, '../..');
const BUCKET = 'lake';
const PASSWORD = 'the-password-of-the-test';
const CREDENTIALS = { accessKeyId: 'testing', secretAccessKey: 'testing' };
/** Week 24 of the sample. */
const WINDOW = ['--start_date', '2017-06-05', '--end_date', '2017-06-12'];
const SILENT = { notification_service: 'NOOP' };
const forever = new AbortController().signal;

export type Image = 'job' | 'spark';

/** Three targets of their own, and a volume that keeps the run store. */
export interface Load {
  readonly name: string;
  readonly image: Image;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface Start {
  /** Given to `docker run`. */
  readonly options?: readonly string[];
  /** Given to the job. */
  readonly flags?: readonly string[];
  readonly onLine?: (line: string, container: string) => void;
}

/** The images, with a Postgres and an S3 on the same network. */
export interface Scene extends AsyncDisposable {
  tag(image: Image): string;
  /** @param config - over the one of three sinks, key by key. */
  load(name: string, image: Image, config: Readonly<Record<string, unknown>>): Load;
  start(load: Load, how?: Start): Promise<Exited>;
  /** `rows/keys/hash` of what a load has brought to Postgres. */
  inPostgres(load: Load): Promise<string>;
  /** `rows/keys` of what it has brought to Delta on S3. */
  inDelta(load: Load): Promise<string>;
}

export async function openScene(): Promise<Scene> {
  const suite = randomUUID().slice(0, 8);
  const tag = (image: Image) => images?.[image] ?? '';
  const network = await new Network().start();
  const postgres = await new GenericContainer('postgres:15')
    .withNetwork(network)
    .withNetworkAliases('postgres')
    .withEnvironment({ POSTGRES_PASSWORD: PASSWORD })
    .withCommand(['postgres', '-c', 'fsync=off'])
    .withExposedPorts(5432)
    // The first time is that of the server that sets the database up.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  const s3 = await new GenericContainer('motoserver/moto:5.2.5')
    .withNetwork(network)
    .withNetworkAliases('s3')
    .withExposedPorts(5000)
    .withWaitStrategy(Wait.forListeningPorts())
    .start();
  const endpoint = `http://${s3.getHost()}:${String(s3.getMappedPort(5000))}`;
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: CREDENTIALS,
  });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
  const pool = new pg.Pool({
    ...{ host: postgres.getHost(), port: postgres.getMappedPort(5432) },
    ...{ user: 'postgres', password: PASSWORD, max: 1 },
  });
  const session = await openBulkEngine(
    { extensionDirs: [join(ROOT, '.dray/extensions')] },
    systemClock,
    forever,
  );
  await session.useExtension('delta', forever);
  const env = {
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: 'us-east-1',
  };
  Object.assign(process.env, env);
  const storage = storageOpener({ endpoint }, systemClock)(`s3://${BUCKET}`);
  await session.useStorage(storage, forever);
  const volumes = new Set<string>();

  return {
    tag,
    load: (name, image, config) => ({ name, image, config: { ...configOf(name), ...config } }),
    async start({ name, image, config }, { options = [], flags = [], onLine } = {}) {
      const container = `dray-test-${suite}-${randomUUID().slice(0, 8)}`;
      const volume = `dray-test-${suite}-${name}`;
      volumes.add(volume);
      const given = { ...env, AWS_ENDPOINT_URL: 'http://s3:5000', PROMOS_DB_PASSWORD: PASSWORD };
      const args = [
        ...['--network', network.getName(), '--volume', `${volume}:/work`],
        ...['--volume', `${join(ROOT, 'data/sample')}:/data:ro`],
        ...Object.entries(given).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
        ...options,
        tag(image),
        ...['--module_name', 'load_promos', '--load_promos_job', JSON.stringify(config)],
        ...['--run_id', name, ...WINDOW, ...flags],
      ];
      return await runContainer(container, args, (line) => onLine?.(line, container));
    },
    async inPostgres({ name }) {
      const { rows } = await pool.query<{ seen: string }>(
        `select count(*) || '/' || count(distinct promo_id) || '/' || sum(hashtextextended(row(promo_id, product_id,
           store_id, week, start_date, end_date, display_location, mailer_location, promo_score, brand)::text, 0)) as seen
         from public."${name}"`,
      );
      return rows[0]?.seen ?? '';
    },
    async inDelta({ name }) {
      const [row] = await session.rows(
        `select count(*) as rows, count(distinct promo_id) as keys from delta_scan('s3://${BUCKET}/${name}/unity')`,
        forever,
      );
      return `${String(row?.['rows'])}/${String(row?.['keys'])}`;
    },
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await pool.end();
      await s3.stop();
      await postgres.stop();
      await network.stop();
      if (volumes.size > 0) await docker('volume', 'rm', ...volumes);
    },
  };
}

function configOf(name: string): Readonly<Record<string, unknown>> {
  return {
    extractor_config: { strategy: 'PARQUET', source_table: '/data/promotions/' },
    unity_loader_config: { strategy: 'DELTA', path: `s3://${BUCKET}/${name}/unity` },
    stage_loader_config: { strategy: 'PARQUET', path: `s3://${BUCKET}/${name}/stage` },
    redshift_loader_config: {
      strategy: 'POSTGRES',
      jdbc_url: 'jdbc:postgresql://postgres:5432/postgres',
      table: `public.${name}`,
      properties: { user: 'postgres', password: 'secret://env/PROMOS_DB_PASSWORD' },
    },
    job_failed_notifications: SILENT,
    job_success_notifications: SILENT,
    data_quality_notifications: SILENT,
    quarantine: { path: '/work/quarantine' },
  };
}
