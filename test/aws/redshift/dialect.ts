import type { ServerError } from './wire.ts';

/** What of Postgres the real one does not have, with what it says. */
const REFUSED: readonly (readonly [RegExp, ServerError])[] = [
  syntax(/\bon conflict\b/, 'on'),
  syntax(/\breturning\b/, 'returning'),
  syntax(/\bunlogged\b/, 'unlogged'),
  syntax(/\bwith ordinality\b/, 'ordinality'),
  syntax(/\blateral\b/, 'lateral'),
  syntax(/\bselect\s+(from|where)\b/, 'from'),
  syntax(/\bfilter\s*\(/, 'filter'),
  syntax(/\bcollate\s+"/, 'collate'),
  syntax(/\bcreate\s+(unique\s+)?index\b/, 'index'),
  syntax(/\bfor\s+(update|share)\b/, 'for'),
  syntax(/\block\s+table\b.*\bin\b.*\bmode\b/, 'in'),
  syntax(/\bnulls\s+not\s+distinct\b/, 'nulls'),
  syntax(/\bas\s+(partition|tag|raw|open|percent|snapshot|top|user|offset)\b/, 'as'),
  missing(
    /\b(to_regclass|json_agg|jsonb_agg|json_build_object|jsonb_build_object|to_json|to_jsonb|row_to_json)\s*\(/,
  ),
  missing(/\b(pg_(try_)?advisory\w*|hashtextextended|set_config|starts_with|aclexplode)\s*\(/),
  missing(/\b(clock_timestamp|statement_timestamp|transaction_timestamp|gen_random_uuid)\s*\(/),
  missing(/\b(unnest|generate_series|string_agg|array_agg|format)\s*\(/),
  [/\bjsonb?\b|\bbytea\b|\bxid8?\b/, { code: '42704', message: 'type does not exist' }],
  [/\b(ctid|xmin|xmax)\b/, { code: '42703', message: 'column does not exist' }],
];

/** Parameters that a session of the real one may set. */
const SETTINGS = new Set([
  ...['statement_timeout', 'datestyle', 'timezone', 'search_path', 'query_group'],
  ...['enable_result_cache_for_session', 'extra_float_digits', 'client_encoding'],
]);

/** @returns what the real one would say, or undefined where it would run the statement. */
export function refusalOf(sql: string): ServerError | undefined {
  const bare = withoutTexts(sql);
  for (const [pattern, error] of REFUSED) if (pattern.test(bare)) return error;
  for (const [, name = ''] of bare.matchAll(/\bset\s+(?:local\s+|session\s+)?(\w+)\s*(?:to|=)/g)) {
    const isUpdate = /^\s*(update|merge)\b/.test(bare);
    if (isUpdate || SETTINGS.has(name)) continue;
    return { code: '42704', message: `unrecognized configuration parameter "${name}"` };
  }
  // The real one makes them numeric(18,0) and varchar(256), and cuts what does not fit.
  if (/\bcast\s*\(\s*'' as (numeric|decimal|varchar|character varying)\s*\)/.test(bare)) {
    return { code: 'XX000', message: 'a cast to a type without a length or precision cuts values' };
  }
  // The real one makes it varchar(256), without a word.
  if (/\bcreate\b.*\btable\b/s.test(bare) && /\btext\b/.test(bare)) {
    return { code: 'XX000', message: 'text in CREATE TABLE becomes varchar(256)' };
  }
  return undefined;
}

/**
 * The statement as Postgres takes it: without keys, which the real one does not enforce, without
 * distribution and order, and with lengths of text in bytes.
 */
export function translated(sql: string): string {
  if (/^\s*begin\s*$/i.test(sql)) return sql;
  if (/^\s*truncate\b/i.test(sql)) return `${sql}; commit`;
  if (!/^\s*create\b[^(]*\btable\b/i.test(sql)) return sql;
  return lengthsInBytes(sql)
    .replace(/,\s*(primary key|unique)\s*\([^)]*\)/gi, '')
    .replace(
      /\b(diststyle\s+\w+|distkey\s*\([^)]*\)|(compound\s+|interleaved\s+)?sortkey\s*(\([^)]*\)|auto))/gi,
      '',
    )
    .replace(/\bencode\s+\w+/gi, '');
}

/** Name of the check that stands for a length; its violation is told as the real one tells it. */
export const LENGTH_CHECK = 'varchar_bytes_';

function lengthsInBytes(sql: string): string {
  let count = 0;
  return sql.replace(
    /("\w+"|\b\w+)\s+(?:character varying|varchar)\s*\((\d+)\)/gi,
    (text, column: string, length: string) =>
      `${text} constraint ${LENGTH_CHECK}${++count} check (octet_length(${column}) <= ${length})`,
  );
}

function syntax(pattern: RegExp, near: string): readonly [RegExp, ServerError] {
  return [pattern, { code: '42601', message: `syntax error at or near "${near}"` }];
}

function missing(pattern: RegExp): readonly [RegExp, ServerError] {
  return [pattern, { code: '42883', message: 'function does not exist' }];
}

/** Lower case, without literals and quoted names. */
function withoutTexts(sql: string): string {
  return sql
    .replace(/'(?:[^']|'')*'/g, "''")
    .replace(/"(?:[^"]|"")*"/g, '"x"')
    .toLowerCase();
}
