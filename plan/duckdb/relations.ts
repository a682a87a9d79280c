import { identifier } from '../../core/engine.ts';
import type { Expression } from '../expression.ts';
import type {
  AggregateNode,
  Dedupe,
  Join,
  RelationNode,
  Select,
  Sort,
  SortKey,
  Sql,
  Union,
} from '../relation.ts';
import type { Field, PlanType } from '../types.ts';
import { printAggregate } from './aggregates.ts';
import { printExpression } from './expressions.ts';
import { printReadField } from './read.ts';
import { castTo } from './types.ts';

/** What a node's query is printed with. */
export interface Surroundings {
  /** The name under which another node's rows are there. */
  nameOf(node: RelationNode): string;
  /** Below filters that nobody else uses, which become conditions of the query above them. */
  below(node: RelationNode): { readonly node: RelationNode; readonly where: readonly Expression[] };
  /** The table of the keys that a dedupe finds more than once, if there is one. */
  duplicatesOf(node: Dedupe): string | undefined;
}

/** The query of one node over its inputs. */
export function printNode(node: RelationNode, around: Surroundings): string {
  switch (node.op) {
    case 'read':
      return selectFrom(
        node.fields.map((field) => aliased(printReadField(field), field.name)),
        identifier(node.source),
      );
    case 'select':
      return printSelect(node, around);
    case 'filter':
      return selectFrom(['*'], ...sourceOf(node.input, around, node.where));
    case 'dedupe':
      return printDedupe(node, around);
    case 'join':
      return printJoin(node, around);
    case 'aggregate':
      return printAggregateNode(node, around);
    case 'union':
      return printUnion(node, around);
    case 'sort':
      return printSort(node, around);
    case 'sql':
      return printSql(node, around);
    case 'mapRow':
      throw new TypeError(`the function "${node.name}" has no SQL: its rows come as a table`);
  }
}

function printSelect({ input, columns }: Select, around: Surroundings): string {
  const printed = columns.map(({ name, expression }) => aliased(printExpression(expression), name));
  return selectFrom(printed, ...sourceOf(input, around));
}

function printAggregateNode({ input, by, measures }: AggregateNode, around: Surroundings): string {
  const keys = by.map((name) => ({ name, key: printKey(name, typeOf(input, name)) }));
  const columns = [
    ...keys.map(({ name, key }) => aliased(key, name)),
    ...measures.map(({ name, aggregate }) => aliased(printAggregate(aggregate), name)),
  ];
  const grouped = by.length === 0 ? [] : [`group by ${keys.map(({ key }) => key).join(', ')}`];
  return selectFrom(columns, ...sourceOf(input, around), ...grouped);
}

function printDedupe(node: Dedupe, around: Surroundings): string {
  const { input, key, keep } = node;
  const keys = key.map((name) => printKey(name, typeOf(input, name))).join(', ');
  // The other columns decide between equals, so that the same rows give the same result.
  const decided = new Set([...key, ...keep.map(({ column }) => column)]);
  const others = input.fields.filter((field) => !decided.has(field.name) && hasOrder(field.type));
  const order = [
    ...keep,
    ...others.map(({ name }): SortKey => ({ column: name, descending: false, nulls: 'last' })),
  ].map((each) => printSortKey(each, input));
  const by = order.length === 0 ? '' : ` order by ${order.join(', ')}`;
  const best = `qualify row_number() over (partition by ${keys}${by}) = 1`;
  const duplicates = around.duplicatesOf(node);
  if (duplicates === undefined) return selectFrom(['*'], ...sourceOf(input, around), best);
  const partners = key.map((name) => {
    const column = identifier(name);
    const isNullable = input.fields.some((field) => field.name === name && field.nullable);
    return `l.${column} ${isNullable ? 'is not distinct from' : '='} r.${column}`;
  });
  const from = around.nameOf(input);
  const withJoin = (how: string) =>
    `${from} as l ${how} join ${identifier(duplicates)} as r on ${partners.join(' and ')}`;
  return `${selectFrom(['l.*'], withJoin('anti'))}\nunion all\n${selectFrom(['l.*'], withJoin('semi'), best)}`;
}

function printJoin({ how, left, right, on, fields }: Join, around: Surroundings): string {
  const partners = on.map((pair) => `l.${identifier(pair.left)} = r.${identifier(pair.right)}`);
  const fromLeft = new Set(left.fields.map((field) => field.name));
  const columns = fields.map(({ name }) => `${fromLeft.has(name) ? 'l' : 'r'}.${identifier(name)}`);
  return selectFrom(
    columns,
    `${around.nameOf(left)} as l ${how} join ${around.nameOf(right)} as r on ${partners.join(' and ')}`,
  );
}

function printUnion({ inputs, fields }: Union, around: Surroundings): string {
  const columns = fields.map((field) => identifier(field.name));
  return inputs
    .map((input) => selectFrom(columns, ...sourceOf(input, around)))
    .join('\nunion all\n');
}

function printSort({ input, by, limit }: Sort, around: Surroundings): string {
  const order = by.map((key) => printSortKey(key, input));
  return selectFrom(
    ['*'],
    ...sourceOf(input, around),
    ...(order.length === 0 ? [] : [`order by ${order.join(', ')}`]),
    ...(limit === undefined ? [] : [`limit ${String(limit)}`]),
  );
}

function printSql({ text, inputs, fields }: Sql, around: Surroundings): string {
  const query = (text.duckdb ?? '').replace(/\$(\d+)/g, (token, number: string) => {
    const input = inputs[Number(number) - 1];
    return input === undefined ? token : around.nameOf(input);
  });
  const columns = fields.map(({ name, type }) => aliased(castTo(type, identifier(name)), name));
  return selectFrom(columns, `(\n${indented(query)}\n)`);
}

/** The rows below a node's filters, and the filters. */
function sourceOf(
  node: RelationNode,
  around: Surroundings,
  ...more: readonly Expression[]
): readonly [string, ...string[]] {
  const { node: base, where } = around.below(node);
  const conditions = [...where, ...more].map(printExpression);
  const condition = conditions.join('\n  and ');
  return [around.nameOf(base), ...(conditions.length === 0 ? [] : [`where ${condition}`])];
}

/** A key's value: -0.0 and 0.0 are one group, and DuckDB keeps either. */
function printKey(name: string, type: PlanType): string {
  const column = identifier(name);
  return type.kind === 'float64' ? `case when ${column} = 0 then 0e0 else ${column} end` : column;
}

/** Not by a double itself: DuckDB then changes -0.0 to 0.0 in the rows that it sorts. */
function printSortKey({ column, descending, nulls }: SortKey, input: RelationNode): string {
  const key = printKey(column, typeOf(input, column));
  return `${key}${descending ? ' desc' : ''} nulls ${nulls}`;
}

function selectFrom(columns: readonly string[], from: string, ...clauses: string[]): string {
  const short = columns.join(', ');
  const list =
    short.length <= 80 && !short.includes('\n')
      ? ` ${short}`
      : `\n${indented(columns.join(',\n'))}`;
  return [`select${list}`, `from ${from}`, ...clauses].join('\n');
}

function aliased(sql: string, name: string): string {
  const column = identifier(name);
  return sql === column ? column : `${sql} as ${column}`;
}

/** A text or a quoted name, in pieces where a quote is doubled, or a line break outside of both. */
const QUOTED_OR_BREAK = /'[^']*'|"[^"]*"|\n/g;

/** Two spaces to the right, without the lines that texts and quoted names go on over. */
export function indented(lines: string): string {
  return `  ${lines.replace(QUOTED_OR_BREAK, (token) => (token === '\n' ? '\n  ' : token))}`;
}

function typeOf(node: RelationNode, name: string): PlanType {
  const found = node.fields.find((field: Field) => field.name === name);
  if (found === undefined) throw new TypeError(`${node.op} has no column "${name}"`);
  return found.type;
}

function hasOrder(type: PlanType): boolean {
  return type.kind !== 'list' && type.kind !== 'struct' && type.kind !== 'binary';
}
