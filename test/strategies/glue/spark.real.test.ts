import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from '@jest/globals';
import { sparkText } from '../../../plan/spark/names.ts';
import { tableInput } from '../../../strategies/glue/definition.ts';
import { describeOnSpark, forever, type OnSpark } from '../../engines/bigdata/on-spark.ts';
import { CONTRACT, load, openSession } from '../parquet/harness.ts';

describeOnSpark('a table as it is defined in Glue', (spark) => {
  // By Spark 3.5.7 itself the same table is read; through Connect it ends in a read error whose cause
  // the server does not send.
  const reason = spark.isSpark4 ? '' : ' (skipped: Spark 3.5 does not read it through Connect)';
  (spark.isSpark4 ? it : it.skip)(`has each row once, with the week of its folder${reason}`, () =>
    readTable(spark),
  );
});

async function readTable(spark: OnSpark): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dray-glue-'));
  await using duckdb = await openSession();
  await load(duckdb, folder, { by: 'glue', rows: { 23: 50, 24: 60 } });
  const location = pathToFileURL(folder).href;
  const name = { database: 'default', table: 'promotions' };
  const { StorageDescriptor, PartitionKeys = [] } = tableInput(
    ...([name, CONTRACT, location, undefined] as const),
  );
  const columns = [...(StorageDescriptor?.Columns ?? []), ...PartitionKeys];
  await using session = await spark.open();
  try {
    await session.run(
      `create table glue_promotions (${columns.map(({ Name, Type }) => `${Name ?? ''} ${Type ?? ''}`).join(', ')})
         using parquet partitioned by (week) location ${sparkText(location)}`,
      forever,
    );
    await session.run(
      `alter table glue_promotions add partition (week = 23) location ${sparkText(`${location}/week=23`)}
         partition (week = 24) location ${sparkText(`${location}/week=24`)}`,
      forever,
    );
    const rows = await session.rows(
      `select week, count(*) as n, count(distinct id) as ids from glue_promotions
         group by week order by week`,
      forever,
    );
    expect(rows).toEqual([
      { week: 23, n: 50n, ids: 50n },
      { week: 24, n: 60n, ids: 60n },
    ]);
    const described = await session.rows('select * from glue_promotions limit 1', forever);
    expect(Object.keys(described[0] ?? {})).toEqual(columns.map(({ Name }) => Name));
  } finally {
    await session.run('drop table if exists glue_promotions', forever);
    await rm(folder, { recursive: true });
  }
}
