import { type Aggregate, describeAggregate } from '../aggregate.ts';
import { decimalText } from '../expression.ts';
import { type Field, MAX_PRECISION, type PlanCell, type PlanValue } from '../types.ts';
import { compileVector } from './compile.ts';
import { fitsPrecision } from './decimal.ts';
import { type Key, keyOf } from './keys.ts';
import { comparatorOf } from './order.ts';
import { type Column, given, NoResult, type Vector } from './vector.ts';

/** A figure over groups of rows, which come in batches. */
export interface Accumulator {
  /**
   * @param columns - values of the aggregate's arguments.
   * @param selection - rows that count.
   * @param groups - the group of each of them; groups count from 0.
   */
  add(columns: readonly Column[], selection: readonly number[], groups: readonly number[]): void;
  /** @throws NoResult for a sum that its type has no room for. */
  result(group: number): PlanCell;
}

export interface CompiledAggregate {
  readonly args: readonly Vector[];
  /** @param hold - gets the bytes that the figure keeps beyond a few for each group. */
  start(hold: (bytes: number) => void): Accumulator;
}

export function compileAggregate(
  aggregate: Aggregate,
  fields: readonly Field[],
): CompiledAggregate {
  return {
    args: aggregate.args.map((each) => compileVector(each, fields)),
    start: (hold) => accumulatorOf(aggregate, hold),
  };
}

function accumulatorOf(aggregate: Aggregate, hold: (bytes: number) => void): Accumulator {
  switch (aggregate.name) {
    case 'count':
      return counting(() => true);
    case 'countIf':
      return counting((cell) => cell === true);
    case 'countOf':
      return counting((cell) => cell !== null);
    case 'countDistinct':
      return countingDistinct(aggregate.args.length, hold);
    case 'sum':
    case 'average':
      return summing(aggregate);
    case 'min':
      return extreme(aggregate, -1);
    case 'max':
      return extreme(aggregate, 1);
  }
}

function counting(counts: (cell: PlanCell) => boolean): Accumulator {
  const found: number[] = [];
  return {
    add([column], selection, groups) {
      for (const [at, row] of selection.entries()) {
        const group = groups[at] ?? 0;
        if (counts(column?.[row] ?? null)) found[group] = (found[group] ?? 0) + 1;
      }
    },
    result: (group) => BigInt(found[group] ?? 0),
  };
}

/** Of a value in a set and the set's share of it. */
const DISTINCT_BYTES = 60;

function countingDistinct(width: number, hold: (bytes: number) => void): Accumulator {
  const found: (Set<Key> | undefined)[] = [];
  const all = Array.from({ length: width }, (_, at) => at);
  return {
    add(columns, selection, groups) {
      for (const [at, row] of selection.entries()) {
        if (columns.some((column) => (column[row] ?? null) === null)) continue;
        const group = groups[at] ?? 0;
        const values = (found[group] ??= new Set<Key>());
        const before = values.size;
        const key = keyOf(columns, all, row);
        values.add(key);
        if (values.size > before) hold(DISTINCT_BYTES + (typeof key === 'string' ? key.length : 0));
      }
    },
    result: (group) => BigInt(found[group]?.size ?? 0),
  };
}

function summing(aggregate: Aggregate): Accumulator {
  const { type } = given(aggregate.args[0]);
  const sums: bigint[] = [];
  const counts: number[] = [];
  return {
    add([column], selection, groups) {
      for (const [at, row] of selection.entries()) {
        const value = column?.[row] ?? null;
        if (value === null) continue;
        const group = groups[at] ?? 0;
        sums[group] = (sums[group] ?? 0n) + BigInt(value as number | bigint);
        counts[group] = (counts[group] ?? 0) + 1;
      }
    },
    result(group) {
      const sum = sums[group];
      if (sum === undefined) return null;
      const isDecimal = type.kind === 'decimal';
      if (aggregate.name === 'average') {
        const total = isDecimal ? Number(decimalText(sum, type.scale)) : Number(sum);
        return total / (counts[group] ?? 0);
      }
      const fits = isDecimal ? fitsPrecision(sum, MAX_PRECISION) : BigInt.asIntN(64, sum) === sum;
      if (fits) return sum;
      const text = isDecimal ? decimalText(sum, type.scale) : String(sum);
      throw new NoResult(
        `${describeAggregate(aggregate)}: ${text} is beyond ${aggregate.type.kind}`,
      );
    },
  };
}

/** @param sign - 1 for the greatest, -1 for the least. */
function extreme(aggregate: Aggregate, sign: number): Accumulator {
  const compare = comparatorOf(aggregate.type);
  const best: PlanValue[] = [];
  return {
    add([column], selection, groups) {
      for (const [at, row] of selection.entries()) {
        const value = column?.[row] ?? null;
        if (value === null) continue;
        const group = groups[at] ?? 0;
        const other = best[group];
        if (other === undefined || compare(value, other) * sign > 0) best[group] = value;
      }
    },
    result: (group) => best[group] ?? null,
  };
}
