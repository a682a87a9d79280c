import { epochDay } from '../../../core/window.ts';
import type { Aggregate } from '../../../plan/aggregate.ts';
import type { Expression } from '../../../plan/expression.ts';
import type { Kind, PlanCell, PlanType, TypeOf } from '../../../plan/types.ts';

/** In the place of an example's result: the run has to end with VALUE_INVALID. */
export const FAILS = Symbol('VALUE_INVALID');
export type Outcome = PlanCell | typeof FAILS;

/** Values of the arguments and, last, what comes out. Small enough to check by hand. */
export type Example = readonly [...PlanCell[], Outcome];

/** An expression over columns of the edge tables, one per argument. */
export interface ExpressionCase {
  readonly args: readonly PlanType[];
  readonly build: (...args: readonly Expression[]) => Expression;
  readonly examples: readonly Example[];
  /** Where the value exists; elsewhere the expression fails, which examples show. */
  readonly where: ((...args: readonly Expression[]) => Expression<'bool'>) | undefined;
}

type ColumnsOf<T extends readonly PlanType[]> = {
  readonly [I in keyof T]: T[I] extends TypeOf<infer K extends Kind> ? Expression<K> : never;
};

/** A case: the types of its columns, the expression over them, examples. */
export function on<const T extends readonly PlanType[]>(
  args: T,
  build: (...columns: ColumnsOf<T>) => Expression,
  examples: readonly Example[] = [],
  where?: (...columns: ColumnsOf<T>) => Expression<'bool'>,
): ExpressionCase {
  // The columns are made of `args`, so they have these kinds.
  return { args, build, examples, where } as unknown as ExpressionCase;
}

/** An aggregate over columns of the edge table. */
export interface AggregateCase {
  readonly args: readonly PlanType[];
  readonly build: (...args: readonly Expression[]) => Aggregate;
  /** Rows of arguments, and the figure over all of them. */
  readonly examples: readonly { readonly rows: readonly PlanCell[][]; readonly is: Outcome }[];
  /** Leaves out the rows that no figure could hold. */
  readonly where: ((...args: readonly Expression[]) => Expression<'bool'>) | undefined;
}

export function over<const T extends readonly PlanType[]>(
  args: T,
  build: (...columns: ColumnsOf<T>) => Aggregate,
  examples: AggregateCase['examples'] = [],
  where?: (...columns: ColumnsOf<T>) => Expression<'bool'>,
): AggregateCase {
  return { args, build, examples, where } as unknown as AggregateCase;
}

/** The value of an argument in an example; the last item is the result and no argument. */
export function cellAt(example: Example, at: number): PlanCell {
  const value = example[at];
  return typeof value === 'symbol' || value === undefined ? null : value;
}

/** `dec('1.50')` is 150n: the unscaled value of a decimal with that many digits. */
export function dec(text: string): bigint {
  return BigInt(text.replace('.', ''));
}

/** Days since 1970-01-01. */
export function day(text: string): number {
  return epochDay(text);
}

/** Microseconds of `2017-01-02T03:04:05.678901`. */
export function micros(text: string): bigint {
  const [seconds = '', fraction = ''] = text.split('.');
  return BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

export function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
