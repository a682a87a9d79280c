import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { type EngineName, quote, type SqlRow, type SqlSession } from '../../core/engine.ts';
import type { OutputContract } from '../../core/schema.ts';
import { openBulkEngine } from '../../engines/bulk/session.ts';
import { createServices, openStore, type Surroundings } from '../../entry/context.ts';
import { createRedactor } from '../../core/secrets.ts';
import type { BoundJob } from '../../jobs/factory.ts';
import { runJob, type RunResult } from '../../jobs/runner.ts';
import { runLoad } from '../../jobs/template.ts';
import { DEFAULT_SCHEMA_CONTRACT } from '../../jobs/schema-contract.ts';
import type { Transform } from '../../jobs/transform.ts';
import { count } from '../../plan/aggregate.ts';
import { cast } from '../../plan/expressions/cast.ts';
import { dateOf, text } from '../../plan/expressions/literal.ts';
import { read } from '../../plan/plan.ts';
import { date, decimal, int32, int64, string } from '../../plan/types.ts';
import { parquetReader } from '../../strategies/readers/parquet.ts';
import { openParquetSink } from '../../strategies/writers/parquet/sink.ts';

const { signal } = new AbortController();

/** A job that a user could write: orders whose amounts are texts, some of them odd. */
const orders = read('source', { id: int64, week: int32, amount: string, placed: date });

const contract: OutputContract = {
  columns: [
    { name: 'id', type: { kind: 'int64' }, nullable: true },
    { name: 'week', type: { kind: 'int32' }, nullable: true },
    { name: 'amount', type: { kind: 'decimal', precision: 9, scale: 2 }, nullable: true },
    { name: 'label', type: { kind: 'string' }, nullable: true },
    { name: 'from', type: { kind: 'date' }, nullable: true },
    { name: 'to', type: { kind: 'date' }, nullable: true },
  ],
  key: ['id'],
  partitionBy: 'week',
  validity: { from: 'from', to: 'to' },
};

const plan = orders
  .mapRow(
    'label-orders',
    { id: int64, week: int32, amount: string, label: string },
    ({ id, week, amount }) => {
      if (id === 13n) throw new Error('nobody labels 13');
      return {
        id: id ?? null,
        week: week ?? null,
        amount: amount ?? null,
        label: `order ${String(id)}`,
      };
    },
  )
  .select(({ id, week, amount, label }) => ({
    ...{ id, week, amount: cast(amount, decimal(9, 2)), label },
    ...{ from: dateOf('2017-01-01'), to: dateOf('2018-01-01') },
  }));

const transform: Transform = {
  contract,
  required: [],
  policies: DEFAULT_SCHEMA_CONTRACT,
  withEvolved: () => transform,
  plan,
  text: 'orders',
  rules: [],
  covers: () => undefined,
  wholePartitions: (window) => window,
  inputs: () => Promise.resolve([]),
  async prepare(session, source, _window, each) {
    await session.bind('source', source.relation, each);
    return {
      quarantine: orders.select(() => ({ rules: text('') })),
      async measure(_now, measuring) {
        const [row] = await session.collect(
          orders.aggregate([], () => ({ read: count() })),
          measuring,
        );
        return { read: Number(row?.['read']), filtered: 0, quarantined: 0, dropped: 0, rules: [] };
      },
      result: () => ({ relation: plan }),
      inspect: () => Promise.resolve([]),
    };
  },
};

let folder: string;
let duckdb: SqlSession;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dray-row-errors-'));
  duckdb = await openBulkEngine({}, systemClock, signal);
  await writeOrders("case when id in (3, 5, 700) then 'n/a' else id || '.50' end");
});
afterEach(async () => {
  await duckdb[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function writeOrders(amount: string): Promise<void> {
  await duckdb.run(
    `copy (select id, cast(23 + id % 3 as integer) as week, ${amount} as amount, date '2017-06-05' as placed
       from range(1000) orders(id)) to ${quote(join(folder, 'orders.parquet'))} (format parquet)`,
    signal,
  );
}

interface Asked {
  readonly engine?: EngineName;
  readonly onRowError?: 'fail' | 'quarantine';
  readonly maxQuarantinedRatio?: number;
  readonly attempt?: number;
}

async function run({
  engine = 'row',
  onRowError = 'quarantine',
  maxQuarantinedRatio = 0.01,
  attempt = 1,
}: Asked): Promise<RunResult> {
  const job: BoundJob = {
    name: 'load_orders',
    config: {},
    executeJob: (context, each) =>
      runLoad(
        {
          engine: { engine, reason: 'the test asks for it' },
          session: {},
          transform,
          openSource: async (session, opening) => {
            const config = {
              strategy: 'PARQUET',
              sourceTable: join(folder, 'orders.parquet'),
            } as const;
            const { row: open } = parquetReader.on;
            if (open === undefined) throw new Error('row reads Parquet');
            return await open(session, config, context, opening);
          },
          sinks: [
            {
              ...{ name: 'stage', kind: 'parquet', mode: 'overwrite' },
              open: (session, request) =>
                Promise.resolve(openParquetSink(session, join(folder, 'stage'), request, context)),
            },
          ],
          maxQuarantinedRatio,
          onRowError,
          onEmpty: 'keep',
          lockTimeoutMs: 1000,
          quarantinePath: join(folder, 'quarantine'),
        },
        context,
        each,
      ),
    computation: () => Promise.reject(new Error('nobody compares engines')),
    notifiers: {},
  };
  const surroundings: Surroundings = {
    env: {},
    cwd: folder,
    readFile: () => Promise.reject(new Error('there is no file')),
    readObject: () => Promise.reject(new Error('there are no buckets')),
    nodeVersion: process.versions.node,
  };
  await using store = await openStore(surroundings, undefined);
  const watcher = {
    stepStarted: () => undefined,
    stepEnded: () => undefined,
    progress: () => undefined,
    note: () => undefined,
  };
  const services = createServices(surroundings, store, { watcher, redactor: createRedactor() });
  const info = {
    ...{ runId: 'orders-1', attempt, job: job.name, createdBy: 'test', force: false },
    ...{ startedAt: new Date('2026-01-01T00:00:00Z'), dryRun: false },
  };
  return await runJob(job, info, {}, services, signal);
}

/** What the quarantine holds of the run. */
async function kept(): Promise<readonly SqlRow[]> {
  const file = quote(join(folder, 'quarantine/run_id=orders-1/row-errors.parquet'));
  return await duckdb.rows(
    `select step, message, "row"->>'id' as id, "row"->>'amount' as amount, run_id, attempt
       from read_parquet(${file}, hive_partitioning = false) order by cast("row"->>'id' as integer)`,
    signal,
  );
}

describe('rows that a step fails for', () => {
  it('are kept with step, message and values, counted, and left out of the load', async () => {
    const { outcome, error } = await run({});
    expect(error).toBeUndefined();
    expect(outcome).toMatchObject({
      counts: { read: 1000, quarantined: 4, filtered: 0, deduplicated: 0 },
      sinks: [{ loaded: 996 }],
      rules: [{ rule: 'row_error', action: 'quarantine', rows: 4 }],
      quarantine: join(folder, 'quarantine/run_id=orders-1/row-errors.parquet'),
    });
    const ofCast = {
      step: expect.stringContaining('amount = cast('),
      message: 'cast(amount, to: decimal(9,2), onError: "fail") of n/a: it is no decimal(9,2)',
      ...{ amount: 'n/a', run_id: 'orders-1', attempt: 1 },
    };
    expect(await kept()).toEqual([
      { ...ofCast, id: '3' },
      { ...ofCast, id: '5' },
      {
        step: expect.stringContaining('label-orders'),
        message: expect.stringContaining('nobody labels 13'),
        ...{ id: '13', amount: '13.50', run_id: 'orders-1', attempt: 1 },
      },
      { ...ofCast, id: '700' },
    ]);
  });

  it('end the run where they are too many; a retry replaces what was kept', async () => {
    const { error } = await run({ maxQuarantinedRatio: 0.003 });
    expect(error).toMatchObject({ code: 'QUARANTINE_LIMIT' });
    expect(error?.message).toContain('4 of 1000 rows');
    expect(await kept()).toHaveLength(4);

    await writeOrders("case when id = 3 then 'n/a' else id || '.50' end");
    const retried = await run({ attempt: 2, maxQuarantinedRatio: 0.003 });
    expect(retried.outcome?.counts.quarantined).toBe(2);
    expect(await kept()).toMatchObject([
      { id: '3', attempt: 2 },
      { id: '13', attempt: 2 },
    ]);
  });

  it('end the run, with the row named, where the job does not want them kept', async () => {
    const { error } = await run({ onRowError: 'fail' });
    expect(error).toMatchObject({ code: 'VALUE_INVALID', exitCode: 4 });
    expect(error?.message).toContain('in the row id 13, week 24, amount 13.50');
  });

  it('are refused before any work by an engine that cannot tell them apart', async () => {
    const { error } = await run({ engine: 'bulk' });
    expect(error).toMatchObject({
      code: 'ENGINE_UNSUPPORTED',
      hint: expect.stringContaining('"row"'),
    });
  });
});
