/** A name as an identifier of Spark's SQL. */
export function sparkName(name: string): string {
  if (name.includes('\0')) throw new RangeError('a SQL identifier cannot hold a NUL character');
  return `\`${name.replaceAll('`', '``')}\``;
}

/**
 * A text as a literal of Spark's SQL, where a backslash escapes and a doubled quote does not. Spark
 * replaces `${...}` by a variable before it parses, within literals too, so that a dollar in front
 * of a brace is written as its code point.
 */
export function sparkText(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replaceAll('\0', '\\u0000')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('${', '\\u0024{');
  return `'${escaped}'`;
}
