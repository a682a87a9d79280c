import { join } from 'node:path';
import type { SqlSession } from '../../../core/engine.ts';
import type { Expression } from '../../../plan/expression.ts';
import { when } from '../../../plan/expressions/conditional.ts';
import { nullOf } from '../../../plan/expressions/literal.ts';
import { columnOf, read, type Relation } from '../../../plan/plan.ts';
import { int32, type PlanCell, planTypeName, type PlanType } from '../../../plan/types.ts';
import { cellAt } from './case.ts';
import { AGGREGATE_CASES } from './cases/aggregate.ts';
import { columnSuffix, edgesOf, PAIRED } from './edges.ts';
import type { NamedCase } from './named-cases.ts';
import { type Column, type Columns, writeColumns } from './parquet.ts';

const ARGUMENTS = ['a', 'b', 'c'] as const;

/** Which of the values an argument has in row `id`: all pairs of the first two, the third in between. */
const PAIR_AT: readonly NonNullable<Column['at']>[] = [
  { sql: `id // ${String(PAIRED)}`, of: (id) => Math.floor(id / PAIRED) },
  { sql: `id % ${String(PAIRED)}`, of: (id) => id % PAIRED },
  {
    sql: `id + 7 * (id // ${String(PAIRED)})`,
    of: (id) => id + 7 * Math.floor(id / PAIRED),
  },
];

export const TABLES = ['single', 'pairs', 'examples', 'nulls'] as const;
export type TableName = (typeof TABLES)[number];

/** The tables that every engine reads: their columns, one for each type and argument. */
export type Tables = Readonly<Record<TableName, Columns>>;

/**
 * `single` has each edge value, `pairs` each pair of the first ones, `examples` those of the cases,
 * `nulls` one row of nothing else.
 */
export function tablesFor(cases: readonly NamedCase[]): Tables {
  const figures = Object.values(AGGREGATE_CASES).flat();
  const types = new Map<string, PlanType>(
    [...cases, ...figures].flatMap(({ args }) =>
      args.map((type) => [planTypeName(type), type] as const),
    ),
  );
  const single: Record<string, Column> = {};
  const pairs: Record<string, Column> = {};
  const nulls: Record<string, Column> = {};
  for (const type of types.values()) {
    const values = edgesOf(type);
    const first = [...new Set([...values.slice(0, PAIRED - 1), null])];
    single[columnName(type, 0)] = { type, values };
    for (const [argument, at] of PAIR_AT.entries()) {
      pairs[columnName(type, argument)] = { type, values: first, at };
      nulls[columnName(type, argument)] = { type, values: [null] };
    }
  }
  return { single, pairs, examples: exampleColumns(cases), nulls };
}

/** One row an example; the columns that its case does not take are null. */
function exampleColumns(cases: readonly NamedCase[]): Columns {
  const columns = new Map<string, { type: PlanType; values: PlanCell[]; at: number[] }>();
  for (const { args, examples, firstRow } of cases) {
    for (const [argument, type] of args.entries()) {
      const name = columnName(type, argument);
      const column = columns.get(name) ?? { type, values: [null], at: [] };
      columns.set(name, column);
      for (const [row, example] of examples.entries()) {
        column.at[firstRow + row] = column.values.push(cellAt(example, argument)) - 1;
      }
    }
  }
  return Object.fromEntries(
    [...columns].map(([name, { type, values, at }]): [string, Column] => {
      const places = Array.from({ length: rowsOf(cases) }, (_, row) => at[row] ?? 0);
      const sql = `[${places.join(', ')}][id + 1]`;
      return [name, { type, values, at: { sql, of: (id) => places[id] ?? 0 } }];
    }),
  );
}

function rowsOf(cases: readonly NamedCase[]): number {
  return Math.max(...cases.map(({ examples, firstRow }) => firstRow + examples.length));
}

export function rowCounts(cases: readonly NamedCase[]): Readonly<Record<TableName, number>> {
  const longest = Math.max(
    ...Object.values(tablesFor(cases).single).map(({ values }) => values.length),
  );
  return { single: longest, pairs: PAIRED ** 2, examples: rowsOf(cases), nulls: 1 };
}

/** @returns the Parquet files by table. */
export async function writeTables(
  sql: SqlSession,
  cases: readonly NamedCase[],
  directory: string,
  signal: AbortSignal,
): Promise<Readonly<Record<TableName, string>>> {
  const tables = tablesFor(cases);
  const rows = rowCounts(cases);
  const paths: Partial<Record<TableName, string>> = {};
  for (const name of TABLES) {
    const path = join(directory, `${name}.parquet`);
    await writeColumns(sql, tables[name], rows[name], path, signal);
    paths[name] = path;
  }
  return paths as Record<TableName, string>;
}

/** The plan's view of a table: `id` and only the columns that `cases` take. */
export function readTable(
  table: TableName,
  tables: Tables,
  cases: readonly Pick<NamedCase, 'args'>[],
): Relation {
  const types = cases
    .flatMap(columnNames)
    .map((name) => [name, columnIn(tables[table], name).type] as const);
  return read(table, { id: int32, ...Object.fromEntries(types) });
}

/** The case over a table's columns, null in the rows where it has no value. */
export function expressionOver(each: NamedCase, guarded = true): Expression {
  const args = columnNames(each).map((name, argument) =>
    columnOf({ name, type: each.args[argument] ?? int32, nullable: true }),
  );
  const value = each.build(...args);
  if (!guarded || each.where === undefined) return value;
  return when(each.where(...args), value).otherwise(nullOf(value.type));
}

/** The columns of a table that a case takes, one per argument. */
export function columnNames({ args }: Pick<NamedCase, 'args'>): readonly string[] {
  return args.map(columnName);
}

/** The value of a column in a row, as {@link writeTables} wrote it. */
export function valueInRow(columns: Columns, name: string, row: number): PlanCell {
  const { values, at } = columnIn(columns, name);
  return values[(at?.of(row) ?? row) % values.length] ?? null;
}

export function columnName(type: PlanType, argument: number): string {
  return `${columnSuffix(type)}_${ARGUMENTS[argument] ?? ''}`;
}

function columnIn(columns: Columns, name: string): Column {
  const found = columns[name];
  if (found === undefined) throw new RangeError(`there is no column ${name}`);
  return found;
}
