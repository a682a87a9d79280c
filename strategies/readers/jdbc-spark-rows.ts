import type { Source } from '../../core/strategy.ts';
import { contentNumberOnSpark } from '../../plan/row-number.ts';
import { sparkName, sparkText } from '../../plan/spark/names.ts';
import type { Described } from './jdbc-copy.ts';

/** Rows of a table or query that Spark has as a view: their place is the table, their values their number. */
export function sparkRows(
  view: string,
  { columns, location }: Pick<Described, 'columns' | 'location'>,
): Pick<Source, 'relation' | 'relationWithOrigin'> {
  const names = columns.map(({ name }) => sparkName(name)).join(', ');
  const number = contentNumberOnSpark(columns);
  return {
    relation: `select ${names} from ${view}`,
    relationWithOrigin: `select ${names}, ${sparkText(location)} as __file, ${number} as __row from ${view}`,
  };
}
