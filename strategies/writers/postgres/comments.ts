import { identifier, quote } from '../../../core/engine.ts';
import { qualified, type TableName } from '../../postgres/table-name.ts';

/** What `COMMENT ON` says of a table and its columns, where there is something to say. */
export interface Comments {
  readonly comment?: string | null;
  readonly columns: readonly { readonly name: string; readonly comment?: string | null }[];
}

/** The statements that give a table its comments; values cannot be bound in them. */
export function commentStatements(table: TableName, given: Comments): readonly string[] {
  const on = (what: string, comment: string | null | undefined) =>
    comment == null ? [] : [`comment on ${what} is ${literal(comment)}`];
  return [
    ...on(`table ${qualified(table)}`, given.comment),
    ...given.columns.flatMap(({ name, comment }) =>
      on(`column ${qualified(table)}.${identifier(name)}`, comment),
    ),
  ];
}

/** Right whatever the server's `standard_conforming_strings`: a backslash is written as an escape. */
function literal(text: string): string {
  return text.includes('\\') ? `e${quote(text.replaceAll('\\', '\\\\'))}` : quote(text);
}
