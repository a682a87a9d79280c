import { cellText } from '../../plan/parity/cells.ts';
import type { PlanRow } from '../../plan/session.ts';
import type { Field } from '../../plan/types.ts';

/** Some values of a row, for people: `product_id 1000050, week 24`. */
export function cellsOf(row: PlanRow, names: readonly string[], fields: readonly Field[]): string {
  return names
    .map((name) => {
      const type = fields.find((field) => field.name === name)?.type;
      return `${name} ${type === undefined ? '?' : cellText(row[name] ?? null, type)}`;
    })
    .join(', ');
}
