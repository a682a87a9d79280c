import { readFile } from 'node:fs/promises';
import type { OutputContract } from '../../../core/schema.ts';
import { logFileOf, versions } from './files.ts';

/** A column of every type that a table can be partitioned by. */
export const PARTITIONED: OutputContract = {
  columns: [
    { name: 'id', type: { kind: 'int64' }, nullable: false },
    { name: 'week', type: { kind: 'int32' }, nullable: false },
    { name: 'store', type: { kind: 'int64' }, nullable: false },
    { name: 'place', type: { kind: 'string' }, nullable: true },
    { name: 'price', type: { kind: 'decimal', precision: 38, scale: 18 }, nullable: true },
    { name: 'seen', type: { kind: 'timestamp' }, nullable: true },
    { name: 'day', type: { kind: 'date' }, nullable: true },
    { name: 'flag', type: { kind: 'bool' }, nullable: true },
    { name: 'note', type: { kind: 'string' }, nullable: true },
  ],
  key: ['id'],
  partitionBy: 'week',
  validity: { from: 'day', to: 'day' },
};

export const BY_STORE = { contract: PARTITIONED, partitionBy: ['week', 'store'] };
export const BY_ALL = {
  contract: PARTITIONED,
  partitionBy: ['week', 'store', 'place', 'price', 'seen', 'day', 'flag'],
};

/** Rows of a week, ids from `first`, in stores 1 to 3. */
export function storeRows(week: number, count: number, first: number, note: string): string {
  return `select (${String(first)} + i)::bigint as id, ${String(week)}::integer as week,
    1::bigint + i % 3 as store, ['a/b=c', 'ü ''1%''', null, '2017-01-01', 'x\\y"z'][1 + i % 5] as place,
    case when i % 4 < 3 then ((i % 4) + 0.000000000000000001)::decimal(38, 18) end as price,
    [timestamptz '2017-06-05 10:00:00.123456+00', timestamptz '1969-12-31 23:59:59.9+00', null][1 + i % 3] as seen,
    [date '2017-06-05', date '0001-01-01', null][1 + i % 3] as day,
    [true, false, null][1 + i % 3] as flag, '${note}' as note from range(${String(count)}) t(i)`;
}

export interface AddOf {
  readonly path: string;
  readonly size: number;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly stats: string;
}

/** The files that the table has now, as its log tells of them; it has no checkpoint. */
export async function filesOf(path: string): Promise<readonly AddOf[]> {
  const adds = new Map<string, AddOf>();
  for (const version of await versions(path)) {
    const text = await readFile(logFileOf(path, Number(version)), 'utf8');
    for (const line of text.trim().split('\n')) {
      const { add, remove } = JSON.parse(line) as { add?: AddOf; remove?: { path: string } };
      if (remove !== undefined) adds.delete(remove.path);
      if (add !== undefined) adds.set(add.path, add);
    }
  }
  return [...adds.values()];
}
