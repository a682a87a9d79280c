import { asSpark, identifier, quote, type SqlSession } from '../../../core/engine.ts';
import type { ColumnType } from '../../../core/schema.ts';
import { printDuckDb } from '../../../plan/duckdb/print.ts';
import { duckDbType } from '../../../plan/duckdb/types.ts';
import type { RelationNode } from '../../../plan/relation.ts';
import { sparkName, sparkText } from '../../../plan/spark/names.ts';
import { printSpark } from '../../../plan/spark/print.ts';
import { sparkType } from '../../../plan/spark/types.ts';
import type { PlanType } from '../../../plan/types.ts';

/** Column with the engine's path of the file that a row is in. */
export const FILE = '__file';

/** What rows can be read from, and its columns with their types as DuckDB names them. */
interface Scan {
  readonly relation: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** An engine's words where rows of data files are read, whatever reads them. */
export interface FileSql {
  name(text: string): string;
  text(text: string): string;
  type(type: ColumnType | undefined): string;
  /** A timestamp without zone as the instant that it is in UTC. */
  instant(column: string): string;
  readonly antiJoin: string;
  readonly semiJoin: string;
  /** All columns that some file has, and `FILE`. */
  scan(session: SqlSession, paths: readonly string[], signal: AbortSignal): Promise<Scan>;
  createView(name: string, query: string): string;
  print(node: RelationNode): string;
  /** The file as a relation. */
  parquet(path: string): string;
  /**
   * The objects of a local file, JSON line by line, as rows.
   *
   * @param longest - bytes of the longest line.
   */
  json(path: string, columns: Readonly<Record<string, Shape>>, longest: number): string;
}

/** The type of a value in JSON; `map` has texts as keys and values, `list` has texts. */
export type Shape =
  'int' | 'long' | 'bool' | 'text' | 'list' | 'map' | { readonly [field: string]: Shape };

export function fileSqlOf({ engine }: SqlSession): FileSql {
  return engine === 'bigdata' ? onSpark : onDuckDb;
}

const onDuckDb: FileSql = {
  name: identifier,
  text: quote,
  type: (type) => duckDbType(plain(type)),
  instant: (column) => `${column} at time zone 'UTC'`,
  antiJoin: 'anti join',
  semiJoin: 'semi join',
  async scan(session, paths, signal) {
    const list = paths.map((path) => quote(path)).join(', ');
    const relation = `read_parquet([${list}], filename = ${quote(FILE)}, union_by_name = true, hive_partitioning = false)`;
    const described = await session.rows(`describe select * from ${relation}`, signal);
    const columns = described.map((row) => ({
      name: String(row['column_name']),
      type: String(row['column_type']),
    }));
    return { relation, columns };
  },
  createView: (name, query) => `create view ${identifier(name)} as ${query}`,
  print: printDuckDb,
  parquet: (path) => `read_parquet(${quote(path)})`,
  json(path, columns, longest) {
    const types = Object.entries(columns).map(
      ([column, shape]) => `${column}: ${quote(duckDbShape(shape))}`,
    );
    // DuckDB takes twice this per thread, so no more than the longest line needs.
    const buffer = Math.max(longest, MIN_BUFFER_BYTES);
    return `select * from read_json(${quote(path)}, format = 'newline_delimited',
      maximum_object_size = ${String(buffer)}, columns = {${types.join(', ')}})`;
  },
};

const MIN_BUFFER_BYTES = 1_048_576;

const onSpark: FileSql = {
  name: sparkName,
  text: sparkText,
  type: (type) => sparkType(plain(type)),
  instant: (column) => `cast(${column} as timestamp_ltz)`,
  antiJoin: 'left anti join',
  semiJoin: 'left semi join',
  async scan(session, paths, signal) {
    const options = { mergeSchema: 'true' };
    const source = { format: 'parquet', paths, options } as const;
    const { name, columns } = await asSpark(session).openSource(source, signal);
    return { relation: name, columns };
  },
  createView: (name, query) => `create temporary view ${sparkName(name)} as ${query}`,
  print: printSpark,
  parquet: (path) => `parquet.${sparkName(path)}`,
  json: (path, columns) =>
    `select actions.* from (select from_json(value, ${sparkText(fields(columns, sparkShape))}) as actions
      from text.${sparkName(path)})`,
};

function plain(type: ColumnType | undefined): PlanType {
  return type === undefined || type.kind === 'string' ? { kind: 'string' } : type;
}

const DUCKDB = {
  ...{ int: 'INTEGER', long: 'BIGINT', bool: 'BOOLEAN', text: 'VARCHAR' },
  ...{ list: 'VARCHAR[]', map: 'MAP(VARCHAR, VARCHAR)' },
} as const;

function duckDbShape(shape: Shape): string {
  return typeof shape === 'string' ? DUCKDB[shape] : `STRUCT(${fields(shape, duckDbShape)})`;
}

const SPARK = {
  ...{ int: 'int', long: 'bigint', bool: 'boolean', text: 'string' },
  ...{ list: 'array<string>', map: 'map<string, string>' },
} as const;

function sparkShape(shape: Shape): string {
  return typeof shape === 'string' ? SPARK[shape] : `struct<${fields(shape, sparkShape)}>`;
}

function fields(shapes: Readonly<Record<string, Shape>>, print: (shape: Shape) => string): string {
  return Object.entries(shapes)
    .map(([name, shape]) => `${name} ${print(shape)}`)
    .join(', ');
}
