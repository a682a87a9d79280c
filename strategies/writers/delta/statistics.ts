import type { ResultFile } from '../../../core/engine.ts';
import type { Column } from '../../../core/schema.ts';
import type { PartitionValues } from './partitioning.ts';

/** The prefix length that Delta's writers cut strings to. */
const PREFIX = 32;
const MAX_CODE_POINT = 0x10ffff;

/**
 * The `stats` text of an `add`. Numbers are taken over digit by digit, since int64 and decimals do
 * not survive a JavaScript number.
 *
 * @see https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics
 */
export function statsText(
  file: ResultFile,
  rows: number,
  columns: readonly Column[],
  partitionValues: PartitionValues,
): string {
  const minValues: string[] = [];
  const maxValues: string[] = [];
  const nullCount: string[] = [];
  for (const column of columns) {
    const found = file.columns[column.name];
    if (found === undefined || Object.hasOwn(partitionValues, column.name)) continue;
    const name = JSON.stringify(column.name);
    const bounds = boundsOf(column, found.min, found.max);
    if (bounds !== undefined) {
      minValues.push(`${name}:${bounds.min}`);
      maxValues.push(`${name}:${bounds.max}`);
    }
    if (found.nullCount !== undefined) nullCount.push(`${name}:${String(found.nullCount)}`);
  }
  return (
    `{"numRecords":${String(rows)},"minValues":{${minValues.join(',')}},` +
    `"maxValues":{${maxValues.join(',')}},"nullCount":{${nullCount.join(',')}}}`
  );
}

interface Bounds {
  /** JSON text. */
  readonly min: string;
  readonly max: string;
}

/** Both bounds as JSON text, or neither: a reader may take a lone one for a mistake. */
export function boundsOf(column: Column, min?: string, max?: string): Bounds | undefined {
  if (min === undefined || max === undefined) return undefined;
  const low = boundText(column, min, 'min');
  const high = boundText(column, max, 'max');
  return low === undefined || high === undefined ? undefined : { min: low, max: high };
}

function boundText(column: Column, text: string, side: 'min' | 'max'): string | undefined {
  switch (column.type.kind) {
    case 'int32':
    case 'int64':
    case 'decimal':
      return /^-?\d+(\.\d+)?$/.test(text) ? text : undefined;
    case 'float64':
      // Leaves out NaN and the infinities, which JSON cannot say.
      return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? text : undefined;
    case 'date':
      return /^\d{4}-\d{2}-\d{2}$/.test(text) ? JSON.stringify(text) : undefined;
    case 'timestamp':
      return quoted(timestampBound(text, side));
    case 'string':
      return quoted(stringBound(text, side));
    case 'bool':
    case 'binary':
      return undefined;
  }
}

function quoted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : JSON.stringify(text);
}

/** A prefix is below all texts it begins; above them is the prefix with its last character raised. */
export function stringBound(text: string, side: 'min' | 'max'): string | undefined {
  const points = Array.from(text, (char) => char.codePointAt(0) ?? 0);
  if (points.length <= PREFIX) return text;
  const prefix = points.slice(0, PREFIX);
  if (side === 'min') return String.fromCodePoint(...prefix);
  for (let last = prefix.pop(); last !== undefined; last = prefix.pop()) {
    if (last === MAX_CODE_POINT) continue;
    const raised = last + 1;
    // The surrogates are no characters.
    const next = raised >= 0xd800 && raised <= 0xdfff ? 0xe000 : raised;
    return String.fromCodePoint(...prefix, next);
  }
  return undefined;
}

const INSTANT = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:\+00(?::?00)?|Z)$/;

/** Delta keeps milliseconds: a lower bound is cut, an upper bound goes up. */
export function timestampBound(text: string, side: 'min' | 'max'): string | undefined {
  const found = INSTANT.exec(text);
  if (!found) return undefined;
  const [, date, time, fraction = ''] = found;
  const digits = fraction.padEnd(9, '0');
  const cut = Date.parse(`${date ?? ''}T${time ?? ''}.${digits.slice(0, 3)}Z`);
  if (Number.isNaN(cut)) return undefined;
  const up = side === 'max' && Number(digits.slice(3)) > 0 ? 1 : 0;
  const iso = new Date(cut + up).toISOString();
  // Beyond year 9999 the text gets a sign and no longer sorts.
  return iso.length === 24 ? iso : undefined;
}
