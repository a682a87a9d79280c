import { z } from 'zod';
import { quote, type SqlSession } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import { defineReader, type Source, type SourceColumn } from '../../core/strategy.ts';
import { type LocatedFile, locateParquet } from './locate.ts';

/** Parquet files: one, a folder (hive partitions become columns), or a glob. */
export const parquetReader = defineReader({
  config: z.strictObject({ strategy: z.literal('PARQUET'), sourceTable: z.string().min(1) }),
  on: {
    async bulk(session, { sourceTable }, context, signal) {
      const files = await locateParquet(sourceTable, context.openStorage, signal);
      const list = `[${files.map((file) => quote(file.enginePath)).join(', ')}]`;
      const options = `hive_partitioning = ${String(isHive(files))}, union_by_name = true`;
      const snapshot = files.map(snapshotPart);
      return {
        location: sourceTable,
        columns: await columnsOf(session, list, options, signal),
        snapshot,
        relation: `select * from read_parquet(${list}, ${options})`,
        // Both are virtual columns of the scan: they cost nothing where they are not used.
        relationWithOrigin: `select *, filename as __file, file_row_number as __row
          from read_parquet(${list}, ${options})`,
        async assertUnchanged(later) {
          const now = await locateParquet(sourceTable, context.openStorage, later);
          if (JSON.stringify(now.map(snapshotPart)) === JSON.stringify(snapshot)) return;
          throw new JobError('SOURCE_CHANGED', `"${sourceTable}" changed while it was read`, {
            hint: 'retry once whoever writes it has finished',
          });
        },
      } satisfies Source;
    },
  },
});

function snapshotPart({ entry }: LocatedFile) {
  return { name: entry.key, bytes: entry.bytes, version: entry.etag };
}

function isHive(files: readonly LocatedFile[]): boolean {
  return files.every((file) => /(^|\/)[^/]+=[^/]*\//.test(file.entry.key));
}

/** The union of all files' columns; a column that some file lacks says so. */
async function columnsOf(
  session: SqlSession,
  list: string,
  options: string,
  signal: AbortSignal,
): Promise<readonly SourceColumn[]> {
  const described = await session.rows(
    `describe select * from read_parquet(${list}, ${options})`,
    signal,
  );
  const missing = await session.rows(
    `with present as (
       select distinct file_name, name from parquet_schema(${list}) where num_children is null),
     files as (select distinct file_name from present),
     names as (select distinct name from present)
     select name, min(file_name) as file from files cross join names
     anti join present using (file_name, name) group by name`,
    signal,
  );
  const missingIn = new Map(missing.map((row) => [String(row['name']), String(row['file'])]));
  return described.map((row) => {
    const name = String(row['column_name']);
    const file = missingIn.get(name);
    const column = { name, type: String(row['column_type']) };
    return file === undefined ? column : { ...column, missingIn: file };
  });
}
