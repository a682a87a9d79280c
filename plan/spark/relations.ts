import { planInvalid } from '../invalid.ts';
import type {
  AggregateNode,
  Dedupe,
  Filter,
  Join,
  Select,
  Sort,
  SortKey,
  Sql,
  Union,
} from '../relation.ts';
import type { Field, Kind } from '../types.ts';
import { printAggregate } from './aggregates.ts';
import { printExpression } from './expressions.ts';
import { clauses, indented } from './layout.ts';
import { sparkName } from './names.ts';
import { sparkType } from './types.ts';

/** What a node reads from: the name of its input's query, and conditions on it. */
export interface Input {
  readonly name: string;
  readonly where: readonly string[];
}

const UNORDERED: readonly string[] = ['binary', 'list', 'struct'] satisfies Kind[];
/** Spark's LIMIT is an int. */
const MAX_LIMIT = 2 ** 31 - 1;

export function printSelect({ columns }: Select, input: Input): string {
  const printed = columns.map(({ name, expression }) => {
    const text = printExpression(expression);
    return text === sparkName(name) ? text : `${text} as ${sparkName(name)}`;
  });
  return clauses('select', printed, from(input));
}

export function printFilter(node: Filter, input: Input): string {
  return `select *\n${from({ ...input, where: [...input.where, printExpression(node.where)] })}`;
}

/** The rows of the input and, as {@link rankName}, which of its key's rows each is, from 1. */
function printRanked(node: Dedupe, input: Input): string {
  const key = node.key.map(sparkName).join(', ');
  const order = orderBy([...node.keep, ...tieBreakers(node)]);
  const rank = `row_number() over (partition by ${key} order by ${order}) as ${sparkName(rankName(node))}`;
  return `select *, ${rank}\n${from(input)}`;
}

export function printDedupe(node: Dedupe, input: Input): string {
  const ranked = `(\n${indented(printRanked(node, input))}\n)`;
  return clauses('select', node.fields.map(named), `from ${ranked}`, [
    `where ${sparkName(rankName(node))} = 1`,
  ]);
}

function rankName({ fields }: Dedupe): string {
  let name = 'rank';
  while (fields.some((field) => field.name.toLowerCase() === name)) name = `_${name}`;
  return name;
}

/**
 * The other columns that have an order, so that a task that is run again keeps the same row; where
 * all are equal, it is the same row.
 */
function tieBreakers({ fields, key, keep }: Dedupe): readonly SortKey[] {
  const used = new Set([...key, ...keep.map(({ column }) => column)]);
  const others = fields.filter(
    ({ name, type }) => !used.has(name) && !UNORDERED.includes(type.kind),
  );
  const rest = others.map(({ name }): SortKey => ({
    column: name,
    descending: false,
    nulls: 'last',
  }));
  // Spark wants an order, even where there is nothing left to order by.
  const [first = ''] = key;
  return keep.length + rest.length > 0
    ? rest
    : [{ column: first, descending: false, nulls: 'last' }];
}

export function printJoin({ how, fields, left, on }: Join, a: Input, b: Input): string {
  const fromLeft = new Set(left.fields.map((field) => field.name));
  const columns = fields.map(({ name }) => `${fromLeft.has(name) ? 'l' : 'r'}.${sparkName(name)}`);
  const word = how === 'semi' || how === 'anti' ? `left ${how}` : how;
  const equal = on.map((pair) => `l.${sparkName(pair.left)} = r.${sparkName(pair.right)}`);
  return clauses('select', columns, `from ${a.name} as l`, [
    `${word} join ${b.name} as r`,
    `  on ${equal.join(' and ')}`,
  ]);
}

export function printAggregates({ by, measures }: AggregateNode, input: Input): string {
  const keys = by.map(sparkName);
  const figures = measures.map(
    ({ name, aggregate }) => `${printAggregate(aggregate)} as ${sparkName(name)}`,
  );
  const group = keys.length > 0 ? [`group by ${keys.join(', ')}`] : [];
  return clauses('select', [...keys, ...figures], from(input), group);
}

export function printUnion({ fields }: Union, ...inputs: Input[]): string {
  return inputs
    .map((input) => clauses('select', fields.map(named), from(input)))
    .join('\nunion all\n');
}

export function printSort({ by, limit }: Sort, input: Input): string {
  if (limit !== undefined && limit > MAX_LIMIT) {
    throw planInvalid(
      `limit ${String(limit)} is more than Spark has`,
      `give at most ${String(MAX_LIMIT)} rows`,
    );
  }
  const order = by.length > 0 ? `\norder by ${orderBy(by)}` : '';
  const first = limit === undefined ? '' : `\nlimit ${String(limit)}`;
  return `select *\n${from(input)}${order}${first}`;
}

/** The step's own query over its inputs, with the types that it says it has. */
export function printSql({ text, fields }: Sql, ...inputs: Input[]): string {
  const query = (text.spark ?? '').replace(/\$([0-9]+)/g, (token, index) => {
    return inputs[Number(index) - 1]?.name ?? token;
  });
  const columns = fields.map(
    ({ name, type }) => `cast(${sparkName(name)} as ${sparkType(type)}) as ${sparkName(name)}`,
  );
  return clauses('select', columns, `from (\n${indented(query)}\n)`);
}

function named({ name }: Field): string {
  return sparkName(name);
}

function from({ name, where }: Input): string {
  return where.length === 0 ? `from ${name}` : `from ${name}\nwhere ${where.join('\n  and ')}`;
}

function orderBy(keys: readonly SortKey[]): string {
  return keys
    .map(
      ({ column, descending, nulls }) =>
        `${sparkName(column)} ${descending ? 'desc' : 'asc'} nulls ${nulls}`,
    )
    .join(', ');
}
