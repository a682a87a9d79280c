import { printText } from './literals.ts';
import type { Printers } from './printer.ts';
import { castTo } from './types.ts';

type Names =
  | ('concat' | 'upper' | 'lower' | 'trim' | 'trimStart' | 'trimEnd' | 'length' | 'byteLength')
  | ('substring' | 'left' | 'right' | 'padStart' | 'padEnd' | 'replace')
  | ('contains' | 'startsWith' | 'endsWith' | 'position' | 'split' | 'splitPart')
  | ('like' | 'matches' | 'regexpReplace' | 'regexpExtract')
  | ('md5' | 'sha256' | 'hash60' | 'hex' | 'base64' | 'floatBits');

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();

/* DuckDB's upper, lower, trim and reverse know Unicode in ways of their own; these do not. */

export const TEXT: Printers<Names> = {
  concat(parts, { type, args }) {
    if (parts.length === 0) return `''`;
    const joined = `(${parts.join(' || ')})`;
    // With a literal null DuckDB makes it a null of no type, which ends as an integer.
    return args.some((arg) => arg.op === 'literal' && arg.value === null)
      ? castTo(type, joined)
      : joined;
  },
  upper: ([a]) => `translate(${a}, '${LOWER}', '${UPPER}')`,
  lower: ([a]) => `translate(${a}, '${UPPER}', '${LOWER}')`,
  trim: ([a]) => `trim(${a}, ' ')`,
  trimStart: ([a]) => `ltrim(${a}, ' ')`,
  trimEnd: ([a]) => `rtrim(${a}, ' ')`,
  length: ([a]) => `cast(length(${a}) as integer)`,
  byteLength: ([a]) => `cast(strlen(${a}) as integer)`,
  substring: ([a], { parameters: { start, length } }) => `substring(${a}, ${start}, ${length})`,
  left: ([a], { parameters }) => `left(${a}, ${parameters.length})`,
  right: ([a], { parameters }) => `right(${a}, ${parameters.length})`,
  padStart: ([a], { parameters: { length, pad } }) => `lpad(${a}, ${length}, ${printText(pad)})`,
  padEnd: ([a], { parameters: { length, pad } }) => `rpad(${a}, ${length}, ${printText(pad)})`,
  replace: ([a], { parameters: { search, replacement } }) =>
    `replace(${a}, ${printText(search)}, ${printText(replacement)})`,
  contains: ([a, part]) => `contains(${a}, ${part})`,
  startsWith: ([a, part]) => `starts_with(${a}, ${part})`,
  endsWith: ([a, part]) => `ends_with(${a}, ${part})`,
  position: ([a, part]) => `cast(instr(${a}, ${part}) as integer)`,
  split: ([a], { parameters }) => `string_split(${a}, ${printText(parameters.separator)})`,
  splitPart: ([a], { parameters: { separator, index } }) =>
    `split_part(${a}, ${printText(separator)}, ${index})`,
  like: ([a], { parameters }) => `(${a} like ${printText(parameters.pattern)} escape '!')`,
  // The patterns of regex.ts mean in RE2 what the plan means by them.
  matches: ([a], { parameters }) => `regexp_matches(${a}, ${printText(parameters.pattern)})`,
  regexpReplace: ([a], { parameters: { pattern, replacement } }) =>
    `regexp_replace(${a}, ${printText(pattern)}, ${printText(rewrite(replacement))}, 'g')`,
  regexpExtract: ([a], { parameters: { pattern, group } }) =>
    `regexp_extract(${a}, ${printText(pattern)}, ${group})`,
  md5: ([a]) => `md5(${a})`,
  sha256: ([a]) => `sha256(${a})`,
  hash60: ([a]) => `cast('0x' || left(md5(${a}), 15) as bigint)`,
  hex: ([a]) => `hex(${a})`,
  base64: ([a], { args }) =>
    args[0]?.type.kind === 'binary' ? `base64(${a})` : `base64(encode(${a}))`,
  floatBits: ([a]) =>
    `case when isnan(${a}) then 9221120237041090560 when ${a} = 0 then 0 else cast(cast(${a} as bit) as bigint) end`,
};

/** `$1` and `$$` as RE2 spells them. */
function rewrite(replacement: string): string {
  return replacement
    .replaceAll('\\', '\\\\')
    .replace(/\$([\d$])/g, (_, digit: string) => (digit === '$' ? '$' : `\\${digit}`));
}
