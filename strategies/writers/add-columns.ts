import { identifier } from '../../core/engine.ts';
import { type ColumnType, evolvedColumns, type OutputContract } from '../../core/schema.ts';
import { qualified, type TableName } from '../postgres/table-name.ts';

/**
 * The statements that add what a table lacks of the columns that came with the source, one each:
 * Redshift takes no more at a time.
 *
 * @param found - the columns that the table has.
 * @param typeText - a type in the server's words.
 */
export function addColumns(
  table: TableName,
  found: readonly { readonly name: string }[],
  contract: OutputContract,
  typeText: (type: ColumnType) => string,
): readonly string[] {
  const there = new Set(found.map(({ name }) => name));
  return evolvedColumns(contract)
    .filter(({ name }) => !there.has(name))
    .map(
      ({ name, type }) =>
        `alter table ${qualified(table)} add column ${identifier(name)} ${typeText(type)}`,
    );
}
