import { less } from '../../../../plan/expressions/comparison.ts';
import {
  coalesce,
  greatest,
  least,
  nullIf,
  when,
} from '../../../../plan/expressions/conditional.ts';
import { quotient } from '../../../../plan/expressions/arithmetic.ts';
import { equal, isNull } from '../../../../plan/expressions/comparison.ts';
import { boolean, integer, nullOf, text } from '../../../../plan/expressions/literal.ts';
import { and, not, or } from '../../../../plan/expressions/logic.ts';
import {
  bool,
  date,
  decimal,
  float64,
  int32,
  int64,
  list,
  localTimestamp,
  string,
  timestamp,
} from '../../../../plan/types.ts';
import { day, dec, on } from '../case.ts';

export const logic = {
  and: [
    on([bool, bool], (a, b) => and(a, b), [
      [true, true, true],
      [false, null, false],
      [null, false, false],
      [true, null, null],
      [null, null, null],
    ]),
    on([bool, bool, bool], (a, b, c) => and(a, b, c), [
      [true, null, false, false],
      [true, true, true, true],
    ]),
    on([bool, bool, bool], (a, b, c) => and(a, or(b, c)), [[true, false, true, true]]),
  ],
  or: [
    on([bool, bool], (a, b) => or(a, b), [
      [false, false, false],
      [true, null, true],
      [null, true, true],
      [false, null, null],
    ]),
    on([bool, bool, bool], (a, b, c) => or(and(a, b), c), [[false, true, true, true]]),
  ],
  not: [
    on([bool], (a) => not(a), [
      [true, false],
      [false, true],
      [null, null],
    ]),
    on([int32, int32], (a, b) => not(less(a, b)), [[1, 1, true]]),
  ],
};

export const conditional = {
  when: [
    on([bool, int32], (a, b) => when(a, b).otherwise(-1), [
      [true, 5, 5],
      [false, 5, -1],
      [null, 5, -1],
      [true, null, null],
    ]),
    on([int32], (a) => when(less(a, 0), text('below')).when(equal(a, 0), 'zero').orNull(), [
      [-1, 'below'],
      [0, 'zero'],
      [1, null],
      [null, null],
    ]),
    // A branch is computed only where its condition is true.
    on(
      [int64, int64],
      (a, b) =>
        when(isNull(b), nullOf(int64))
          .when(equal(b, 0), -1)
          .otherwise(quotient(a, 2, { onZero: 'fail' })),
      [
        [8n, 0n, -1n],
        [8n, 1n, 4n],
      ],
    ),
    on(
      [int32, int32],
      (a, b) =>
        when(equal(b, 0), quotient(integer(0), 1, { onZero: 'fail' })).otherwise(
          quotient(a, b, { onZero: 'fail' }),
        ),
      [
        [7, 0, 0n],
        [7, 2, 3n],
      ],
    ),
    on([bool, decimal(5, 2), decimal(5, 2)], (a, b, c) => when(a, b).otherwise(c), [
      [false, dec('1.00'), dec('-2.50'), dec('-2.50')],
    ]),
    on([bool, list(string), list(string)], (a, b, c) => when(a, b).otherwise(c), [
      [true, ['a', null], [], ['a', null]],
    ]),
    on([bool, date], (a, b) => when(not(a), b).orNull(), [
      [false, day('0001-01-01'), day('0001-01-01')],
    ]),
  ],
  coalesce: [
    on([int32, int32, int32], (a, b, c) => coalesce(a, b, c), [
      [null, null, 3, 3],
      [null, 2, 3, 2],
      [null, null, null, null],
    ]),
    on([string], (a) => coalesce(a, ''), [
      [null, ''],
      ['a', 'a'],
    ]),
    on([float64], (a) => coalesce(a, Number.NaN), [
      [null, Number.NaN],
      [-0, -0],
    ]),
    on([bool], (a) => coalesce(a, false), [[null, false]]),
    on([timestamp, timestamp], (a, b) => coalesce(a, b), [[null, -1n, -1n]]),
  ],
  nullIf: [
    on([int32], (a) => nullIf(a, 0), [
      [0, null],
      [1, 1],
      [null, null],
    ]),
    on([int32, int32], (a, b) => nullIf(a, b), [
      [7, null, 7],
      [7, 7, null],
    ]),
    on([string], (a) => nullIf(a, ''), [
      ['', null],
      [' ', ' '],
    ]),
    on([float64, float64], (a, b) => nullIf(a, b), [
      [Number.NaN, Number.NaN, null],
      [-0, 0, null],
    ]),
    on([decimal(5, 2), decimal(5, 2)], (a, b) => nullIf(a, b), [[dec('0.10'), dec('0.10'), null]]),
    on([bool], (a) => nullIf(a, boolean(true)), [
      [true, null],
      [false, false],
    ]),
  ],
  greatest: [
    on([int32, int32, int32], (a, b, c) => greatest(a, b, c), [
      [1, null, 3, 3],
      [null, null, null, null],
      [-1, -2, null, -1],
    ]),
    on([int64, int64], (a, b) => greatest(a, b), [[2n ** 53n, 2n ** 53n + 1n, 2n ** 53n + 1n]]),
    on([string, string], (a, b) => greatest(a, b), [
      ['😀', '～', '😀'],
      ['Z', 'a', 'a'],
    ]),
    on([float64, float64], (a, b) => greatest(a, b), [
      [Number.NaN, 1, Number.NaN],
      [null, 1, 1],
    ]),
    on([bool, bool], (a, b) => greatest(a, b), [[true, false, true]]),
    on([date, date], (a, b) => greatest(a, b), [[0, -1, 0]]),
    on([decimal(38, 38), decimal(38, 38)], (a, b) => greatest(a, b), [[1n, 2n, 2n]]),
  ],
  least: [
    on([int32, int32], (a, b) => least(a, b), [
      [1, null, 1],
      [-1, -2, -2],
    ]),
    on([string, string], (a, b) => least(a, b), [
      ['😀', '～', '～'],
      ['a', 'a ', 'a'],
    ]),
    on([float64, float64], (a, b) => least(a, b), [
      [Number.NaN, 1, 1],
      [Number.NaN, null, Number.NaN],
    ]),
    on([localTimestamp, localTimestamp], (a, b) => least(a, b), [[-1n, 0n, -1n]]),
    on([decimal(5, 2), decimal(5, 2)], (a, b) => least(a, b), [[dec('-0.01'), 0n, dec('-0.01')]]),
  ],
};
