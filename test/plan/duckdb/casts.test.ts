import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Expression } from '../../../plan/expression.ts';
import { cast } from '../../../plan/expressions/cast.ts';
import { notEqual } from '../../../plan/expressions/comparison.ts';
import { decimalNumber } from '../../../plan/expressions/literal.ts';
import type { PlanSession } from '../../../plan/session.ts';
import {
  decimal,
  float64,
  int32,
  int64,
  type PlanCell,
  type PlanType,
  string,
} from '../../../plan/types.ts';
import { expectCasts, expectNone } from './cast-results.ts';
import { openPlans, valuesOf } from './evaluate.ts';

const MIN64 = -(2n ** 63n);
const MAX64 = 2n ** 63n - 1n;
const NINES = 10n ** 38n - 1n;

let session: PlanSession;
beforeAll(async () => {
  session = await openPlans();
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
});

describe('casts to integers in DuckDB', () => {
  it('drop the fraction of a double', async () => {
    await expectCasts(session, float64, int32, [
      [2147483647.5, 2147483647],
      [-2147483648.5, -2147483648],
      [2.5, 2],
      [-2.5, -2],
      [0.9999999999999999, 0],
      [-0, 0],
    ]);
    await expectCasts(session, float64, int64, [
      [9007199254740993, 9007199254740992n],
      [9223372036854774784, 9223372036854774784n],
      [-9223372036854774784, -9223372036854774784n],
      [1.5, 1n],
      [-1.5, -1n],
    ]);
  });

  it('have none for a double that is too large or no number', async () => {
    await expectNone(session, float64, int32, [2147483648, -2147483649, NaN, Infinity, -Infinity]);
    await expectNone(session, float64, int64, [9223372036854775808, -1e19, NaN, Infinity, 1e300]);
  });

  it('drop the fraction of a decimal', async () => {
    await expectCasts(session, decimal(5, 2), int32, [
      [150n, 1],
      [-150n, -1],
      [99999n, 999],
      [-99n, 0],
    ]);
    await expectCasts(session, decimal(38, 18), int64, [
      [MAX64 * 10n ** 18n + 999999999999999999n, MAX64],
      [MIN64 * 10n ** 18n - 999999999999999999n, MIN64],
    ]);
    await expectNone(session, decimal(38, 18), int64, [(MAX64 + 1n) * 10n ** 18n]);
    await expectNone(session, decimal(12, 2), int32, [214748364800n, -214748364900n]);
  });

  it('narrow where the value fits', async () => {
    await expectCasts(session, int64, int32, [
      [2147483647n, 2147483647],
      [-2147483648n, -2147483648],
    ]);
    await expectNone(session, int64, int32, [2147483648n, MIN64]);
    await expectCasts(session, int32, int64, [[-2147483648, -2147483648n]]);
  });

  it('read a text of digits and nothing else', async () => {
    await expectCasts(session, string, int32, [
      ['5', 5],
      ['+5', 5],
      ['-2147483648', -2147483648],
      ['0000000000000000000000000000000000000000000000007', 7],
    ]);
    await expectCasts(session, string, int64, [['9223372036854775807', MAX64]]);
    await expectNone(session, string, int32, ['2147483648', '1'.padEnd(400, '0')]);
    await expectNone(session, string, int64, [
      ...['', ' ', ' 5', '5 ', '1e3', '1.5', '1.', '1_000', '0x10', '0b1', 'abc', '+', '-', '--1'],
      ...['12abc', '٣', '5\n', '9223372036854775808', 'true', '1,000', '\0'],
    ]);
  });
});

describe('casts to decimals in DuckDB', () => {
  it('read a text without exponent, half away from zero', async () => {
    await expectCasts(session, string, decimal(5, 2), [
      ['1.5', 150n],
      ['-.5', -50n],
      ['5.', 500n],
      ['+0.005', 1n],
      ['-0.005', -1n],
      ['0.00499999999999999999999999999999999999999999999999', 0n],
      ['999.994', 99999n],
      ['00000000000000000000000000000000000000000000.10', 10n],
    ]);
    await expectCasts(session, string, decimal(38, 0), [['9'.repeat(38), NINES]]);
    await expectCasts(session, string, decimal(38, 38), [[`0.${'9'.repeat(38)}`, NINES]]);
    await expectNone(session, string, decimal(10, 2), [
      ...['5e-66', '5e-4', '1e2', '1_000.5', '.', '', '+', '1.2.3', ' 1', '1 ', 'NaN', 'inf', '-'],
      ...['99999999.995', '100000000', '1,5', '0x1'],
    ]);
  });

  it('go by the shortest text of a double', async () => {
    await expectCasts(session, float64, decimal(10, 2), [
      [1.005, 101n],
      [-1.005, -101n],
      [0.005, 1n],
      [0.0049999999999999, 0n],
      [5e-66, 0n],
      [5e-324, 0n],
      [-0, 0n],
      [12345678.125, 1234567813n],
    ]);
    await expectCasts(session, float64, decimal(38, 10), [
      [5e-5, 500000n],
      [1.2345678e-5, 123457n],
      [-1.5e-10, -2n],
      [4.9e-11, 0n],
      [5e-11, 1n],
      [1e20, 10n ** 30n],
      [123456789012345680000, 123456789012345680000n * 10n ** 10n],
    ]);
    await expectCasts(session, float64, decimal(38, 38), [
      [1e-38, 1n],
      [0.1, 10n ** 37n],
      [-1.7976931348623157e-30, -179769313n],
      [-2e-5, -2n * 10n ** 33n],
    ]);
    await expectCasts(session, float64, decimal(5, 5), [
      [1e-5, 1n],
      [-9.99994e-5, -10n],
      [0.99999, 99999n],
    ]);
    await expectCasts(session, float64, decimal(38, 0), [
      [1e37, 10n ** 37n],
      [0.5, 1n],
      [-0.5, -1n],
      [0.49999999999999994, 0n],
      [2.5, 3n],
    ]);
    await expectNone(session, float64, decimal(10, 2), [1e8, NaN, Infinity, -Infinity, 1e300]);
    await expectNone(session, float64, decimal(38, 0), [1e38, 1.7976931348623157e308]);
  });

  it('agree with an independent reading of the shortest text, for many doubles', async () => {
    const inputs = Array.from({ length: 200 }, (_, index) => {
      const digits = Math.floor(((index * 7919) % 100_003) * 1_000_003.7);
      return (index % 2 === 0 ? 1 : -1) * digits * 10 ** -((index % 23) + 5);
    });
    for (const scale of [0, 2, 5, 10, 20]) {
      const type = decimal(38, scale);
      const values = await valuesOf(session, float64, inputs, (x) => cast(x, type));
      expect(values).toEqual(inputs.map((x) => roundedText(x, scale)));
    }
  });

  it('rescale half away from zero', async () => {
    await expectCasts(session, decimal(10, 3), decimal(5, 2), [
      [1005n, 101n],
      [-1005n, -101n],
      [1004n, 100n],
      [999994n, 99999n],
    ]);
    await expectNone(session, decimal(10, 3), decimal(5, 2), [999995n, 1000000n]);
    await expectNone(session, decimal(38, 0), decimal(38, 38), [1n, -1n]);
    await expectCasts(session, decimal(38, 0), decimal(38, 38), [[0n, 0n]]);
    await expectCasts(session, int64, decimal(19, 0), [[MIN64, MIN64]]);
    await expectNone(session, int32, decimal(3, 2), [10, -10]);
  });
});

describe('casts to float64 in DuckDB', () => {
  it('read numbers, NaN and the infinities', async () => {
    await expectCasts(session, string, float64, [
      ['1.5', 1.5],
      ['-.5e1', -5],
      ['5.e+2', 500],
      ['1e400', Infinity],
      ['1e-400', 0],
      ['NaN', NaN],
      ['Infinity', Infinity],
      ['-Infinity', -Infinity],
      ['-0', -0],
      ['0.1', 0.1],
      ['179769313486231570000000000000000000000', 1.7976931348623157e38],
      ['2.2250738585072011e-308', 2.225073858507201e-308],
    ]);
    await expectNone(session, string, float64, [
      ...[
        'nan',
        'inf',
        '+Infinity',
        'infinity',
        '1d',
        '1f',
        '0x1p3',
        '1_0',
        ' 1',
        '1 ',
        'e5',
        '-nan',
      ],
      ...['', '.', '1e', '1e5.5'],
    ]);
  });

  it('take the nearest double of an exact number', async () => {
    await expectCasts(session, int64, float64, [
      [9007199254740993n, 9007199254740992],
      [MAX64, 9223372036854775807],
    ]);
    await expectCasts(session, decimal(38, 20), float64, [
      [12345678901234567890123456789n, Number('123456789.01234567890123456789')],
      [-NINES, Number('-999999999999999999.99999999999999999999')],
      // DuckDB's own cast is one double too low.
      [48924774714115011258978725616089174076n, 489247747141150112.58978725616089174076],
    ]);
    await expectCasts(session, decimal(15, 3), float64, [[123456789012345n, 123456789012.345]]);
  });
});

describe('a cast without a result in DuckDB', () => {
  const one = { int32: 1, decimal: decimalNumber('1.00') } as const;
  const toInt = (x: Expression, onError: 'null' | 'fail') =>
    notEqual(cast(x, int32, { onError }), one.int32);
  const toDecimal = (x: Expression, onError: 'null' | 'fail') =>
    notEqual(cast(x, decimal(5, 2), { onError }), one.decimal);

  it.each<[string, PlanType, PlanCell, typeof toInt]>([
    ['int64', int64, 2n ** 40n, toInt],
    ['decimal', decimal(20, 2), 10n ** 15n, toInt],
    ['float64', float64, 1e12, toInt],
    ['text', string, '99999999999', toInt],
    ['int32', int32, 100_000, toDecimal],
    ['decimal', decimal(20, 2), 10n ** 15n, toDecimal],
    ['float64', float64, 1e6, toDecimal],
    ['text', string, '100000', toDecimal],
  ])('is none to a comparison either: %s', async (_, type, input, compare) => {
    const orNull = await valuesOf(session, type, [input], (x) => compare(x, 'null'));
    expect(orNull).toEqual([null]);
    await expect(valuesOf(session, type, [input], (x) => compare(x, 'fail'))).rejects.toMatchObject(
      { code: 'VALUE_INVALID' },
    );
  });
});

/** The decimal of a double's shortest text, rounded half away from zero, by text alone. */
function roundedText(value: number, scale: number): bigint {
  const [mantissa = '', exponent = '0'] = String(Math.abs(value)).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = BigInt(whole + fraction);
  const shift = Number(exponent) - fraction.length + scale;
  const unscaled =
    shift >= 0
      ? digits * 10n ** BigInt(shift)
      : (digits * 2n + 10n ** BigInt(-shift)) / (2n * 10n ** BigInt(-shift));
  return value < 0 ? -unscaled : unscaled;
}
