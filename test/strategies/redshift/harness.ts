import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import pg from 'pg';
import { systemClock } from '../../../core/clock.ts';
import type { ComputedResult, SqlSession } from '../../../core/engine.ts';
import type { LoadEntry } from '../../../core/ledger.ts';
import type { OutputContract } from '../../../core/schema.ts';
import type { LoadRequest, Sink, StrategyContext } from '../../../core/strategy.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../entry/start/embedded-postgres.ts';
import { redshiftWriter } from '../../../strategies/writers/redshift/writer.ts';
import { type RedshiftDouble, ROLE, startRedshiftDouble } from '../../aws/redshift/cluster.ts';
import { BUCKET, startS3, type TestS3 } from '../../aws/s3.ts';
import { claimOf, CONTRACT, entryOf, never, type SinkOptions } from '../postgres/harness.ts';

const ROOT = join(import.meta.dirname, '../../..');

export interface RedshiftOptions extends SinkOptions {
  readonly iamRole?: string;
  readonly stagingPath?: string;
  readonly options?: Readonly<Record<string, string>>;
}

/** A cluster, its S3 and one engine per test file, one schema per test. */
export class RedshiftWorld implements AsyncDisposable {
  readonly double: RedshiftDouble;
  readonly session: SqlSession;
  /** Goes around the cluster, to the server behind it. */
  readonly admin: pg.Client;
  readonly warnings: string[] = [];
  readonly #open: AsyncDisposableStack;
  readonly #s3: TestS3;
  readonly #server: EmbeddedPostgres;
  #schema = 'public';

  private constructor(
    parts: { double: RedshiftDouble; session: SqlSession; admin: pg.Client },
    server: EmbeddedPostgres,
    s3: TestS3,
    open: AsyncDisposableStack,
  ) {
    ({ double: this.double, session: this.session, admin: this.admin } = parts);
    this.#server = server;
    this.#s3 = s3;
    this.#open = open;
  }

  static async open(isolation: 'serializable' | 'snapshot' = 'serializable') {
    await using open = new AsyncDisposableStack();
    const dataDir = await mkdtemp(join(tmpdir(), 'dray-redshift-pg-'));
    open.defer(async () => {
      await rm(dataDir, { recursive: true, force: true });
    });
    const server = open.use(
      await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } }, never),
    );
    const s3 = open.use(await startS3());
    const extensions = process.env['DRAY_EXTENSIONS'] ?? join(ROOT, '.dray/extensions');
    const options = { memoryMb: 400, threads: 2, extensionDirs: [extensions] };
    const session = open.use(await openBulkEngine(options, systemClock, never));
    const double = open.use(
      await startRedshiftDouble({
        ...{ postgres: server, s3: s3.client, engine: session, isolation },
      }),
    );
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    open.defer(async () => {
      await admin.end();
    });
    return new RedshiftWorld({ double, session, admin }, server, s3, open.move());
  }

  async freshSchema(): Promise<void> {
    this.#schema = `test_${randomUUID().slice(0, 8)}`;
    this.warnings.length = 0;
    await this.admin.query(`create schema ${this.#schema}`);
    await this.admin.query(`set search_path = ${this.#schema}`);
  }

  get schema(): string {
    return this.#schema;
  }

  get jdbcUrl(): string {
    return `jdbc:redshift://127.0.0.1:${this.double.port}/${this.double.database}?ssl=false`;
  }

  get properties(): Readonly<Record<string, string>> {
    return { user: this.#server.user, password: this.#server.password };
  }

  async openSink(options: RedshiftOptions = {}): Promise<Sink> {
    const config = redshiftWriter.config.parse({
      strategy: 'REDSHIFT',
      jdbcUrl: options.jdbcUrl ?? this.jdbcUrl,
      properties: { ...this.properties, ...options.properties },
      table: options.table ?? `${this.#schema}.promotions`,
      stagingPath: options.stagingPath ?? `s3://${BUCKET}/staged`,
      iamRole: options.iamRole ?? ROLE,
      mode: options.mode,
      options: options.options,
    });
    const request: LoadRequest = {
      job: 'load_promos',
      runId: options.runId ?? randomUUID(),
      attempt: options.attempt ?? 1,
      mode: config.mode,
      contract: options.contract ?? CONTRACT,
      ...(options.window && { window: options.window }),
    };
    const context = this.context(options.reach);
    const open = redshiftWriter.on.bulk;
    if (open === undefined) throw new Error('the writer does not run on bulk');
    return await open(this.session, config, request, context, never);
  }

  context(reach: (moment: string) => Promise<void> = () => Promise.resolve()): StrategyContext {
    return {
      clock: systemClock,
      openStorage: this.#s3.openStorage,
      failpoints: { reach },
      resolveSecret: (secret) =>
        Promise.resolve(secret.kind === 'literal' ? secret.value : this.#server.password),
      warn: (message) => {
        this.warnings.push(message);
      },
    };
  }

  async compute(query: string, contract: OutputContract = CONTRACT): Promise<ComputedResult> {
    const directory = join(this.session.scratchDir, randomUUID());
    const files = await this.session.writePartitions(query, contract.partitionBy, directory, never);
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    return { contract, files, rows };
  }

  /** The template's way through a sink. */
  async load(
    query: string,
    options: RedshiftOptions = {},
    entry: Partial<LoadEntry> = {},
    signal = never,
  ): Promise<number> {
    const result = await this.compute(query, options.contract);
    await using sink = await this.openSink(options);
    await sink.check(signal);
    await using claim = await claimOf(sink);
    try {
      const staged = await sink.stage({ result, claim, onRows: () => undefined }, signal);
      await sink.commit(staged, { ...entryOf(claim), ...entry }, claim, signal);
      return staged.rows;
    } catch (error) {
      await sink.discard(never);
      throw error;
    }
  }

  /** `note` and row count of each week. */
  async content(): Promise<readonly string[]> {
    return await this.texts(`select week || ' ' || note || ' ' || count(*) as text from promotions
      group by week, note order by week, note`);
  }

  async texts(sql: string): Promise<readonly string[]> {
    const { rows } = await this.admin.query<{ text: string }>(sql);
    return rows.map((row) => row.text);
  }

  get s3(): S3Client {
    return this.#s3.client;
  }

  /** Keys of all objects that are staged in S3. */
  async staged(): Promise<readonly string[]> {
    const { Contents = [] } = await this.#s3.client.send(
      new ListObjectsV2Command({ Bucket: BUCKET }),
    );
    return Contents.map(({ Key = '' }) => Key);
  }

  /** Removes one of them. */
  async remove(key: string): Promise<void> {
    await this.#s3.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open[Symbol.asyncDispose]();
  }
}
