import { identifier, quote } from '../../../core/engine.ts';
import type { ColumnType } from '../../../core/schema.ts';
import { duckDbType } from '../../../plan/duckdb/types.ts';
import type { PlanType } from '../../../plan/types.ts';
import type { AddFile } from './actions.ts';
import { keyOfPath } from './paths.ts';
import { partitionOf } from './plan-commit.ts';
import type { DeltaTarget } from './target.ts';

/** Column with the engine's path of the file that a row is in. */
export const FILE = '__file';

/** A column of the table, with its type where a file may lack it. */
export interface RowColumn {
  readonly name: string;
  readonly type?: ColumnType;
}

/**
 * A query in DuckDB's SQL of the rows of data files, whoever wrote them: the partition's value is the
 * log's, since other writers leave it out of the file; an instant is one, also where it was stored
 * without zone (INT96). A column that no file has is null, or left out when its type is not given.
 */
export async function rowsOfFiles(
  { storage, session, request }: DeltaTarget,
  files: readonly AddFile[],
  columns: readonly RowColumn[],
  signal: AbortSignal,
): Promise<string> {
  const { partitionBy } = request.contract;
  const located = files.map((add) => ({
    path: quote(storage.enginePath(keyOfPath(add.path))),
    value: partitionOf(add, partitionBy),
  }));
  const paths = located.map(({ path }) => path).join(', ');
  const scan = `read_parquet([${paths}], filename = ${quote(FILE)}, union_by_name = true, hive_partitioning = false)`;
  const described = await session.rows(`describe select * from ${scan}`, signal);
  const types = new Map(
    described.map((row) => [String(row['column_name']).toLowerCase(), String(row['column_type'])]),
  );
  const selected = columns.flatMap(({ name, type }) => {
    const column = identifier(name);
    if (name === partitionBy) return [`cast(p.value as ${sqlType(type)}) as ${column}`];
    const found = types.get(name.toLowerCase());
    if (found === undefined) {
      return type === undefined ? [] : [`cast(null as ${sqlType(type)}) as ${column}`];
    }
    const isZoneless = type?.kind === 'timestamp' && !found.endsWith('WITH TIME ZONE');
    return [`f.${column}${isZoneless ? ` at time zone 'UTC' as ${column}` : ''}`];
  });
  const values = located.map(
    ({ path, value }) => `(${path}, ${value === null ? 'null' : quote(value)})`,
  );
  return `select ${selected.join(', ')}, f.${identifier(FILE)} from ${scan} f
    join (values ${values.join(', ')}) p (path, value) on f.${identifier(FILE)} = p.path`;
}

function sqlType(type: ColumnType | undefined): string {
  const plain: PlanType = type === undefined || type.kind === 'string' ? { kind: 'string' } : type;
  return duckDbType(plain);
}
