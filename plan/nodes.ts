import type { Expression } from './expression.ts';
import { planInvalid } from './invalid.ts';
import type { JoinKind, NamedExpression, RelationNode, SortKey } from './relation.ts';
import { type Field, type Kind, type OrderedKind, planTypeName, sameType } from './types.ts';

/* Puts nodes together and refuses what no engine could run; the builder in plan.ts has the words. */

export function namedOf(columns: Readonly<Record<string, Expression>>): readonly NamedExpression[] {
  return Object.entries(columns).map(([name, expression]) => ({ name, expression }));
}

export function selected(input: RelationNode, columns: readonly NamedExpression[]): RelationNode {
  const fields = columns.map(({ name, expression: { type, nullable } }) => ({
    name,
    type,
    nullable,
  }));
  return { op: 'select', fields: distinct('select', fields), input, columns };
}

export function joined(
  how: JoinKind,
  left: RelationNode,
  right: RelationNode,
  on: readonly (string | { readonly left: string; readonly right: string })[],
): RelationNode {
  const pairs = on.map((each) => (typeof each === 'string' ? { left: each, right: each } : each));
  if (pairs.length === 0) throw planInvalid('join on no column', 'name the columns that are equal');
  for (const pair of pairs) {
    const [a, b] = [fieldOf(left, pair.left), fieldOf(right, pair.right)];
    if (sameType(a.type, b.type)) continue;
    throw planInvalid(
      `join: ${a.name} is ${planTypeName(a.type)}, ${b.name} is ${planTypeName(b.type)}`,
      'cast one side to the type of the other',
    );
  }
  const keys = new Set(pairs.map((pair) => pair.right));
  const added = right.fields
    .filter((field) => !keys.has(field.name))
    .map((field) => ({ ...field, nullable: field.nullable || how === 'left' }));
  const fields =
    how === 'semi' || how === 'anti' ? left.fields : distinct('join', [...left.fields, ...added]);
  return { op: 'join', fields, how, left, right, on: pairs };
}

export function united(first: RelationNode, second: RelationNode): RelationNode {
  const others = new Map(second.fields.map((field) => [field.name, field]));
  const fields = first.fields.map((field) => {
    const other = others.get(field.name);
    if (other === undefined) throw unknownColumn(second, field.name);
    if (!sameType(field.type, other.type)) {
      throw planInvalid(
        `union: ${field.name} is ${planTypeName(field.type)} and ${planTypeName(other.type)}`,
        'cast it to one type on both sides',
      );
    }
    return { ...field, nullable: field.nullable || other.nullable };
  });
  const extra = second.fields.find(
    ({ name }) => !first.fields.some((field) => field.name === name),
  );
  if (extra !== undefined) throw unknownColumn(first, extra.name);
  return { op: 'union', fields, inputs: [first, second] };
}

export function sortKeys(node: RelationNode, orders: readonly SortKey[]): readonly SortKey[] {
  for (const { column } of orders) {
    const { type } = fieldOf(node, column);
    const unordered: Exclude<Kind, OrderedKind>[] = ['list', 'struct', 'binary'];
    if (unordered.some((kind) => kind === type.kind)) {
      throw planInvalid(
        `${column} is ${planTypeName(type)}, which has no order`,
        'sort by another column',
      );
    }
  }
  return orders;
}

export function wholeLimit(limit: number): number {
  if (Number.isSafeInteger(limit) && limit >= 0) return limit;
  throw planInvalid(`limit ${String(limit)}`, 'give a whole number of rows from 0');
}

export function fieldOf(node: RelationNode, name: string): Field {
  const found = node.fields.find((field) => field.name === name);
  if (found === undefined) throw unknownColumn(node, name);
  return found;
}

export function assertColumns(op: string, node: RelationNode, names: readonly string[]): void {
  for (const name of names) fieldOf(node, name);
  const repeated = names.find((name, index) => op === 'aggregate' && names.indexOf(name) !== index);
  if (repeated !== undefined)
    throw planInvalid(`${op}: ${repeated} is named twice`, 'name it once');
}

export function unknownColumn(node: RelationNode, name: string) {
  const names = node.fields.map((field) => field.name).join(', ');
  return planInvalid(`there is no column "${name}" in ${node.op}`, `its columns are ${names}`);
}

/** Names differ in more than case: Spark does not tell `a` from `A`. */
export function distinct<F extends Field>(op: string, fields: readonly F[]): readonly F[] {
  const seen = new Set<string>();
  for (const { name } of fields) {
    const folded = name.toLowerCase();
    if (seen.has(folded)) {
      throw planInvalid(
        `${op}: the column "${name}" is there twice`,
        'rename one; names that differ in case only are the same on Spark',
      );
    }
    seen.add(folded);
  }
  if (fields.length === 0) throw planInvalid(`${op} without a column`, 'keep at least one column');
  return fields;
}
