import { describe, expect, it } from '@jest/globals';
import { assertPortablePattern, assertReplacement } from '../../plan/regex.ts';

describe('a pattern', () => {
  it.each(['^[A-Z]{2}-\\d+$', '(a|b)*?c', '[^\\]x-]', 'a\\.b', 'x{2,}', '(?:ab)+', 'ü😀?'])(
    'that every engine reads alike is taken: %s',
    (pattern) => {
      expect(() => {
        assertPortablePattern(pattern);
      }).not.toThrow();
    },
  );

  it.each([
    '(?=a)',
    '(?<n>a)',
    '\\bword',
    '\\s+',
    'a++',
    '(a)\\1',
    '[a&&b]',
    '\\p{L}',
    '[[:digit:]]',
    '(a',
    'a{2',
  ])('that engines read differently is refused: %s', (pattern) => {
    expect(() => {
      assertPortablePattern(pattern);
    }).toThrow(/pattern/);
  });
});

describe('a replacement', () => {
  it('may name groups and dollars', () => {
    expect(() => {
      assertReplacement('(a)(?:b)(c)', '$2-$1-$$');
    }).not.toThrow();
  });

  it.each([
    ['(a)', '$2', /no group/],
    ['(a)', '$', /no group/],
    ['a*', 'x', /empty text/],
  ])('is refused: %s with %s', (pattern, replacement, message) => {
    expect(() => {
      assertReplacement(pattern, replacement);
    }).toThrow(message);
  });
});
