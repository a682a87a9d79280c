import {
  like,
  matches,
  regexpExtract,
  regexpReplace,
  split,
  splitPart,
} from '../../../../plan/expressions/text.ts';
import { string } from '../../../../plan/types.ts';
import { on } from '../case.ts';

const one = [string] as const;

/** Separators and patterns, which every dialect escapes in its own way. */
export const patterns = {
  split: [
    on(one, (a) => split(a, ','), [
      ['a,b,,c', ['a', 'b', '', 'c']],
      ['', ['']],
      [',', ['', '']],
      [null, null],
    ]),
    on(one, (a) => split(a, '.'), [
      ['a.b', ['a', 'b']],
      ['ab', ['ab']],
    ]),
    on(one, (a) => split(a, '\\E|'), [['a\\E|b', ['a', 'b']]]),
    on(one, (a) => split(a, "'"), [["it's", ['it', 's']]]),
    on(one, (a) => split(a, '😀'), [['a😀b', ['a', 'b']]]),
  ],
  splitPart: [
    on(one, (a) => splitPart(a, ',', 1), [
      ['a,b', 'a'],
      ['', ''],
      [',', ''],
    ]),
    on(one, (a) => splitPart(a, ',', 3), [
      ['a,b,,c', ''],
      ['a,b', ''],
      ['a,b,c', 'c'],
    ]),
    on(one, (a) => splitPart(a, ',', -1), [
      ['a,b', 'b'],
      ['ab', 'ab'],
      ['a,', ''],
    ]),
    on(one, (a) => splitPart(a, ',', -5), [['a,b', '']]),
    on(one, (a) => splitPart(a, '.', 2), [['a.b.c', 'b']]),
    on(one, (a) => splitPart(a, '\\', 2), [['back\\slash', 'slash']]),
    on(one, (a) => splitPart(a, 'b', 2), [['abc', 'c']]),
  ],
  like: [
    on(one, (a) => like(a, 'a%'), [
      ['abc', true],
      ['ABC', false],
      ['', false],
      ['a', true],
    ]),
    on(one, (a) => like(a, '_'), [
      ['😀', true],
      ['e\u0301', false],
      ['', false],
      ['\n', true],
    ]),
    on(one, (a) => like(a, '%!%%'), [
      ['100%', true],
      ['100', false],
    ]),
    on(one, (a) => like(a, 'a!_b'), [
      ['a_b', true],
      ['axb', false],
    ]),
    on(one, (a) => like(a, '%!!%'), [
      ['a!b', true],
      ['ab', false],
    ]),
    on(one, (a) => like(a, '%\\%'), [
      ['back\\slash', true],
      ['%', false],
    ]),
    on(one, (a) => like(a, "it's"), [["it's", true]]),
    on(one, (a) => like(a, '%b%c'), [
      ['ab\r\nc', true],
      ['abcc', true],
      ['abcd', false],
    ]),
    on(one, (a) => like(a, ''), [
      ['', true],
      [' ', false],
    ]),
    on(one, (a) => like(a, '.*'), [
      ['.*', true],
      ['abc', false],
    ]),
  ],
  matches: [
    on(one, (a) => matches(a, 'b'), [
      ['abc', true],
      ['ac', false],
      [null, null],
    ]),
    on(one, (a) => matches(a, '^a.c$'), [
      ['abc', true],
      ['a\nc', false],
      ['abc\n', false],
      ['a😀c', true],
    ]),
    on(one, (a) => matches(a, '^\\d+$'), [
      ['007', true],
      ['٣', false],
      ['', false],
    ]),
    on(one, (a) => matches(a, '\\W'), [
      ['é', true],
      ['a_9', false],
    ]),
    on(one, (a) => matches(a, '^[^a-c]+$'), [
      ['ABC', true],
      ['abc', false],
      ['\n', true],
    ]),
    on(one, (a) => matches(a, '^(?:ab|\\\\)$'), [
      ['\\', true],
      ['ab', true],
    ]),
    on(one, (a) => matches(a, '[\\]\\-^]'), [
      ['a]', true],
      ['a-', true],
      ['^', true],
      ['a', false],
    ]),
    on(one, (a) => matches(a, '^it\'s$|\\$1|"'), [
      ["it's", true],
      ['$1', true],
    ]),
    on(one, (a) => matches(a, '^a{2}$'), [
      ['aa', true],
      ['aaa', false],
    ]),
    on(one, (a) => matches(a, 'c$'), [
      ['abc', true],
      ['c\n', false],
      ['c\r\n', false],
    ]),
    on(one, (a) => matches(a, 'a.c'), [
      ['a\rc', true],
      ['a\u2028c', true],
      ['a\nc', false],
    ]),
    on(one, (a) => matches(a, '\\w$'), [
      ['a\r\n', false],
      ['a\u0085', false],
      ['ab', true],
    ]),
  ],
  regexpReplace: [
    on(one, (a) => regexpReplace(a, '[a-c]', 'x'), [
      ['abcd', 'xxxd'],
      ['', ''],
    ]),
    on(one, (a) => regexpReplace(a, '(a)(b)?', '[$1]'), [['abca', '[a]c[a]']]),
    on(one, (a) => regexpReplace(a, '(\\d)(\\d)', '$2$1'), [['1234', '2143']]),
    on(one, (a) => regexpReplace(a, '\\.', '\\$$'), [['a.b', 'a\\$b']]),
    on(one, (a) => regexpReplace(a, '\\\\', "'"), [['a\\b', "a'b"]]),
    on(one, (a) => regexpReplace(a, ' +$', ''), [
      ['a  ', 'a'],
      ['a \n', 'a \n'],
    ]),
    on(one, (a) => regexpReplace(a, 'a+?', 'b'), [['aaa', 'bbb']]),
    on(one, (a) => regexpReplace(a, '[^ -~]', '?'), [['é😀a', '??a']]),
    on(one, (a) => regexpReplace(a, '(a)|(b)', '$2$1'), [['ab', 'ab']]),
  ],
  regexpExtract: [
    on(one, (a) => regexpExtract(a, '\\d+', 0), [
      ['ab12c3', '12'],
      ['abc', ''],
      [null, null],
    ]),
    on(one, (a) => regexpExtract(a, '([a-z])=(\\d)', 2), [
      ['a=1,b=2', '1'],
      ['a=', ''],
    ]),
    on(one, (a) => regexpExtract(a, 'a(b)?', 1), [
      ['ac', ''],
      ['ab', 'b'],
    ]),
    on(one, (a) => regexpExtract(a, '^(.*?),', 1), [
      ['a,b,c', 'a'],
      ['x\ny,', ''],
    ]),
    on(one, (a) => regexpExtract(a, '.$', 0), [
      ['ab😀', '😀'],
      ['ab\n', ''],
    ]),
  ],
};
