/* How queries are laid out: for people who read them in --verbose. */

/** Longest list of columns that stands on one line. */
const MAX_LINE = 90;
/** A text, a quoted name, or a line break outside of both. */
const QUOTED_OR_BREAK = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`|\n/gs;

/** A clause a line, the columns on one line where they are short. */
export function clauses(
  select: string,
  columns: readonly string[],
  clause: string,
  rest: readonly string[] = [],
): string {
  const flat = columns.join(', ');
  const shown =
    flat.length <= MAX_LINE && !flat.includes('\n') ? ` ${flat}` : `\n  ${columns.join(',\n  ')}`;
  return [`${select}${shown}`, clause, ...rest].join('\n');
}

/** Two spaces to the right, without the lines that texts and quoted names go on over. */
export function indented(sql: string): string {
  const moved = sql.replace(QUOTED_OR_BREAK, (token) => (token === '\n' ? '\n  ' : token));
  return `  ${moved}`;
}
