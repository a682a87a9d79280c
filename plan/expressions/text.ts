import { call, describeExpression, type Expression } from '../expression.ts';
import { planInvalid } from '../invalid.ts';
import { assertPortablePattern, assertReplacement } from '../regex.ts';
import { bool, int32, list, string } from '../types.ts';
import { type Operand, operand } from './literal.ts';

type Text = Expression<'string'>;

/** Null as soon as one part is. */
export function concat(...parts: readonly Operand<'string'>[]): Text {
  const all = parts.map((part) => operand(part, string));
  return call(
    'concat',
    string,
    all.some((each) => each.nullable),
    all,
    {},
  );
}

/** a-z only: beyond ASCII, every engine has its own idea of upper case. */
export function upper(a: Text): Text {
  return call('upper', string, a.nullable, [a], {});
}

/** A-Z only. */
export function lower(a: Text): Text {
  return call('lower', string, a.nullable, [a], {});
}

/** The space U+0020 only, at both ends. */
export function trim(a: Text): Text {
  return call('trim', string, a.nullable, [a], {});
}

export function trimStart(a: Text): Text {
  return call('trimStart', string, a.nullable, [a], {});
}

export function trimEnd(a: Text): Text {
  return call('trimEnd', string, a.nullable, [a], {});
}

/** In code points. */
export function length(a: Text): Expression<'int32'> {
  return call('length', int32, a.nullable, [a], {});
}

/** Bytes of the UTF-8 text. */
export function byteLength(a: Text): Expression<'int32'> {
  return call('byteLength', int32, a.nullable, [a], {});
}

/** @param start - in code points, from 1. */
export function substring(a: Text, start: number, count: number): Text {
  assertWhole('substring', a, start, 1);
  assertWhole('substring', a, count, 0);
  return call('substring', string, a.nullable, [a], { start, length: count });
}

export function left(a: Text, count: number): Text {
  assertWhole('left', a, count, 0);
  return call('left', string, a.nullable, [a], { length: count });
}

export function right(a: Text, count: number): Text {
  assertWhole('right', a, count, 0);
  return call('right', string, a.nullable, [a], { length: count });
}

/** Cuts longer text to `count` code points. */
export function padStart(a: Text, count: number, pad: string): Text {
  assertWhole('padStart', a, count, 0);
  assertNotEmpty('padStart', a, pad);
  return call('padStart', string, a.nullable, [a], { length: count, pad });
}

export function padEnd(a: Text, count: number, pad: string): Text {
  assertWhole('padEnd', a, count, 0);
  assertNotEmpty('padEnd', a, pad);
  return call('padEnd', string, a.nullable, [a], { length: count, pad });
}

/** Every occurrence of a fixed text. */
export function replace(a: Text, search: string, replacement: string): Text {
  assertNotEmpty('replace', a, search);
  return call('replace', string, a.nullable, [a], { search, replacement });
}

export function contains(a: Text, part: Operand<'string'>): Expression<'bool'> {
  return test('contains', a, part);
}

export function startsWith(a: Text, part: Operand<'string'>): Expression<'bool'> {
  return test('startsWith', a, part);
}

export function endsWith(a: Text, part: Operand<'string'>): Expression<'bool'> {
  return test('endsWith', a, part);
}

/** Where `part` starts, in code points from 1; 0 when it is not there. */
export function position(a: Text, part: Operand<'string'>): Expression<'int32'> {
  const other = operand(part, string);
  return call('position', int32, a.nullable || other.nullable, [a, other], {});
}

export function split(a: Text, separator: string): Expression<'list'> {
  assertNotEmpty('split', a, separator);
  return call('split', list(string), a.nullable, [a], { separator });
}

/** @param index - from 1, or from -1 backwards; the empty text where there is no such part. */
export function splitPart(a: Text, separator: string, index: number): Text {
  assertNotEmpty('splitPart', a, separator);
  if (!Number.isInteger(index) || index === 0) {
    throw planInvalid(
      `splitPart(${describeExpression(a)}): there is no part ${String(index)}`,
      'parts count from 1, or from -1 backwards',
    );
  }
  return call('splitPart', string, a.nullable, [a], { separator, index });
}

/** @param pattern - `%` any text, `_` one code point, `!` before a character that stands for itself. */
export function like(a: Text, pattern: string): Expression<'bool'> {
  if (/(^|[^!])(!!)*!([^!%_]|$)/.test(pattern)) {
    throw planInvalid(
      `like(${describeExpression(a)}, "${pattern}"): a "!" escapes nothing`,
      'write !! for an exclamation mark, !% and !_ for the two wildcards',
    );
  }
  return call('like', bool, a.nullable, [a], { pattern });
}

/** Whether the pattern matches anywhere in the text. @throws JobError `PLAN_INVALID` for a pattern that engines read differently. */
export function matches(a: Text, pattern: string): Expression<'bool'> {
  assertPortablePattern(pattern);
  return call('matches', bool, a.nullable, [a], { pattern });
}

/** Replaces every match. @param replacement - `$1` to `$9` are groups, `$$` is a dollar. */
export function regexpReplace(a: Text, pattern: string, replacement: string): Text {
  assertPortablePattern(pattern);
  assertReplacement(pattern, replacement);
  return call('regexpReplace', string, a.nullable, [a], { pattern, replacement });
}

/** The group of the first match, 0 for all of it; the empty text where nothing matches. */
export function regexpExtract(a: Text, pattern: string, group: number): Text {
  assertPortablePattern(pattern);
  assertReplacement(pattern, `$${String(group)}`);
  return call('regexpExtract', string, a.nullable, [a], { pattern, group });
}

function test(
  name: 'contains' | 'startsWith' | 'endsWith',
  a: Text,
  part: Operand<'string'>,
): Expression<'bool'> {
  const other = operand(part, string);
  return call(name, bool, a.nullable || other.nullable, [a, other], {});
}

function assertWhole(name: string, a: Expression, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value < 2 ** 31) return;
  throw planInvalid(
    `${name}(${describeExpression(a)}): ${String(value)} is no position or length`,
    `give a whole number from ${String(least)}`,
  );
}

function assertNotEmpty(name: string, a: Expression, value: string): void {
  if (value !== '') return;
  throw planInvalid(
    `${name}(${describeExpression(a)}): the text is empty`,
    'give at least one character',
  );
}
