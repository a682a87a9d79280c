import type { SqlSession } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import { evolvedColumns, type OutputContract, withEvolved } from '../../core/schema.ts';
import type { Source } from '../../core/strategy.ts';
import { readResult } from '../../plan/content-hash.ts';
import { planText } from '../../plan/plan-text.ts';
import type { PlanSession } from '../../plan/session.ts';
import type { RuleOutcome } from '../job.ts';
import { checkResult } from '../quality/load-rules.ts';
import type { OpenReference } from '../quality/references.ts';
import { bindReferences } from '../quality/references.ts';
import type { QualityRule } from '../quality/rule-config.ts';
import { DEFAULT_SCHEMA_CONTRACT, type SchemaContract } from '../schema-contract.ts';
import { AS_KNOWN, readingOf, type SourceReading } from '../source-reading.ts';
import type { PreparedTransform, RequiredColumn, Transform } from '../transform.ts';
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

const REQUIRED: readonly RequiredColumn[] = [
  { name: 'product_id', accepts: 'integer' },
  { name: 'store_id', accepts: 'integer' },
  { name: 'week', accepts: 'integer' },
  { name: 'display_location', accepts: 'text' },
  { name: 'mailer_location', accepts: 'text' },
];

/** What the transform does where columns are not as it knows them. */
export interface SchemaPolicies {
  readonly policies: SchemaContract;
  /** Gets what a person should know of columns that are left null. */
  readonly warn: (message: string) => void;
}

type OpenProducts = (session: SqlSession, signal: AbortSignal) => Promise<Source>;

/** @param openProducts - opens `products_table`, where one is configured. */
export function promotionsTransform(
  openProducts: OpenProducts | undefined,
  quality?: Quality,
  schema: SchemaPolicies = { policies: DEFAULT_SCHEMA_CONTRACT, warn: () => undefined },
): Transform {
  return transformWith(openProducts, quality, schema, promotionsContract, AS_KNOWN);
}

function transformWith(
  openProducts: OpenProducts | undefined,
  quality: Quality | undefined,
  schema: SchemaPolicies,
  contract: OutputContract,
  known: SourceReading,
): Transform {
  const withProducts = openProducts !== undefined;
  const rules = quality?.rules ?? [];
  const { policies } = schema;
  const plan = promotions(NO_STAMP, undefined, plain(withProducts));
  const readingFor = ({ columns }: Pick<Source, 'columns'>) =>
    readingOf(columns, REQUIRED, evolvedColumns(contract), policies);
  return {
    contract,
    required: REQUIRED,
    policies,
    withEvolved(columns, source) {
      const more = withEvolved(contract, columns);
      const reading = readingOf(source, REQUIRED, evolvedColumns(more), policies);
      return transformWith(openProducts, quality, schema, more, reading);
    },
    plan,
    rules: describedRules(rules, withProducts, known.rules),
    text: `${planText(plan.node)}\n${JSON.stringify(contract, withoutComments)}${textOf(rules)}${textOfPolicies(policies)}`,
    covers(window) {
      return window && weeksOf(window).map(String);
    },
    wholePartitions: wholeWeeks,
    async inputs(session, source, signal) {
      const extras = extrasOf(rules, source.columns, withProducts, readingFor(source));
      const references =
        quality === undefined
          ? []
          : await bindReferences(extras.rules, quality.open, session, signal);
      if (openProducts === undefined) return references;
      const opened = await openProducts(session.sql, signal);
      const products = (await opened.materialize?.(signal)) ?? opened;
      await bindProducts(session, products, schema, signal);
      return [...products.snapshot, ...references];
    },
    async prepare(session, source, window, signal) {
      await session.bind('source', source.relationWithOrigin, signal);
      const extras = extrasOf(rules, source.columns, withProducts, readingFor(source));
      return prepared(session, source, window && weeksOf(window), extras);
    },
  };
}

/** What of the policies decides which rows are loaded, or their values; what is new is in the contract. */
function textOfPolicies({ newColumns, missingColumns, changedTypes }: SchemaContract): string {
  const deciding = [
    newColumns === 'quarantine' ? 'new_columns quarantine' : '',
    missingColumns === 'fail' ? '' : `missing_columns ${missingColumns}`,
    changedTypes === 'fail' ? '' : `changed_types ${changedTypes}`,
  ].filter((text) => text !== '');
  return deciding.length === 0 ? '' : `\n${deciding.join(', ')}`;
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
  { policies, warn }: SchemaPolicies,
  signal: AbortSignal,
): Promise<void> {
  const names = new Set(products.columns.map((column) => column.name));
  const missing = PRODUCT_COLUMNS.filter((name) => !names.has(name));
  const isOptional = policies.missingColumns === 'ignore' && !missing.includes('product_id');
  if (missing.length > 0 && !isOptional) {
    throw new JobError('SOURCE_SCHEMA', `${products.location} lacks ${missing.join(', ')}`, {
      hint: `"products_table" needs the columns ${PRODUCT_COLUMNS.join(', ')}`,
    });
  }
  if (missing.length > 0) {
    warn(`${products.location} lacks ${missing.join(', ')}: null in every row that is loaded`);
  }
  const nulls = missing.map((name) => `, cast(null as string) as ${name}`).join('');
  const relation = `select *${nulls} from (${products.relation}) as p`;
  await session.bind('products', missing.length === 0 ? products.relation : relation, signal);
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
