import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { quote } from '../../../core/engine.ts';
import type { Source } from '../../../core/strategy.ts';
import type { Window } from '../../../core/window.ts';
import { openBulkPlans } from '../../../engines/bulk/plan-session.ts';
import { openBulkEngine } from '../../../engines/bulk/session.ts';
import { RESULT } from '../../../plan/content-hash.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { promotionsTransform } from '../../../jobs/load-promos/transform.ts';
import { type RawPromotion, writePromotions } from './promotions.ts';

const forever = new AbortController().signal;
const NOW = new Date('2026-11-21T10:00:00Z');
const stamp = { createdBy: "o'hara", loadedAt: '2026-11-21T10:00:00.123Z' };
const week24: Window = { startDate: '2017-06-05', endDate: '2017-06-12' };
let folder: string;
let session: PlanSession;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dray-transform-'));
  session = openBulkPlans(await openBulkEngine({ tempDir: folder }, systemClock, forever));
});
afterEach(async () => {
  await session[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function sourceOf(path: string): Source {
  const relation = `select * from read_parquet(${quote(path)})`;
  return {
    location: path,
    columns: ['product_id', 'store_id', 'display_location', 'mailer_location', 'week'].map(
      (name) => ({ name, type: name.endsWith('location') ? 'VARCHAR' : 'BIGINT' }),
    ),
    snapshot: [],
    relation,
    relationWithOrigin: `select *, filename as __file, file_row_number as __row from read_parquet(${quote(path)})`,
    assertUnchanged: () => Promise.resolve(),
  };
}

async function transform(rows: readonly RawPromotion[], window?: Window, products?: string) {
  const path = await writePromotions(session.sql, folder, rows);
  const plan = promotionsTransform(
    products === undefined
      ? undefined
      : () =>
          Promise.resolve({
            ...sourceOf('products'),
            relation: products,
            columns: ['product_id', 'department', 'brand', 'product_category'].map((name) => ({
              name,
              type: 'VARCHAR',
            })),
          }),
  );
  await plan.inputs(session, sourceOf(path), forever);
  const prepared = await plan.prepare(session, sourceOf(path), window, forever);
  const counted = await prepared.measure(NOW, forever);
  const kept = join(folder, 'quarantine.parquet');
  await session.writeFile(prepared.quarantine, kept, forever);
  const quarantined = await session.sql.rows(
    `select *, array_to_string(rules, ',') as broken from read_parquet(${quote(kept)}) order by source_row_number`,
    forever,
  );
  const { files, dropped } = await session.writePartitions(
    { ...prepared.result(stamp), partitionBy: 'week', expectedRows: counted.read },
    join(folder, 'result'),
    { onRows: () => undefined },
    forever,
  );
  const measured = { ...counted, deduplicated: dropped['deduplicated'] };
  const list = files.map((file) => quote(file.path)).join(', ');
  const result =
    files.length === 0
      ? []
      : await session.sql.rows(
          `select * from read_parquet([${list}], hive_partitioning = false) order by product_id, store_id, week`,
          forever,
        );
  if (files.length > 0) {
    const paths = files.map((file) => file.path);
    await session.sql.parquet.view(RESULT, paths, forever);
  }
  const rules = await prepared.inspect(
    files.reduce((sum, file) => sum + file.rows, 0),
    forever,
  );
  return { measured, quarantined, result, rules };
}

describe('the promotions transform', () => {
  it('gives every column of the contract as the contract says', async () => {
    const { result } = await transform([
      { product: 1000050, store: 316, week: 1, display: ' a', mailer: 'd ' },
    ]);
    expect(result).toEqual([
      {
        promo_id: createHash('md5').update('1000050|316|1').digest('hex'),
        product_id: 1000050n,
        store_id: 316n,
        week: 1,
        start_date: '2016-12-26',
        end_date: '2017-01-02',
        display_code: 'A',
        mailer_code: 'D',
        display_location: 'in-shelf',
        mailer_location: 'front page feature',
        on_display: true,
        in_mailer: true,
        promo_score: '1.75',
        department: null,
        brand: null,
        product_category: null,
        created_by: "o'hara",
        loaded_at: '2026-11-21 10:00:00.123+00',
      },
    ]);
  });

  it.each([
    ['0', '0', '0.00'],
    ['0', 'A', '0.50'],
    ['0', 'Z', '0.50'],
    ['0', 'D', '0.75'],
    ['0', 'F', '0.75'],
    ['0', 'H', '0.75'],
    ['3', '0', '1.00'],
    ['9', 'L', '1.50'],
    ['A', 'H', '1.75'],
  ])('scores display %s and mailer %s as %s', async (display, mailer, score) => {
    const { result } = await transform([{ product: 1, store: 1, week: 5, display, mailer }]);
    expect(result[0]?.['promo_score']).toBe(score);
  });

  it('keeps the best of a key: score, then display code, then mailer code', async () => {
    const { result, measured } = await transform([
      { product: 1, store: 1, week: 5, display: '0', mailer: 'A' },
      { product: 1, store: 1, week: 5, display: '9', mailer: 'A' },
      { product: 1, store: 1, week: 5, display: '2', mailer: 'C' },
      { product: 1, store: 1, week: 5, display: '2', mailer: 'A' },
      { product: 1, store: 1, week: 6, display: '2', mailer: 'A' },
      { product: 1, store: 1, week: 6, display: '2', mailer: 'A' },
    ]);
    expect(result.map((row) => [row['week'], row['display_code'], row['mailer_code']])).toEqual([
      [5, '2', 'A'],
      [6, '2', 'A'],
    ]);
    expect(measured).toMatchObject({ read: 6, deduplicated: 4, quarantined: 0, filtered: 0 });
  });

  it('quarantines a bad week whatever the window, and other bad rows only inside it', async () => {
    const { measured, quarantined, result } = await transform(
      [
        { product: 1, store: 1, week: 24 },
        { product: 2, store: 1, week: null },
        { product: 3, store: 1, week: 54 },
        { product: 4, store: 1, week: 0, display: '?' },
        { product: 5, store: 1, week: 23, display: '?' },
        { product: null, store: null, week: 24, display: null, mailer: 'Q' },
        { product: 6, store: 1, week: 25 },
      ],
      week24,
    );
    expect(result).toHaveLength(1);
    expect(measured).toMatchObject({ read: 7, filtered: 2, quarantined: 4, deduplicated: 0 });
    expect(
      quarantined.map((row) => [row['source_row_number'], row['week'], row['broken']]),
    ).toEqual([
      [1n, null, 'week_range'],
      [2n, '54', 'week_range'],
      [3n, '0', 'week_range,display_location_accepted'],
      [
        5n,
        '24',
        'product_id_not_null,store_id_not_null,display_location_accepted,mailer_location_accepted',
      ],
    ]);
  });

  it('never lets a quarantined row win a dedupe', async () => {
    const { result, measured } = await transform([
      { product: 1, store: 1, week: 5, display: '0', mailer: '0' },
      { product: 1, store: 1, week: 5, display: '1', mailer: 'Q' },
    ]);
    expect(result.map((row) => row['display_code'])).toEqual(['0']);
    expect(measured).toMatchObject({ quarantined: 1, deduplicated: 0 });
  });

  it('takes the weeks that have a day in the window', async () => {
    const rows = [23, 24, 25, 26].map((week) => ({ product: 1, store: 1, week }));
    const { result } = await transform(rows, { startDate: '2017-06-09', endDate: '2017-06-13' });
    expect(result.map((row) => row['week'])).toEqual([24, 25]);
  });

  it('has no rows for a window outside the calendar of weeks', async () => {
    const { result, measured } = await transform([{ product: 1, store: 1, week: 5 }], {
      startDate: '2019-01-01',
      endDate: '2019-02-01',
    });
    expect(result).toEqual([]);
    expect(measured).toMatchObject({ read: 1, filtered: 1 });
  });

  it('joins products, and counts rows whose product nobody knows', async () => {
    const products = `select 1::bigint as product_id, 'GROCERY' as department, 'National' as brand, null::varchar as product_category`;
    const { result, rules } = await transform(
      [
        { product: 1, store: 1, week: 5 },
        { product: 2, store: 1, week: 5 },
        { product: 2, store: 2, week: 5 },
      ],
      undefined,
      products,
    );
    expect(result.map((row) => row['department'])).toEqual(['GROCERY', null, null]);
    expect(rules).toEqual([
      {
        rule: 'product_known',
        action: 'warn',
        checked: 3,
        rows: 2,
        verdict: 'broken',
        detail: '1 products are not in products_table',
      },
    ]);
  });

  it('refuses a products table with a product twice', async () => {
    const products = `select unnest([7, 7, 8])::bigint as product_id, 'x' as department, 'x' as brand, 'x' as product_category`;
    await expect(
      transform([{ product: 7, store: 1, week: 5 }], undefined, products),
    ).rejects.toMatchObject({ code: 'PRODUCTS_NOT_UNIQUE' });
  });
});
