import { call, describeExpression, type Expression } from '../expression.ts';
import { planInvalid } from '../invalid.ts';
import { int32, list, struct, type Kind, type PlanType, type TypeOf } from '../types.ts';
import { assertOneType } from './conditional.ts';

export function listOf(first: Expression, ...others: readonly Expression[]): Expression<'list'> {
  assertOneType('listOf', [first, ...others]);
  return call('listOf', list(first.type), false, [first, ...others], {});
}

/** A list of those that are not null, in order. */
export function presentOf(first: Expression, ...others: readonly Expression[]): Expression<'list'> {
  assertOneType('presentOf', [first, ...others]);
  return call('presentOf', list(first.type), false, [first, ...others], {});
}

export function listLength(a: Expression<'list'>): Expression<'int32'> {
  return call('listLength', int32, a.nullable, [a], {});
}

/**
 * One item of a list.
 *
 * @param index - from 1; null beyond the list.
 * @param type - the list's item type, for the compiler.
 */
export function element<K extends Kind>(
  a: Expression<'list'>,
  index: number,
  type: TypeOf<K>,
): Expression<K> {
  if (!Number.isInteger(index) || index < 1) {
    throw planInvalid(
      `element(${describeExpression(a)}): there is no item ${String(index)}`,
      'items count from 1',
    );
  }
  assertType(`element(${describeExpression(a)})`, a.type.item, type);
  return call('element', type, true, [a], { index });
}

export function structOf(fields: Readonly<Record<string, Expression>>): Expression<'struct'> {
  const names = Object.keys(fields);
  const values = Object.values(fields);
  const types = names.map((name, index) => {
    const value = values[index];
    if (value === undefined)
      throw planInvalid(`structOf: "${name}" has no value`, 'give every field a value');
    return { name, type: value.type, nullable: value.nullable };
  });
  return call('structOf', struct(types), false, values, { names });
}

/** @param type - the field's type, for the compiler. */
export function field<K extends Kind>(
  a: Expression<'struct'>,
  name: string,
  type: TypeOf<K>,
): Expression<K> {
  const found = a.type.fields.find((each) => each.name === name);
  if (found === undefined) {
    throw planInvalid(
      `field(${describeExpression(a)}, "${name}"): there is no such field`,
      `it has ${a.type.fields.map((each) => each.name).join(', ')}`,
    );
  }
  assertType(`field(${describeExpression(a)}, "${name}")`, found.type, type);
  return call('field', type, a.nullable || found.nullable, [a], { name });
}

function assertType(what: string, found: PlanType, expected: PlanType): void {
  if (JSON.stringify(found) === JSON.stringify(expected)) return;
  throw planInvalid(`${what} is ${JSON.stringify(found)}`, 'name the type that it has');
}
