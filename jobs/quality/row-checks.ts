import { messageOf } from '../../core/errors.ts';
import type { Expression } from '../../plan/expression.ts';
import {
  greater,
  greaterOrEqual,
  isIn,
  isNotNull,
  isNull,
  less,
  lessOrEqual,
  same,
} from '../../plan/expressions/comparison.ts';
import { cast } from '../../plan/expressions/cast.ts';
import { and, not, or } from '../../plan/expressions/logic.ts';
import { matches } from '../../plan/expressions/text.ts';
import { int64, type OrderedKind, planTypeName } from '../../plan/types.ts';
import { compileCondition } from './expression-compiler.ts';
import { parseExpression } from './expression-parser.ts';
import { literalOf, type RuleValue } from './literal.ts';
import { promoted } from './promote.ts';
import { columnNamed, type RuleColumns } from './rule-columns.ts';
import type { RowRuleConfig } from './rule-config.ts';

type Condition = Expression<'bool'>;
type Ordered = Expression<OrderedKind>;

/** The values of some columns, to be looked up in another source. */
export interface Reference {
  /** Name under which the session binds the other source. */
  readonly source: string;
  /** Of a row; whole numbers are int64. */
  readonly keys: readonly Expression[];
  /** The other source's names of them. */
  readonly columns: readonly string[];
  /** Column of the joined rows that is null where the other source has no such values. */
  readonly found: string;
  readonly in: Extract<RowRuleConfig, { rule: 'references' }>['in'];
}

/** What a row rule means for a row. */
export interface Broken {
  /** True for a row that breaks the rule, else false. A null breaks no rule but `not_null`. */
  readonly broken: Condition;
  readonly reference?: Reference;
}

/** A problem of a rule, and the key of its config that has it. */
export class RuleProblem extends Error {
  readonly key: string;

  constructor(key: string, message: string) {
    super(message);
    this.name = 'RuleProblem';
    this.key = key;
  }
}

/** @throws RuleProblem for a column or value that the rule cannot have. */
export function compileRowRule(rule: RowRuleConfig, columns: RuleColumns, index: number): Broken {
  switch (rule.rule) {
    case 'not_null':
      return { broken: isNull(named('column', rule.column, columns)) };
    case 'accepted': {
      const column = named('column', rule.column, columns) as Ordered;
      return broken(
        blamed('values', () => not(isIn(column, valuesOf(rule.values, column) as never[]))),
      );
    }
    case 'range':
      return broken(blamed('column', () => outside(rule, named('column', rule.column, columns))));
    case 'matches': {
      const column = named('column', rule.column, columns);
      if (column.type.kind !== 'string') {
        throw new RuleProblem(
          'column',
          `"${rule.column}" is ${planTypeName(column.type)}: only texts match a pattern`,
        );
      }
      const text = column as Expression<'string'>;
      return broken(blamed('pattern', () => not(matches(text, rule.pattern))));
    }
    case 'expression':
      return broken(
        blamed('expression', () =>
          not(compileCondition(parseExpression(rule.expression), columns)),
        ),
      );
    case 'references':
      return missingIn(rule, columns, index);
  }
}

/** Unknown is not broken. */
function broken(condition: Condition): Broken {
  return { broken: same(condition, true) };
}

function valuesOf(values: readonly RuleValue[], { type }: Expression): readonly Expression[] {
  return values.map((value) => literalOf(value, type));
}

function outside(
  { min, max, inclusive }: Extract<RowRuleConfig, { rule: 'range' }>,
  column: Expression,
): Condition {
  const bound = (
    key: string,
    value: RuleValue | undefined,
    compare: (a: Ordered, b: Ordered) => Condition,
  ): readonly Condition[] => {
    if (value === undefined) return [];
    return blamed(key, () => {
      const [a, b] = promoted(column, literalOf(value, column.type));
      return [compare(a as Ordered, b as Ordered)];
    });
  };
  return or(
    ...bound('min', min, inclusive ? less : lessOrEqual),
    ...bound('max', max, inclusive ? greater : greaterOrEqual),
  );
}

function missingIn(
  { columns: names, inColumns, in: other }: Extract<RowRuleConfig, { rule: 'references' }>,
  columns: RuleColumns,
  index: number,
): Broken {
  const keys = names.map((name) => {
    const column = named('columns', name, columns);
    return column.type.kind === 'int32' ? cast(column, int64) : column;
  });
  const source = `reference_${String(index)}`;
  const found = `${source}_found`;
  const isMissing = isNull({ op: 'column', name: found, type: int64, nullable: true });
  return {
    broken: same(and(...keys.map(isNotNull), isMissing), true),
    reference: {
      ...{ source, keys, found, in: other },
      columns: inColumns ?? names.map((name) => name.replace(/^(source|output)\./, '')),
    },
  };
}

function named(key: string, name: string, columns: RuleColumns): Expression {
  return blamed(key, () => columnNamed(name, columns));
}

function blamed<T>(key: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RuleProblem) throw error;
    throw new RuleProblem(key, messageOf(error));
  }
}
