import type { SqlRow, SqlValue } from '../../core/engine.ts';
import { JobError } from '../../core/errors.ts';
import type { SparkRow, SparkValue } from './arrow.ts';

/**
 * A row as every engine gives it.
 *
 * @throws JobError `NOT_SUPPORTED` for a value that has no plain form: binary, array, struct, map.
 */
export function plainRow(row: SparkRow): SqlRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, plainValue(name, value)]),
  );
}

function plainValue(column: string, value: SparkValue): SqlValue {
  if (typeof value !== 'object' || value === null) return value;
  throw new JobError('NOT_SUPPORTED', `column "${column}" holds binary or nested values`, {
    hint: 'cast it to string in the query, or read it as a stream',
  });
}
