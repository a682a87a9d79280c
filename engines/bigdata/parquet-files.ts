import { fileURLToPath } from 'node:url';
import { inLanes } from '../../core/concurrent.ts';
import type { FileColumn, ParquetFiles } from '../../core/engine.ts';
import { sparkName } from '../../plan/spark/names.ts';
import type { SparkRow, SparkValue } from './arrow.ts';
import { duckDbType } from './data-type.ts';
import { writeOneFile } from './one-file.ts';
import { counted, inOneTask, limited, readRelation, relationOf, selected } from './relations.ts';
import type { Relation } from './relations.ts';
import type { BigdataSession } from './session.ts';

/** Schemas are asked for file by file; each takes Spark some 20 ms. */
const SCHEMAS_AT_ONCE = 8;

type Session = Pick<BigdataSession, 'schema' | 'tempView' | 'write'>;
type Collect = (input: Relation, signal: AbortSignal) => Promise<readonly SparkRow[]>;

/** Spark's work on Parquet files; files that are named one by one tell nothing by their folders. */
export function parquetFiles(session: Session, collected: Collect): ParquetFiles {
  return {
    async view(name, paths, signal) {
      await session.tempView(name, parquetRelation(paths), signal);
    },
    async rows(paths, signal) {
      if (paths.length === 0) return new Map();
      const counts = await fileCounts(parquetRelation(paths), collected, signal);
      // A file without rows has none that could name it.
      return new Map(paths.map((path) => [path, counts.get(plainPath(path)) ?? 0]));
    },
    async schemas(paths, signal) {
      const all = await inLanes(
        SCHEMAS_AT_ONCE,
        paths.map((path) => async (each) => await columnsOf(session, [path], each)),
        signal,
      );
      return [...new Map(all.map((columns) => [JSON.stringify(columns), columns])).values()];
    },
    async sample(paths, columns, limit, signal) {
      if (paths.length === 0) return [];
      const rows = await collected(
        limited(selected(parquetRelation(paths), columns.map(sparkName)), limit),
        signal,
      );
      return rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shown(value)])),
      );
    },
    async merge(paths, columns, target, signal) {
      const rows = inOneTask(selected(parquetRelation(paths), columns.map(sparkName)));
      await writeOneFile(session, rows, target, signal);
    },
    async write(query, target, signal) {
      await writeOneFile(session, inOneTask(relationOf(query)), target, signal);
    },
    async json(paths, columns, signal) {
      if (paths.length === 0) return [];
      const present = new Set((await columnsOf(session, paths, signal)).map(({ name }) => name));
      const fields = columns.filter((name) => present.has(name)).map(sparkName);
      const text = `to_json(struct(${fields.join(', ')}), map('ignoreNullFields', 'false')) as row`;
      const rows = await collected(selected(parquetRelation(paths), [text]), signal);
      return rows.map(({ row }) => String(shown(row ?? null)));
    },
  };
}

/** Rows per file below a directory, by local path; the footers tell, no column is read. */
export async function fileCounts(
  input: Relation,
  collected: Collect,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const rows = await collected(
    counted(input, '_metadata.file_path as path', 'count(*) as row_count'),
    signal,
  );
  return new Map(
    rows.map(({ path, row_count: count }) => [
      plainPath(String(shown(path ?? null))),
      Number(count),
    ]),
  );
}

/** Columns by name; a file that lacks one has null there. Stars in a path are stars, not patterns. */
export function parquetRelation(paths: readonly string[]): Relation {
  return readRelation('parquet', paths, { mergeSchema: 'true', __globPaths__: 'false' });
}

async function columnsOf(
  session: Session,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<readonly FileColumn[]> {
  const fields = await session.schema(parquetRelation(paths), signal);
  return fields.map(({ name, type }) => ({ name, type: duckDbType(type) }));
}

/** `file:///a%20b`, `file:/a b` and `s3a://bucket/a%20b`, as Hadoop writes them, as they were given. */
function plainPath(path: string): string {
  if (/^s3[an]?:/.test(path)) return decodeURIComponent(path.replace(/^s3[an]:/, 's3:'));
  return path.startsWith('file:') ? fileURLToPath(path.replace(/^file:\/*/, 'file:///')) : path;
}

function shown(value: SparkValue): string | null {
  if (value === null) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return typeof value === 'object' ? JSON.stringify(value, bigintText) : String(value);
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
