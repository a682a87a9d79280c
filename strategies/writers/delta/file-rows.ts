import type { ColumnType } from '../../../core/schema.ts';
import type { AddFile } from './actions.ts';
import { FILE, fileSqlOf } from './file-sql.ts';
import { keyOfPath } from './paths.ts';
import { valuesOf } from './partitioning.ts';
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
 * A query in the engine's SQL of the rows of data files, whoever wrote them: partition values are
 * the log's, since other writers leave them out of the file; an instant is one, also where it was stored
 * without zone (INT96). A column that no file has is null, or left out when its type is not given.
 */
export async function rowsOfFiles(
  { storage, session }: DeltaTarget,
  files: readonly AddFile[],
  columns: readonly RowColumn[],
  signal: AbortSignal,
): Promise<FileRows> {
  const sql = fileSqlOf(session);
  const located = files.map((add) => ({
    path: storage.enginePath(keyOfPath(add.path)),
    values: valuesOf(add),
  }));
  const partitions = Object.keys(located[0]?.values ?? {});
  const scan = await sql.scan(
    session,
    located.map(({ path }) => path),
    signal,
  );
  const types = new Map(scan.columns.map(({ name, type }) => [name.toLowerCase(), type]));
  const selected = columns.flatMap(({ name, type }) => {
    const column = sql.name(name);
    const as = (value: string) => [{ column, value: `${value} as ${column}` }];
    const partition = partitions.indexOf(name);
    if (partition >= 0) return as(`cast(p.v${String(partition)} as ${sql.type(type)})`);
    const found = types.get(name.toLowerCase());
    if (found === undefined) {
      return type === undefined ? [] : as(`cast(null as ${sql.type(type)})`);
    }
    const isZoneless = type?.kind === 'timestamp' && !found.endsWith('WITH TIME ZONE');
    return as(isZoneless ? sql.instant(`f.${column}`) : `f.${column}`);
  });
  // Where all values are null, they still have to be texts.
  const noText = `cast(null as ${sql.type(undefined)})`;
  const rows = located.map(({ path, values }) => {
    const texts = partitions.map((name) => values[name] ?? null);
    const all = texts.map((text) => (text === null ? noText : sql.text(text)));
    return `(${[sql.text(path), ...all].join(', ')})`;
  });
  const names = ['path', ...partitions.map((_, index) => `v${String(index)}`)];
  const file = `f.${sql.name(FILE)}`;
  return {
    query: `select ${[...selected.map(({ value }) => value), file].join(', ')} from ${scan.relation} f
      join (values ${rows.join(', ')}) p (${names.join(', ')}) on ${file} = p.path`,
    columns: selected.map(({ column }) => column),
  };
}
