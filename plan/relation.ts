import type { Aggregate } from './aggregate.ts';
import type { Expression } from './expression.ts';
import type { Field, PlanCell } from './types.ts';

/*
 * A relation is data: a tree of nodes, each of which knows its fields. Subtrees may be shared; the
 * same object is the same relation. It is built by plan.ts, printed for DuckDB and Spark, and run
 * by the row engine.
 */

/** A column of a source as the plan wants it. */
export interface ReadField extends Field {
  /** The source's name of it; absent: the same. */
  readonly from?: string;
  /** The engine's own text of whatever the source holds: for people, not portable. */
  readonly asText?: boolean;
}

export interface SortKey {
  readonly column: string;
  readonly descending: boolean;
  readonly nulls: 'first' | 'last';
}

export interface NamedExpression {
  readonly name: string;
  readonly expression: Expression;
}

export interface NamedAggregate {
  readonly name: string;
  readonly aggregate: Aggregate;
}

export type JoinKind = 'inner' | 'left' | 'semi' | 'anti';
export type RowFunction = (
  row: Readonly<Record<string, PlanCell>>,
) => Readonly<Record<string, PlanCell>>;

interface Node<Op extends string> {
  readonly op: Op;
  readonly fields: readonly Field[];
}

/**
 * A source that the session binds by name. A value that its type cannot hold is null; so is all of a
 * column of another family of types: a text is never parsed, a fraction never dropped.
 */
export interface Read extends Node<'read'> {
  readonly source: string;
  readonly fields: readonly ReadField[];
}

/** Exactly these columns. `derive` in the builder is a select that keeps the others. */
export interface Select extends Node<'select'> {
  readonly input: RelationNode;
  readonly columns: readonly NamedExpression[];
}

/** Rows for which the condition is true; not false, not null. */
export interface Filter extends Node<'filter'> {
  readonly input: RelationNode;
  readonly where: Expression<'bool'>;
}

/** One row a key: the first in the order of `keep`. Null keys are equal. */
export interface Dedupe extends Node<'dedupe'> {
  readonly input: RelationNode;
  readonly key: readonly string[];
  readonly keep: readonly SortKey[];
  /** Name under which the session counts the rows left out. */
  readonly dropped?: string;
}

/** On equal columns; null equals nothing. The right side's key columns are not in the result. */
export interface Join extends Node<'join'> {
  readonly how: JoinKind;
  readonly left: RelationNode;
  readonly right: RelationNode;
  readonly on: readonly { readonly left: string; readonly right: string }[];
}

/** One row a group, nulls being one group; without `by`, exactly one row. */
export interface AggregateNode extends Node<'aggregate'> {
  readonly input: RelationNode;
  readonly by: readonly string[];
  readonly measures: readonly NamedAggregate[];
}

/** All rows of all inputs, duplicates kept; columns by name, in the order of the first. */
export interface Union extends Node<'union'> {
  readonly inputs: readonly RelationNode[];
}

/** In order; with `limit`, the first so many. Equal rows come in any order. */
export interface Sort extends Node<'sort'> {
  readonly input: RelationNode;
  readonly by: readonly SortKey[];
  readonly limit?: number;
}

/** A query in an engine's own words over its inputs, which it names `$1`, `$2`. Not portable. */
export interface Sql extends Node<'sql'> {
  readonly inputs: readonly RelationNode[];
  /** The query by dialect: bulk runs `duckdb`, bigdata `spark`. */
  readonly text: { readonly duckdb?: string; readonly spark?: string };
}

/** A function of one row in TypeScript; rows it throws for are errors of that row. */
export interface MapRow extends Node<'mapRow'> {
  readonly input: RelationNode;
  /** Changes whenever the function's meaning does: the function itself cannot be compared. */
  readonly name: string;
  readonly map: RowFunction;
}

export type RelationNode =
  Read | Select | Filter | Dedupe | Join | AggregateNode | Union | Sort | Sql | MapRow;

export type RelationOp = RelationNode['op'];

export const RELATION_OPS = [
  'read',
  'select',
  'filter',
  'dedupe',
  'join',
  'aggregate',
  'union',
  'sort',
  'sql',
  'mapRow',
] as const satisfies readonly RelationOp[];

export function inputsOf(node: RelationNode): readonly RelationNode[] {
  switch (node.op) {
    case 'read':
      return [];
    case 'join':
      return [node.left, node.right];
    case 'union':
    case 'sql':
      return node.inputs;
    default:
      return [node.input];
  }
}
