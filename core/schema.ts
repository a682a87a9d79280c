/** Types a column can have, in every engine and sink. `string` lengths are in characters. */
export type ColumnType =
  | { readonly kind: 'bool' | 'int32' | 'int64' | 'float64' | 'binary' | 'date' }
  /** An instant, UTC, microseconds. */
  | { readonly kind: 'timestamp' }
  | { readonly kind: 'string'; readonly maxLength?: number }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number };

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** What it says, for people who meet it in a catalog. */
  readonly comment?: string;
  /**
   * Came with the source, by `schema_contract`: nullable, after the job's own columns, and null in
   * rows that were loaded before. A target may still lack it; the commit of the load adds it.
   */
  readonly evolved?: boolean;
  /**
   * Of a float64 that came with the source: it is part of the content hash. Those that ledgers have without
   * it came before the hash knew floats, and stay out of it, so that every entry means what it meant.
   */
  readonly hashed?: boolean;
}

/** What a sink receives: the columns in order, the key, and the column that partitions files. */
export interface OutputContract {
  readonly columns: readonly Column[];
  /** What a row is, for people who meet the table in a catalog. */
  readonly comment?: string;
  /** Names of the key's columns; rows are unique by them. */
  readonly key: readonly string[];
  readonly partitionBy: string;
  /** Date columns of a row's validity `[from, to)`: a row is in a window when they overlap. */
  readonly validity: { readonly from: string; readonly to: string };
}

/** A type as people write it: `decimal(5,2)`, `string(32)`, `int64`. */
export function typeName(type: ColumnType): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${String(type.precision)},${String(type.scale)})`;
    case 'string':
      return type.maxLength === undefined ? 'string' : `string(${String(type.maxLength)})`;
    default:
      return type.kind;
  }
}

/** The contract with columns that came with the source, besides those that it has. */
export function withEvolved(contract: OutputContract, columns: readonly Column[]): OutputContract {
  const own = new Set(contract.columns.map(({ name }) => name));
  const more = columns.filter(({ name }) => !own.has(name));
  return more.length === 0 ? contract : { ...contract, columns: [...contract.columns, ...more] };
}

export function evolvedColumns({ columns }: OutputContract): readonly Column[] {
  return columns.filter(({ evolved }) => evolved === true);
}
