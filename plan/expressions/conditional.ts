import { call, describeExpression, type Expression } from '../expression.ts';
import { planInvalid } from '../invalid.ts';
import { type Kind, type OrderedKind, planTypeName, sameType, type TypeOf } from '../types.ts';
import { nullOf, type Operand, operand } from './literal.ts';

/** `when(a, x).when(b, y).otherwise(z)`: the value of the first condition that is true. */
export interface Cases<K extends Kind> {
  when(condition: Expression<'bool'>, value: Operand<K>): Cases<K>;
  otherwise(value: Operand<K>): Expression<K>;
  /** Null where no condition is true. */
  orNull(): Expression<K>;
}

export function when<K extends Kind>(
  condition: Expression<'bool'>,
  value: Expression<K>,
): Cases<K> {
  return cases<K>(value.type, [condition, value]);
}

function cases<K extends Kind>(type: TypeOf<K>, branches: readonly Expression[]): Cases<K> {
  const close = (last: Expression<K>): Expression<K> => {
    const values = [...branches.filter((_, index) => index % 2 === 1), last];
    assertOneType('when', values);
    return call<K, 'caseWhen'>(
      'caseWhen',
      type,
      values.some((each) => each.nullable),
      [...branches, last],
      {},
    );
  };
  return {
    when: (condition, value) => cases(type, [...branches, condition, operand(value, type)]),
    otherwise: (value) => close(operand(value, type)),
    orNull: () => close(nullOf<K>(type)),
  };
}

/** The first that is not null. */
export function coalesce<K extends Kind>(
  first: Expression<K>,
  ...others: readonly Operand<NoInfer<K>>[]
): Expression<K> {
  const all = [first, ...others.map((each) => operand(each as Operand<K>, first.type))];
  assertOneType('coalesce', all);
  return call<K, 'coalesce'>(
    'coalesce',
    first.type,
    all.every((each) => each.nullable),
    all,
    {},
  );
}

/** Null where the two are equal. */
export function nullIf<K extends OrderedKind>(
  a: Expression<K>,
  b: Operand<NoInfer<K>>,
): Expression<K> {
  const other = operand(b as Operand<K>, a.type);
  assertOneType('nullIf', [a, other]);
  return call<K, 'nullIf'>('nullIf', a.type, true, [a, other], {});
}

/** The greatest that is not null. */
export function greatest<K extends OrderedKind>(
  first: Expression<K>,
  ...others: readonly Operand<NoInfer<K>>[]
): Expression<K> {
  return extreme('greatest', first, others);
}

/** The least that is not null. */
export function least<K extends OrderedKind>(
  first: Expression<K>,
  ...others: readonly Operand<NoInfer<K>>[]
): Expression<K> {
  return extreme('least', first, others);
}

function extreme<K extends OrderedKind>(
  name: 'greatest' | 'least',
  first: Expression<K>,
  others: readonly Operand<K>[],
): Expression<K> {
  const all = [first, ...others.map((each) => operand(each, first.type))];
  if (all.length < 2) throw planInvalid(`${name} of one value`, 'give it at least two');
  assertOneType(name, all);
  return call<K, typeof name>(
    name,
    first.type,
    all.every((each) => each.nullable),
    all,
    {},
  );
}

/** @throws JobError `PLAN_INVALID` unless all have exactly one type: nothing is widened unasked. */
export function assertOneType(name: string, all: readonly Expression[]): void {
  const [first] = all;
  const other = all.find((each) => first !== undefined && !sameType(each.type, first.type));
  if (first === undefined || other === undefined) return;
  throw planInvalid(
    `${name}: ${describeExpression(other)} is ${planTypeName(other.type)}, the others are ${planTypeName(first.type)}`,
    'cast them to one type',
  );
}
