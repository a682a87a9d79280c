import { join } from 'node:path';
import { quote, type ResultFile, type SqlSession } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import type { RuleOutcome } from '../../core/job.ts';
import type { Source } from '../../core/strategy.ts';
import type { Measured, PreparedTransform, Transform } from '../transform.ts';
import { promotionsContract, weeksOf, wholeWeeks } from './contract.ts';
import * as sql from './sql.ts';

/** From this many rows on, the result is written by two statements at once. */
const SPLIT_ROWS = 1_000_000;

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
      const weeks = window && weeksOf(window);
      await session.run(sql.checkedView(source.relationWithOrigin, weeks), signal);
      await session.run(sql.productsView(products?.relation), signal);
      return prepared(session, source, products !== undefined);
    },
  };
}

function prepared(session: SqlSession, source: Source, withProducts: boolean): PreparedTransform {
  let expectedRows = 0;
  return {
    quarantineQuery: sql.quarantineQuery(source.columns.map((column) => column.name)),
    async measure(signal) {
      const measured = await measure(session, signal);
      expectedRows =
        measured.read - measured.filtered - measured.quarantined - measured.deduplicated;
      return measured;
    },
    async compute(stamp, signal, onRows) {
      await session.run(sql.resultView(stamp), signal);
      const parts = expectedRows > SPLIT_ROWS ? 2 : 1;
      const shares = new Map<number, number>();
      const written = await Promise.all(
        Array.from({ length: parts }, (_, part) =>
          session.writePartitions(
            sql.resultPart(part, parts),
            promotionsContract.partitionBy,
            join(session.scratchDir, `result-${String(part)}`),
            signal,
            (share) => {
              shares.set(part, share);
              const done = [...shares.values()].reduce((sum, value) => sum + value, 0) / parts;
              onRows(Math.floor(done * expectedRows));
            },
          ),
        ),
      );
      return written.flat().sort((a, b) => Number(a.partition) - Number(b.partition));
    },
    async inspect(files, signal) {
      return withProducts ? [await unknownProducts(session, files, signal)] : [];
    },
  };
}

async function measure(session: SqlSession, signal: AbortSignal): Promise<Measured> {
  const [counts] = await session.rows(sql.countsQuery, signal);
  await session.run(sql.duplicateKeysTable, signal);
  const [duplicates] = await session.rows(sql.duplicatesCountQuery, signal);
  return {
    read: Number(counts?.['read']),
    filtered: Number(counts?.['filtered']),
    quarantined: Number(counts?.['quarantined']),
    deduplicated: Number(duplicates?.['deduplicated']),
    rules: sql.RULES.map(({ rule }) => ({
      rule,
      action: 'quarantine' as const,
      rows: Number(counts?.[rule]),
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
        ` (${String(duplicate['products'])} products are there more than once)`,
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
