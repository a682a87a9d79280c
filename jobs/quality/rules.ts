import { JobError } from '../../core/errors.ts';
import { count } from '../../plan/aggregate.ts';
import type { Expression } from '../../plan/expression.ts';
import { columnsIn } from '../../plan/lineage.ts';
import { read, type Relation } from '../../plan/plan.ts';
import type { PlanType } from '../../plan/types.ts';
import { compileRowRule, type Reference, RuleProblem } from './row-checks.ts';
import { columnNamed, type RuleColumns } from './rule-columns.ts';
import {
  type Action,
  type LoadRuleConfig,
  type QualityRule,
  type RowRuleConfig,
  ruleName,
} from './rule-config.ts';

/** A rule about single rows, ready to be part of a plan. */
export interface RowCheck {
  readonly name: string;
  readonly config: RowRuleConfig;
  /** Column that is true in the rows that break it, see {@link withRules}. */
  readonly flag: string;
  readonly broken: Expression<'bool'>;
  readonly reference?: Reference;
}

/** A rule about all rows of a load. */
export interface LoadCheck {
  readonly name: string;
  readonly config: LoadRuleConfig;
}

/** How old the newest value of a column may be. */
export interface FreshnessCheck {
  readonly name: string;
  readonly config: Extract<LoadRuleConfig, { rule: 'freshness' }>;
  /** Date or time. */
  readonly value: Expression<'date' | 'timestamp' | 'localTimestamp'>;
}

/** The rules of a config, compiled for the columns of a source. */
export interface Rules {
  readonly rows: readonly RowCheck[];
  readonly loads: readonly LoadCheck[];
  readonly freshness: readonly FreshnessCheck[];
}

export const NO_RULES: Rules = { rows: [], loads: [], freshness: [] };

/**
 * @param outputs - names of the output's columns, for rules about the result.
 * @throws JobError `CONFIG_INVALID` that lists everything that is wrong, one line each.
 */
export function compileRules(
  rules: readonly QualityRule[],
  columns: RuleColumns,
  outputs: readonly string[],
): Rules {
  const problems: string[] = [];
  const rows: RowCheck[] = [];
  const loads: LoadCheck[] = [];
  const freshness: FreshnessCheck[] = [];
  for (const [index, config] of rules.entries()) {
    const name = ruleName(config, index);
    try {
      if (config.rule === 'freshness') {
        freshness.push({ name, config, value: timeOf(config.column, columns) });
      } else if (config.rule === 'unique' || config.rule === 'row_count') {
        if (config.rule === 'unique') assertOutputs(config.columns, outputs);
        loads.push({ name, config });
      } else {
        const flag = `rule_${String(index)}`;
        rows.push({ name, config, flag, ...compileRowRule(config, columns, index) });
      }
    } catch (error) {
      if (!(error instanceof RuleProblem)) throw error;
      problems.push(`quality.rules[${String(index)}].${error.key}: ${error.message}`);
    }
  }
  const [first] = problems;
  if (first === undefined) return { rows, loads, freshness };
  throw new JobError(
    'CONFIG_INVALID',
    problems.length === 1
      ? `the config does not fit the source: ${first}`
      : `the config does not fit the source, in ${String(problems.length)} places:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    { hint: 'docs/quality.md says which columns a rule can be about' },
  );
}

function timeOf(name: string, columns: RuleColumns): FreshnessCheck['value'] {
  let found: Expression;
  try {
    found = columnNamed(name, columns);
  } catch (error) {
    throw new RuleProblem('column', error instanceof Error ? error.message : String(error));
  }
  if (isTime(found)) return found;
  throw new RuleProblem('column', `"${name}" is ${found.type.kind}, no date and no time`);
}

function isTime(value: Expression): value is FreshnessCheck['value'] {
  return ['date', 'timestamp', 'localTimestamp'].includes(value.type.kind);
}

function assertOutputs(names: readonly string[], outputs: readonly string[]): void {
  const other = names.find((name) => !outputs.includes(name.replace(/^output\./, '')));
  if (other === undefined) return;
  throw new RuleProblem(
    'columns',
    `"${other}" is no column of the output, which is what this rule looks at; there are ${outputs.join(', ')}`,
  );
}

/** Rules whose rows are set aside, and those that only look. */
export function withAction(rules: Rules, ...actions: readonly Action[]): readonly RowCheck[] {
  return rules.rows.filter(({ config }) => actions.includes(config.action));
}

/** Names of the columns of a checked row that the rules read. */
export function columnsOfRules(rules: Rules): ReadonlySet<string> {
  const values = [
    ...rules.rows.flatMap(({ broken, reference }) => [broken, ...(reference?.keys ?? [])]),
    ...rules.freshness.map(({ value }) => value),
  ];
  return new Set(values.flatMap(columnsIn));
}

/** The rows with a column for each of the checks: true where the row breaks it. */
export function withRules(rows: Relation, checks: readonly RowCheck[]): Relation {
  const joined = checks.reduce(
    (all, { reference }) => (reference === undefined ? all : lookedUp(all, reference)),
    rows,
  );
  if (checks.length === 0) return joined;
  return joined.derive(() => Object.fromEntries(checks.map(({ flag, broken }) => [flag, broken])));
}

/** Every row once, whatever the other source has: its values are made distinct first. */
function lookedUp(rows: Relation, { source, keys, columns, found }: Reference): Relation {
  const pairs = keys.map((key, index) => ({ key, name: `${source}_${String(index)}` }));
  const types = Object.fromEntries(
    keys.map((key, index): [string, PlanType] => [columns[index] ?? '', key.type]),
  );
  const others = read(source, types).aggregate(columns, () => ({ [found]: count() }));
  return rows
    .derive(() => Object.fromEntries(pairs.map(({ name, key }) => [name, key])))
    .leftJoin(
      others,
      pairs.map(({ name }, index) => ({ left: name, right: columns[index] ?? '' })),
    );
}
