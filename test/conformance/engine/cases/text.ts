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
  startsWith,
  substring,
  trim,
  trimEnd,
  trimStart,
  upper,
} from '../../../../plan/expressions/text.ts';
import { string } from '../../../../plan/types.ts';
import { on } from '../case.ts';

const one = [string] as const;
const two = [string, string] as const;

export const text = {
  concat: [
    on(two, (a, b) => concat(a, '|', b), [
      ['a', 'b', 'a|b'],
      ['a', null, null],
      ['', '', '|'],
      ['😀', "'", "😀|'"],
    ]),
    on(one, (a) => concat(a), [['a', 'a']]),
    on(one, (a) => concat("it's ", a, ' \\n "x" ${y} $1 %'), [['x', 'it\'s x \\n "x" ${y} $1 %']]),
  ],
  upper: [
    on(one, (a) => upper(a), [
      ['aZ-9z', 'AZ-9Z'],
      ['straße', 'STRAßE'],
      ['éıǆﬀ', 'éıǆﬀ'],
      [null, null],
    ]),
  ],
  lower: [
    on(one, (a) => lower(a), [
      ['aZ-9Z', 'az-9z'],
      ['İΑΣÉ', 'İΑΣÉ'],
      ['', ''],
    ]),
  ],
  trim: [
    on(one, (a) => trim(a), [
      ['  a b  ', 'a b'],
      ['\t a\n', '\t a\n'],
      ['\u00a0a\u3000', '\u00a0a\u3000'],
      ['   ', ''],
    ]),
  ],
  trimStart: [
    on(one, (a) => trimStart(a), [
      ['  a ', 'a '],
      ['\n a', '\n a'],
    ]),
  ],
  trimEnd: [
    on(one, (a) => trimEnd(a), [
      [' a  ', ' a'],
      ['a \r', 'a \r'],
    ]),
  ],
  length: [
    on(one, (a) => length(a), [
      ['', 0],
      ['😀', 1],
      ['e\u0301', 2],
      ['👨‍👩‍👧', 5],
      ['a\u0000b', 3],
    ]),
  ],
  byteLength: [
    on(one, (a) => byteLength(a), [
      ['', 0],
      ['é', 2],
      ['😀', 4],
      ['～a', 4],
    ]),
  ],
  substring: [
    on(one, (a) => substring(a, 1, 2), [
      ['abc', 'ab'],
      ['a', 'a'],
      ['😀b😀', '😀b'],
    ]),
    on(one, (a) => substring(a, 3, 10), [
      ['abcd', 'cd'],
      ['ab', ''],
      ['e\u0301x', 'x'],
    ]),
    on(one, (a) => substring(a, 2, 0), [['abc', '']]),
    on(one, (a) => substring(a, 2, 2_147_483_647), [['abc', 'bc']]),
    on(one, (a) => substring(a, 2_147_483_647, 5), [['abc', '']]),
  ],
  left: [
    on(one, (a) => left(a, 2), [
      ['abc', 'ab'],
      ['😀😀😀', '😀😀'],
      ['a', 'a'],
    ]),
    on(one, (a) => left(a, 0), [['abc', '']]),
    on(one, (a) => left(a, 2_147_483_647), [['abc', 'abc']]),
  ],
  right: [
    on(one, (a) => right(a, 2), [
      ['abc', 'bc'],
      ['😀😀😀', '😀😀'],
      ['a', 'a'],
    ]),
    on(one, (a) => right(a, 0), [['abc', '']]),
    on(one, (a) => right(a, 2_147_483_647), [['abc', 'abc']]),
  ],
  padStart: [
    on(one, (a) => padStart(a, 5, '0'), [
      ['12', '00012'],
      ['123456', '12345'],
      ['', '00000'],
    ]),
    on(one, (a) => padStart(a, 5, 'ab'), [
      ['x', 'ababx'],
      ['xy', 'abaxy'],
    ]),
    on(one, (a) => padStart(a, 3, '😀'), [
      ['x', '😀😀x'],
      ['😀ab', '😀ab'],
    ]),
    on(one, (a) => padStart(a, 0, ' '), [['x', '']]),
  ],
  padEnd: [
    on(one, (a) => padEnd(a, 5, ' '), [
      ['12', '12   '],
      ['123456', '12345'],
    ]),
    on(one, (a) => padEnd(a, 6, 'ab'), [['x', 'xababa']]),
    on(one, (a) => padEnd(a, 2, "'\\"), [
      ['x', "x'"],
      ['', "'\\"],
    ]),
  ],
  replace: [
    on(one, (a) => replace(a, 'a', 'bb'), [
      ['aXa', 'bbXbb'],
      ['', ''],
    ]),
    on(one, (a) => replace(a, '.', '\\'), [['a.b', 'a\\b']]),
    on(one, (a) => replace(a, 'aa', 'a'), [
      ['aaaa', 'aa'],
      ['aaa', 'aa'],
    ]),
    on(one, (a) => replace(a, '😀', "$1'"), [['a😀b', "a$1'b"]]),
    on(one, (a) => replace(a, ' ', ''), [[' a b ', 'ab']]),
  ],
  contains: [
    on(two, (a, b) => contains(a, b), [
      ['abc', 'bc', true],
      ['abc', '', true],
      ['', '', true],
      ['abc', 'B', false],
      ['abc', null, null],
    ]),
    on(one, (a) => contains(a, '%'), [
      ['100%', true],
      ['100', false],
    ]),
  ],
  startsWith: [
    on(two, (a, b) => startsWith(a, b), [
      ['abc', 'ab', true],
      ['abc', '', true],
      ['ab', 'abc', false],
      ['é', 'e', false],
    ]),
    on(one, (a) => startsWith(a, '_'), [
      ['_', true],
      ['a', false],
    ]),
  ],
  endsWith: [
    on(two, (a, b) => endsWith(a, b), [
      ['abc', 'bc', true],
      ['abc', '', true],
      ['abc ', 'c', false],
      ['e\u0301', '\u0301', true],
    ]),
    on(one, (a) => endsWith(a, '\\'), [
      ['\\', true],
      ['back\\slash', false],
    ]),
  ],
  position: [
    on(two, (a, b) => position(a, b), [
      ['abcabc', 'c', 3],
      ['abc', 'x', 0],
      ['😀b', 'b', 2],
      ['abc', '', 1],
      ['', 'a', 0],
      [null, 'a', null],
    ]),
    on(one, (a) => position(a, '.'), [
      ['a.b', 2],
      ['ab', 0],
    ]),
  ],
};
