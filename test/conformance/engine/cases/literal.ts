import {
  bigInteger,
  boolean,
  dateOf,
  decimalNumber,
  double,
  instantOf,
  integer,
  literal,
  localTimestampOf,
  nullOf,
  operand,
  text,
} from '../../../../plan/expressions/literal.ts';
import {
  binary,
  bool,
  date,
  decimal,
  float64,
  int32,
  int64,
  list,
  localTimestamp,
  type PlanCell,
  type PlanType,
  string,
  struct,
  timestamp,
} from '../../../../plan/types.ts';
import { bytes, day, dec, type ExpressionCase, micros, on } from '../case.ts';
import { edgesOf } from '../edges.ts';
import type { Expression } from '../../../../plan/expression.ts';

const is = (expression: () => Expression, value: PlanCell): ExpressionCase =>
  on([], expression, [[value]]);

const SCALARS: readonly PlanType[] = [
  ...[bool, int32, int64, float64, date, timestamp, localTimestamp, binary],
  ...[decimal(5, 2), decimal(38, 0), decimal(38, 38)],
];

/** Texts that a printer has to escape; a NUL cannot be written in SQL. */
const TEXTS = edgesOf(string).filter((value) => typeof value === 'string' && !value.includes('\0'));

export const literals = {
  boolean: [is(() => boolean(true), true), is(() => boolean(false), false)],
  text: TEXTS.map((value) => is(() => text(String(value)), value)),
  integer: [is(() => integer(-2_147_483_648), -2_147_483_648), is(() => integer(0), 0)],
  bigInteger: [is(() => bigInteger(-(2n ** 63n)), -(2n ** 63n)), is(() => bigInteger(5), 5n)],
  double: [
    is(() => double(-0), -0),
    is(() => double(1e23), 1e23),
    is(() => double(0.1), 0.1),
    is(() => double(5e-324), 5e-324),
    is(() => double(Number.NaN), Number.NaN),
    is(() => double(Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY),
  ],
  decimalNumber: [
    is(() => decimalNumber('0.1'), 1n),
    is(() => decimalNumber('-0.010'), -10n),
    is(() => decimalNumber('1.5', decimal(38, 10)), 15_000_000_000n),
    is(() => decimalNumber('99999999999999999999999999999999999999'), 10n ** 38n - 1n),
    is(() => decimalNumber(`0.${'9'.repeat(37)}`), 10n ** 37n - 1n),
  ],
  dateOf: [
    is(() => dateOf('0001-01-01'), day('0001-01-01')),
    is(() => dateOf('1582-10-10'), day('1582-10-10')),
  ],
  instantOf: [
    is(() => instantOf('1969-12-31T23:59:59.999999Z'), -1n),
    is(() => instantOf('0001-01-01T00:00:00Z'), micros('0001-01-01T00:00:00')),
  ],
  localTimestampOf: [
    is(() => localTimestampOf('9999-12-31T23:59:59.999999'), micros('9999-12-31T23:59:59.999999')),
    is(() => localTimestampOf('2017-03-26T02:30:00.5'), micros('2017-03-26T02:30:00.5')),
  ],
  nullOf: [
    ...SCALARS,
    string,
    list(int32),
    struct([{ name: 'a', type: date, nullable: true }]),
  ].map((type) => is(() => nullOf(type), null)),
  literal: SCALARS.flatMap((type) =>
    edgesOf(type).map((value) => is(() => literal(value, type), value)),
  ),
  operand: [
    is(() => operand(2 ** 53 - 1, int64), 2n ** 53n - 1n),
    is(() => operand(-0, float64), -0),
    is(() => operand('', string), ''),
    is(() => operand(literal(bytes('00ff'), binary), binary), bytes('00ff')),
    is(() => operand(literal(dec('1.50'), decimal(5, 2)), decimal(5, 2)), dec('1.50')),
  ],
};
