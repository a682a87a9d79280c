/* The plan's patterns (../regex.ts) as Java reads them. */

/** Escapes and classes, which stay as they are, and the two characters that Java reads otherwise. */
const TOKEN = /\\.|\[(?:\\.|[^\]\\])*\]|[.$]/gsu;

/** Java's `.` leaves out more than the line feed, and its `$` may stand before a last one. */
const MEANT: Readonly<Record<string, string>> = { '.': '[^\\n]', $: '\\z' };

export function javaPattern(pattern: string): string {
  return pattern.replace(TOKEN, (token) => MEANT[token] ?? token);
}

/** A pattern that matches exactly this text. */
export function quotedPattern(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}

/** `$1` to `$9` are groups of one digit: Java would read more digits if it had so many groups. */
export function javaReplacement(replacement: string): string {
  return replacement.replace(
    /\$(\d)(\d?)|\$\$|\\/g,
    (token, group: string | undefined, next = '') => {
      if (group === undefined) return token === '\\' ? '\\\\' : '\\$';
      return `$${group}${next === '' ? '' : `\\${String(next)}`}`;
    },
  );
}
