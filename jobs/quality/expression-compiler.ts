import { messageOf } from '../../core/errors.ts';
import type { Expression } from '../../plan/expression.ts';
import { divide, minus, negate, plus, times } from '../../plan/expressions/arithmetic.ts';
import { cast } from '../../plan/expressions/cast.ts';
import {
  equal,
  greater,
  greaterOrEqual,
  isBetween,
  isNull,
  less,
  lessOrEqual,
  notEqual,
} from '../../plan/expressions/comparison.ts';
import { boolean, text } from '../../plan/expressions/literal.ts';
import { and, not, or } from '../../plan/expressions/logic.ts';
import { float64, type OrderedKind, planTypeName } from '../../plan/types.ts';
import {
  type Arithmetic,
  type Ast,
  type Comparison,
  ExpressionError,
} from './expression-parser.ts';
import { literalOf, numberOf } from './literal.ts';
import { exact, isNumber, promoted } from './promote.ts';
import { columnNamed, type RuleColumns } from './rule-columns.ts';

type Numbers = Expression<'decimal'>;

type Ordered = Expression<OrderedKind>;
type Pair = readonly [Ordered, Ordered];

const COMPARE: Readonly<Record<Comparison, (a: Ordered, b: Ordered) => Expression<'bool'>>> = {
  '=': equal,
  '<>': notEqual,
  '<': less,
  '<=': lessOrEqual,
  '>': greater,
  '>=': greaterOrEqual,
};

const COMBINE = { '+': plus, '-': minus, '*': times } as const;

/**
 * An expression as the plan has it. Whole numbers are computed as decimals, so that no row can end a
 * run by an overflow; a division by zero is null.
 *
 * @throws ExpressionError at the part that no column or type allows.
 */
export function compileCondition(ast: Ast, columns: RuleColumns): Expression<'bool'> {
  const compiled = compile(ast, columns);
  if (isBool(compiled)) return compiled;
  throw new ExpressionError(
    ast.at,
    `a condition is true or false, this is ${planTypeName(compiled.type)}`,
  );
}

function compile(ast: Ast, columns: RuleColumns): Expression {
  const value = (part: Ast) => compile(part, columns);
  const condition = (part: Ast) => compileCondition(part, columns);
  return located(ast, () => {
    switch (ast.kind) {
      case 'number':
        return numberOf(ast.text);
      case 'text':
        return text(ast.text);
      case 'boolean':
        return boolean(ast.value);
      case 'column':
        return columnNamed(ast.name, columns);
      case 'not':
        return not(condition(ast.of));
      case 'and':
        return and(condition(ast.left), condition(ast.right));
      case 'or':
        return or(condition(ast.left), condition(ast.right));
      case 'negate':
        return negate(numeric(value(ast.of)));
      case 'arithmetic':
        return combined(ast.op, value(ast.left), value(ast.right));
      case 'compare': {
        const [a, b] = pair(value(ast.left), value(ast.right));
        return COMPARE[ast.op](a, b);
      }
      case 'isNull': {
        const test = isNull(value(ast.of));
        return ast.negated ? not(test) : test;
      }
      case 'in': {
        const of = value(ast.of);
        const tests = ast.values.map((each) => equal(...pair(of, value(each))));
        return ast.negated ? not(or(...tests)) : or(...tests);
      }
      case 'between': {
        const of = value(ast.of);
        const [a, low] = pair(of, value(ast.low));
        const [b, high] = pair(of, value(ast.high));
        const test =
          a.type === b.type
            ? isBetween(a, low, high)
            : and(greaterOrEqual(a, low), lessOrEqual(b, high));
        return ast.negated ? not(test) : test;
      }
    }
  });
}

/** Two sides of a comparison. A text beside a date or time is read as one. */
function pair(left: Expression, right: Expression): Pair {
  return promoted(typed(left, right), typed(right, left)) as Pair;
}

function typed(value: Expression, { type }: Expression): Expression {
  const isTime = ['date', 'timestamp', 'localTimestamp'].includes(type.kind);
  if (!isTime || value.op !== 'literal' || typeof value.value !== 'string') return value;
  return literalOf(value.value, type);
}

function combined(op: Arithmetic, left: Expression, right: Expression): Expression {
  const [a, b] = promoted(numeric(left), numeric(right)) as readonly [Numbers, Numbers];
  if (op !== '/') return COMBINE[op](a, b);
  return divide(cast(a, float64), cast(b, float64), { onZero: 'null' });
}

function numeric(value: Expression): Numbers {
  if (isNumber(value.type)) return exact(value) as Numbers;
  throw new RangeError(`${planTypeName(value.type)} is no number to compute with`);
}

function isBool(value: Expression): value is Expression<'bool'> {
  return value.type.kind === 'bool';
}

/** What is wrong inside, with the place of the innermost part. */
function located<T>(ast: Ast, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ExpressionError) throw error;
    throw new ExpressionError(ast.at, messageOf(error));
  }
}
