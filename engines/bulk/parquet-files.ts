import { identifier, type ParquetFiles, quote, type SqlSession } from '../../core/engine.ts';

/** So many footers are read by one statement. */
const FILES_PER_QUERY = 500;

/** DuckDB's work on Parquet files; folder names like `week=24` would turn a column's type. */
export function parquetFiles(session: Pick<SqlSession, 'run' | 'rows'>): ParquetFiles {
  async function write(query: string, target: string, signal: AbortSignal): Promise<void> {
    const format = '(format parquet, compression zstd)';
    await session.run(`copy (${query}) to ${quote(target)} ${format}`, signal);
  }

  return {
    async view(name, paths, signal) {
      await session.run(
        `create or replace view ${identifier(name)} as
         select * from read_parquet(${fileList(paths)}, hive_partitioning = false)`,
        signal,
      );
    },
    async rows(paths, signal) {
      const counted = new Map<string, number>();
      for (let start = 0; start < paths.length; start += FILES_PER_QUERY) {
        const some = paths.slice(start, start + FILES_PER_QUERY);
        const found = await session.rows(
          `select file_name, num_rows from parquet_file_metadata(${fileList(some)})`,
          signal,
        );
        for (const row of found) counted.set(String(row['file_name']), Number(row['num_rows']));
      }
      return counted;
    },
    async schemas(paths, signal) {
      if (paths.length === 0) return [];
      // Most folders have one schema: describing every file would open each of them twice.
      const one = await session.rows(
        `with files as (
           select file_name, string_agg(
             concat_ws(' ', name, type, converted_type, logical_type, precision, scale), ',' order by name
           ) as columns
           from parquet_schema(${fileList(paths)}) group by file_name)
         select min(file_name) as file from files group by columns order by file`,
        signal,
      );
      const schemas = [];
      for (const row of one) {
        const described = await session.rows(
          `describe select * from ${scan([String(row['file'])])}`,
          signal,
        );
        schemas.push(
          described.map((column) => ({
            name: String(column['column_name']),
            type: String(column['column_type']),
          })),
        );
      }
      return schemas;
    },
    async sample(paths, columns, limit, signal) {
      if (paths.length === 0) return [];
      const texts = columns.map(
        (name) => `cast(${identifier(name)} as varchar) as ${identifier(name)}`,
      );
      const rows = await session.rows(
        `select ${texts.join(', ')} from ${scan(paths)} limit ${String(limit)}`,
        signal,
      );
      return rows.map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)]),
        ),
      );
    },
    async merge(paths, columns, target, signal) {
      const list = columns.map(identifier).join(', ');
      await write(`select ${list} from ${scan(paths)}`, target, signal);
    },
    write,
    async json(paths, columns, signal) {
      const described = await session.rows(`describe select * from ${scan(paths)}`, signal);
      const present = new Set(described.map((row) => String(row['column_name'])));
      const pairs = columns
        .filter((name) => present.has(name))
        .map((name) => `${quote(name)}, to_json(${identifier(name)})`);
      const rows = await session.rows(
        `select json_object(${pairs.join(', ')})::varchar as row from ${scan(paths)}`,
        signal,
      );
      return rows.map((row) => String(row['row']));
    },
  };
}

function scan(paths: readonly string[]): string {
  return `read_parquet(${fileList(paths)}, union_by_name = true, hive_partitioning = false)`;
}

/** A list of files for DuckDB's Parquet functions, whatever the files' names end in. */
function fileList(paths: readonly string[]): string {
  return `[${paths.map(quote).join(', ')}]`;
}
