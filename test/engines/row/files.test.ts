import { describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { systemClock } from '../../../core/clock.ts';
import { quote } from '../../../core/engine.ts';
import { type BulkSession, openBulkEngine } from '../../../engines/bulk/session.ts';
import { openRowPlans } from '../../../engines/row/plan-session.ts';
import { count } from '../../../plan/aggregate.ts';
import { plus, remainder } from '../../../plan/expressions/arithmetic.ts';
import { printDuckDb } from '../../../plan/duckdb/print.ts';
import { ascending, read } from '../../../plan/plan.ts';
import { int64, string } from '../../../plan/types.ts';
import { forever, openPlans } from './plans.ts';

const ROWS = 100_000;
const many = read('many', { n: int64, text: string });
const MANY = `select i as n, 'text ' || i as text from range(${String(ROWS)}) r(i)`;
const shaped = many
  .derive((row) => ({ part: remainder(row.n, 3n, { onZero: 'fail' }), next: plus(row.n, 1n) }))
  .dedupe({ key: ['n'], keep: [ascending('text')], dropped: 'copies' });
const QUIET = { onRows: () => undefined };

describe('files of the row engine', () => {
  it('are one a partition, with the partition column inside, and counted', async () => {
    await using plans = await openPlans({ many: `${MANY} union all (${MANY} limit 10)` });
    const directory = `${plans.sql.scratchDir}/out`;
    const seen: number[] = [];
    const { files, dropped } = await plans.writePartitions(
      { relation: shaped, partitionBy: 'part', expectedRows: ROWS },
      directory,
      { onRows: (rows) => seen.push(rows) },
      forever,
    );
    expect(files.map(({ partition, rows }) => [partition, rows])).toEqual([
      ['0', 33334],
      ['1', 33333],
      ['2', 33333],
    ]);
    expect(dropped).toEqual({ copies: 10 });
    expect(seen.at(-1)).toBe(ROWS);
    const found = await plans.sql.rows(
      `select count(*) as rows, sum(next - n) as ones, count(distinct text) as texts
       from read_parquet(${quote(`${directory}/**/*.parquet`)}, hive_partitioning = false)
       where part = n % 3`,
      forever,
    );
    expect(found).toEqual([{ rows: BigInt(ROWS), ones: BigInt(ROWS), texts: BigInt(ROWS) }]);
    // Nothing is left of the way there.
    expect(await readdir(plans.sql.scratchDir)).not.toContain('dray_rows_1');
  });

  it('can be one for a whole result, also of no rows', async () => {
    await using plans = await openPlans({ many: MANY });
    const path = `${plans.sql.scratchDir}/all.parquet`;
    expect(await plans.writeFile(shaped, path, forever)).toBe(ROWS);
    const none = `${plans.sql.scratchDir}/none.parquet`;
    const nothing = many.sort([ascending('n')], 0);
    expect(await plans.writeFile(nothing, none, forever)).toBe(0);
    expect(await plans.sql.rows(`select n, text from ${quote(none)}`, forever)).toEqual([]);
  });

  it('end with the reason of an aborted signal, and the session goes on', async () => {
    await using plans = await openPlans({ many: MANY });
    const reason = new Error('stop');
    const abort = new AbortController();
    const watch = {
      onRows: (rows: number) => {
        if (rows > 5000) abort.abort(reason);
      },
    };
    const writing = plans.writePartitions(
      { relation: shaped, partitionBy: 'part', expectedRows: ROWS },
      `${plans.sql.scratchDir}/out`,
      watch,
      abort.signal,
    );
    await expect(writing).rejects.toBe(reason);
    const rows = many.aggregate([], () => ({ rows: count() }));
    expect(await plans.collect(rows, forever)).toEqual([{ rows: BigInt(ROWS) }]);
  });

  it('take nothing of DuckDB but reading sources and writing rows', async () => {
    const engine = await openBulkEngine({ threads: 2 }, systemClock, forever);
    const log: string[] = [];
    const logged = await logging(engine, log);
    await using plans = openRowPlans(logged);
    await plans.bind('many', MANY, forever);
    const top = shaped.join(
      many.select((row) => ({ n: row.n })),
      ['n'],
    );
    await plans.writePartitions(
      { relation: top, partitionBy: 'part', expectedRows: ROWS },
      `${engine.scratchDir}/out`,
      QUIET,
      forever,
    );
    log.push(...(await statements(engine)));
    const kinds = log
      .filter((statement) => !statement.includes('duckdb_logs'))
      .map(flat)
      .map((statement) => kindOf(statement));
    expect([...new Set(kinds)].sort()).toEqual([
      'append',
      'bind',
      'drop',
      'read',
      'table',
      'write',
      'write segment',
    ]);
  });
});

/** A source's columns as the plan types them, and nothing else. */
const READS = [many.node, read('many', { n: int64 }).node].map((node) => flat(printDuckDb(node)));
const KINDS: readonly (readonly [string, RegExp])[] = [
  ['bind', /^create or replace view "many" as /],
  ['table', /^create table "segment_\d+" \([^()]*\)$/],
  ['append', /^(?:insert into|INSERT INTO|FROM __duckdb_internal_appended_data|append) /i],
  ['write segment', /^copy "segment_\d+" to '[^']+' \(format parquet, compression \w+\)$/],
  ['drop', /^drop table "segment_\d+"$/],
  ['write', /^copy \(from read_parquet\(\[[^()]*\], hive_partitioning = false\)\) to /],
];

function flat(statement: string): string {
  return statement.replace(/\s+/g, ' ');
}

function kindOf(statement: string): string {
  if (READS.includes(statement)) return 'read';
  return KINDS.find(([, form]) => form.test(statement))?.[0] ?? statement;
}

async function statements(session: BulkSession): Promise<readonly string[]> {
  const rows = await session.rows(
    `select message from duckdb_logs where type = 'QueryLog'`,
    forever,
  );
  return rows.map((row) => String(row['message']));
}

/** The session with DuckDB's own log of statements, and that of the sessions it opens. */
async function logging(session: BulkSession, log: string[]): Promise<BulkSession> {
  await session.run(`call enable_logging('QueryLog')`, forever);
  return {
    ...session,
    async openAnother(threads, signal) {
      const other = await logging(await session.openAnother(threads, signal), log);
      return {
        ...other,
        async [Symbol.asyncDispose]() {
          log.push(...(await statements(other)));
          await other[Symbol.asyncDispose]();
        },
      };
    },
  };
}
