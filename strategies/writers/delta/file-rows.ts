import type { ColumnType } from '../../../core/schema.ts';
import type { AddFile } from './actions.ts';
import { FILE, fileSqlOf } from './file-sql.ts';
import { keyOfPath } from './paths.ts';
import { partitionOf } from './plan-commit.ts';
import type { DeltaTarget } from './target.ts';

/** A column of the table, with its type where a file may lack it. */
export interface RowColumn {
  readonly name: string;
  readonly type?: ColumnType;
}

export interface FileRows {
  /** With `FILE` beside the columns. */
  readonly query: string;
  /** The columns' names, quoted. */
  readonly columns: readonly string[];
}

/**
 * A query in the engine's SQL of the rows of data files, whoever wrote them: the partition's value is
 * the log's, since other writers leave it out of the file; an instant is one, also where it was stored
 * without zone (INT96). A column that no file has is null, or left out when its type is not given.
 */
export async function rowsOfFiles(
  { storage, session, request }: DeltaTarget,
  files: readonly AddFile[],
  columns: readonly RowColumn[],
  signal: AbortSignal,
): Promise<FileRows> {
  const sql = fileSqlOf(session);
  const { partitionBy } = request.contract;
  const located = files.map((add) => ({
    path: storage.enginePath(keyOfPath(add.path)),
    value: partitionOf(add, partitionBy),
  }));
  const scan = await sql.scan(
    session,
    located.map(({ path }) => path),
    signal,
  );
  const types = new Map(scan.columns.map(({ name, type }) => [name.toLowerCase(), type]));
  const selected = columns.flatMap(({ name, type }) => {
    const column = sql.name(name);
    const as = (value: string) => [{ column, value: `${value} as ${column}` }];
    if (name === partitionBy) return as(`cast(p.value as ${sql.type(type)})`);
    const found = types.get(name.toLowerCase());
    if (found === undefined) {
      return type === undefined ? [] : as(`cast(null as ${sql.type(type)})`);
    }
    const isZoneless = type?.kind === 'timestamp' && !found.endsWith('WITH TIME ZONE');
    return as(isZoneless ? sql.instant(`f.${column}`) : `f.${column}`);
  });
  const values = located.map(
    ({ path, value }) => `(${sql.text(path)}, ${value === null ? 'null' : sql.text(value)})`,
  );
  const file = `f.${sql.name(FILE)}`;
  return {
    query: `select ${[...selected.map(({ value }) => value), file].join(', ')} from ${scan.relation} f
      join (values ${values.join(', ')}) p (path, value) on ${file} = p.path`,
    columns: selected.map(({ column }) => column),
  };
}
