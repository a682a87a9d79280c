import {
  abs,
  divide,
  minus,
  negate,
  plus,
  quotient,
  remainder,
  times,
} from '../../../plan/expressions/arithmetic.ts';
import { cast } from '../../../plan/expressions/cast.ts';
import { addDays, addMonths } from '../../../plan/expressions/date.ts';
import { addSeconds, fromEpochMicros } from '../../../plan/expressions/time.ts';
import {
  bool,
  date,
  decimal,
  float64,
  int32,
  int64,
  type Kind,
  localTimestamp,
  type PlanCell,
  string,
  timestamp,
  type TypeOf,
} from '../../../plan/types.ts';
import { binary, type Case, unary } from './cases.ts';

export interface FailingCase extends Case {
  /** Of the code and the message. */
  readonly message: RegExp;
}

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
const FAIL_ON_ZERO = { onZero: 'fail' } as const;

function failing(message: RegExp, cases: readonly Case[]): readonly FailingCase[] {
  return cases.map((each) => ({ ...each, message }));
}

/** A cast that says which value of which column it cannot convert. */
function failingCast(from: TypeOf<Kind>, to: TypeOf<Kind>, value: PlanCell, shown: string) {
  const message = new RegExp(
    `^VALUE_INVALID cast\\(v\\d+_0, to: .*, onError: "fail"\\) of ${shown}: it is no `,
  );
  return failing(
    message,
    unary(from, (a) => cast(a, to), [[value, null]]),
  );
}

export const failingCases: readonly FailingCase[] = [
  ...failing(/^VALUE_INVALID .*overflow/i, [
    ...binary([int32, int32], plus, [[2147483647, 1, null]]),
    ...binary([int64, int64], plus, [[INT64_MAX, 1n, null]]),
    ...binary([int64, int64], minus, [[INT64_MIN, 1n, null]]),
    ...binary([int32, int32], times, [[65536, 32768, null]]),
    ...binary([int64, int64], times, [[INT64_MIN, -1n, null]]),
    ...unary(int32, negate, [[-2147483648, null]]),
    ...unary(int64, abs, [[INT64_MIN, null]]),
    ...binary([int64, int64], (a, b) => quotient(a, b, FAIL_ON_ZERO), [[INT64_MIN, -1n, null]]),
    ...unary(int64, (a) => cast(a, int32), [[2147483648n, null]]),
    ...unary(decimal(20, 1), (a) => cast(a, int32), [[21474836480n, null]]),
  ]),
  ...failing(/^VALUE_INVALID .*(out of range|cannot be represented)/i, [
    ...unary(decimal(5, 2), (a) => cast(a, decimal(4, 2)), [[10000n, null]]),
    ...unary(int32, (a) => cast(a, decimal(4, 2)), [[100, null]]),
  ]),
  ...failing(/^VALUE_INVALID divide\(.*\) of 1(\.00?)? and (0|0\.0|0\.00): division by zero$/, [
    ...binary([int32, int32], (a, b) => divide(a, b, FAIL_ON_ZERO), [[1, 0, null]]),
    ...binary([float64, float64], (a, b) => divide(a, b, FAIL_ON_ZERO), [[1, 0, null]]),
    ...binary([decimal(5, 2), decimal(5, 2)], (a, b) => divide(a, b, FAIL_ON_ZERO), [
      [100n, 0n, null],
    ]),
  ]),
  ...failing(/^VALUE_INVALID (quotient|remainder)\(.*\) of 7 and 0: division by zero$/, [
    ...binary([int64, int64], (a, b) => quotient(a, b, FAIL_ON_ZERO), [[7n, 0n, null]]),
    ...binary([int32, int32], (a, b) => remainder(a, b, FAIL_ON_ZERO), [[7, 0, null]]),
  ]),
  ...failingCast(string, int32, "it's", "it's"),
  ...failingCast(string, int64, '9223372036854775808', '9223372036854775808'),
  ...failingCast(string, decimal(5, 2), '1000', '1000'),
  ...failingCast(string, float64, '', ''),
  ...failingCast(string, bool, 'yes', 'yes'),
  ...failingCast(string, date, '2017-02-29', '2017-02-29'),
  ...failingCast(string, timestamp, '2017-01-01 00:00:00', '2017-01-01 00:00:00'),
  ...failingCast(string, localTimestamp, '2017-01-01', '2017-01-01'),
  ...failingCast(float64, int32, NaN, 'NaN'),
  ...failingCast(float64, int64, 9223372036854775808, '9.223372036854776E18'),
  ...failingCast(float64, decimal(5, 2), Infinity, 'Infinity'),
  ...failingCast(float64, decimal(38, 2), 1e300, '1.0E300'),
  ...failing(/^VALUE_INVALID .*: outside the years 1 to 9999$/, [
    ...binary([date, int32], addDays, [
      [2932896, 1, null],
      [-719162, -1, null],
      [0, 2147483647, null],
    ]),
    ...binary([date, int32], addMonths, [
      [2932896, 1, null],
      [-719162, -1, null],
      [0, 2147483647, null],
    ]),
    ...binary([timestamp, int64], addSeconds, [
      [253402300799999999n, 1n, null],
      [0n, INT64_MAX, null],
    ]),
    ...binary([localTimestamp, int64], addSeconds, [[-62135596800000000n, -1n, null]]),
    ...unary(int64, fromEpochMicros, [
      [253402300800000000n, null],
      [INT64_MIN, null],
    ]),
  ]),
];
