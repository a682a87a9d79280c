import type { FunctionName } from '../../../../plan/functions.ts';
import type { PlanCell } from '../../../../plan/types.ts';

/** SQL of a wrong call: `$1` is the first argument's, `$0` the whole call's as it is printed now. */
type FaultySql = string | { readonly duckdb: string; readonly spark: string };

/** What a printer, or the evaluator, would easily have got wrong. */
export interface Fault {
  readonly sql: FaultySql;
  readonly row: (...args: PlanCell[]) => PlanCell;
}

export type Faults<F extends FunctionName> = Readonly<Record<F, Fault>>;

export function faultySql(
  { sql }: Fault,
  dialect: 'duckdb' | 'spark',
  printed: string,
  args: readonly string[],
): string {
  const text = typeof sql === 'string' ? sql : sql[dialect];
  return `(${text.replaceAll(/\$(\d)/g, (_, digit: string) => [printed, ...args][Number(digit)] ?? '')})`;
}

/* What JavaScript makes of values when nobody takes care. */

export function numberOf(value: PlanCell | undefined): number {
  return Number(value ?? 0);
}

export function textOf(value: PlanCell | undefined): string {
  return typeof value === 'string' ? value : '';
}

export function bigOf(value: PlanCell | undefined): bigint {
  return typeof value === 'bigint' ? value : 0n;
}

/** The UTC date of a number of days. */
export function dateOf(days: PlanCell | undefined): Date {
  return new Date(numberOf(days) * 86_400_000);
}

export function daysOf(date: Date): number {
  return Math.floor(date.getTime() / 86_400_000);
}
