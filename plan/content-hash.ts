import { identifier } from '../core/engine.ts';
import type { Column, OutputContract } from '../core/schema.ts';

/** Columns that say who loaded a row and when; not part of a row's content. */
const NOT_CONTENT: ReadonlySet<string> = new Set(['created_by', 'loaded_at']);

/**
 * DuckDB SQL of a row's content hash: the first 15 hex digits of the md5 of its canonical text, as
 * an integer. Sums of it do not depend on the order of rows. Defined in `docs/semantics.md`.
 */
export function rowHashSql(contract: OutputContract): string {
  const parts = contract.columns
    .filter((column) => !NOT_CONTENT.has(column.name))
    .map((column) => canonicalText(column));
  return `cast('0x' || substr(md5(concat_ws(chr(31), ${parts.join(', ')})), 1, 15) as ubigint)`;
}

/** Null is U+001E alone; the separator is U+001F. */
function canonicalText(column: Column): string {
  const name = identifier(column.name);
  return column.nullable ? `coalesce(cast(${name} as varchar), chr(30))` : name;
}
