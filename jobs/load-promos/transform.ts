import type { SqlSession } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import type { Source } from '../../core/strategy.ts';
import { readResult } from '../../plan/content-hash.ts';
import { planText } from '../../plan/plan-text.ts';
import type { PlanRow, PlanSession } from '../../plan/session.ts';
import type { RuleOutcome } from '../job.ts';
import type { Measured, PreparedTransform, Transform } from '../transform.ts';
import { FIRST_WEEK, LAST_WEEK, promotionsContract, weeksOf, wholeWeeks } from './contract.ts';
import {
  brokenRows,
  countBroken,
  countRows,
  PRODUCT_COLUMNS,
  promotions,
  repeatedProducts,
  RULES,
  unknownProducts,
  type Weeks,
} from './plan.ts';

/** The stamp is the run's own and does not change what a load is. */
const NO_STAMP = { createdBy: '', loadedAt: '1970-01-01T00:00:00Z' };
const ALL_WEEKS = Array.from({ length: LAST_WEEK }, (_, index) => FIRST_WEEK + index);

/** @param openProducts - opens `products_table`, where one is configured. */
export function promotionsTransform(
  openProducts: ((session: SqlSession, signal: AbortSignal) => Promise<Source>) | undefined,
): Transform {
  const withProducts = openProducts !== undefined;
  const plan = promotions(NO_STAMP, undefined, withProducts);
  return {
    contract: promotionsContract,
    required: [
      { name: 'product_id', accepts: 'integer' },
      { name: 'store_id', accepts: 'integer' },
      { name: 'week', accepts: 'integer' },
      { name: 'display_location', accepts: 'text' },
      { name: 'mailer_location', accepts: 'text' },
    ],
    plan,
    text: `${planText(plan.node)}\n${JSON.stringify(promotionsContract, withoutComments)}`,
    covers(window) {
      return window && weeksOf(window).map(String);
    },
    wholePartitions: wholeWeeks,
    async inputs(session, signal) {
      if (openProducts === undefined) return [];
      const opened = await openProducts(session.sql, signal);
      const products = (await opened.materialize?.(signal)) ?? opened;
      await bindProducts(session, products, signal);
      return products.snapshot;
    },
    async prepare(session, source, window, signal) {
      await session.bind('source', source.relationWithOrigin, signal);
      return prepared(session, source, window && weeksOf(window), withProducts);
    },
  };
}

/** Other words about a column do not make it another load. */
function withoutComments(key: string, value: unknown): unknown {
  return key === 'comment' ? undefined : value;
}

function prepared(
  session: PlanSession,
  source: Source,
  weeks: Weeks,
  withProducts: boolean,
): PreparedTransform {
  return {
    quarantine: brokenRows(
      source.columns.map((column) => column.name),
      weeks,
    ),
    async measure(signal) {
      const [rows] = await session.collect(countRows(weeks), signal);
      const [broken] = await session.collect(countBroken(weeks), signal);
      return {
        read: figure(rows, 'read'),
        filtered: figure(rows, 'filtered'),
        quarantined: figure(broken, 'quarantined'),
        rules: RULES.map((rule) => ({ rule, action: 'quarantine', rows: figure(broken, rule) })),
      } satisfies Measured;
    },
    result(stamp) {
      return {
        relation: promotions(stamp, weeks, withProducts),
        // A key has the week in it, so weeks decide nothing about each other.
        parts: {
          values: (weeks ?? ALL_WEEKS).map(String),
          of: (some) => promotions(stamp, some.map(Number), withProducts),
        },
      };
    },
    async inspect(files, signal) {
      return withProducts && files.length > 0 ? [await productKnown(session, signal)] : [];
    },
  };
}

/** @throws JobError `SOURCE_SCHEMA`, or `PRODUCTS_NOT_UNIQUE` since a duplicate would multiply rows. */
async function bindProducts(
  session: PlanSession,
  products: Source,
  signal: AbortSignal,
): Promise<void> {
  const names = new Set(products.columns.map((column) => column.name));
  const missing = PRODUCT_COLUMNS.filter((name) => !names.has(name));
  if (missing.length > 0) {
    throw new JobError('SOURCE_SCHEMA', `${products.location} lacks ${missing.join(', ')}`, {
      hint: `"products_table" needs the columns ${PRODUCT_COLUMNS.join(', ')}`,
    });
  }
  await session.bind('products', products.relation, signal);
  const repeated = await session.collect(repeatedProducts, signal);
  const [first] = repeated;
  if (first === undefined) return;
  throw new JobError(
    'PRODUCTS_NOT_UNIQUE',
    `product_id ${String(first['product_id'])} is ${String(first['rows'])} times in ${products.location}` +
      `; products that are there more than once: ${String(repeated.length)}`,
    { hint: 'a duplicate product would multiply promotions: make product_id unique there' },
  );
}

async function productKnown(session: PlanSession, signal: AbortSignal): Promise<RuleOutcome> {
  const [unknown] = await session.collect(unknownProducts(readResult(promotionsContract)), signal);
  const rows = figure(unknown, 'rows');
  const distinct = String(figure(unknown, 'products'));
  return {
    rule: 'product_known',
    action: 'warn',
    rows,
    ...(rows === 0 ? {} : { detail: `${distinct} products are not in products_table` }),
  };
}

function figure(row: PlanRow | undefined, name: string): number {
  return Number(row?.[name]);
}
