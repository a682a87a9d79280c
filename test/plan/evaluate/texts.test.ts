import { describe, expect, it } from '@jest/globals';
import { cast } from '../../../plan/expressions/cast.ts';
import { base64, hash60, hex, md5, sha256 } from '../../../plan/expressions/hash.ts';
import {
  element,
  field,
  listLength,
  listOf,
  presentOf,
  structOf,
} from '../../../plan/expressions/nested.ts';
import { nullOf, text } from '../../../plan/expressions/literal.ts';
import {
  byteLength,
  concat,
  contains,
  endsWith,
  left,
  length,
  like,
  lower,
  matches,
  padEnd,
  padStart,
  position,
  regexpExtract,
  regexpReplace,
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
import { binary, string } from '../../../plan/types.ts';
import { map } from './values.ts';

describe('text in TypeScript', () => {
  it('changes the case of ASCII letters only', () => {
    expect(map(string, upper, ['straße é', 'ab😀', '', null])).toEqual([
      'STRAßE é',
      'AB😀',
      '',
      null,
    ]);
    expect(map(string, lower, ['ÀΣA', 'İ'])).toEqual(['ÀΣa', 'İ']);
  });

  it('trims the space U+0020 only', () => {
    const values = ['  a b  ', '\ta\t', '\u00a0a ', '   '];
    expect(map(string, trim, values)).toEqual(['a b', '\ta\t', '\u00a0a', '']);
    expect(map(string, trimStart, values)).toEqual(['a b  ', '\ta\t', '\u00a0a ', '']);
    expect(map(string, trimEnd, values)).toEqual(['  a b', '\ta\t', '\u00a0a', '']);
  });

  it('counts and cuts by code points', () => {
    const values = ['a😀b', 'e\u0301', ''];
    expect(map(string, length, values)).toEqual([3, 2, 0]);
    expect(map(string, byteLength, values)).toEqual([6, 3, 0]);
    expect(map(string, (a) => substring(a, 2, 1), values)).toEqual(['😀', '\u0301', '']);
    expect(map(string, (a) => substring(a, 2, 0), values)).toEqual(['', '', '']);
    expect(map(string, (a) => left(a, 2), values)).toEqual(['a😀', 'e\u0301', '']);
    expect(map(string, (a) => right(a, 2), values)).toEqual(['😀b', 'e\u0301', '']);
    expect(map(string, (a) => right(a, 0), values)).toEqual(['', '', '']);
    expect(map(string, (a) => position(a, 'b'), values)).toEqual([3, 0, 0]);
    expect(map(string, (a) => position(a, ''), values)).toEqual([1, 1, 1]);
  });

  it('pads to a length, and cuts what is longer', () => {
    const values = ['a', 'abcdef', '😀'];
    expect(map(string, (a) => padStart(a, 4, 'xy'), values)).toEqual(['xyxa', 'abcd', 'xyx😀']);
    expect(map(string, (a) => padEnd(a, 4, '😀-'), values)).toEqual(['a😀-😀', 'abcd', '😀😀-😀']);
    expect(map(string, (a) => padStart(a, 0, 'x'), values)).toEqual(['', '', '']);
  });

  it('is null with a null part, and finds the empty text everywhere', () => {
    expect(map(string, (a) => concat(a, 'b'), ['a', null])).toEqual(['ab', null]);
    expect(map(string, (a) => concat(a, 'b', nullOf(string)), ['a'])).toEqual([null]);
    expect(map(string, (a) => contains(a, ''), ['', null])).toEqual([true, null]);
    expect(map(string, (a) => startsWith(a, 'ab'), ['abc', 'b'])).toEqual([true, false]);
    expect(map(string, (a) => endsWith(a, 'bc'), ['abc', 'b'])).toEqual([true, false]);
  });

  it('replaces fixed texts, whatever they look like', () => {
    expect(map(string, (a) => replace(a, '.', '$&'), ['a.b.', ''])).toEqual(['a$&b$&', '']);
    expect(map(string, (a) => replace(a, 'aa', 'a'), ['aaaaa'])).toEqual(['aaa']);
  });

  it('splits by a fixed text', () => {
    expect(map(string, (a) => split(a, '.'), ['a..b', ''])).toEqual([['a', '', 'b'], ['']]);
    expect(map(string, (a) => splitPart(a, '.', 3), ['a..b', 'a'])).toEqual(['b', '']);
    expect(map(string, (a) => splitPart(a, '.', -1), ['a..b', 'a'])).toEqual(['b', 'a']);
    expect(map(string, (a) => splitPart(a, '.', -4), ['a..b'])).toEqual(['']);
  });

  it('matches like-patterns with ! as escape, over line ends', () => {
    const values = ['a%b', 'axb', 'a\nb', 'a😀b', 'A%b', 'a!b', 'ab'];
    expect(map(string, (a) => like(a, 'a_b'), values)).toEqual([
      ...[true, true, true, true, false, true, false],
    ]);
    expect(map(string, (a) => like(a, 'a!%b'), values)).toEqual([
      ...[true, false, false, false, false, false, false],
    ]);
    expect(map(string, (a) => like(a, 'a!!%'), values)).toEqual([
      ...[false, false, false, false, false, true, false],
    ]);
    expect(map(string, (a) => like(a, '%.*%'), ['.*', 'ab'])).toEqual([true, false]);
    expect(map(string, (a) => like(a, '^a-b\\$'), ['^a-b\\$', 'a-b'])).toEqual([true, false]);
  });
});

describe('patterns in TypeScript', () => {
  it('has . for all but a line feed and $ for the very end', () => {
    const values = ['a\nb', 'a\rb', 'a\u2028b', 'a😀b'];
    expect(map(string, (a) => matches(a, '^a.b$'), values)).toEqual([false, true, true, true]);
    expect(map(string, (a) => matches(a, 'a$'), ['a', 'a\n'])).toEqual([true, false]);
    expect(map(string, (a) => matches(a, '[.]'), ['a', '.'])).toEqual([false, true]);
    expect(map(string, (a) => matches(a, '^\\w\\d$'), ['a1', 'é1', 'a١'])).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('replaces every match, with groups by number', () => {
    const swap = (a: Parameters<typeof upper>[0]) => regexpReplace(a, '(a)(b)?', '[$2$1$$]');
    expect(map(string, swap, ['abac', null])).toEqual(['[ba$][a$]c', null]);
    expect(map(string, (a) => regexpReplace(a, 'a+', '$$1\\1$$&'), ['baa'])).toEqual(['b$1\\1$&']);
    expect(map(string, (a) => regexpReplace(a, '(a)', '$10'), ['a'])).toEqual(['a0']);
  });

  it('extracts a group, or the empty text', () => {
    const values = ['x=12', 'none', null];
    expect(map(string, (a) => regexpExtract(a, '=(\\d+)', 1), values)).toEqual(['12', '', null]);
    expect(map(string, (a) => regexpExtract(a, '(a)?b', 1), ['b'])).toEqual(['']);
    expect(map(string, (a) => regexpExtract(a, '\\d', 0), ['x12'])).toEqual(['1']);
  });
});

describe('hashes and encodings in TypeScript', () => {
  it('gives the published digests', () => {
    expect(map(string, md5, ['', 'é'])).toEqual([
      'd41d8cd98f00b204e9800998ecf8427e',
      '66ddcd97cfdeabb2f6fb8a999b4bc76f',
    ]);
    expect(map(string, sha256, ['abc'])).toEqual([
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    ]);
    expect(map(string, hash60, ['', null])).toEqual([0xd41d8cd98f00b20n, null]);
  });

  it('encodes bytes and texts', () => {
    expect(map(string, hex, ['é', ''])).toEqual(['C3A9', '']);
    expect(map(binary, base64, [Uint8Array.of(255, 0, 1)])).toEqual(['/wAB']);
    expect(map(string, (a) => hex(cast(a, binary)), ['a'])).toEqual(['61']);
    expect(map(string, base64, ['x'.repeat(60)])[0]).toMatch(/^\S{80}$/);
  });
});

describe('lists and structs in TypeScript', () => {
  it('keeps nulls in a list, and leaves them out of presentOf', () => {
    expect(map(string, (a) => listOf(a, text('b')), ['a', null])).toEqual([
      ['a', 'b'],
      [null, 'b'],
    ]);
    expect(map(string, (a) => presentOf(a, text('b')), ['a', null])).toEqual([['a', 'b'], ['b']]);
  });

  it('finds items and fields', () => {
    const parts = (a: Parameters<typeof upper>[0]) => split(a, ',');
    expect(map(string, (a) => listLength(parts(a)), ['a,b', '', null])).toEqual([2, 1, null]);
    expect(map(string, (a) => element(parts(a), 2, string), ['a,b', 'a', null])).toEqual([
      'b',
      null,
      null,
    ]);
    const pair = (a: Parameters<typeof upper>[0]) => structOf({ first: a, second: text('x') });
    expect(map(string, pair, ['a', null])).toEqual([
      ['a', 'x'],
      [null, 'x'],
    ]);
    expect(map(string, (a) => field(pair(a), 'first', string), ['a', null])).toEqual(['a', null]);
  });
});
