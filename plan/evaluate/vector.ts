import { describeExpression, type Call } from '../expression.ts';
import type { PlanCell, PlanType } from '../types.ts';
import { valueText } from './value-text.ts';

/*
 * Expressions are evaluated a batch at a time: each node gives a column of values, made in one loop.
 * That keeps the loops small enough for the compiler, and a branch that is not taken is not evaluated,
 * since only the selected rows of a batch are looked at.
 */

/** Values of one column by row; only those of selected rows mean anything. */
export type Column = readonly PlanCell[];

export interface Batch {
  readonly columns: readonly Column[];
  /** Length of the columns. */
  readonly size: number;
  /** Rows that count, ascending. */
  readonly selection: readonly number[];
}

export type Vector = (batch: Batch) => Column;

/** A value without a result; the loop around the kernel adds expression, values and row. */
export class NoResult extends Error {}

/** A row of a batch for which an expression has no result. */
export class RowFailure extends Error {
  readonly row: number;

  constructor(row: number, message: string) {
    super(message);
    this.row = row;
  }
}

/**
 * Lifts a function of one value; null gives null. The builders have checked the kinds, so a kernel may
 * name the type that it gets.
 */
export function unary(call: Call, [a]: readonly Vector[], kernel: (a: never) => PlanCell): Vector {
  const left = given(a);
  return (batch) => {
    const { selection } = batch;
    const values = left(batch);
    const out = new Array<PlanCell>(batch.size);
    let row = 0;
    try {
      for (row of selection) {
        const value = values[row] ?? null;
        out[row] = value === null ? null : kernel(value as never);
      }
    } catch (error) {
      throw failureOf(error, call, row, [values]);
    }
    return out;
  };
}

/** Lifts a function of two values; a null on either side gives null. */
export function binary(
  call: Call,
  [a, b]: readonly Vector[],
  kernel: (a: never, b: never) => PlanCell,
): Vector {
  const [first, second] = [given(a), given(b)];
  return (batch) => {
    const { selection } = batch;
    const left = first(batch);
    const right = second(batch);
    const out = new Array<PlanCell>(batch.size);
    let row = 0;
    try {
      for (row of selection) {
        const x = left[row] ?? null;
        const y = right[row] ?? null;
        out[row] = x === null || y === null ? null : kernel(x as never, y as never);
      }
    } catch (error) {
      throw failureOf(error, call, row, [left, right]);
    }
    return out;
  };
}

/** Lifts a function that sees nulls, of any number of values. */
export function variadic(
  args: readonly Vector[],
  kernel: (values: readonly PlanCell[]) => PlanCell,
): Vector {
  return (batch) => {
    const inputs = args.map((arg) => arg(batch));
    const out = new Array<PlanCell>(batch.size);
    for (const row of batch.selection) {
      out[row] = kernel(inputs.map((input) => input[row] ?? null));
    }
    return out;
  };
}

export function constant(value: PlanCell): Vector {
  let last: PlanCell[] = [];
  return ({ size }) => {
    if (last.length !== size) last = new Array<PlanCell>(size).fill(value);
    return last;
  };
}

export function given<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('a call lacks an argument');
  return value;
}

function failureOf(error: unknown, call: Call, row: number, columns: readonly Column[]): unknown {
  if (!(error instanceof NoResult)) return error;
  const values = columns.map((column, index) =>
    shown(column[row] ?? null, given(call.args[index]).type),
  );
  return new RowFailure(
    row,
    `${cut(describeExpression(call))} of ${values.join(' and ')}: ${error.message}`,
  );
}

/** Longest text of a value in a message. */
const MAX_SHOWN = 200;

/** A value as messages show it. */
export function shown(value: PlanCell, type: PlanType): string {
  return value === null ? 'null' : cut(valueText(value, type));
}

function cut(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
}
