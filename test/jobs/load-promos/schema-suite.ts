import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { quote } from '../../../core/engine.ts';
import type { Column } from '../../../core/schema.ts';
import { openReader } from '../../../jobs/load-promos/strategies.ts';
import { promotionsTransform } from '../../../jobs/load-promos/transform.ts';
import {
  DEFAULT_SCHEMA_CONTRACT,
  fitSource,
  type SchemaContract,
} from '../../../jobs/schema-contract.ts';
import { contentOf, RESULT } from '../../../plan/content-hash.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { CONTEXT, type Files, openFiles } from '../quality/orders.ts';

const forever = new AbortController().signal;
const NOW = new Date('2017-06-12T00:00:00Z');

function cameOnce(name: string, type: Column['type']): Column {
  return { name, type, nullable: true, evolved: true };
}

/** Every column is of another type than it was. Each line: the row, and what is wrong with it. */
const CHANGED = [
  [`'1', 1.0, 24.00, 0, '5', 1.25, '2017-06-05', null`, ''],
  [`'2', 1.5, 24.00, 0, '5', 1.25, '2017-06-05', null`, 'store_id_not_null,store_id_type'],
  [
    `'x', 1.0, 24.50, 0, '5', 1.25, '2017-06-05', null`,
    'week_range,product_id_not_null,product_id_type,week_type',
  ],
  [`'4', 1.0, 24.00, 8, '5', 1.25, '2017-06-05', null`, 'display_location_accepted'],
  [
    `'99999999999999999999', 1.0, 24.00, 1, '5', 1.25, '2017-06-05', null`,
    'product_id_not_null,product_id_type',
  ],
  [`'6', 1.0, 24.00, 1, '5.5', 1.25, '2017-06-05', null`, 'stock_type'],
  [`'7', 1.0, 24.00, 1, null, 1.255, '2017-06-05', null`, 'price_type'],
  [`'8', 1.0, 24.00, 1, '+08', -0.5, '05.06.2017', null`, 'sold_on_type'],
  [`'9', 1.0, 24.00, 1, '9', null, null, null`, ''],
  [`'9', 1.0, 24.00, 1, '8', null, null, null`, 'a duplicate, whose stock is less'],
] as const;
const KNOWN = [
  cameOnce('stock', { kind: 'int64' }),
  cameOnce('price', { kind: 'decimal', precision: 38, scale: 2 }),
  cameOnce('sold_on', { kind: 'date' }),
  cameOnce('gone', { kind: 'bool' }),
];

/** What the policies make of a source, equal on every engine. */
export function schemaSuite(engine: string, open: () => Promise<PlanSession>): void {
  describe(`a source of other columns on ${engine}`, () => {
    let files: Files;
    let session: PlanSession;
    let runs = 0;

    beforeAll(async () => {
      files = await openFiles();
      session = await open();
    });
    afterAll(async () => {
      await session[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
    });

    async function write(query: string, name = `source-${String(++runs)}`): Promise<string> {
      const path = join(files.folder, `${name}.parquet`);
      await mkdir(dirname(path), { recursive: true });
      await files.duckdb.run(`copy (${query}) to ${quote(path)} (format parquet)`, forever);
      return path;
    }

    const read = (sourceTable: string) =>
      openReader({ strategy: 'PARQUET', sourceTable }, session.sql, CONTEXT, forever);

    async function run(
      path: string,
      changes: Partial<SchemaContract>,
      known: readonly Column[],
      products?: string,
    ) {
      const policies = { ...DEFAULT_SCHEMA_CONTRACT, ...changes };
      const warnings: string[] = [];
      const plain = promotionsTransform(
        products === undefined ? undefined : () => read(products),
        undefined,
        {
          policies,
          warn: (message) => {
            warnings.push(message);
          },
        },
      );
      const source = await read(path);
      const { evolved } = fitSource(source, plain, known);
      const transform = plain.withEvolved(evolved, source.columns);
      await transform.inputs(session, source, forever);
      const prepared = await transform.prepare(session, source, undefined, forever);
      const measured = await prepared.measure(NOW, forever);
      const place = `${session.sql.scratchDir}/${String(++runs)}`;
      const kept = await session.writeFile(prepared.quarantine, `${place}.parquet`, forever);
      const made = await session.writePartitions(
        {
          ...prepared.result({ createdBy: 'test', loadedAt: NOW.toISOString() }),
          ...{ partitionBy: 'week', expectedRows: measured.read },
        },
        `${place}-result`,
        { onRows: () => undefined },
        forever,
      );
      const paths = made.files.map((file) => file.path);
      await session.sql.parquet.view(RESULT, paths, forever);
      const own = transform.contract.columns.filter((column) => column.evolved);
      const list = paths.map(quote).join(', ');
      return {
        quarantined:
          kept === 0
            ? []
            : await files.duckdb.rows(
                `select source_row_number::integer as row, array_to_string(rules, ',') as rules
                 from read_parquet(${quote(`${place}.parquet`)}) order by 1`,
                forever,
              ),
        loaded: await files.duckdb.rows(
          `select ${['product_id', ...(products === undefined ? [] : ['department', 'brand']), ...own.map(({ name }) => name)].map((name) => `${name}::varchar as ${name}`).join(', ')}
           from read_parquet([${list}]) order by product_id`,
          forever,
        ),
        content: await session.collect(contentOf(transform.contract), forever),
        measured,
        warnings,
        files: paths,
      };
    }

    async function changed(): Promise<string> {
      return await write(
        `select a::varchar as product_id, b::double as store_id, c::decimal(6,2) as week,
           d::integer as display_location, '0' as mailer_location, e::varchar as stock,
           f::double as price, g::varchar as sold_on
         from (values ${CHANGED.map(([row]) => `(${row})`).join(', ')}) t(a, b, c, d, e, f, g, h)`,
      );
    }

    it('quarantines rows whose values are none of the type that is expected', async () => {
      const path = await changed();
      const { quarantined, loaded, measured } = await run(
        path,
        { changedTypes: 'quarantine' },
        KNOWN,
      );
      expect(quarantined).toEqual(
        CHANGED.flatMap(([, rules], row) =>
          rules === '' || rules.startsWith('a duplicate') ? [] : [{ row, rules }],
        ),
      );
      expect(loaded).toEqual([
        { product_id: '1', stock: '5', price: '1.25', sold_on: '2017-06-05', gone: null },
        { product_id: '9', stock: '8', price: null, sold_on: null, gone: null },
      ]);
      expect(measured).toMatchObject({ read: 10, quarantined: 7, filtered: 0, dropped: 0 });
      const found = measured.rules.filter(({ rule }) => rule.endsWith('_type'));
      expect(found.map(({ rule, action, rows }) => [rule, action, rows])).toEqual([
        ...['product_id', 'store_id', 'week', 'display_location', 'stock', 'price', 'sold_on'].map(
          (name, index) => [`${name}_type`, 'quarantine', [2, 1, 1, 0, 1, 1, 1][index]],
        ),
      ]);
    });

    it('makes values null, and counts them, where the policy is to ignore', async () => {
      const path = await write(
        `select a::integer as product_id, 1 as store_id, 24 as week, '0' as display_location,
           '0' as mailer_location, b::varchar as stock from (values (1, '5'), (2, 'five'), (3, null)) t(a, b)`,
      );
      const { loaded, measured } = await run(path, { changedTypes: 'ignore' }, KNOWN.slice(0, 1));
      expect(loaded).toEqual([
        { product_id: '1', stock: '5' },
        { product_id: '2', stock: null },
        { product_id: '3', stock: null },
      ]);
      expect(measured.rules.at(-1)).toEqual({
        ...{ rule: 'stock_type', action: 'warn', verdict: 'broken', checked: 3, rows: 1 },
        detail: 'their values are loaded as null',
      });
    });

    it('quarantines rows that have a value in a column that nobody knows', async () => {
      const path = await write(
        `select a::integer as product_id, 1 as store_id, 24 as week, '0' as display_location,
           '0' as mailer_location, b as more, case when b > 5 then [b] end as nested from (values (1, 5), (2, null), (3, 6)) t(a, b)`,
      );
      const { quarantined, loaded } = await run(path, { newColumns: 'quarantine' }, []);
      expect(quarantined).toEqual([
        { row: 0, rules: 'more_unknown' },
        { row: 2, rules: 'more_unknown,nested_unknown' },
      ]);
      expect(loaded).toEqual([{ product_id: '2' }]);
    });

    it('quarantines rows of files that lack a column', async () => {
      const columns = `1 as store_id, 24 as week, '0' as display_location`;
      await write(`select 1 as product_id, ${columns}, '0' as mailer_location`, 'some/a');
      const lacking = await write(`select 2 as product_id, ${columns}`, 'some/b');
      const { quarantined, loaded } = await run(
        dirname(lacking),
        { missingColumns: 'quarantine' },
        [],
      );
      expect(quarantined).toEqual([{ row: 0, rules: 'mailer_location_accepted' }]);
      expect(loaded).toEqual([{ product_id: '1' }]);
    });

    it('leaves what products_table lacks null, and says so', async () => {
      const path = await write(
        `select 1 as product_id, 1 as store_id, 24 as week, '0' as display_location, '0' as mailer_location`,
      );
      const products = await write(`select 1::bigint as product_id, 'GROCERY' as department`);
      await expect(run(path, {}, [], products)).rejects.toMatchObject({ code: 'SOURCE_SCHEMA' });
      const { loaded, warnings } = await run(path, { missingColumns: 'ignore' }, [], products);
      expect(loaded).toEqual([{ product_id: '1', department: 'GROCERY', brand: null }]);
      expect(warnings).toEqual([
        `${products} lacks brand, product_category: null in every row that is loaded`,
      ]);
    });

    it('has the same content hash for a row as before the columns came', async () => {
      const plain = `select a::integer as product_id, 1 as store_id, 24 as week,
        '0' as display_location, '0' as mailer_location`;
      const rows = 'from (values (1), (2)) t(a)';
      const before = await run(await write(`${plain} ${rows}`), {}, []);
      const after = await run(
        await write(`${plain}, null::integer as stock, null::varchar as note ${rows}`),
        { newColumns: 'evolve' },
        [],
      );
      expect(after.content).toEqual(before.content);
      const filled = await run(
        await write(`${plain}, a as stock, 1.5::double as ratio, true as flag,
          timestamptz '2017-06-05 10:00:00.25+00' as seen_at, 0.5::decimal(3,2) as share ${rows}`),
        { newColumns: 'evolve' },
        [],
      );
      const text = `concat_ws(chr(31), promo_id, product_id, store_id, week, start_date, end_date,
        display_code, mailer_code, display_location, mailer_location, on_display, in_mailer,
        promo_score, chr(30), chr(30), chr(30), 'flag=true', 'ratio=4609434218613702656',
        'seen_at=2017-06-05 10:00:00.25', 'share=0.50', 'stock=' || product_id)`;
      const [byHand] = await files.duckdb.rows(
        `select sum(('0x' || left(md5(${text}), 15))::bigint)::varchar as hash
         from read_parquet([${filled.files.map(quote).join(', ')}])`,
        forever,
      );
      expect(filled.content.map(({ hash }) => String(hash))).toEqual([byHand?.['hash']]);
    });
  });
}
