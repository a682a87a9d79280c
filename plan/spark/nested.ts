import type { Printers } from './printer.ts';
import { sparkName, sparkText } from './names.ts';

export const NESTED = {
  listOf: (items) => `array(${items.join(', ')})`,
  presentOf: (items) => `filter(array(${items.join(', ')}), item -> item is not null)`,
  listLength: ([a]) => `array_size(${a})`,
  element: ([a], { parameters: { index } }) => `try_element_at(${a}, ${String(index)})`,
  structOf: (values, { parameters: { names } }) =>
    `named_struct(${values.map((value, at) => `${sparkText(names[at] ?? '')}, ${value}`).join(', ')})`,
  field: ([a], { parameters: { name } }) => `(${a}).${sparkName(name)}`,
} satisfies Partial<Printers>;
