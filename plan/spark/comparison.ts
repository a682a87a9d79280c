import type { Printers } from './printer.ts';

/* Comparison and logic. Spark agrees with the plan: NaN equals NaN and is the greatest, text compares by its bytes. */

export const COMPARISON = {
  equal: ([a, b]) => `(${a} = ${b})`,
  notEqual: ([a, b]) => `(${a} <> ${b})`,
  less: ([a, b]) => `(${a} < ${b})`,
  lessOrEqual: ([a, b]) => `(${a} <= ${b})`,
  greater: ([a, b]) => `(${a} > ${b})`,
  greaterOrEqual: ([a, b]) => `(${a} >= ${b})`,
  same: ([a, b]) => `(${a} <=> ${b})`,
  isNull: ([a]) => `(${a} is null)`,
  isIn: ([a, ...values]) => `(${a} in (${values.join(', ')}))`,
  and: (conditions) => chain(conditions, 'and', 'true'),
  or: (conditions) => chain(conditions, 'or', 'false'),
  not: ([a]) => `(not ${a})`,
  caseWhen: (branches) => {
    const last = branches.at(-1) ?? 'null';
    const cases = branches.slice(0, -1).flatMap((when, at) => {
      const value = branches[at + 1];
      return at % 2 === 0 && value !== undefined ? [`when ${when} then ${value}`] : [];
    });
    return `case ${cases.join(' ')} else ${last} end`;
  },
  coalesce: (values) => `coalesce(${values.join(', ')})`,
  nullIf: ([a, b]) => `nullif(${a}, ${b})`,
  greatest: (values) => `greatest(${values.join(', ')})`,
  least: (values) => `least(${values.join(', ')})`,
} satisfies Partial<Printers>;

/** One condition stands without parentheses: `from t where (c)` is a table named "where" to Spark. */
function chain(conditions: readonly string[], word: string, ofNone: string): string {
  const [first = ofNone, ...others] = conditions;
  return others.length === 0 ? first : `(${conditions.join(` ${word} `)})`;
}
