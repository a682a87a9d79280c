import { join } from 'node:path';
import { inLanes } from '../../core/concurrent.ts';
import { quote, type ResultFile, type SqlSession } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import type { RuleOutcome } from '../../core/job.ts';
import type { Source } from '../../core/strategy.ts';
import type { Measured, PreparedTransform, Transform } from '../transform.ts';
import { FIRST_WEEK, LAST_WEEK, promotionsContract, weeksOf, wholeWeeks } from './contract.ts';
import * as sql from './sql.ts';

/** About this many rows of the result are written by one statement. */
const SHARE_ROWS = 3_000_000;
/** About this many keys are looked at by one statement, which bounds its memory. */
const KEY_SHARE_ROWS = 6_000_000;
/** So many statements at once: a source of one row group is scanned by one thread. */
const LANES = 2;

/** @param openProducts - opens `products_table`, where one is configured. */
export function promotionsTransform(
  openProducts: ((session: SqlSession, signal: AbortSignal) => Promise<Source>) | undefined,
): Transform {
  let products: Source | undefined;
  return {
    contract: promotionsContract,
    required: [
      { name: 'product_id', accepts: 'integer' },
      { name: 'store_id', accepts: 'integer' },
      { name: 'week', accepts: 'integer' },
      { name: 'display_location', accepts: 'text' },
      { name: 'mailer_location', accepts: 'text' },
    ],
    text: sql.planText(openProducts !== undefined),
    covers(window) {
      return window && weeksOf(window).map(String);
    },
    wholePartitions: wholeWeeks,
    async inputs(session, signal) {
      if (openProducts === undefined) return [];
      products = await openProducts(session, signal);
      await assertProductsUsable(session, products, signal);
      return products.snapshot;
    },
    async prepare(session, source, window, signal) {
      await session.run(sql.sourceView(source.relationWithOrigin), signal);
      await session.run(sql.productsView(products?.relation), signal);
      const weeks = window && weeksOf(window);
      return prepared(session, source, weeks, products !== undefined);
    },
  };
}

function prepared(
  session: SqlSession,
  source: Source,
  weeks: readonly number[] | undefined,
  withProducts: boolean,
): PreparedTransform {
  let expectedRows = 0;
  return {
    quarantineQuery: sql.quarantineQuery(
      source.columns.map((column) => column.name),
      weeks,
    ),
    async measure(signal) {
      const measured = await measure(session, weeks, signal);
      const { read, filtered, quarantined, deduplicated } = measured;
      expectedRows = read - filtered - quarantined - deduplicated;
      return measured;
    },
    async compute(stamp, signal, onRows) {
      const parts = sharesOf(weeks, expectedRows, SHARE_ROWS);
      const done = new Map<number, number>();
      const files = await inLanes(
        LANES,
        parts.map((part, index) => async (each: AbortSignal) => {
          const written = await session.writePartitions(
            sql.resultQuery(stamp, part),
            promotionsContract.partitionBy,
            join(session.scratchDir, `result-${String(index)}`),
            each,
            (share) => {
              done.set(index, (share * expectedRows) / parts.length);
              onRows(Math.floor([...done.values()].reduce((sum, rows) => sum + rows, 0)));
            },
          );
          done.set(
            index,
            written.reduce((sum, file) => sum + file.rows, 0),
          );
          onRows([...done.values()].reduce((sum, rows) => sum + rows, 0));
          return written;
        }),
        signal,
      );
      return files.flat().sort((a, b) => Number(a.partition) - Number(b.partition));
    },
    async inspect(files, signal) {
      return withProducts ? [await unknownProducts(session, files, signal)] : [];
    },
  };
}

/**
 * Splits the weeks into shares of about so many rows, for memory's sake: a statement that writes many
 * files at once holds a row group of each back, one that looks for duplicates holds all their keys.
 */
function sharesOf(
  weeks: readonly number[] | undefined,
  rows: number,
  shareRows: number,
): readonly (readonly number[] | undefined)[] {
  const count = Math.ceil(rows / shareRows);
  if (count <= 1) return [weeks];
  const all = weeks ?? Array.from({ length: LAST_WEEK }, (_, index) => FIRST_WEEK + index);
  const size = Math.ceil(all.length / count);
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}

async function measure(
  session: SqlSession,
  weeks: readonly number[] | undefined,
  signal: AbortSignal,
): Promise<Measured> {
  const [counts] = await session.rows(sql.countsQuery(weeks), signal);
  const [broken] = await session.rows(sql.rulesQuery(weeks), signal);
  await session.run(sql.duplicateKeysTable, signal);
  const candidates = Number(counts?.['read']) - Number(counts?.['filtered']);
  await inLanes(
    LANES,
    sharesOf(weeks, candidates, KEY_SHARE_ROWS).map(
      (share) => (each: AbortSignal) => session.run(sql.findDuplicateKeys(share), each),
    ),
    signal,
  );
  const [duplicates] = await session.rows(sql.duplicatesCountQuery, signal);
  return {
    read: Number(counts?.['read']),
    filtered: Number(counts?.['filtered']),
    quarantined: Number(broken?.['quarantined']),
    deduplicated: Number(duplicates?.['deduplicated']),
    rules: sql.RULES.map(({ rule }) => ({
      rule,
      action: 'quarantine' as const,
      rows: Number(broken?.[rule]),
    })),
  };
}

async function assertProductsUsable(
  session: SqlSession,
  products: Source,
  signal: AbortSignal,
): Promise<void> {
  const names = new Set(products.columns.map((column) => column.name));
  const missing = sql.PRODUCT_COLUMNS.filter((name) => !names.has(name));
  if (missing.length > 0) {
    throw new JobError('SOURCE_SCHEMA', `${products.location} lacks ${missing.join(', ')}`, {
      hint: `"products_table" needs the columns ${sql.PRODUCT_COLUMNS.join(', ')}`,
    });
  }
  const [duplicate] = await session.rows(sql.duplicateProductsQuery(products.relation), signal);
  if (duplicate !== undefined) {
    throw new JobError(
      'PRODUCTS_NOT_UNIQUE',
      `product_id ${String(duplicate['product_id'])} is ${String(duplicate['rows'])} times in ${products.location}` +
        `; products that are there more than once: ${String(duplicate['products'])}`,
      { hint: 'a duplicate product would multiply promotions: make product_id unique there' },
    );
  }
}

async function unknownProducts(
  session: SqlSession,
  files: readonly ResultFile[],
  signal: AbortSignal,
): Promise<RuleOutcome> {
  if (files.length === 0) return { rule: 'product_known', action: 'warn', rows: 0 };
  const paths = `[${files.map((file) => quote(file.path)).join(', ')}]`;
  const [unknown] = await session.rows(sql.unknownProductsQuery(paths), signal);
  const rows = Number(unknown?.['rows']);
  const distinct = Number(unknown?.['products']);
  return {
    rule: 'product_known',
    action: 'warn',
    rows,
    ...(rows === 0 ? {} : { detail: `${String(distinct)} products are not in products_table` }),
  };
}
