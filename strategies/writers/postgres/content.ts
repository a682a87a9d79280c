import { identifier, quote } from '../../../core/engine.ts';
import type { Column, OutputContract } from '../../../core/schema.ts';
import {
  evolvedContent,
  evolvedPrefix,
  NULL_TEXT,
  ownContent,
  SEPARATOR,
} from '../../../plan/content-hash.ts';

/**
 * The content hash of `plan/content-hash.ts` as the server computes it, of the rows of a partition:
 * an aggregate, equal to what the engines compute. The session prints dates as ISO 8601.
 */
export function contentHash(contract: OutputContract): string {
  const texts = [
    ...ownContent(contract).map((column) =>
      column.nullable ? `coalesce(${textOf(column)}, ${character(NULL_TEXT)})` : textOf(column),
    ),
    // What is null is left out by concat_ws, its separator too.
    ...evolvedContent(contract).map(
      (column) => `${quote(evolvedPrefix(column))} || ${textOf(column)}`,
    ),
  ];
  const row = `concat_ws(${character(SEPARATOR)}, ${texts.join(', ')})`;
  const digits = `left(md5(convert_to(${row}, 'UTF8')), 15)`;
  return `sum(('x' || ${digits})::bit(60)::bigint)`;
}

function textOf({ name, type }: Column): string {
  const column = identifier(name);
  switch (type.kind) {
    case 'decimal':
      // A column without a scale of its own keeps that of each value.
      return `${column}::numeric(${String(type.precision)},${String(type.scale)})::text`;
    case 'float64':
      // The bits, as `floatBits` of the plan has them.
      return `(case when ${column} = 0 then 0 when ${column} = 'NaN' then 9221120237041090560
        else ('x' || encode(float8send(${column}), 'hex'))::bit(64)::bigint end)::text`;
    case 'timestamp':
      return `(${column} at time zone 'UTC')::text`;
    default:
      return `${column}::text`;
  }
}

function character(text: string): string {
  return `chr(${String(text.charCodeAt(0))})`;
}
