import { describeExpression, type Expression } from './expression.ts';
import { planInvalid } from './invalid.ts';
import {
  decimal,
  float64,
  int64,
  type Kind,
  type OrderedKind,
  planTypeName,
  type PlanType,
  type TypeOf,
} from './types.ts';

export const AGGREGATES = [
  'count',
  'countIf',
  'countOf',
  'countDistinct',
  'sum',
  'average',
  'min',
  'max',
] as const;
export type AggregateName = (typeof AGGREGATES)[number];

/** A figure over the rows of a group. */
export interface Aggregate<K extends Kind = Kind> {
  readonly name: AggregateName;
  readonly args: readonly Expression[];
  readonly type: TypeOf<K>;
  readonly nullable: boolean;
}

/** Rows. */
export function count(): Aggregate<'int64'> {
  return { name: 'count', args: [], type: int64, nullable: false };
}

/** Rows for which the condition is true; 0 where there is none. */
export function countIf(condition: Expression<'bool'>): Aggregate<'int64'> {
  return { name: 'countIf', args: [condition], type: int64, nullable: false };
}

/** Rows where the value is not null. */
export function countOf(value: Expression): Aggregate<'int64'> {
  return { name: 'countOf', args: [value], type: int64, nullable: false };
}

/** Different values; of several, those combinations without a null. */
export function countDistinct(
  first: Expression<OrderedKind>,
  ...others: readonly Expression<OrderedKind>[]
): Aggregate<'int64'> {
  return { name: 'countDistinct', args: [first, ...others], type: int64, nullable: false };
}

/** Digits a decimal may have for its sum to be exact over any number of rows. */
const SUMMABLE_PRECISION = 28;

/**
 * The exact sum, null over no value: int64 of integers (the run fails when it overflows), decimal of
 * 38 digits of decimals.
 *
 * @throws JobError `PLAN_INVALID` for a decimal of more than 28 digits.
 */
export function sum<K extends 'int32' | 'int64' | 'decimal'>(
  value: Expression<K>,
): Aggregate<K extends 'decimal' ? 'decimal' : 'int64'> {
  const type: PlanType = value.type;
  if (type.kind === 'decimal') assertSummable('sum', value, type);
  const result = type.kind === 'decimal' ? decimal(38, type.scale) : int64;
  return { name: 'sum', args: [value], type: result, nullable: true } as Aggregate as Aggregate<
    K extends 'decimal' ? 'decimal' : 'int64'
  >;
}

/** The exact sum divided by the number of values, as float64; null over no value. */
export function average(value: Expression<'int32' | 'int64' | 'decimal'>): Aggregate<'float64'> {
  if (value.type.kind === 'decimal') assertSummable('average', value, value.type);
  return { name: 'average', args: [value], type: float64, nullable: true };
}

export function min<K extends OrderedKind>(value: Expression<K>): Aggregate<K> {
  return {
    name: 'min',
    args: [value],
    type: value.type,
    nullable: true,
  } as Aggregate as Aggregate<K>;
}

export function max<K extends OrderedKind>(value: Expression<K>): Aggregate<K> {
  return {
    name: 'max',
    args: [value],
    type: value.type,
    nullable: true,
  } as Aggregate as Aggregate<K>;
}

export function describeAggregate({ name, args }: Aggregate): string {
  return `${name}(${args.map(describeExpression).join(', ')})`;
}

function assertSummable(name: string, value: Expression, type: TypeOf<'decimal'>): void {
  if (type.precision <= SUMMABLE_PRECISION) return;
  throw planInvalid(
    `${name}(${describeExpression(value)}) of ${planTypeName(type)} may not fit 38 digits`,
    `cast it to a decimal of at most ${String(SUMMABLE_PRECISION)} digits`,
  );
}
