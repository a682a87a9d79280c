import { sameType } from '../types.ts';
import type { Printers } from './printer.ts';

type Names =
  | ('equal' | 'notEqual' | 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual' | 'same')
  | ('isNull' | 'isIn' | 'and' | 'or' | 'not')
  | ('caseWhen' | 'coalesce' | 'nullIf' | 'greatest' | 'least');

/*
 * DuckDB compares as the plan does: NaN is itself and above all numbers, text goes by its bytes,
 * greatest and least skip nulls.
 */

export const COMPARISON: Printers<Names> = {
  equal: ([a, b]) => `(${a} = ${b})`,
  notEqual: ([a, b]) => `(${a} <> ${b})`,
  less: ([a, b]) => `(${a} < ${b})`,
  lessOrEqual: ([a, b]) => `(${a} <= ${b})`,
  greater: ([a, b]) => `(${a} > ${b})`,
  greaterOrEqual: ([a, b]) => `(${a} >= ${b})`,
  same: ([a, b]) => `(${a} is not distinct from ${b})`,
  isNull: ([a]) => `(${a} is null)`,
  isIn([a, ...values], { args }) {
    const [first] = args;
    const isOneType = args.every((each) => first !== undefined && sameType(each.type, first.type));
    if (isOneType) return `(${a} in (${values.join(', ')}))`;
    // Each pair of decimals has a type in common, all of them together may have none.
    return `(${values.map((value) => `${a} = ${value}`).join(' or ')})`;
  },
  and: (conditions) => joined(conditions, ' and ', 'true'),
  or: (conditions) => joined(conditions, ' or ', 'false'),
  not: ([a]) => `(not ${a})`,
  caseWhen: (args) => {
    const branches = args
      .slice(0, -1)
      .flatMap((value, index) =>
        index % 2 === 1 ? [`when ${String(args[index - 1])} then ${value}`] : [],
      );
    return `case ${branches.join(' ')} else ${String(args.at(-1))} end`;
  },
  coalesce: (args) => `coalesce(${args.join(', ')})`,
  nullIf: ([a, b]) => `nullif(${a}, ${b})`,
  greatest: (args) => `greatest(${args.join(', ')})`,
  least: (args) => `least(${args.join(', ')})`,
};

function joined(conditions: readonly string[], by: string, none: string): string {
  return conditions.length === 0 ? none : `(${conditions.join(by)})`;
}
