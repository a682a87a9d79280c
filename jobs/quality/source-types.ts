import type { SourceColumn } from '../../core/strategy.ts';
import {
  binary,
  bool,
  date,
  decimal,
  float64,
  int64,
  localTimestamp,
  type PlanType,
  string,
  timestamp,
} from '../../plan/types.ts';

/**
 * The type as which a rule reads a source's column; undefined for nested values, which no rule is
 * about. Integers beyond int64 read as decimals, which hold all of them.
 */
export function readAs({ type }: Pick<SourceColumn, 'type'>): PlanType | undefined {
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  if (precision !== undefined) return decimal(Number(precision), Number(scale));
  if (/^(TINYINT|SMALLINT|INTEGER|BIGINT|UTINYINT|USMALLINT|UINTEGER)$/.test(type)) return int64;
  if (/^U?(BIGINT|HUGEINT)$/.test(type)) return decimal(38, 0);
  return OTHERS[type];
}

const OTHERS: Readonly<Record<string, PlanType>> = {
  ...{ BOOLEAN: bool, FLOAT: float64, DOUBLE: float64, VARCHAR: string, BLOB: binary, DATE: date },
  ...{ 'TIMESTAMP WITH TIME ZONE': timestamp, TIMESTAMP: localTimestamp },
  ...{ TIMESTAMP_S: localTimestamp, TIMESTAMP_MS: localTimestamp, TIMESTAMP_NS: localTimestamp },
};
