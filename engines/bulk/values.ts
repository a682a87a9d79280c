import type { DuckDBValue } from '@duckdb/node-api';
import type { SqlValue } from '../../core/engine.ts';

/**
 * A DuckDB value as the session hands it out: integers beyond int32 are bigint; everything that is
 * not a plain JavaScript value (decimal, date, timestamp, list) is DuckDB's own exact text.
 */
export function plainValue(value: DuckDBValue): SqlValue {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return value;
    default:
      return value === null ? null : value.toString();
  }
}
