import type { Aggregate, AggregateName } from '../aggregate.ts';
import type { PlanType } from '../types.ts';
import { printExpression } from './expressions.ts';
import { sparkType } from './types.ts';

type PrintAggregate = (aggregate: Aggregate, ...args: string[]) => string;

const AGGREGATES: Readonly<Record<AggregateName, PrintAggregate>> = {
  count: () => 'count(*)',
  countIf: (_, condition) => `count_if(${condition})`,
  countOf: (_, value) => `count(${value})`,
  countDistinct: (_, ...values) => `count(distinct ${values.join(', ')})`,
  sum: (aggregate, value) => `cast(${exactSum(aggregate, value)} as ${sparkType(aggregate.type)})`,
  // Through text a decimal of many digits is rounded once.
  average: (aggregate, value) =>
    `(cast(cast(${exactSum(aggregate, value)} as string) as double) / nullif(cast(count(${value}) as double), 0e0))`,
  min: (_, value) => `min(${value})`,
  max: (_, value) => `max(${value})`,
};

export function printAggregate(aggregate: Aggregate): string {
  return AGGREGATES[aggregate.name](aggregate, ...aggregate.args.map(printExpression));
}

/** Integers as decimals: the order of rows must not decide whether a sum overflows on its way. */
function exactSum({ args: [value] }: Aggregate, text: string): string {
  const type: PlanType | undefined = value?.type;
  return type?.kind === 'decimal' ? `sum(${text})` : `sum(cast(${text} as decimal(38,0)))`;
}
