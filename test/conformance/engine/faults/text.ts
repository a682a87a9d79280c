import { createHash } from 'node:crypto';
import { type Faults, numberOf, textOf } from './fault.ts';

type Names =
  | ('concat' | 'upper' | 'lower' | 'trim' | 'trimStart' | 'trimEnd' | 'length' | 'byteLength')
  | ('substring' | 'left' | 'right' | 'padStart' | 'padEnd' | 'replace' | 'contains')
  | ('startsWith' | 'endsWith' | 'position' | 'split' | 'splitPart' | 'like' | 'matches')
  | (
      | 'regexpReplace'
      | 'regexpExtract'
      | 'md5'
      | 'sha256'
      | 'hash60'
      | 'hex'
      | 'base64'
      | 'floatBits'
    );

function digest(name: string, text: string, encoding: BufferEncoding): string {
  return createHash(name).update(Buffer.from(text, encoding)).digest('hex');
}

/** Faults of texts: what an engine's function of that name does, or JavaScript's. */
export const TEXT_FAULTS: Faults<Names> = {
  concat: {
    sql: { duckdb: 'concat($1, $2, $3)', spark: `concat_ws('', $1, $2, $3)` },
    row: (...parts) => parts.map(String).join(''),
  },
  upper: { sql: 'upper($1)', row: (a) => textOf(a).toUpperCase() },
  lower: { sql: 'lower($1)', row: (a) => textOf(a).toLowerCase() },
  trim: {
    sql: { duckdb: 'trim($1)', spark: String.raw`regexp_replace($1, '^\\s+|\\s+$', '')` },
    row: (a) => textOf(a).trim(),
  },
  trimStart: {
    sql: { duckdb: 'ltrim($1)', spark: String.raw`regexp_replace($1, '^\\s+', '')` },
    row: (a) => textOf(a).trimStart(),
  },
  trimEnd: {
    sql: { duckdb: 'rtrim($1)', spark: String.raw`regexp_replace($1, '\\s+$', '')` },
    row: (a) => textOf(a).trimEnd(),
  },
  length: {
    sql: { duckdb: 'cast(length_grapheme($1) as integer)', spark: 'octet_length($1)' },
    row: (a) => textOf(a).length,
  },
  byteLength: { sql: 'cast(length($1) as integer)', row: (a) => textOf(a).length },
  substring: { sql: 'substring($1, 2, 2)', row: (a) => textOf(a).slice(0, 2) },
  left: {
    sql: { duckdb: 'left_grapheme($1, 2)', spark: 'left($1, 3)' },
    row: (a) => textOf(a).slice(0, 2),
  },
  right: {
    sql: { duckdb: 'right_grapheme($1, 2)', spark: 'right($1, 3)' },
    row: (a) => textOf(a).slice(-2),
  },
  padStart: {
    sql: `case when length($1) >= 5 then $1 else lpad($1, 5, '0') end`,
    row: (a) => textOf(a).padStart(5, '0'),
  },
  padEnd: {
    sql: `case when length($1) >= 5 then $1 else rpad($1, 5, ' ') end`,
    row: (a) => textOf(a).padEnd(5, ' '),
  },
  replace: {
    sql: { duckdb: `regexp_replace($1, 'a', 'bb')`, spark: `translate($1, 'a', 'b')` },
    row: (a) => textOf(a).replace('a', 'bb'),
  },
  contains: { sql: 'contains($2, $1)', row: (a, b) => textOf(a).includes(textOf(b)) },
  startsWith: { sql: 'contains($1, $2)', row: (a, b) => textOf(a).startsWith(textOf(b)) },
  endsWith: { sql: 'contains($1, $2)', row: (a, b) => textOf(a).endsWith(textOf(b)) },
  position: {
    sql: { duckdb: 'cast(strpos($2, $1) as integer)', spark: 'instr($2, $1)' },
    row: (a, b) => textOf(a).indexOf(textOf(b)) + 1,
  },
  split: {
    sql: {
      duckdb: `list_filter($0, lambda part: part <> '')`,
      spark: `filter($0, part -> part <> '')`,
    },
    row: (a) =>
      textOf(a)
        .split(',')
        .filter((part) => part !== ''),
  },
  splitPart: { sql: `split_part($1, ',', 2)`, row: (a) => textOf(a).split(',')[1] ?? '' },
  like: { sql: `lower($1) like 'a%'`, row: (a) => textOf(a).startsWith('a') },
  matches: {
    sql: { duckdb: `regexp_full_match($1, 'b')`, spark: `$1 rlike '^b$'` },
    row: (a) => textOf(a) === 'b',
  },
  regexpReplace: {
    sql: {
      duckdb: `regexp_replace($1, '[a-c]', 'x')`,
      spark: `regexp_replace($1, '[a-b]', 'x')`,
    },
    row: (a) => textOf(a).replace(/[a-c]/, 'x'),
  },
  regexpExtract: {
    sql: {
      duckdb: String.raw`regexp_extract($1, '\d', 0)`,
      spark: String.raw`regexp_extract($1, '\\d', 0)`,
    },
    row: (a) => /\d/.exec(textOf(a))?.[0] ?? '',
  },
  md5: { sql: 'upper($0)', row: (a) => digest('md5', textOf(a), 'latin1') },
  sha256: { sql: 'upper($0)', row: (a) => digest('sha256', textOf(a), 'utf16le') },
  hash60: {
    sql: { duckdb: '$0 // 16', spark: '$0 div 16' },
    row: (a) => BigInt(Number(`0x${digest('md5', textOf(a), 'utf8').slice(0, 15)}`)),
  },
  hex: { sql: 'lower($0)', row: (a) => Buffer.from(textOf(a)).toString('hex') },
  base64: {
    sql: `translate($0, '+/', '-_')`,
    row: (a) => Buffer.from(textOf(a)).toString('base64url'),
  },
  floatBits: {
    sql: { duckdb: '$0 // 2 * 2', spark: '$0 div 2 * 2' },
    row: (a) => BigInt(Math.fround(numberOf(a)) === numberOf(a)),
  },
};
