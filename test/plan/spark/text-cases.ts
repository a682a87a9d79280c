import { base64, floatBits, hash60, hex, md5, sha256 } from '../../../plan/expressions/hash.ts';
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
import { binary as bytes, float64, string } from '../../../plan/types.ts';
import { binary, type Case, unary } from './cases.ts';

export const textCases: readonly Case[] = [
  ...binary([string, string], (a, b) => concat(a, '|', b), [
    ['a', 'b', 'a|b'],
    ['a', null, null],
    ['', '\u0000', '|\u0000'],
  ]),
  ...unary(string, () => concat(), [['a', '']]),
  ...unary(string, upper, [
    ['straße éı', 'STRAßE éı'],
    [null, null],
  ]),
  ...unary(string, lower, [['ÉA İΣZ', 'Éa İΣz']]),
  ...unary(string, trim, [
    ['  a b \t ', 'a b \t'],
    ['\u00a0a\u00a0', '\u00a0a\u00a0'],
    ['   ', ''],
  ]),
  ...unary(string, trimStart, [['  a ', 'a ']]),
  ...unary(string, trimEnd, [['  a ', '  a']]),
  ...unary(string, length, [
    ['😀é', 2],
    ['e\u0301', 2],
    ['', 0],
  ]),
  ...unary(string, byteLength, [['😀é', 6]]),
  ...unary(string, (a) => substring(a, 2, 2), [
    ['😀é😀x', 'é😀'],
    ['a', ''],
  ]),
  ...unary(string, (a) => substring(a, 2, 2147483647), [['hello', 'ello']]),
  ...unary(string, (a) => substring(a, 2, 0), [['hello', '']]),
  ...unary(string, (a) => left(a, 2), [
    ['😀éx', '😀é'],
    ['a', 'a'],
  ]),
  ...unary(string, (a) => left(a, 0), [['abc', '']]),
  ...unary(string, (a) => right(a, 2), [
    ['xé😀', 'é😀'],
    ['a', 'a'],
  ]),
  ...unary(string, (a) => right(a, 0), [['abc', '']]),
  ...unary(string, (a) => padStart(a, 5, 'xy'), [
    ['a', 'xyxya'],
    ['abcdefg', 'abcde'],
    ['', 'xyxyx'],
  ]),
  ...unary(string, (a) => padEnd(a, 4, '😀'), [
    ['a', 'a😀😀😀'],
    ['abcdefg', 'abcd'],
  ]),
  ...unary(string, (a) => replace(a, '.', '$1\\'), [
    ['a.b.', 'a$1\\b$1\\'],
    ['', ''],
  ]),
  ...binary([string, string], contains, [
    ['abc', '', true],
    ['a%b', '%', true],
    ['abc', null, null],
  ]),
  ...binary([string, string], startsWith, [
    ['a_b', '_', false],
    ['abc', 'ab', true],
  ]),
  ...binary([string, string], endsWith, [
    ['abc', 'bc', true],
    ['abc', 'abcd', false],
  ]),
  ...binary([string, string], position, [
    ['😀éx', 'x', 3],
    ['abc', 'z', 0],
    ['abc', '', 1],
  ]),
  ...unary(string, (a) => split(a, '.'), [
    ['a.b..', ['a', 'b', '', '']],
    ['', ['']],
    [null, null],
  ]),
  ...unary(string, (a) => split(a, '\\E|'), [['a\\E|b|c', ['a', 'b|c']]]),
  ...unary(string, (a) => splitPart(a, '||', 2), [
    ['a||b||c', 'b'],
    ['a', ''],
  ]),
  ...unary(string, (a) => splitPart(a, ',', -1), [['a,b', 'b']]),
  ...unary(string, (a) => like(a, '!%_\\b!_!!%'), [
    ['%x\\b_!', true],
    ['%😀\\b_!tail\nmore', true],
    ['x\\b_!', false],
  ]),
  ...unary(string, (a) => matches(a, '^a.c$'), [
    ['abc', true],
    ['a\nc', false],
    ['a\rc', true],
    ['a\u2028c', true],
    ['a😀c', true],
    ['abc\n', false],
  ]),
  ...unary(string, (a) => matches(a, '[.$]\\.\\$'), [
    ['$.$', true],
    ['x.$', false],
  ]),
  ...unary(string, (a) => matches(a, '^\\d\\w$'), [
    ['1_', true],
    ['٣a', false],
    ['1é', false],
  ]),
  ...unary(string, (a) => regexpReplace(a, '(a)(b)?', '<$1$$\\$2>1'), [
    ['ab-a', '<a$\\b>1-<a$\\>1'],
    ['x', 'x'],
  ]),
  ...unary(string, (a) => regexpReplace(a, '(x)', '$12'), [['axb', 'ax2b']]),
  ...unary(string, (a) => regexpExtract(a, '([0-9]+)-(b)?', 1), [
    ['a12-', '12'],
    ['none', ''],
  ]),
  ...unary(string, (a) => regexpExtract(a, '([0-9]+)-(b)?', 2), [['a12-', '']]),
  ...unary(string, (a) => regexpExtract(a, 'é.?', 0), [['xé😀', 'é😀']]),
];

export const hashCases: readonly Case[] = [
  ...unary(string, md5, [
    ['', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['abc', '900150983cd24fb0d6963f7d28e17f72'],
    [null, null],
  ]),
  ...unary(string, sha256, [
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ]),
  // The md5 of a is 0cc175b9c0f1b6a831c399e269772661, that of '' starts with d.
  ...unary(float64, floatBits, [
    [0.1, 0x3fb999999999999an],
    [-0.1, 0x3fb999999999999an - 2n ** 63n],
    [-0, 0n],
    [-Number.MIN_VALUE, 1n - 2n ** 63n],
    [Number.MAX_VALUE, 0x7fefffffffffffffn],
    [4503599627370495.5, 0x432fffffffffffffn],
    [NaN, 0x7ff8000000000000n],
    [-Infinity, 0x7ff0000000000000n - 2n ** 63n],
    [null, null],
  ]),
  ...unary(string, hash60, [
    ['a', 0x0cc175b9c0f1b6an],
    ['', 0xd41d8cd98f00b20n],
  ]),
  ...unary(string, hex, [['é\u0000', 'C3A900']]),
  ...unary(bytes, hex, [[Uint8Array.of(0, 171), '00AB']]),
  ...unary(string, base64, [
    ['é', 'w6k='],
    ['a'.repeat(90), 'YWFh'.repeat(30)],
  ]),
  ...unary(bytes, base64, [[Uint8Array.of(255, 254), '//4=']]),
];
