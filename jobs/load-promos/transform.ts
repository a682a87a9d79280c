import type { SqlSession } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import type { Source } from '../../core/strategy.ts';
import { readResult } from '../../plan/content-hash.ts';
import { planText } from '../../plan/plan-text.ts';
import type { PlanSession } from '../../plan/session.ts';
import type { RuleOutcome } from '../job.ts';
import { checkResult } from '../quality/load-rules.ts';
import type { OpenReference } from '../quality/references.ts';
import { bindReferences } from '../quality/references.ts';
import type { QualityRule } from '../quality/rule-config.ts';
import type { PreparedTransform, Transform } from '../transform.ts';
import { type Extras, PRODUCT_COLUMNS, type Weeks } from './checked.ts';
import { FIRST_WEEK, LAST_WEEK, promotionsContract, weeksOf, wholeWeeks } from './contract.ts';
import { figure, measurePromotions } from './measure.ts';
import { brokenRows, promotions, repeatedProducts, unknownProducts } from './plan.ts';
import { describedRules, extrasOf, plain, textOf } from './rules.ts';

/** The stamp is the run's own and does not change what a load is. */
const NO_STAMP = { createdBy: '', loadedAt: '1970-01-01T00:00:00Z' };
const ALL_WEEKS = Array.from({ length: LAST_WEEK }, (_, index) => FIRST_WEEK + index);

/** The rules of a config, and how to open what they refer to. */
export interface Quality {
  readonly rules: readonly QualityRule[];
  readonly open: OpenReference;
}

/** @param openProducts - opens `products_table`, where one is configured. */
export function promotionsTransform(
  openProducts: ((session: SqlSession, signal: AbortSignal) => Promise<Source>) | undefined,
  quality?: Quality,
): Transform {
  const withProducts = openProducts !== undefined;
  const rules = quality?.rules ?? [];
  const plan = promotions(NO_STAMP, undefined, plain(withProducts));
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
    rules: describedRules(rules, withProducts),
    text: `${planText(plan.node)}\n${JSON.stringify(promotionsContract, withoutComments)}${textOf(rules)}`,
    covers(window) {
      return window && weeksOf(window).map(String);
    },
    wholePartitions: wholeWeeks,
    async inputs(session, source, signal) {
      const extras = extrasOf(rules, source.columns, withProducts);
      const references =
        quality === undefined
          ? []
          : await bindReferences(extras.rules, quality.open, session, signal);
      if (openProducts === undefined) return references;
      const opened = await openProducts(session.sql, signal);
      const products = (await opened.materialize?.(signal)) ?? opened;
      await bindProducts(session, products, signal);
      return [...products.snapshot, ...references];
    },
    async prepare(session, source, window, signal) {
      await session.bind('source', source.relationWithOrigin, signal);
      const extras = extrasOf(rules, source.columns, withProducts);
      return prepared(session, source, window && weeksOf(window), extras);
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
  extras: Extras,
): PreparedTransform {
  return {
    quarantine: brokenRows(
      source.columns.map((column) => column.name),
      weeks,
      extras,
    ),
    async measure(now, signal) {
      return await measurePromotions(session, weeks, extras, now, signal);
    },
    result(stamp) {
      return {
        relation: promotions(stamp, weeks, extras),
        // A key has the week in it, so weeks decide nothing about each other.
        parts: {
          values: (weeks ?? ALL_WEEKS).map(String),
          of: (some) => promotions(stamp, some.map(Number), extras),
        },
      };
    },
    async inspect(rows, signal) {
      const known =
        extras.withProducts && rows > 0 ? [await productKnown(session, rows, signal)] : [];
      const { loads } = extras.rules;
      return [...known, ...(await checkResult(loads, session, promotionsContract, rows, signal))];
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

async function productKnown(
  session: PlanSession,
  checkedRows: number,
  signal: AbortSignal,
): Promise<RuleOutcome> {
  const [unknown] = await session.collect(unknownProducts(readResult(promotionsContract)), signal);
  const rows = figure(unknown, 'rows');
  const distinct = String(figure(unknown, 'products'));
  return {
    rule: 'product_known',
    action: 'warn',
    checked: checkedRows,
    rows,
    verdict: rows === 0 ? 'passed' : 'broken',
    ...(rows === 0 ? {} : { detail: `${distinct} products are not in products_table` }),
  };
}
