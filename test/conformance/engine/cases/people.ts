import { read } from '../../../../plan/plan.ts';
import {
  date,
  decimal,
  float64,
  int32,
  int64,
  type PlanCell,
  string,
} from '../../../../plan/types.ts';
import { day, dec } from '../case.ts';
import type { Columns } from '../parquet.ts';

/* Two small tables for the cases of relations: ties, nulls in keys, keys without a partner. */

const PEOPLE: readonly (readonly PlanCell[])[] = [
  [1, 'Ada', 'red', dec('1.50'), day('1815-12-10'), 0.5],
  [2, 'Bob', 'red', dec('1.50'), null, Number.NaN],
  [3, 'ada', 'blue', dec('-0.01'), day('1969-12-31'), -0],
  [4, '😀', null, null, day('9999-12-31'), Number.NaN],
  [5, '～', null, dec('2.00'), day('0001-01-01'), 0],
  [6, null, 'blue', dec('999.99'), null, null],
  [null, 'Eve', '', dec('0.00'), day('2016-02-29'), Number.NEGATIVE_INFINITY],
];

const VISITS: readonly (readonly PlanCell[])[] = [
  [1, 'red', 10n],
  [1, 'red', 10n],
  [1, 'blue', 20n],
  [2, 'red', null],
  [3, null, 5n],
  [9, 'red', 2n ** 53n + 1n],
  [null, 'red', 7n],
];

const PEOPLE_TYPES = {
  person: int32,
  name: string,
  team: string,
  score: decimal(5, 2),
  born: date,
  weight: float64,
};
const VISIT_TYPES = { person: int32, place: string, minutes: int64 };

export const people = read('people', PEOPLE_TYPES);
export const visits = read('visits', VISIT_TYPES);

export const PEOPLE_TABLES: Readonly<
  Record<string, { readonly columns: Columns; readonly rows: number }>
> = {
  people: { columns: columnsOf(PEOPLE_TYPES, PEOPLE), rows: PEOPLE.length },
  visits: { columns: columnsOf(VISIT_TYPES, VISITS), rows: VISITS.length },
};

function columnsOf(
  types: Readonly<Record<string, Columns[string]['type']>>,
  rows: readonly (readonly PlanCell[])[],
): Columns {
  return Object.fromEntries(
    Object.entries(types).map(([name, type], at) => [
      name,
      { type, values: rows.map((row) => row[at] ?? null) },
    ]),
  );
}
