import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { weeksOf } from '../../jobs/load-promos/contract.ts';

const SAMPLE = join(import.meta.dirname, '../../data/sample');
const PROMOTIONS = `read_parquet('${SAMPLE}/promotions/week-*.parquet')`;
const PRODUCTS = `read_parquet('${SAMPLE}/products.parquet')`;
const WINDOW = { startDate: '2017-05-29', endDate: '2017-06-19' };

let connection: DuckDBConnection;

beforeAll(async () => {
  connection = await (await DuckDBInstance.create()).connect();
});

afterAll(() => {
  connection.closeSync();
});

async function rows(sql: string): Promise<unknown> {
  return (await connection.runAndReadAll(sql)).getRowsJson();
}

describe('the sample data', () => {
  it('has the weeks of the demo, a file each', async () => {
    expect(
      await rows(`select week, count(*) from ${PROMOTIONS} group by week order by week`),
    ).toEqual([
      ['23', '198432'],
      ['24', '134053'],
      ['25', '109499'],
    ]);
    expect(weeksOf(WINDOW)).toEqual([23, 24, 25]);
    expect(
      await rows(`select distinct week from read_parquet('${SAMPLE}/promotions/week-24.parquet')`),
    ).toEqual([['24']]);
  });

  it('has the duplicates of the source', async () => {
    const keys = 'product_id, store_id, week';
    expect(await rows(`select count(*) - count(distinct (${keys})) from ${PROMOTIONS}`)).toEqual([
      ['288'],
    ]);
  });

  it('has the columns and types of the source', async () => {
    const describeColumns = (table: string) =>
      rows(`select column_name, column_type from (describe select * from ${table})`);
    expect(await describeColumns(PROMOTIONS)).toEqual([
      ['product_id', 'BIGINT'],
      ['store_id', 'BIGINT'],
      ['display_location', 'VARCHAR'],
      ['mailer_location', 'VARCHAR'],
      ['week', 'BIGINT'],
    ]);
    expect(await describeColumns(PRODUCTS)).toContainEqual(['product_category', 'VARCHAR']);
  });

  it('has every product that it promotes, once', async () => {
    expect(await rows(`select count(*), count(distinct product_id) from ${PRODUCTS}`)).toEqual([
      ['22530', '22530'],
    ]);
    expect(
      await rows(`select count(*) from ${PROMOTIONS} anti join ${PRODUCTS} using (product_id)`),
    ).toEqual([['0']]);
  });

  it('says in its README what it has, and stays small', async () => {
    const readme = await readFile(join(SAMPLE, 'README.md'), 'utf8');
    for (const figure of ['441,984', '198,432', '134,053', '109,499', '22,530', '441,696']) {
      expect(readme).toContain(figure);
    }
    const names = ['week-23', 'week-24', 'week-25'].map((name) => `promotions/${name}`);
    const files = [...names, 'products'].map((name) => stat(join(SAMPLE, `${name}.parquet`)));
    const bytes = (await Promise.all(files)).reduce((sum, file) => sum + file.size, 0);
    expect(bytes).toBeLessThan(3_000_000);
  });
});
