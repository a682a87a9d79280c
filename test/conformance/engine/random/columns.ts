import {
  bool,
  date,
  decimal,
  float64,
  int32,
  int64,
  localTimestamp,
  type PlanCell,
  type PlanType,
  string,
  timestamp,
} from '../../../../plan/types.ts';
import { edgesOf } from '../edges.ts';

/** The decimal of random plans; sums of it fit. */
export const MONEY = decimal(9, 2);

/** Columns of both tables of random data: two with few values, to join and group by, then one a type. */
export const columnTypes: Readonly<Record<string, PlanType>> = {
  key: int32,
  tag: string,
  flag: bool,
  small: int32,
  big: int64,
  real: float64,
  money: MONEY,
  words: string,
  born: date,
  at: timestamp,
  local: localTimestamp,
};

/** Values of a column, edges among them. */
export function valuesOf(name: string): readonly PlanCell[] {
  if (name === 'key') return [0, 1, 2, 3, null];
  if (name === 'tag') return ['a', 'A', '', 'a ', '😀', null];
  return edgesOf(columnTypes[name] ?? int32);
}
