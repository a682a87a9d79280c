import { parseTableName, type TableName } from '../postgres/table-name.ts';

/** Redshift folds names to lower case, quoted ones too. */
export function redshiftTable(text: string, searchPath: string | undefined): TableName {
  const { schema, table } = parseTableName(text, searchPath?.split(',')[0]?.trim());
  return { schema: schema.toLowerCase(), table: table.toLowerCase() };
}
