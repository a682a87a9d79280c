import { redactConfig } from '../../core/redact.ts';
import type { SourceColumn } from '../../core/strategy.ts';
import { columnOf, type Relation } from '../../plan/plan.ts';
import type { ReadField } from '../../plan/relation.ts';
import { describeRule, describeThreshold } from '../quality/describe-rule.ts';
import { type QualityRule, ruleName } from '../quality/rule-config.ts';
import type { RuleColumns } from '../quality/rule-columns.ts';
import { columnsOfRules, compileRules, NO_RULES } from '../quality/rules.ts';
import { readAs } from '../quality/source-types.ts';
import { AS_KNOWN, type SchemaRule, type SourceReading } from '../source-reading.ts';
import type { RuleDescription } from '../transform.ts';
import { type Extras, readSource, RULES, SOURCE, typed, withNames } from './checked.ts';
import {
  DISPLAY_LOCATIONS,
  FIRST_WEEK,
  LAST_WEEK,
  MAILER_LOCATIONS,
  promotionsContract,
} from './contract.ts';
import { ownColumns } from './plan.ts';

/** The transform without rules of a config. */
export function plain(withProducts: boolean): Extras {
  return { withProducts, columns: [], rules: NO_RULES, reading: AS_KNOWN };
}

/**
 * The rules of a config for a source with these columns.
 *
 * @throws JobError `CONFIG_INVALID` naming each rule that the columns do not allow.
 */
export function extrasOf(
  rules: readonly QualityRule[],
  columns: readonly SourceColumn[],
  withProducts: boolean,
  reading: SourceReading,
): Extras {
  if (rules.length === 0) return { ...plain(withProducts), reading };
  const others = columns.filter(({ name }) => !(name in SOURCE));
  const fields = others.flatMap((column, index): (ReadField & { readonly from: string })[] => {
    const type = readAs(column);
    const name = `source_${String(index)}`;
    return type === undefined ? [] : [{ name, from: column.name, type, nullable: true }];
  });
  const outputs = promotionsContract.columns.map(({ name }) => name);
  const compiled = compileRules(rules, ruleColumns(fields, others, withProducts, reading), outputs);
  const used = columnsOfRules(compiled);
  return {
    withProducts,
    reading,
    rules: compiled,
    columns: fields.filter(({ name }) => used.has(name)),
  };
}

function ruleColumns(
  fields: readonly (ReadField & { readonly from: string })[],
  others: readonly SourceColumn[],
  withProducts: boolean,
  reading: SourceReading,
): RuleColumns {
  const rows = typed(readSource(reading, fields), () => ({
    ...{ op: 'literal', value: true, type: { kind: 'bool' }, nullable: false },
  }));
  const named = (relation: Relation) =>
    new Map(relation.node.fields.map((field) => [field.name, columnOf(field)]));
  const [own, withProduct] = [named(rows), withNames(rows, withProducts)];
  const of = (name: string) => {
    const found = own.get(name);
    return found === undefined ? [] : [[name, found] as const];
  };
  let output: RuleColumns['output'] = new Map();
  withProduct.select((row) => {
    const { department, brand, product_category } = row;
    output = new Map(Object.entries({ ...ownColumns(row), department, brand, product_category }));
    return { product_id: row.product_id };
  });
  const nested = others.filter((column) => readAs(column) === undefined);
  return {
    source: new Map([
      ...Object.keys(SOURCE).flatMap(of),
      ...fields.map((field) => [field.from, columnOf(field)] as const),
    ]),
    output,
    shared: new Set(['product_id', 'store_id', 'week']),
    without: new Map([
      ...['created_by', 'loaded_at'].map((name) => [name, "it is the run's own"] as const),
      ...nested.map(({ name, type }) => [name, `rules do not look into ${type}`] as const),
    ]),
  };
}

/** What decides which rows are loaded, or whether any are; part of the load id. */
export function textOf(rules: readonly QualityRule[]): string {
  const deciding = rules.filter(({ action }) => action !== 'warn');
  return deciding.length === 0 ? '' : `\n${JSON.stringify(redactConfig(deciding))}`;
}

const BUILT_IN: Readonly<Record<(typeof RULES)[number], string>> = {
  week_range: `week between ${String(FIRST_WEEK)} and ${String(LAST_WEEK)}`,
  product_id_not_null: 'product_id is not null',
  store_id_not_null: 'store_id is not null',
  display_location_accepted: `display_location in (${Object.keys(DISPLAY_LOCATIONS).join(', ')})`,
  mailer_location_accepted: `mailer_location in (${Object.keys(MAILER_LOCATIONS).join(', ')})`,
};

/** All rules as people read them, in the order of their outcomes. */
export function describedRules(
  rules: readonly QualityRule[],
  withProducts: boolean,
  schema: readonly SchemaRule[],
): readonly RuleDescription[] {
  const described = rules.map((rule, index) => ({
    kind: rule.rule,
    told: {
      ...{ rule: ruleName(rule, index), action: rule.action, says: describeRule(rule) },
      tolerates: describeThreshold(rule),
      ofResult: rule.rule === 'unique' || rule.rule === 'row_count',
    },
  }));
  const some = (isIn: (kind: QualityRule['rule'], ofResult: boolean) => boolean) =>
    described.filter(({ kind, told }) => isIn(kind, told.ofResult)).map(({ told }) => told);
  const product: RuleDescription = {
    ...{ rule: 'product_known', action: 'warn', says: 'product_id in products_table' },
    ...{ tolerates: '', ofResult: true },
  };
  return [
    ...RULES.map((rule) => ({
      ...{ rule, action: 'quarantine' as const, says: BUILT_IN[rule] },
      ...{ tolerates: '', ofResult: false },
    })),
    ...schema.map(({ rule, action, says }) => ({
      rule,
      action,
      says,
      tolerates: '',
      ofResult: false,
    })),
    ...some((kind, ofResult) => !ofResult && kind !== 'freshness'),
    ...some((kind) => kind === 'freshness'),
    ...(withProducts ? [product] : []),
    ...some((_, ofResult) => ofResult),
  ];
}
