import type { Aggregate, AggregateName } from '../aggregate.ts';
import type { Expression } from '../expression.ts';
import { printExpression } from './expressions.ts';
import { castTo } from './types.ts';

type PrintAggregate = (args: readonly Expression[], aggregate: Aggregate) => string;

const AGGREGATES: Readonly<Record<AggregateName, PrintAggregate>> = {
  count: () => 'count(*)',
  // Over no rows count_if is null.
  countIf: (args) => `count(*) filter (where ${printed(args)})`,
  countOf: (args) => `count(${printed(args)})`,
  countDistinct(args) {
    if (args.length === 1) return `count(distinct ${printed(args)})`;
    const present = args.map((each) => `${printExpression(each)} is not null`).join(' and ');
    return `count(distinct (${printed(args)})) filter (where ${present})`;
  },
  // DuckDB sums integers in 128 bits, and Parquet has no such type.
  sum: (args, { type }) => castTo(type, `sum(${printed(args)})`),
  // By its text, since the cast from 128 bits rounds twice.
  average(args) {
    const value = printed(args);
    return `(cast(cast(sum(${value}) as varchar) as double) / nullif(count(${value}), 0))`;
  },
  min: (args) => `min(${printed(args)})`,
  max: (args) => `max(${printed(args)})`,
};

export function printAggregate(aggregate: Aggregate): string {
  return AGGREGATES[aggregate.name](aggregate.args, aggregate);
}

function printed(args: readonly Expression[]): string {
  return args.map(printExpression).join(', ');
}
