import { identifier } from '../../../core/engine.ts';
import type { Column, OutputContract } from '../../../core/schema.ts';
import { isContent, NULL_TEXT, SEPARATOR } from '../../../plan/content-hash.ts';

/**
 * The content hash of `plan/content-hash.ts` as the server computes it, of the rows of a partition:
 * an aggregate, equal to what the engines compute. The session prints dates as ISO 8601.
 */
export function contentHash(contract: OutputContract): string {
  const texts = contract.columns.filter(isContent).map(canonicalText);
  const row = `concat_ws(${character(SEPARATOR)}, ${texts.join(', ')})`;
  const digits = `left(md5(convert_to(${row}, 'UTF8')), 15)`;
  return `sum(('x' || ${digits})::bit(60)::bigint)`;
}

function canonicalText({ name, type, nullable }: Column): string {
  const column = identifier(name);
  const text = (() => {
    switch (type.kind) {
      case 'decimal':
        // A column without a scale of its own keeps that of each value.
        return `${column}::numeric(${String(type.precision)},${String(type.scale)})::text`;
      case 'timestamp':
        return `(${column} at time zone 'UTC')::text`;
      default:
        return `${column}::text`;
    }
  })();
  return nullable ? `coalesce(${text}, ${character(NULL_TEXT)})` : text;
}

function character(text: string): string {
  return `chr(${String(text.charCodeAt(0))})`;
}
