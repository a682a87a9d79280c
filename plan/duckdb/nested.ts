import { identifier, quote } from '../../core/engine.ts';
import type { Printers } from './printer.ts';
import { castTo } from './types.ts';

type Names = 'listOf' | 'presentOf' | 'listLength' | 'element' | 'structOf' | 'field';

export const NESTED: Printers<Names> = {
  listOf: (items) => `[${items.join(', ')}]`,
  presentOf: (items) => `list_filter([${items.join(', ')}], lambda item: item is not null)`,
  listLength: ([a]) => `cast(len(${a}) as integer)`,
  // Of an empty list DuckDB gives a null of no type.
  element: ([a], { type, parameters }) => castTo(type, `list_extract(${a}, ${parameters.index})`),
  structOf(values, { type, parameters: { names } }) {
    const fields = names.map((name, index) => `${identifier(name)} := ${String(values[index])}`);
    return castTo(type, `struct_pack(${fields.join(', ')})`);
  },
  // Of a null that is known when the query is planned it gives one of no type, too.
  field: ([a], { type, parameters }) =>
    castTo(type, `struct_extract(${a}, ${quote(parameters.name)})`),
};
