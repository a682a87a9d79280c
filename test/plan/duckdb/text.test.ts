import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Expression } from '../../../plan/expression.ts';
import { text } from '../../../plan/expressions/literal.ts';
import {
  byteLength,
  concat,
  contains,
  endsWith,
  left,
  length,
  lower,
  padEnd,
  padStart,
  position,
  replace,
  right,
  split,
  splitPart,
  startsWith,
  substring,
  trim,
  trimEnd,
  trimStart,
  upper,
} from '../../../plan/expressions/text.ts';
import type { PlanSession } from '../../../plan/session.ts';
import { type PlanCell, string } from '../../../plan/types.ts';
import { openPlans, valuesOf } from './evaluate.ts';

let session: PlanSession;
beforeAll(async () => {
  session = await openPlans();
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
});

type Case = readonly [
  title: string,
  apply: (x: Expression<'string'>) => Expression,
  pairs: readonly (readonly [input: string, expected: PlanCell])[],
];

const CASES: readonly Case[] = [
  [
    'concat',
    (x) => concat(x, '|', x),
    [
      ['a', 'a|a'],
      ['', '|'],
      ["'", "'|'"],
    ],
  ],
  [
    'upper',
    upper,
    [
      ['aZß éıſ', 'AZß éıſ'],
      ['😀k', '😀K'],
    ],
  ],
  [
    'lower',
    lower,
    [
      ['AzẞÉİ\u212a', 'azẞÉİ\u212a'],
      ['ΑΣ', 'ΑΣ'],
    ],
  ],
  [
    'trim',
    trim,
    [
      ['  a b ', 'a b'],
      ['\ta\u00a0', '\ta\u00a0'],
      ['   ', ''],
      ['\n a', '\n a'],
    ],
  ],
  [
    'trimStart',
    trimStart,
    [
      ['  a ', 'a '],
      [' \ta', '\ta'],
    ],
  ],
  [
    'trimEnd',
    trimEnd,
    [
      [' a  ', ' a'],
      ['a\t ', 'a\t'],
    ],
  ],
  [
    'length',
    length,
    [
      ['', 0],
      ['😀é', 2],
      ['e\u0301', 2],
      ['a\0b', 3],
    ],
  ],
  [
    'byteLength',
    byteLength,
    [
      ['', 0],
      ['😀é', 6],
      ['a\0b', 3],
    ],
  ],
  [
    'substring from 2',
    (x) => substring(x, 2, 2),
    [
      ['😀abc', 'ab'],
      ['a', ''],
      ['', ''],
      ['ae\u0301', 'e\u0301'],
    ],
  ],
  ['substring of nothing', (x) => substring(x, 1, 0), [['abc', '']]],
  ['substring beyond all', (x) => substring(x, 1, 2147483647), [['😀abc', '😀abc']]],
  [
    'left',
    (x) => left(x, 2),
    [
      ['😀abc', '😀a'],
      ['a', 'a'],
      ['e\u0301x', 'e\u0301'],
    ],
  ],
  ['left of nothing', (x) => left(x, 0), [['abc', '']]],
  [
    'right',
    (x) => right(x, 2),
    [
      ['abc😀', 'c😀'],
      ['a', 'a'],
    ],
  ],
  [
    'padStart',
    (x) => padStart(x, 4, 'xy'),
    [
      ['😀b', 'xy😀b'],
      ['a', 'xyxa'],
      ['abcde', 'abcd'],
      ['', 'xyxy'],
    ],
  ],
  [
    'padEnd',
    (x) => padEnd(x, 3, '😀'),
    [
      ['é', 'é😀😀'],
      ['abcd', 'abc'],
    ],
  ],
  [
    'replace',
    (x) => replace(x, 'aa', "'b"),
    [
      ['aaa', "'ba"],
      ['xaaaa', "x'b'b"],
      ['', ''],
    ],
  ],
  ['replace NUL', (x) => replace(x, '\0', ''), [['a\0b', 'ab']]],
  [
    'contains',
    (x) => contains(x, 'b_'),
    [
      ['ab_c', true],
      ['abc', false],
    ],
  ],
  [
    'contains nothing',
    (x) => contains(x, ''),
    [
      ['abc', true],
      ['', true],
    ],
  ],
  [
    'startsWith',
    (x) => startsWith(x, '%'),
    [
      ['%a', true],
      ['a%', false],
    ],
  ],
  [
    'startsWith the whole',
    (x) => startsWith(text('ab'), x),
    [
      ['ab', true],
      ['', true],
      ['abc', false],
    ],
  ],
  [
    'endsWith',
    (x) => endsWith(x, 'é'),
    [
      ['aé', true],
      ['ae', false],
      ['', false],
    ],
  ],
  [
    'position',
    (x) => position(x, 'b'),
    [
      ['😀b', 2],
      ['a', 0],
      ['', 0],
    ],
  ],
  [
    'position of nothing',
    (x) => position(x, ''),
    [
      ['abc', 1],
      ['', 1],
    ],
  ],
  [
    'split',
    (x) => split(x, '.'),
    [
      ['a..b', ['a', '', 'b']],
      ['', ['']],
      ['a', ['a']],
      ['.', ['', '']],
    ],
  ],
  [
    'splitPart',
    (x) => splitPart(x, '||', 2),
    [
      ['a||b||c', 'b'],
      ['a', ''],
      ['a|b', ''],
    ],
  ],
  [
    'splitPart from the end',
    (x) => splitPart(x, ',', -1),
    [
      ['a,b', 'b'],
      ['', ''],
      ['a,', ''],
    ],
  ],
];

describe('texts in DuckDB', () => {
  it.each(CASES)('%s', async (_, apply, pairs) => {
    const inputs = [...pairs.map(([input]) => input), null];
    const values = await valuesOf(session, string, inputs, apply);
    expect(values).toEqual([...pairs.map(([, expected]) => expected), null]);
  });
});
