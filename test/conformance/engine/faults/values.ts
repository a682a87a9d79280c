import { bigOf, type Faults, numberOf } from './fault.ts';

type Names =
  | ('equal' | 'notEqual' | 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual' | 'same')
  | ('isNull' | 'isIn' | 'and' | 'or' | 'not' | 'caseWhen' | 'coalesce' | 'nullIf')
  | ('greatest' | 'least' | 'plus' | 'minus' | 'times' | 'negate' | 'abs' | 'divide')
  | ('quotient' | 'remainder' | 'sign' | 'round' | 'floor' | 'ceil' | 'cast');

/** Faults of comparisons, logic and arithmetic: nulls, signs, fractions. */
export const VALUE_FAULTS: Faults<Names> = {
  equal: { sql: 'coalesce($1 = $2, false)', row: (a, b) => a === b },
  notEqual: { sql: '$1 is distinct from $2', row: (a, b) => a !== b },
  less: { sql: '$1 <= $2', row: (a, b) => numberOf(a) < numberOf(b) },
  lessOrEqual: { sql: '$1 < $2', row: (a, b) => numberOf(a) <= numberOf(b) },
  greater: { sql: '$1 >= $2', row: (a, b) => numberOf(a) > numberOf(b) },
  greaterOrEqual: { sql: '$1 > $2', row: (a, b) => numberOf(a) >= numberOf(b) },
  same: { sql: '$1 = $2', row: (a, b) => (a === null ? null : a === b) },
  isNull: { sql: 'not coalesce($1, false)', row: (a) => a !== true },
  isIn: { sql: 'coalesce($0, false)', row: (a, ...list) => list.includes(a ?? null) },
  and: {
    sql: 'coalesce($1, false) and coalesce($2, false)',
    row: (a, b) => (a === true ? (b ?? null) : (a ?? null)),
  },
  or: {
    sql: 'coalesce($1, false) or coalesce($2, false)',
    row: (a, b) => a === true || b === true,
  },
  not: { sql: 'coalesce(not $1, true)', row: (a) => a !== true },
  caseWhen: {
    sql: 'case when not $1 then $3 else $2 end',
    row: (condition, value, other) => (condition === false ? (other ?? null) : (value ?? null)),
  },
  coalesce: {
    sql: 'coalesce($1, $2)',
    row: (a, b, c) => numberOf(a) || numberOf(b) || (c ?? null),
  },
  nullIf: { sql: 'nullif($2, $1)', row: (a, b) => (a === b ? (a ?? null) : null) },
  greatest: {
    sql: 'case when $1 is not null and $2 is not null then $0 end',
    row: (...all) => Math.max(...all.map(numberOf)),
  },
  least: {
    sql: 'case when $1 is not null and $2 is not null then $0 end',
    row: (...all) => Math.min(...all.map(numberOf)),
  },
  plus: {
    sql: { duckdb: 'xor($1, $2)', spark: '$1 ^ $2' },
    row: (a, b) => numberOf(a) + numberOf(b),
  },
  minus: {
    sql: { duckdb: 'xor($1, $2)', spark: '$1 ^ $2' },
    row: (a, b) => numberOf(a) - numberOf(b),
  },
  times: { sql: '$1 & $2', row: (a, b) => numberOf(a) * numberOf(b) },
  negate: { sql: '~($1)', row: (a) => -numberOf(a) },
  abs: { sql: 'case when $1 < 0 then ~($1) else $1 end', row: (a) => Math.abs(numberOf(a)) },
  sign: { sql: 'case when $1 < 0 then -1 else 1 end', row: (a) => Math.sign(numberOf(a)) },
  divide: {
    sql: {
      duckdb: 'cast(cast($1 as bigint) // nullif($2, 0) as double)',
      spark: 'cast(cast($1 as bigint) div nullif($2, 0) as double)',
    },
    row: (a, b) => numberOf(a) / numberOf(b),
  },
  quotient: {
    sql: 'cast(round(cast($1 as double) / nullif($2, 0)) as bigint)',
    row: (a, b) => (b === 0 ? null : BigInt(Math.floor(numberOf(a) / (numberOf(b) || 1)))),
  },
  remainder: {
    sql: '(cast($1 as bigint) % nullif($2, 0) + $2) % nullif($2, 0)',
    row: (a, b) => {
      const divisor = BigInt(numberOf(b));
      return divisor === 0n ? null : ((BigInt(numberOf(a)) % divisor) + divisor) % divisor;
    },
  },
  round: { sql: 'cast(floor($1 * 100) / 100 as decimal(5, 2))', row: (a) => bigOf(a) / 10n },
  floor: { sql: 'cast(cast($1 as bigint) as decimal(4, 0))', row: (a) => bigOf(a) / 100n },
  ceil: { sql: 'cast(cast($1 as bigint) as decimal(4, 0))', row: (a) => bigOf(a) / 100n },
  cast: { sql: `case when $1 then 'true' else 'false' end`, row: (a) => String(a) },
};
