import type { Expression } from '../expression.ts';
import {
  bool,
  date,
  decimal,
  float64,
  int32,
  int64,
  type Kind,
  localTimestamp,
  string,
  timestamp,
  type PlanCell,
  type PlanType,
  type TypeOf,
} from '../types.ts';
import { epochDay } from '../../core/window.ts';

const INT32_MIN = -(2 ** 31);
const INT64_LIMIT = 2n ** 63n;

/** What may stand for a literal where the kind is known from the other operand. */
export type Plain<K extends Kind> = K extends 'bool'
  ? boolean
  : K extends 'int32' | 'float64'
    ? number
    : K extends 'int64'
      ? bigint | number
      : K extends 'string'
        ? string
        : never;

/** An expression, or the plain value of a literal. */
export type Operand<K extends Kind> = Expression<K> | Plain<K>;

export function boolean(value: boolean): Expression<'bool'> {
  return literal(value, bool);
}

export function text(value: string): Expression<'string'> {
  return literal(value, string);
}

/** @throws RangeError beyond 32 bits. */
export function integer(value: number): Expression<'int32'> {
  if (!Number.isInteger(value) || value < INT32_MIN || value >= -INT32_MIN) {
    throw new RangeError(`${String(value)} is not an int32`);
  }
  return literal(value, int32);
}

/** @throws RangeError beyond 64 bits, or for a number that is no safe integer. */
export function bigInteger(value: bigint | number): Expression<'int64'> {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new RangeError(`${String(value)} is not exact: write a bigint`);
  }
  const exact = BigInt(value);
  if (exact < -INT64_LIMIT || exact >= INT64_LIMIT) {
    throw new RangeError(`${String(value)} is not an int64`);
  }
  return literal(exact, int64);
}

export function double(value: number): Expression<'float64'> {
  return literal(value, float64);
}

/**
 * An exact number from its text: `decimalNumber('1.50')` is decimal(3,2).
 *
 * @param type - a wider type than the text's own.
 * @throws RangeError for other text, or digits that the type has no room for.
 */
export function decimalNumber(value: string, type?: TypeOf<'decimal'>): Expression<'decimal'> {
  const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value);
  if (found === null) throw new RangeError(`"${value}" is not a decimal number`);
  const [, sign = '', whole = '', fraction = ''] = found;
  const digits = whole.replace(/^0+(?=\d)/, '') + fraction;
  const own = decimal(Math.max(digits.length, 1), fraction.length);
  const target = type ?? own;
  if (target.scale < own.scale || target.precision - target.scale < own.precision - own.scale) {
    throw new RangeError(
      `"${value}" does not fit decimal(${String(target.precision)},${String(target.scale)})`,
    );
  }
  const unscaled = BigInt(sign + digits) * 10n ** BigInt(target.scale - own.scale);
  return literal(unscaled, target);
}

/** @param value - `YYYY-MM-DD`, years 1 to 9999. */
export function dateOf(value: string): Expression<'date'> {
  return literal(epochDay(value), date);
}

/** An instant. @param value - ISO 8601 in UTC, such as `2017-01-02T03:04:05.678901Z`. */
export function instantOf(value: string): Expression<'timestamp'> {
  return literal(microsOf(value, 'Z'), timestamp);
}

/** @param value - such as `2017-01-02T03:04:05.678901`. */
export function localTimestampOf(value: string): Expression<'localTimestamp'> {
  return literal(microsOf(value, ''), localTimestamp);
}

function microsOf(value: string, zone: '' | 'Z'): bigint {
  const found = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?(Z?)$/.exec(value);
  const millis = found === null ? Number.NaN : Date.parse(`${found[1] ?? ''}Z`);
  if (found === null || Number.isNaN(millis) || found[3] !== zone) {
    throw new RangeError(`"${value}" is not a time such as 2017-01-02T03:04:05${zone}`);
  }
  return BigInt(millis) * 1000n + BigInt((found[2] ?? '').padEnd(6, '0'));
}

/** A null of a type. */
export function nullOf<K extends Kind>(type: TypeOf<K>): Expression<K> {
  return { op: 'literal', value: null, type, nullable: true };
}

/** A literal of any type from its value as {@link PlanCell} describes it. */
export function literal<K extends Kind>(value: PlanCell, type: TypeOf<K>): Expression<K> {
  return { op: 'literal', value, type, nullable: value === null };
}

/** The operand as an expression; a plain value takes the type of its neighbour. */
export function operand<K extends Kind>(value: Operand<K>, neighbour: TypeOf<K>): Expression<K> {
  if (typeof value === 'object') return value;
  return plainLiteral(value, neighbour) as Expression<K>;
}

function plainLiteral(value: boolean | number | bigint | string, type: PlanType): Expression {
  switch (type.kind) {
    case 'int32':
      return integer(Number(value));
    case 'int64':
      return bigInteger(value as bigint | number);
    case 'float64':
      return double(Number(value));
    default:
      return literal(value, type);
  }
}
