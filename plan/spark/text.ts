import { floatBitsByArithmetic } from '../float-bits.ts';
import type { Printers } from './printer.ts';
import { sparkText } from './names.ts';
import { javaPattern, javaReplacement, quotedPattern } from './regex.ts';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();

export const TEXT = {
  concat: (parts) => (parts.length === 0 ? "''" : `concat(${parts.join(', ')})`),
  upper: ([a]) => `translate(${a}, '${LOWER}', '${UPPER}')`,
  lower: ([a]) => `translate(${a}, '${UPPER}', '${LOWER}')`,
  trim: ([a]) => `trim(both ' ' from ${a})`,
  trimStart: ([a]) => `trim(leading ' ' from ${a})`,
  trimEnd: ([a]) => `trim(trailing ' ' from ${a})`,
  length: ([a]) => `char_length(${a})`,
  byteLength: ([a]) => `octet_length(${a})`,
  substring: ([a], { parameters: { start, length } }) =>
    `substring(${a}, ${String(start)}, ${String(Math.max(length, 0))})`,
  left: ([a], { parameters: { length } }) => `left(${a}, ${String(length)})`,
  right: ([a], { parameters: { length } }) => `right(${a}, ${String(length)})`,
  padStart: ([a], { parameters: { length, pad } }) =>
    `lpad(${a}, ${String(length)}, ${sparkText(pad)})`,
  padEnd: ([a], { parameters: { length, pad } }) =>
    `rpad(${a}, ${String(length)}, ${sparkText(pad)})`,
  replace: ([a], { parameters: { search, replacement } }) =>
    `replace(${a}, ${sparkText(search)}, ${sparkText(replacement)})`,
  contains: ([a, part]) => `contains(${a}, ${part})`,
  startsWith: ([a, part]) => `startswith(${a}, ${part})`,
  endsWith: ([a, part]) => `endswith(${a}, ${part})`,
  position: ([a, part]) => `instr(${a}, ${part})`,
  split: ([a], { parameters: { separator } }) =>
    `split(${a}, ${sparkText(quotedPattern(separator))}, -1)`,
  splitPart: ([a], { parameters: { separator, index } }) =>
    `split_part(${a}, ${sparkText(separator)}, ${String(index)})`,
  like: ([a], { parameters: { pattern } }) => `(${a} like ${sparkText(pattern)} escape '!')`,
  matches: ([a], { parameters: { pattern } }) => `(${a} rlike ${sparkText(javaPattern(pattern))})`,
  regexpReplace: ([a], { parameters: { pattern, replacement } }) =>
    `regexp_replace(${a}, ${sparkText(javaPattern(pattern))}, ${sparkText(javaReplacement(replacement))})`,
  regexpExtract: ([a], { parameters: { pattern, group } }) =>
    `regexp_extract(${a}, ${sparkText(javaPattern(pattern))}, ${String(group)})`,
  md5: ([a]) => `md5(${a})`,
  sha256: ([a]) => `sha2(${a}, 256)`,
  hash60: ([a]) => `cast(conv(left(md5(${a}), 15), 16, 10) as bigint)`,
  hex: ([a]) => `hex(${a})`,
  // Spark 3.5 breaks lines after 76 characters.
  base64: ([a]) => `replace(base64(cast(${a} as binary)), '\\r\\n', '')`,
  floatBits: ([a]) =>
    floatBitsByArithmetic(a, {
      double: 'double',
      isNaN: (value) => `isnan(${value})`,
      bind: (value, name, use) => `transform(array(${value}), ${name} -> ${use(name)})[0]`,
    }),
} satisfies Partial<Printers>;
