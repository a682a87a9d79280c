import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import pg from 'pg';
import type { Claim } from '../../../core/claims.ts';
import { systemClock } from '../../../core/clock.ts';
import type { ComputedResult, SqlSession } from '../../../core/engine.ts';
import type { LoadEntry, Mode } from '../../../core/ledger.ts';
import type { OutputContract } from '../../../core/schema.ts';
import type { LoadRequest, Sink, StrategyContext } from '../../../core/strategy.ts';
import type { Window } from '../../../core/window.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../entry/start/embedded-postgres.ts';
import { postgresWriter } from '../../../strategies/writers/postgres/writer.ts';

// A server starts, and the machine may be busy.
jest.setTimeout(120_000);

const ROOT = join(import.meta.dirname, '../../..');
export const never = new AbortController().signal;
export const WEEK_1 = { startDate: '2016-12-26', endDate: '2017-01-02' };
export const WEEK_2 = { startDate: '2017-01-02', endDate: '2017-01-09' };

export const CONTRACT: OutputContract = {
  comment: "a row's \\ week",
  columns: [
    {
      name: 'id',
      type: { kind: 'string', maxLength: 32 },
      nullable: false,
      comment: "it's the key",
    },
    { name: 'week', type: { kind: 'int32' }, nullable: false },
    { name: 'start_date', type: { kind: 'date' }, nullable: false },
    { name: 'end_date', type: { kind: 'date' }, nullable: false },
    { name: 'note', type: { kind: 'string' }, nullable: true },
  ],
  key: ['id'],
  partitionBy: 'week',
  validity: { from: 'start_date', to: 'end_date' },
};

/** `count` rows of one week; `note` tells loads apart. */
export function rowsOfWeek(week: number, count: number, note: string): string {
  return `select '${week}-' || i as id, ${week}::integer as week,
    date '2016-12-26' + 7 * (${week} - 1) as start_date, date '2016-12-26' + 7 * ${week} as end_date,
    '${note}' as note from range(${count}) t(i)`;
}

export interface SinkOptions {
  readonly mode?: Mode;
  readonly window?: Window;
  readonly contract?: OutputContract;
  readonly runId?: string;
  readonly attempt?: number;
  readonly properties?: Readonly<Record<string, string>>;
  readonly jdbcUrl?: string;
  readonly table?: string;
  readonly reach?: (name: string) => Promise<void>;
  readonly lockTimeoutMs?: number;
}

/** One server and one engine per test file, one schema per test. */
export class World implements AsyncDisposable {
  readonly session: SqlSession;
  server: EmbeddedPostgres;
  admin: pg.Client;
  readonly warnings: string[] = [];
  readonly #dataDir: string;
  #schema = 'public';

  private constructor(
    session: SqlSession,
    server: EmbeddedPostgres,
    admin: pg.Client,
    dataDir: string,
  ) {
    this.session = session;
    this.server = server;
    this.admin = admin;
    this.#dataDir = dataDir;
  }

  static async open(): Promise<World> {
    const dataDir = await mkdtemp(join(tmpdir(), 'dray-pg-'));
    const server = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } }, never);
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    const extensions = process.env['DRAY_EXTENSIONS'] ?? join(ROOT, '.dray/extensions');
    const options = { memoryMb: 400, threads: 2, extensionDirs: [extensions] };
    const session = await openBulkEngine(options, systemClock, never);
    return new World(session, server, admin, dataDir);
  }

  /** Stops the server, which ends all sessions, and starts it again on the same port. */
  async restart(): Promise<void> {
    const { port } = this.server;
    this.admin.removeAllListeners('error').on('error', () => undefined);
    await this.server.stop();
    this.server = await startEmbeddedPostgres(
      { dataDir: this.#dataDir, port, settings: { fsync: 'off' } },
      never,
    );
    this.admin = new pg.Client({ connectionString: this.server.url });
    await this.admin.connect();
    await this.admin.query(`set search_path = ${this.#schema}`);
  }

  async freshSchema(): Promise<void> {
    this.#schema = `test_${randomUUID().slice(0, 8)}`;
    this.warnings.length = 0;
    await this.admin.query(`create schema ${this.#schema}`);
    await this.admin.query(`set search_path = ${this.#schema}`);
  }

  /** The schema of the current test. */
  get schema(): string {
    return this.#schema;
  }

  get jdbcUrl(): string {
    return `jdbc:postgresql://127.0.0.1:${this.server.port}/${this.server.database}`;
  }

  async openSink(options: SinkOptions = {}): Promise<Sink> {
    const config = postgresWriter.config.parse({
      strategy: 'POSTGRES',
      jdbcUrl: options.jdbcUrl ?? this.jdbcUrl,
      properties: { user: this.server.user, password: this.server.password, ...options.properties },
      table: options.table ?? `${this.#schema}.promotions`,
      mode: options.mode,
    });
    const request: LoadRequest = {
      job: 'load_promos',
      runId: options.runId ?? randomUUID(),
      attempt: options.attempt ?? 1,
      mode: config.mode,
      contract: options.contract ?? CONTRACT,
      ...(options.window && { window: options.window }),
    };
    const context: StrategyContext = {
      clock: systemClock,
      openStorage: () => {
        throw new Error('no storage here');
      },
      failpoints: { reach: options.reach ?? (() => Promise.resolve()) },
      resolveSecret: (secret) =>
        Promise.resolve(secret.kind === 'literal' ? secret.value : this.server.password),
      warn: (message) => {
        this.warnings.push(message);
      },
    };
    const open = postgresWriter.on.bulk;
    if (open === undefined) throw new Error('the writer does not run on bulk');
    return await open(this.session, config, request, context, never);
  }

  async compute(query: string, contract = CONTRACT): Promise<ComputedResult> {
    const directory = join(this.session.scratchDir, randomUUID());
    const files = await this.session.writePartitions(query, contract.partitionBy, directory, never);
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    return { contract, files, rows };
  }

  /** The template's way through a sink. */
  async load(query: string, options: SinkOptions = {}, signal = never): Promise<number> {
    const result = await this.compute(query, options.contract);
    await using sink = await this.openSink(options);
    await sink.check(signal);
    await using claim = await claimOf(sink, options.lockTimeoutMs);
    try {
      const staged = await sink.stage({ result, claim, onRows: () => undefined }, signal);
      await sink.commit(staged, entryOf(claim), claim, signal);
      return staged.rows;
    } catch (error) {
      await sink.discard(never);
      throw error;
    }
  }

  /** `note` and row count of each week. */
  async content(): Promise<readonly string[]> {
    const sql = `select week || ' ' || note || ' ' || count(*) as line from promotions
      group by week, note order by week, note`;
    const { rows } = await this.admin.query<{ line: string }>(sql);
    return rows.map((row) => row.line);
  }

  async texts(sql: string): Promise<readonly string[]> {
    const { rows } = await this.admin.query<{ text: string }>(sql);
    return rows.map((row) => row.text);
  }

  /** Names of all tables of the test's schema but the ledger's. */
  async tables(): Promise<readonly string[]> {
    return await this.texts(`select relname::text as text from pg_class
      where relnamespace = '${this.#schema}'::regnamespace and relkind in ('r', 'p')
      and relname not in ('_dray_claims', '_dray_loads') order by 1`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
    await this.admin.end();
    await this.server[Symbol.asyncDispose]();
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}

export async function claimOf(sink: Sink, lockTimeoutMs = 5_000): Promise<Claim> {
  const startedAt = '2017-06-05T00:00:00.000001Z';
  return await sink.claim({ startedAt, lockTimeoutMs, onWait: () => undefined }, never);
}

export function entryOf(claim: Claim, loadId: string = randomUUID()): LoadEntry {
  return {
    loadId,
    job: 'load_promos',
    mode: 'overwrite_window',
    runId: 'run',
    attempt: 1,
    claim: claim.number,
    createdBy: 'test',
    loadedAt: '2017-06-05T00:00:00.000001Z',
    counts: { read: 1, quarantined: 0, filtered: 0, dropped: 0, deduplicated: 0 },
    partitions: [{ value: '1', rows: 1, hash: '1' }],
  };
}
