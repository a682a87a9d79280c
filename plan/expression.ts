import { dateOfEpochDay } from '../core/window.ts';
import type { FunctionName, FunctionParameters } from './functions.ts';
import { type Kind, type PlanCell, planTypeName, type PlanType, type TypeOf } from './types.ts';

/*
 * An expression is data: a column of the relation it stands in, a literal, or a call of one of the
 * functions of functions.ts. The compiler knows its kind; its full type and whether it can be null
 * are known as soon as it is built. It is made by the functions in expressions/, never by hand.
 */

interface Typed {
  readonly type: PlanType;
  readonly nullable: boolean;
}

export interface ColumnReference extends Typed {
  readonly op: 'column';
  readonly name: string;
}

export interface Literal extends Typed {
  readonly op: 'literal';
  readonly value: PlanCell;
}

/**
 * A call of any function. Not a union of one type per function: with it, the compiler took half a
 * minute to compare expressions.
 */
export type Call = CallOf<FunctionName>;

/** A call with its arguments and the constants that belong to its function. */
export interface CallOf<F extends FunctionName> extends Typed {
  readonly op: 'call';
  readonly name: F;
  readonly args: readonly Expression[];
  readonly parameters: FunctionParameters[F];
}

type Node = ColumnReference | Literal | Call;

export type Expression<K extends Kind = Kind> = Node & { readonly type: TypeOf<K> };

export type KindOf<E extends Expression> = E['type']['kind'];

/** Puts a call together; the functions of expressions/ have checked its arguments. */
export function call<K extends Kind, F extends FunctionName>(
  name: F,
  type: TypeOf<K>,
  nullable: boolean,
  args: readonly Expression[],
  parameters: FunctionParameters[F],
): Expression<K> {
  return { op: 'call', name, type, nullable, args, parameters };
}

/** An expression as people read it in `explain` and in messages: `plus(week, 1)`. */
export function describeExpression(expression: Expression): string {
  switch (expression.op) {
    case 'column':
      return expression.name;
    case 'literal':
      return describeLiteral(expression.value, expression.type);
    case 'call': {
      const given = Object.entries(expression.parameters).map(
        ([name, value]) => `${name}: ${describeParameter(value)}`,
      );
      return `${expression.name}(${[...expression.args.map(describeExpression), ...given].join(', ')})`;
    }
  }
}

function describeParameter(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'kind' in value) {
    return planTypeName(value as PlanType);
  }
  return JSON.stringify(value);
}

function describeLiteral(value: PlanCell, type: PlanType): string {
  if (value === null) return `null ${planTypeName(type)}`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  if (type.kind === 'decimal') return decimalText(value as bigint, type.scale);
  if (type.kind === 'date') return dateOfEpochDay(Number(value));
  return String(value);
}

/** `decimalText(150n, 2)` is `1.50`. */
export function decimalText(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
