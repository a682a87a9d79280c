import type { DuckDBResultReader } from '@duckdb/node-api';
import { z } from 'zod';
import type { ColumnStatistics, ResultFile } from '../../core/engine.ts';

/** One row of `COPY ... (RETURN_STATS)`, as DuckDB 1.5 prints it to JSON. */
const statsRow = z.object({
  filename: z.string(),
  count: z.coerce.number(),
  file_size_bytes: z.coerce.number(),
  column_statistics: z.array(
    z.object({
      key: z.string(),
      value: z.array(z.object({ key: z.string(), value: z.string().nullable() })),
    }),
  ),
  partition_keys: z.array(z.object({ key: z.string(), value: z.string().nullable() })),
});

export function resultFiles(reader: DuckDBResultReader): readonly ResultFile[] {
  return reader
    .getRowObjectsJson()
    .map((row) => statsRow.parse(row))
    .map((row) => ({
      partition: row.partition_keys[0]?.value ?? '',
      path: row.filename,
      rows: row.count,
      bytes: row.file_size_bytes,
      columns: Object.fromEntries(
        row.column_statistics.map(({ key, value }) => [
          unquoted(key),
          statistics(Object.fromEntries(value.map((entry) => [entry.key, entry.value]))),
        ]),
      ),
    }));
}

/** DuckDB names columns as quoted identifiers here, nested ones as `"a"."b"`. */
function unquoted(name: string): string {
  return name.replace(/^"(.*)"$/s, '$1').replaceAll('""', '"');
}

function statistics(values: Record<string, string | null>): ColumnStatistics {
  const nullCount = values['null_count'];
  const { min, max } = values;
  // A column with NaN has no order that every reader agrees on.
  const ordered =
    values['has_nan'] !== 'true' && typeof min === 'string' && typeof max === 'string';
  return {
    ...(nullCount == null ? {} : { nullCount: Number(nullCount) }),
    ...(ordered ? { min, max } : {}),
  };
}
