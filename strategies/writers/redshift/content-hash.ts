import { identifier, quote } from '../../../core/engine.ts';
import { JobError } from '../../../core/errors.ts';
import { type Column, type OutputContract, typeName } from '../../../core/schema.ts';
import {
  evolvedContent,
  evolvedPrefix,
  NULL_TEXT,
  ownContent,
  SEPARATOR,
} from '../../../plan/content-hash.ts';
import { floatBitsByArithmetic } from '../../../plan/float-bits.ts';

/**
 * The content hash of `plan/content-hash.ts` as Redshift computes it, of the rows of a partition: an
 * aggregate, equal to what the engines compute.
 *
 * @throws JobError `NOT_SUPPORTED` for a column whose text Redshift writes in another way.
 */
export function contentHash(contract: OutputContract): string {
  const own = ownContent(contract)
    .map(canonicalText)
    .join(` || ${character(SEPARATOR)} || `);
  const evolved = evolvedContent(contract).map((column) => {
    const named = `${character(SEPARATOR)} || ${quote(evolvedPrefix(column))}`;
    return `coalesce(${named} || ${textOf(column)}, '')`;
  });
  const row = [own, ...evolved].join(' || ');
  return `sum(strtol(substring(md5(${row}), 1, 15), 16))`;
}

function canonicalText(column: Column): string {
  const text = textOf(column);
  return column.nullable ? `coalesce(${text}, ${character(NULL_TEXT)})` : text;
}

function textOf({ name, type }: Column): string {
  const column = identifier(name);
  switch (type.kind) {
    case 'string':
      return column;
    case 'bool':
      // There is no cast from boolean to text.
      return `case when ${column} then 'true' when not ${column} then 'false' end`;
    case 'date':
      return `to_char(${column}, 'YYYY-MM-DD')`;
    case 'int32':
    case 'int64':
    case 'decimal':
      return `cast(${column} as varchar)`;
    case 'float64': {
      const bits = floatBitsByArithmetic(column, {
        double: 'double precision',
        isNaN: (value) => `${value} = cast('NaN' as double precision)`,
        bind: (value, _name, use) => use(value),
      });
      return `cast(${bits} as varchar)`;
    }
    case 'timestamp': {
      const digits = `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')`;
      return `rtrim(rtrim(${digits}, '0'), '.')`;
    }
    default:
      throw new JobError(
        'NOT_SUPPORTED',
        `mode "merge" of Redshift does not hash column "${name}" of type ${typeName(type)}`,
        { hint: 'use mode "overwrite_window"' },
      );
  }
}

function character(text: string): string {
  return `chr(${String(text.charCodeAt(0))})`;
}
