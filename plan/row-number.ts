import { identifier } from '../core/engine.ts';
import { sparkName } from './spark/names.ts';

/** A column, and its type as DuckDB names it. */
interface TypedColumn {
  readonly name: string;
  readonly type: string;
}

const INSTANT = /^TIMESTAMP(?:_\w+| WITH TIME ZONE)?$/;

/**
 * The number of a row that has no place: the first 15 hex digits of an md5 of its values. It is the
 * same whenever and in whatever order the rows are read, so that a row is found by it as long as no
 * value of it changes; equal rows have the same. Floats, intervals and nested values count by the
 * engine's own text, so that the number of such a row is the engine's own.
 */
export function contentNumberOnDuckDb(columns: readonly TypedColumn[]): string {
  const digests = columns.map(({ name, type }) => {
    const column = identifier(name);
    const text = `cast(${column} as varchar)`;
    const value = INSTANT.test(type)
      ? `case when isfinite(${column}) then cast(epoch_us(${column}) as varchar) else ${text} end`
      : text;
    return `coalesce(md5(${value}), '-')`;
  });
  return `cast('0x' || left(md5(concat(${digests.join(', ')})), 15) as bigint)`;
}

/** The same in Spark's SQL. */
export function contentNumberOnSpark(columns: readonly TypedColumn[]): string {
  const digests = columns.map(({ name, type }) => {
    const column = sparkName(name);
    const value = INSTANT.test(type) ? `unix_micros(cast(${column} as timestamp_ltz))` : column;
    return `coalesce(md5(cast(${value} as string)), '-')`;
  });
  return `cast(conv(left(md5(concat(${digests.join(', ')})), 15), 16, 10) as bigint)`;
}
