import { planInvalid } from './invalid.ts';

/*
 * Patterns are what RE2 (DuckDB), Java (Spark) and JavaScript read alike: literals, `.`, `^`, `$`,
 * classes of single characters, ranges, `\d`, `\w` and their opposites, groups `( )` and `(?: )`, `|`,
 * the quantifiers `* + ? {n,m}` and their lazy forms. `.` does not match a line feed and `$` is the
 * very end of the text; classes are ASCII. Printers spell that out for their engine.
 */

const TOKEN =
  /\\[dDwW]|\\[\\^$.|?*+()[\]{}/-]|\[\^?(?:\\[dDwW]|\\[\\^\]\-[]|[^\\\][&])+\]|\(\?:|\((?!\?)|\)|\||\^|\$|\.|(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})\??|[^\\^$.|?*+()[\]{}]/gsuy;

/** @throws JobError `PLAN_INVALID` naming the first character that not every engine reads alike. */
export function assertPortablePattern(pattern: string): void {
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < pattern.length) {
    const at = TOKEN.lastIndex;
    if (TOKEN.exec(pattern) === null) {
      throw planInvalid(
        `the pattern "${pattern}" is not portable from "${pattern.slice(at, at + 8)}"`,
        'no lookaround, back reference, \\s, \\b, named group, possessive quantifier or class operation: spell it out with classes and groups',
      );
    }
  }
  try {
    new RegExp(pattern, 'su');
  } catch (error) {
    throw planInvalid(
      `the pattern "${pattern}" is not a regular expression: ${error instanceof Error ? error.message : String(error)}`,
      'check its brackets and quantifiers',
    );
  }
}

/** @throws JobError `PLAN_INVALID` for a group that the pattern lacks, or a pattern that matches the empty text. */
export function assertReplacement(pattern: string, replacement: string): void {
  const groups = [...pattern.matchAll(/\\.|\[(?:\\.|[^\]])*\]|\((?!\?)/gs)].filter(
    ([token]) => token === '(',
  );
  for (const [token, digit] of replacement.matchAll(/\$([\d$]?)/g)) {
    if (digit === '$') continue;
    if (digit === '' || Number(digit) > groups.length) {
      throw planInvalid(
        `"${replacement}": "${token}" is no group of "${pattern}"`,
        `it has ${String(groups.length)} groups, numbered from 1; write $$ for a dollar`,
      );
    }
  }
  if (new RegExp(pattern, 'su').test('')) {
    throw planInvalid(
      `the pattern "${pattern}" matches the empty text`,
      'engines differ on empty matches: ask for at least one character',
    );
  }
}
