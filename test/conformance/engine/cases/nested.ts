import {
  element,
  field,
  listLength,
  listOf,
  presentOf,
  structOf,
} from '../../../../plan/expressions/nested.ts';
import { split } from '../../../../plan/expressions/text.ts';
import {
  binary,
  date,
  decimal,
  float64,
  int32,
  int64,
  list,
  string,
  struct,
  timestamp,
} from '../../../../plan/types.ts';
import { day, dec, micros, on } from '../case.ts';

/** The struct column of the edge table. */
const PERSON = struct([
  { name: 'name', type: string, nullable: true },
  { name: 'age', type: int32, nullable: true },
  { name: 'born', type: date, nullable: true },
  { name: 'balance', type: decimal(18, 4), nullable: true },
]);

export const nested = {
  listOf: [
    on([int32, int32], (a, b) => listOf(a, b), [
      [1, null, [1, null]],
      [null, null, [null, null]],
    ]),
    on([string, string], (a, b) => listOf(a, b, a), [['', 'b', ['', 'b', '']]]),
    on([int64], (a) => listOf(a), [[2n ** 63n - 1n, [2n ** 63n - 1n]]]),
    on([float64], (a) => listOf(a), [
      [Number.NaN, [Number.NaN]],
      [-0, [-0]],
    ]),
    on([decimal(38, 10)], (a) => listOf(a), [[10n ** 38n - 1n, [10n ** 38n - 1n]]]),
    on([date], (a) => listOf(a), [[day('0001-01-01'), [day('0001-01-01')]]]),
    on([timestamp], (a) => listOf(a), [[-1n, [-1n]]]),
    on([binary], (a) => listOf(a), [[Uint8Array.of(0, 255), [Uint8Array.of(0, 255)]]]),
    on([string], (a) => listOf(listOf(a), listOf(a, a)), [['x', [['x'], ['x', 'x']]]]),
  ],
  presentOf: [
    on([string, string, string], (a, b, c) => presentOf(a, b, c), [
      ['a', null, 'c', ['a', 'c']],
      [null, null, null, []],
      [null, '', null, ['']],
    ]),
    on([int32, int32], (a, b) => presentOf(a, b), [[2, 1, [2, 1]]]),
  ],
  listLength: [
    on([list(string)], (a) => listLength(a), [
      [[], 0],
      [[null, 'a'], 2],
      [null, null],
    ]),
    on([list(int64)], (a) => listLength(a), [[[1n, 2n, 3n], 3]]),
    on([string], (a) => listLength(split(a, ',')), [
      ['a,b,,c', 4],
      ['', 1],
      [null, null],
    ]),
  ],
  element: [
    on([list(string)], (a) => element(a, 1, string), [
      [['a', 'b'], 'a'],
      [[], null],
      [[null], null],
      [null, null],
    ]),
    on([list(string)], (a) => element(a, 3, string), [
      [['a', 'b', 'c'], 'c'],
      [['a', 'b'], null],
    ]),
    on([list(int64)], (a) => element(a, 2, int64), [[[0n, 2n ** 53n + 1n], 2n ** 53n + 1n]]),
    on([string], (a) => element(split(a, ','), 2, string), [
      ['a,b', 'b'],
      ['a', null],
    ]),
  ],
  structOf: [
    on([string, int32], (a, b) => structOf({ text: a, number: b }), [
      ['a', 1, ['a', 1]],
      [null, null, [null, null]],
    ]),
    on([decimal(5, 2), timestamp], (a, b) => structOf({ a, inner: structOf({ b }) }), [
      [dec('1.50'), -1n, [dec('1.50'), [-1n]]],
    ]),
    on([string], (a) => structOf({ 'odd name': a, "it's": listOf(a) }), [['x', ['x', ['x']]]]),
  ],
  field: [
    on([PERSON], (a) => field(a, 'name', string), [
      [['Ada', 36, null, null], 'Ada'],
      [null, null],
    ]),
    on([PERSON], (a) => field(a, 'age', int32), [[['Ada', null, null, null], null]]),
    on([PERSON], (a) => field(a, 'born', date), [
      [['Ada', 36, day('1815-12-10'), null], day('1815-12-10')],
    ]),
    on([PERSON], (a) => field(a, 'balance', decimal(18, 4)), [
      [[null, 36, null, dec('0.0001')], 1n],
    ]),
    on([timestamp], (a) => field(structOf({ 'odd name': a }), 'odd name', timestamp), [
      [micros('2017-01-02T03:04:05.6'), micros('2017-01-02T03:04:05.6')],
    ]),
  ],
};
