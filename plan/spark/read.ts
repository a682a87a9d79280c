import type { Read, ReadField } from '../relation.ts';
import type { Kind } from '../types.ts';
import { clauses } from './layout.ts';
import { sparkName } from './names.ts';
import { sparkType } from './types.ts';

/** Types of a source's columns, as Spark's schema names them, by the columns' lower-case names. */
export type SourceTypes = ReadonlyMap<string, string>;

const INTEGERS = ['tinyint', 'smallint', 'int', 'bigint'];
/** What Spark reads Parquet's unsigned integers of 64 bits as. */
const UNSIGNED = 'decimal(20,0)';

/** Spark's types that a kind is narrowed from; texts, lists and structs have rules of their own. */
const FAMILIES: Readonly<Record<Exclude<Kind, 'string' | 'list' | 'struct'>, readonly string[]>> = {
  bool: ['boolean'],
  int32: [...INTEGERS, UNSIGNED],
  int64: [...INTEGERS, UNSIGNED],
  float64: ['float', 'double'],
  decimal: [...INTEGERS, 'decimal'],
  binary: ['binary'],
  date: ['date'],
  timestamp: ['timestamp', 'timestamp_ntz'],
  localTimestamp: ['timestamp', 'timestamp_ntz'],
};

/**
 * A source's columns as the fields want them: null where a value does not fit, and everywhere if the
 * column is of another family of types. A text is never parsed, a fraction never dropped. A column
 * that has the wanted type is read as it is.
 *
 * @param types - absent: each column is taken to be of the family that its field wants.
 */
export function printRead({ source, fields }: Read, types: SourceTypes | undefined): string {
  const columns = fields.map((field) => readField(field, types));
  return clauses('select', columns, `from ${sparkName(source)}`);
}

function readField(
  { name, from, type, asText }: ReadField,
  types: SourceTypes | undefined,
): string {
  const column = sparkName(from ?? name);
  const found = types?.get((from ?? name).toLowerCase());
  const wanted = asText === true ? 'string' : sparkType(type);
  const narrowed = narrow(column, asText === true ? 'string' : type.kind, wanted, found);
  return narrowed === sparkName(name) ? narrowed : `${narrowed} as ${sparkName(name)}`;
}

function narrow(column: string, kind: Kind, wanted: string, found: string | undefined): string {
  if (found === undefined) return `try_cast(${column} as ${wanted})`;
  // A schema names the instant by what it is in SQL by default.
  if (found === wanted || (found === 'timestamp' && wanted === 'timestamp_ltz')) return column;
  if (kind === 'string') return `cast(${column} as string)`;
  const isFamily =
    kind === 'list' || kind === 'struct'
      ? found.startsWith(kind === 'list' ? 'array<' : 'struct<')
      : FAMILIES[kind].some((each) => found === each || found.startsWith(`${each}(`));
  return isFamily ? `try_cast(${column} as ${wanted})` : `cast(null as ${wanted})`;
}
