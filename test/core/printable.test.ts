import { expect, it } from '@jest/globals';
import { printable } from '../../core/printable.ts';

it.each([
  ['plain text, é and 日本', 'plain text, é and 日本'],
  ['line\r\nforged', 'line\\r\\nforged'],
  ['\u001b[31mred\u001b[0m', '\\u001b[31mred\\u001b[0m'],
  ['\u009b31m', '\\u009b31m'],
  ['a\tb\u0000c', 'a\\tb\\u0000c'],
  ['abc\u202ecba', 'abc\\u202ecba'],
  ['next\u2028line', 'next\\u2028line'],
])('shows %j on one line', (text, shown) => {
  expect(printable(text)).toBe(shown);
});
